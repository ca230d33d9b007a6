"""What lower floors call back in upper ones: who answers for an approval, and what happens by itself as time passes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from portal.config import Settings
from portal.dates import business_date
from portal.db import ScopedSession


@dataclass(frozen=True, slots=True)
class Moment:
    """When a sweep happens: the instant, and the supplier's business day it falls on."""

    now: datetime
    today: date

    @classmethod
    def at(cls, now: datetime, settings: Settings) -> "Moment":
        """Return the moment of `now`."""
        return cls(now, business_date(now, settings.supplier_zone))


Sweep = Callable[[ScopedSession, Moment], int]
# What happens by itself: each does a bounded piece as the house and returns how many rows it moved. Several workers may
# run one at the same time, so every row is taken by a guarded update.
SWEEPS: Final[tuple[Sweep, ...]] = ()


def install() -> None:
    """Tell lower floors who answers for what; processes call it before anything else. A second time changes nothing."""
