"""Business time for approvals: when a step is due, how long a question, a reminder or research may take."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from portal.calendars.queries import business_time
from portal.errors import Invalid
from portal.parameters.definitions import DEFINITIONS
from portal.parameters.queries import values

GENERAL: Final = "registration"  # whose settings every kind has that has none of its own


def after_days(session: Session, at: datetime, days: int) -> datetime:
    """Return the instant so many business days later."""
    try:
        return business_time(session).days_after(at, days)
    except (Invalid, ValueError):
        return at + timedelta(days=days)


def left_clock(session: Session) -> Callable[[datetime, datetime], int]:
    """Return what counts business seconds between two instants, for a whole list with one query."""
    try:
        hours = business_time(session)
    except (Invalid, ValueError):
        return lambda start, end: max(0, int((end - start).total_seconds()))
    return lambda start, end: int(hours.between(start, end).total_seconds())


def seconds_between(session: Session, start: datetime, end: datetime) -> int:
    """Return the business time between two instants in whole seconds."""
    return left_clock(session)(start, end)


def number_for(session: Session, kind: str, name: str) -> int:
    """Return a number of one kind of request, such as `nudge_hours`: its own setting, else that of registrations."""
    found, own = values(session), f"{kind}.{name}"
    return (found[own] if own in DEFINITIONS else 0) or found[f"{GENERAL}.{name}"]
