"""How lengths of time spread: steps of minutes, and the length that a share of them does not exceed. Pure.

A length is kept as the last minute of its step: exact below 64 minutes, above that within a thirty-second part.
"""

from collections.abc import Mapping
from typing import Final

EXACT: Final = 6  # binary digits that are kept


def minutes_of(seconds: int) -> int:
    """Return so many seconds in minutes, a begun one as a whole."""
    return -(-seconds // 60)


def step_of(minutes: int) -> int:
    """Return the last minute of the step that a length belongs to."""
    rest = max(minutes.bit_length() - EXACT, 0)
    return minutes | ((1 << rest) - 1)


def reached(lengths: Mapping[int, int], percent: int) -> int | None:
    """Return the shortest length that at least so many per cent do not exceed; None when there are none."""
    wanted = sum(lengths.values()) * percent
    if not wanted:
        return None
    seen = 0
    for length in sorted(lengths):
        seen += lengths[length] * 100
        if seen >= wanted:
            return length
    raise AssertionError("unreachable")
