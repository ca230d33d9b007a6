"""Business time that always has an answer: around the clock where a calendar has no working time, or is none."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from portal.calendars.clock import ZERO, BusinessTime
from portal.calendars.queries import SUPPLIER, versioned_time
from portal.errors import Invalid

BROKEN: Final = (Invalid, ValueError)


class Forgiving:
    """Counts in a calendar, and around the clock where the calendar has no working time (any more)."""

    def __init__(self, hours: BusinessTime | None) -> None:
        """Take the calendar; None where there is no usable one."""
        self._hours = hours

    def after(self, at: datetime, length: timedelta) -> datetime:
        """Return the first instant at which so much business time has passed since `at`."""
        try:
            return self._hours.after(at, length) if self._hours else at + length
        except BROKEN:
            return at + length

    def between(self, begins: datetime, ends: datetime) -> timedelta:
        """Return how much business time lies between two instants."""
        return self._hours.between(begins, ends) if self._hours else max(ends - begins, ZERO)

    def days_after(self, at: datetime, count: int) -> datetime:
        """Return the instant so many business days later."""
        try:
            return self._hours.days_after(at, count) if self._hours else at + timedelta(days=count)
        except BROKEN:
            return at + timedelta(days=count)


def forgiving_time(session: Session, key: str = SUPPLIER) -> tuple[Forgiving, int]:
    """Return the clock of a calendar, and the version of the calendar that says so (0 without a usable one)."""
    try:
        hours, version = versioned_time(session, key)
    except BROKEN:
        return Forgiving(None), 0
    return Forgiving(hours), version
