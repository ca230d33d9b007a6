"""Reading calendars: as a clock, and for the pages that keep them."""

from collections.abc import Sequence
from datetime import date, time
from typing import Final

from sqlalchemy import Row, column, func, select, table
from sqlalchemy.orm import Session

from portal.calendars.clock import BusinessTime
from portal.calendars.models import Calendar, CalendarDay
from portal.calendars.slots import loaded
from portal.db import as_actor
from portal.errors import Invalid, NotFound
from portal.policy import SYSTEM
from portal.words import N_

SUPPLIER: Final = "supplier"
USUAL_ZONE: Final = "Asia/Shanghai"
PERSON: Final = table("person", column("id"), column("name"))  # accounts lie above; nothing but a name is read
_HOURS: Final = ((time(9, 0), time(18, 30)),)
USUAL: Final = BusinessTime(USUAL_ZONE, {day: _HOURS if day < 5 else () for day in range(7)})


def business_time(session: Session, key: str = SUPPLIER) -> BusinessTime:
    """Return the clock of a calendar, in one query; raises Invalid for a key that no calendar has."""
    return versioned_time(session, key)[0]


def versioned_time(session: Session, key: str = SUPPLIER) -> tuple[BusinessTime, int]:
    """Return the clock of a calendar, and the version of the calendar that says so (0 without one), in one query."""
    query = (
        select(Calendar.version, Calendar.zone, Calendar.week, CalendarDay.day, CalendarDay.slots)
        .outerjoin(CalendarDay, CalendarDay.calendar_id == Calendar.id)
        .where(Calendar.key == key)
    )
    rows = session.execute(query).all()
    if not rows:
        if key == SUPPLIER:  # a database without one: the hours that every supplier begins with
            return USUAL, 0
        raise Invalid(N_("There is no calendar “%(key)s”."), field="calendar", key=key)
    zone, week = rows[0].zone, rows[0].week
    days = {row.day: loaded(row.slots) for row in rows if row.day is not None}
    return BusinessTime(zone, {day: loaded(slots) for day, slots in enumerate(week)}, days), rows[0].version


def keys(session: Session) -> frozenset[str]:
    """Return the keys that calendars have."""
    return frozenset({SUPPLIER, *session.scalars(select(Calendar.key))})


def calendar(session: Session, public_id: str) -> Calendar:
    """Return one calendar."""
    found = session.scalar(select(Calendar).where(Calendar.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def calendars(session: Session) -> Sequence[Row[str, str, str, str, str, int]]:
    """Return public id, key, both names, zone and number of different days of all calendars."""
    different = select(func.count()).where(CalendarDay.calendar_id == Calendar.id).scalar_subquery().label("different")
    columns = (Calendar.public_id, Calendar.key, Calendar.name_en, Calendar.name_zh, Calendar.zone, different)
    return session.execute(select(*columns).order_by(Calendar.key).limit(200)).all()


def days_of(session: Session, calendar_id: int, begins: date, ends: date) -> Sequence[CalendarDay]:
    """Return the different days of a calendar from `begins` to `ends`, in order."""
    query = select(CalendarDay).where(CalendarDay.calendar_id == calendar_id, CalendarDay.day.between(begins, ends))
    return session.scalars(query.order_by(CalendarDay.day)).all()


def name_of(session: Session, person_id: int | None) -> str:
    """Return the name of who changed a calendar; the page is for those who may know."""
    if person_id is None:
        return ""
    with as_actor(session, SYSTEM):
        return session.scalar(select(PERSON.c.name).where(PERSON.c.id == person_id)) or ""
