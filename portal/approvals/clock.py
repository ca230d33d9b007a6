"""Business time for approvals: when a step is due, how long a question, a reminder or research may take."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from portal.calendars.following import moved
from portal.calendars.forgiving import Forgiving, forgiving_time
from portal.parameters.definitions import DEFINITIONS
from portal.parameters.queries import values

GENERAL: Final = "registration"  # whose settings every kind has that has none of its own


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of a step: so many business hours, and business days of research from the end of these, if any."""

    opened_at: datetime
    hours: int
    due_at: datetime
    research_from: datetime | None = None
    research_days: int = 0

    def moved(self, time: Forgiving, changed_at: datetime) -> "Clock":
        """Return the clock as changed hours count it, from its beginning; an end that had passed by then stays."""
        length, end = timedelta(hours=self.hours), self.research_from or self.due_at
        end = moved(time, self.opened_at, length, end=end, changed_at=changed_at)
        if self.research_from is None:
            return replace(self, due_at=end)
        if self.due_at <= changed_at:
            return self
        due_at = max(time.days_after(end, self.research_days), changed_at)
        return replace(self, due_at=due_at, research_from=end)


def left_clock(session: Session) -> Callable[[datetime, datetime], int]:
    """Return what counts business seconds between two instants, for a whole list with one query."""
    time, _version = forgiving_time(session)
    return lambda start, end: int(time.between(start, end).total_seconds())


def seconds_between(session: Session, start: datetime, end: datetime) -> int:
    """Return the business time between two instants in whole seconds."""
    return left_clock(session)(start, end)


def number_for(session: Session, kind: str, name: str) -> int:
    """Return a number of one kind of request, such as `nudge_hours`: its own setting, else that of registrations."""
    found, own = values(session), f"{kind}.{name}"
    return (found[own] if own in DEFINITIONS else 0) or found[f"{GENERAL}.{name}"]
