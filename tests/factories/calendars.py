"""Changes of the supplier's calendar, as those who keep it make them."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import TypeVar

from sqlalchemy import select

from portal.calendars.models import Calendar
from portal.calendars.operations import Hours, NewDay, set_days, set_hours
from portal.db import Database, ScopedSession
from portal.policy import SYSTEM

T = TypeVar("T")


def change_calendar(database: Database, change: Callable[[ScopedSession, Calendar], T]) -> T:
    """Change the calendar as it is now."""

    def work(session: ScopedSession) -> T:
        return change(session, session.scalars(select(Calendar).where(Calendar.key == "supplier")).one())

    return database.write(SYSTEM, work)


def close_days(database: Database, days: Iterable[date], *, now: datetime) -> None:
    """Let nobody work on these days."""
    closed = [NewDay(day, "Closed", ()) for day in days]
    change_calendar(database, lambda s, row: set_days(s, SYSTEM, row, closed, version=row.version, now=now))


def open_always(database: Database, *, now: datetime) -> None:
    """Let work go on day and night."""
    hours = Hours("S", "供", "Asia/Shanghai", [((time(0), time(0)),)] * 7)
    change_calendar(database, lambda s, row: set_hours(s, SYSTEM, row, hours, version=row.version, now=now))
