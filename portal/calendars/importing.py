"""Days out of an ICS file: what they would change in a calendar, before anybody saves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.calendars import ics
from portal.calendars.clock import Slots
from portal.calendars.models import Calendar, CalendarDay
from portal.calendars.operations import NewDay
from portal.calendars.slots import loaded

YEARS_BACK: Final = 1
YEARS_AHEAD: Final = 6
What = Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Change:
    """One day of a file beside what the calendar says of it now; `before` is None where it follows the week."""

    day: date
    name: str
    slots: Slots
    what: What
    before: tuple[str, Slots] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change."""

    changes: tuple[Change, ...]
    problems: tuple[ics.Problem, ...]
    outside: int

    def days(self) -> list[NewDay]:
        """Return the days to be saved."""
        return [NewDay(each.day, each.name, each.slots) for each in self.changes if each.what != "same"]

    def count(self, what: What) -> int:
        """Return how many days are new, changed or the same."""
        return sum(each.what == what for each in self.changes)


def plan(session: Session, row: Calendar, content: bytes, working: Slots, *, today: date) -> Plan:
    """Read a file and compare it with a calendar; `working` are the hours of make-up working days."""
    first, last = date(today.year - YEARS_BACK, 1, 1), date(today.year + YEARS_AHEAD, 12, 31)
    reading = ics.read(content, first=first, last=last)
    known = {each.day: each for each in _known(session, row, first, last)}
    changes = tuple(_change(found, known.get(found.day), working) for found in reading.days)
    return Plan(changes, reading.problems, reading.outside)


def _known(session: Session, row: Calendar, first: date, last: date) -> Sequence[CalendarDay]:
    query = select(CalendarDay).where(CalendarDay.calendar_id == row.id, CalendarDay.day.between(first, last))
    return session.scalars(query).all()


def _change(found: ics.Found, there: CalendarDay | None, working: Slots) -> Change:
    slots = working if found.works else ()
    if there is None:
        return Change(found.day, found.name, slots, "new", None)
    before = (there.name, loaded(there.slots))
    return Change(found.day, found.name, slots, "same" if before == (found.name, slots) else "changed", before)
