"""Business dates: days of the supplier's zone, never read off an instant later."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def business_date(at: datetime, zone: str) -> date:
    """Return the day that `at` falls on in `zone`."""
    return at.astimezone(ZoneInfo(zone)).date()
