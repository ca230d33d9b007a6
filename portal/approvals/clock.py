"""Business time for approvals: when a step is due, when the next nudge is possible."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.calendars.queries import business_time
from portal.errors import Invalid


def after_hours(session: Session, at: datetime, hours: int) -> datetime:
    """Return the end of so many business hours; in a calendar without any working time, of so many hours."""
    try:
        return business_time(session).after(at, timedelta(hours=hours))
    except (Invalid, ValueError):
        return at + timedelta(hours=hours)


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
