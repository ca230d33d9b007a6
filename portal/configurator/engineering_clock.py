"""The clock of a question: sixteen business hours, Monday to Friday from 09:00 to 18:30 in the supplier's zone."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

BEGIN: Final = time(9, 0)
END: Final = time(18, 30)
WORKDAYS: Final = range(5)  # Monday to Friday
TIME_LIMIT: Final = timedelta(hours=16)


def due_at(asked_at: datetime, zone: str, limit: timedelta = TIME_LIMIT) -> datetime:
    """Return when business time of length `limit` has passed since `asked_at`."""
    place = ZoneInfo(zone)
    here, left = asked_at.astimezone(place).replace(tzinfo=None), limit
    while True:
        opens, closes = datetime.combine(here, BEGIN), datetime.combine(here, END)
        begins = max(here, opens)
        if here.weekday() in WORKDAYS and begins < closes:
            if begins + left <= closes:
                return (begins + left).replace(tzinfo=place).astimezone(UTC)
            left -= closes - begins
        here = opens.replace(hour=0, minute=0) + timedelta(days=1)
