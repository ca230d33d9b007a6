"""The value of a project as a band: one tap instead of a number nobody knows yet. Pure."""

from collections.abc import Mapping
from typing import Final

from portal.money import MINOR_DIGITS

BANDS: Final = ("xs", "s", "m", "l", "xl")  # small to large
# Upper limits of the first four bands in whole units of the currency; the last band has none.
LIMITS: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "CNY": (50_000, 200_000, 1_000_000, 5_000_000),
    "USD": (7_500, 30_000, 150_000, 750_000),
    "EUR": (7_500, 30_000, 150_000, 750_000),
    "KES": (1_000_000, 4_000_000, 20_000_000, 100_000_000),
    "JPY": (1_000_000, 4_000_000, 20_000_000, 100_000_000),
}


def limits_minor(band: str, currency: str) -> tuple[int, int | None]:
    """Return from and up to where a band goes, in minor units; the largest has no upper limit."""
    digits = 10 ** MINOR_DIGITS[currency]
    bounds = (0, *(limit * digits for limit in LIMITS[currency]))
    at = BANDS.index(band)
    return bounds[at], bounds[at + 1] if at + 1 < len(bounds) else None


def value_of(band: str, currency: str) -> int:
    """Return the value that decision rules count with: the upper limit, twice the lower one where there is none."""
    low, high = limits_minor(band, currency)
    return 2 * low if high is None else high


def band_of(value_minor: int, currency: str) -> str:
    """Return the band a value lies in."""
    digits = 10 ** MINOR_DIGITS[currency]
    return BANDS[sum(value_minor > limit * digits for limit in LIMITS[currency])]
