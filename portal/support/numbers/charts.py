"""Bars on bars, drawn as rectangles: the numbers of a chart and where they stand. Pure.

A chart is as wide as its place: horizontally it is stretched, so what it says in words stands beside it, in HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

STEP: Final = 12  # from bar to bar
WIDE: Final = 9  # of a bar
HIGH: Final = 100


@dataclass(frozen=True, slots=True)
class Series:
    """What a colour means."""

    label: str
    tone: str  # a class of the stylesheet


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a bar: how many, where it leads, and its rectangle."""

    count: int
    path: str
    label: str = ""
    tone: str = ""
    x: float = 0
    y: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, and its pieces from the ground up, one for each series."""

    label: str
    parts: Sequence[Part]

    @property
    def total(self) -> int:
        """Return all of it."""
        return sum(part.count for part in self.parts)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart."""

    key: str
    title: str
    says: str
    series: Sequence[Series]
    bars: Sequence[Bar]
    top: int  # what the highest line stands for
    ends: tuple[str, str]  # the first and the last day

    @property
    def width(self) -> int:
        """Return how wide it is in its own units."""
        return STEP * len(self.bars)

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to see."""
        return not any(bar.total for bar in self.bars)


def drawn(
    key: str, title: str, says: str, series: Sequence[Series], bars: Sequence[Bar], ends: tuple[str, str]
) -> Chart:
    """Return a chart with every piece in its place."""
    top = round_up(max((bar.total for bar in bars), default=0))
    placed = [Bar(bar.label, _stacked(series, bar.parts, place, top)) for place, bar in enumerate(bars)]
    return Chart(key, title, says, series, placed, top, ends)


def _stacked(series: Sequence[Series], parts: Sequence[Part], place: int, top: int) -> list[Part]:
    found, ground, x = [], float(HIGH), STEP * place + (STEP - WIDE) / 2
    for its, part in zip(series, parts, strict=True):
        height = round(part.count * HIGH / top, 2)
        ground = round(ground - height, 2)
        found.append(Part(part.count, part.path, its.label, its.tone, x, ground, height))
    return found


def round_up(most: int) -> int:
    """Return the first of 2, 4, 6, 10, 20, 40, 60, 100, … that is no less: a line that people read, with a half."""
    size = 1
    while True:
        for each in (2, 4, 6, 10):
            if each * size >= most:
                return each * size
        size *= 10
