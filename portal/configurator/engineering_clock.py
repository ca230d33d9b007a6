"""The clock of a question: sixteen working hours of the supplier's calendar."""

from datetime import datetime, timedelta
from typing import Final

from portal.calendars.clock import BusinessTime

TIME_LIMIT: Final = timedelta(hours=16)


def due_at(asked_at: datetime, calendar: BusinessTime, limit: timedelta = TIME_LIMIT) -> datetime:
    """Return when working time of length `limit` has passed since `asked_at`."""
    return calendar.after(asked_at, limit)
