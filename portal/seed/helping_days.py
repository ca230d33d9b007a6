"""Who asks for help in half a year of the demo world, and on which days."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal.seed.stories import Cast

DAYS: Final = 182
HELP_SINCE: Final = 78  # days before the first start: the first articles were published
ASKERS: Final[tuple[tuple[str, str, int], ...]] = (  # person, customer's key, how often
    ("yuan", "", 5), ("lin", "songhe", 3), ("su", "egret", 2), ("amina", "maple", 2), ("amina", "baobab", 1),
)  # fmt: skip
AGENT: Final = "qiao"
PAST: Final = "past-"  # how the keys of what is told here begin
PLAIN: Final = {"synchronize_session": False}


def moment(cast: Cast, chance: random.Random, day: date) -> datetime:
    """Return an instant of a working day."""
    minutes = chance.randint(8 * 60 + 30, 18 * 60)
    return datetime.combine(day, time(minutes // 60, minutes % 60), ZoneInfo(cast.zone)).astimezone(UTC)


def days(cast: Cast) -> Iterator[tuple[date, float]]:
    """Yield the days of the past with how busy each was: less every month, little on weekends."""
    for back in range(DAYS, 0, -1):
        day = cast.day(cast.now) - timedelta(days=back)
        busy = 1.0 if back > HELP_SINCE else 0.45 + 0.55 * back / HELP_SINCE
        yield day, busy * (0.15 if day.weekday() >= 5 else 1)
