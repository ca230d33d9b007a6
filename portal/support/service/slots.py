"""Which pieces of a day an engineer can be sent in: working time, cut into slots, without what is taken. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal.calendars.clock import BusinessTime, minute_of

LENGTHS: Final = (60, 120, 240)  # minutes
USUAL_LENGTH: Final = 120
Slot = tuple[datetime, datetime]


def overlaps(one: Slot, other: Slot) -> bool:
    """Return whether two slots share a moment; one may begin when the other ends."""
    return one[0] < other[1] and other[0] < one[1]


def is_working_time(hours: BusinessTime, slot: Slot) -> bool:
    """Return whether all of a slot is working time."""
    return slot[0] < slot[1] and hours.between(*slot) == slot[1] - slot[0]


def free_slots(
    hours: BusinessTime, day: date, taken: Iterable[Slot], length: timedelta, *, now: datetime
) -> list[Slot]:
    """Return the free slots of a day in the calendar's zone, in order: whole, in working time, not begun yet."""
    zone, busy, found = ZoneInfo(hours.zone), list(taken), list[Slot]()
    for begins, ends in hours.slots_of(day):
        minute, last = minute_of(begins), minute_of(ends, ends=True)
        step = int(length.total_seconds()) // 60
        while minute + step <= last:
            wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - on the wall
            start = wall.replace(tzinfo=zone).astimezone(UTC)
            slot = (start, start + length)
            minute += step
            if start > now and is_working_time(hours, slot) and not any(overlaps(slot, each) for each in busy):
                found.append(slot)
    return found
