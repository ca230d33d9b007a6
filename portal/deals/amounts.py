"""Percentages and prices as people type them: plain digits with a decimal point, and nothing else."""

import re
import unicodedata
from typing import Final

from portal.errors import Invalid
from portal.money import LARGEST_MINOR, MINOR_DIGITS
from portal.words import N_

LOWEST_MARKUP: Final = -9_000  # basis points
HIGHEST_MARKUP: Final = 90_000
WHOLE_TAX: Final = 10_000
_PERCENT: Final = re.compile(r"(-?)([0-9]{1,6})(?:\.([0-9]{1,2}))?")
_AMOUNT: Final = re.compile(r"([0-9]{1,16})(?:\.([0-9]{1,4}))?")


def typed(text: str) -> str:
    """Return what was typed without space; a Chinese keyboard's full-width digits and signs become plain ones."""
    return unicodedata.normalize("NFKC", text[:60]).replace("\u2212", "-").strip()


def basis_points(text: str, *, field: str, lowest: int, highest: int) -> int:
    """Return a percentage in basis points; raises Invalid for anything but a number between both, to two decimals."""
    match = _PERCENT.fullmatch(typed(text).removesuffix("%").rstrip())
    if match is not None:
        sign, whole, rest = match[1], match[2], (match[3] or "").ljust(2, "0")
        points = int(whole + rest) * (-1 if sign else 1)
        if lowest <= points <= highest:
            return points
    message = N_("Enter a percentage from %(low)s to %(high)s, with at most two decimals, for example 12.5.")
    raise Invalid(message, field=field, low=lowest // 100, high=highest // 100)


def minor_units(text: str, currency: str, *, field: str) -> int:
    """Return an amount above zero in minor units; raises Invalid for signs, thousands separators and other scripts."""
    digits = MINOR_DIGITS[currency]
    match = _AMOUNT.fullmatch(typed(text))
    if match is not None and len(match[2] or "") <= digits:
        minor = int(match[1] + (match[2] or "").ljust(digits, "0"))
        if 0 < minor <= LARGEST_MINOR:
            return minor
    message = N_("Enter an amount above zero in plain digits, for example 1234.50, without thousands separators.")
    raise Invalid(message, field=field)


def percent_text(points: int) -> str:
    """Return basis points as they are typed, `12.5`."""
    whole, rest = divmod(abs(points), 100)
    decimals = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{'-' if points < 0 else ''}{whole}{decimals}"


def amount_text(minor: int, currency: str) -> str:
    """Return minor units as they are typed, `1234.50`."""
    digits = MINOR_DIGITS[currency]
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)
