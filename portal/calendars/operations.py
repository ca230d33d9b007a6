"""Keeping business calendars: the week, the days that are different, and days out of a file."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from portal.calendars import slots as clock_slots
from portal.calendars.clock import NO_HOURS, BusinessTime, Slots, checked
from portal.calendars.models import Calendar, CalendarDay
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.policy import Actor, Permission
from portal.words import N_

MOST_DAYS: Final = 3_000  # that are different, of one calendar
MOST_CALENDARS: Final = 100
LONGEST_SPAN: Final = 100  # days that are entered at once
LATEST: Final = date(2200, 1, 1)
KEY: Final = re.compile(r"[a-z][a-z0-9-]{1,38}")
CHANGED_MEANWHILE: Final = N_(
    "Somebody else changed this calendar in the meantime. It stands below as it is now; look and save again."
)


@dataclass(frozen=True, slots=True)
class Hours:
    """What a calendar says besides its different days."""

    name_en: str
    name_zh: str
    zone: str
    week: Sequence[Slots]  # seven, Monday first


@dataclass(frozen=True, slots=True)
class NewDay:
    """A day with hours of its own, none on a holiday."""

    day: date
    name: str
    slots: Slots


def open_calendar(session: Session, actor: Actor, key: str, hours: Hours, *, now: datetime) -> Calendar:
    """Begin a calendar that rules may name by `key`."""
    _may(actor)
    if not KEY.fullmatch(key):
        raise Invalid(N_("Use small letters, digits and hyphens, beginning with a letter."), field="key")
    _checked(hours)
    known = set(session.scalars(select(Calendar.key).limit(MOST_CALENDARS)))
    if key in known:
        raise Invalid(N_("Another calendar has this key."), field="key")
    if len(known) >= MOST_CALENDARS:
        raise Invalid(N_("There are %(count)s calendars already."), field="key", count=MOST_CALENDARS)
    row = Calendar(key=key, created_at=now, changed_at=now, changed_by_id=actor.person_id, **_columns(hours))
    session.add(row)
    session.flush()
    record(session, row, "open calendar", now=now, after=_said(hours))
    return row


def set_hours(session: Session, actor: Actor, row: Calendar, hours: Hours, *, version: int, now: datetime) -> None:
    """Change names, time zone and the hours of the week; sweeps count anew what waits by them (`following`)."""
    _may(actor)
    _same(row, version)
    _checked(hours)
    before = {"zone": row.zone, "week": row.week, "names": [row.name_en, row.name_zh]}
    for name, value in _columns(hours).items():
        setattr(row, name, value)
    _touch(session, actor, row, now)
    record(session, row, "set hours", now=now, before=before, after=_said(hours))


def set_days(
    session: Session, actor: Actor, row: Calendar, days: Sequence[NewDay], *, version: int, now: datetime,
    source: str = "hand",
) -> int:  # fmt: skip
    """Give days hours of their own, in place of what was said of them; return how many changed."""
    _may(actor)
    _same(row, version)
    for each in days:
        checked(each.slots, field="hours")
    known = {each.day: each for each in session.scalars(select(CalendarDay).where(CalendarDay.calendar_id == row.id))}
    if len(known.keys() | {each.day for each in days}) > MOST_DAYS:
        raise Invalid(N_("A calendar keeps at most %(max)d different days."), field="first", max=MOST_DAYS)
    changed = [each for each in days if _differs(known.get(each.day), each)]
    for each in changed:
        there = known.get(each.day) or CalendarDay(calendar_id=row.id, day=each.day)
        there.slots, there.name, there.source = clock_slots.stored(each.slots), each.name, source
        session.add(there)
    if changed:
        _touch(session, actor, row, now)
        record(
            session, row, "set days", now=now, after={str(each.day): _line(each.name, each.slots) for each in changed}
        )
    return len(changed)


def remove_day(session: Session, actor: Actor, row: Calendar, day: date, *, now: datetime) -> bool:
    """Let a day follow the week again; return whether it was different."""
    _may(actor)
    there = session.scalar(select(CalendarDay).where(CalendarDay.calendar_id == row.id, CalendarDay.day == day))
    if there is None:
        return False
    before = {str(day): _line(there.name, clock_slots.loaded(there.slots))}
    session.execute(delete(CalendarDay).where(CalendarDay.id == there.id))
    _touch(session, actor, row, now)
    record(session, row, "remove day", now=now, before=before)
    return True


def span(first: date, last: date | None) -> Iterable[date]:
    """Return the days from `first` to `last`; raises Invalid for what is no span that somebody means."""
    last = last or first
    if last < first:
        raise Invalid(N_("The last day lies before the first one."), field="last")
    if (last - first).days >= LONGEST_SPAN or last > LATEST:
        raise Invalid(N_("At most %(max)d days at once."), field="last", max=LONGEST_SPAN)
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def usual_slots(row: Calendar) -> Slots:
    """Return the hours of the first weekday on which people work, which make-up working days take."""
    return next((clock_slots.loaded(day) for day in row.week if day), ())


def _may(actor: Actor) -> None:
    if not actor.can(Permission.CALENDAR_MANAGE):
        raise NotAllowed


def _same(row: Calendar, version: int) -> None:
    if row.version != version:
        raise Conflict(CHANGED_MEANWHILE)


def _touch(session: Session, actor: Actor, row: Calendar, now: datetime) -> None:
    """Count the version up, whatever changed of the calendar."""
    row.changed_at, row.changed_by_id = now, actor.person_id
    flag_modified(row, "changed_at")
    session.flush()


def _checked(hours: Hours) -> None:
    """Refuse an unknown zone and a week in which nobody works: no clock could ever run out."""
    if not any(hours.week):
        raise Invalid(NO_HOURS, field="")
    BusinessTime(hours.zone, dict(enumerate(hours.week)))


def _columns(hours: Hours) -> dict[str, Any]:
    week = [clock_slots.stored(slots) for slots in hours.week]
    return {"name_en": hours.name_en, "name_zh": hours.name_zh, "zone": hours.zone, "week": week}


def _said(hours: Hours) -> dict[str, Any]:
    week = [clock_slots.written(slots) for slots in hours.week]
    return {"zone": hours.zone, "week": week, "names": [hours.name_en, hours.name_zh]}


def _line(name: str, slots: Slots) -> str:
    return f"{name}: {clock_slots.written(slots) or '–'}"


def _differs(there: CalendarDay | None, wanted: NewDay) -> bool:
    return there is None or (there.slots, there.name) != (clock_slots.stored(wanted.slots), wanted.name)
