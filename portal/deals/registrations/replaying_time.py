"""The order of a replay: first what the night does, then what people did, in the order it was noted. Pure."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from portal.dates import business_date

NIGHT: Final = 0  # registrations come before claims, claims before customers nobody works on, as in the sweeps
CLAIM_ENDS: Final = 1
IDLE: Final = 2
ENTRIES: Final = 3
DECIDED: Final = 3  # of one instant what was noted first


@lru_cache(maxsize=16_384)
def midnight(day: date, zone: str) -> datetime:
    """Return when a business day begins."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


class Timetable:
    """What happens when; whatever happens may add what happens later."""

    def __init__(self, zone: str) -> None:
        self._zone, self._items, self._numbers = zone, list[Any](), count()
        self._day: date | None = None

    def add(self, at: datetime, order: int, seq: int, do: Callable[..., None], *what: Any) -> None:
        """Let something be done at an instant, by `seq` among others of the same one."""
        heappush(self._items, (at, order, seq, next(self._numbers), do, what))

    def night(self, day: date, order: int, seq: int, do: Callable[..., None], *what: Any) -> None:
        """Let something be done when a day begins."""
        self.add(midnight(day, self._zone), order, seq, do, *what)

    def day(self, at: datetime) -> date:
        """Return the business date of an instant."""
        return business_date(at, self._zone)

    def run(self, ends: datetime) -> None:
        """Do all that happens until an instant, in order."""
        items = self._items
        while items and items[0][0] <= ends:
            at, _order, _seq, _number, do, what = heappop(items)
            do(at, *what)
