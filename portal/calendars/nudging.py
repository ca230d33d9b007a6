"""Reminding somebody with one tap: at once, and then again after some business hours."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.calendars.forgiving import forgiving_time
from portal.errors import Conflict
from portal.words import N_


def after_hours(session: Session, at: datetime, hours: int) -> datetime:
    """Return the end of so many business hours; in a calendar without any working time, of so many hours."""
    return counted_hours(session, at, hours)[0]


def counted_hours(session: Session, at: datetime, hours: int) -> tuple[datetime, int]:
    """Return the end of so many business hours, and the version of the calendar that says so."""
    time, version = forgiving_time(session)
    return time.after(at, timedelta(hours=hours)), version


def next_nudge(session: Session, nudged_at: datetime | None, hours: int) -> datetime | None:
    """Return when the next nudge is possible after the last one; None for at once."""
    return None if nudged_at is None else after_hours(session, nudged_at, hours)


def check_nudge(session: Session, nudged_at: datetime | None, hours: int, *, now: datetime) -> None:
    """Raise Conflict while the last nudge is too young for another one."""
    free = next_nudge(session, nudged_at, hours)
    if free is not None and now < free:
        raise Conflict(
            N_("Nudged already; the next one is possible %(hours)s business hours after the last."), hours=hours
        )
