"""Slots: the finite positions that points and boxes are made of."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.configurator.engine.model import Value, Variable
from portal.configurator.engine.terms import Term

Point = Sequence[int]
"""One value index per slot."""
Span = tuple[int, int]
"""First and last value index of an ordered slot."""
Part = int | Span
"""A set of value indexes: a bit mask for a choice, a span for an ordered slot."""
Box = list[Part]


@dataclass(frozen=True)
class Slot:
    """A variable or a materialised derived number; `numbers` are base units of an ordered slot, ascending."""

    index: int
    key: str
    ordered: bool
    values: tuple[Value, ...]
    numbers: tuple[int, ...]
    exact: bool = True
    positions: Mapping[Value, int] = field(default_factory=dict, compare=False)

    @property
    def size(self) -> int:
        """Return how many values there are."""
        return len(self.values)

    @property
    def full(self) -> Part:
        """Return the part that holds every value."""
        return (0, self.size - 1) if self.ordered else (1 << self.size) - 1

    def single(self, position: int) -> Part:
        """Return the part that holds one value."""
        return (position, position) if self.ordered else 1 << position


def slot_of(variable: Variable, index: int) -> Slot:
    """Make the slot of a variable."""
    ordered = variable.kind != "choice"
    numbers = tuple(value * variable.scale for value in variable.values if isinstance(value, int)) if ordered else ()
    positions = {value: position for position, value in enumerate(variable.values)}
    return Slot(index, variable.key, ordered, variable.values, numbers, variable.kind != "fact", positions)


def slot_of_numbers(key: str, numbers: Sequence[int], index: int) -> Slot:
    """Make the slot of a derived number with these possible values."""
    ordered = tuple(sorted(set(numbers)))
    return Slot(index, key, True, ordered, ordered, False, {value: place for place, value in enumerate(ordered)})


@dataclass
class Scope:
    """What names mean: slots, inlined derived terms, settings and table functions."""

    slots: dict[str, Slot]
    settings: Mapping[str, int]
    functions: Mapping[tuple[str, str], Mapping[tuple[Value, ...], Value | None]]
    inlined: dict[str, Term] = field(default_factory=dict)

    def full_box(self) -> Box:
        """Return the box of everything."""
        return [slot.full for slot in self.slots.values()]


def positions(part: Part) -> list[int]:
    """List the value indexes of a part."""
    if isinstance(part, tuple):
        return list(range(part[0], part[1] + 1))
    return [place for place in range(part.bit_length()) if part >> place & 1]


def holds(part: Part, position: int) -> bool:
    """Tell whether a part holds a value index."""
    if isinstance(part, tuple):
        return part[0] <= position <= part[1]
    return bool(part >> position & 1)


def count(part: Part) -> int:
    """Count the value indexes of a part."""
    return part[1] - part[0] + 1 if isinstance(part, tuple) else part.bit_count()


def span_of(slot: Slot, bounds: tuple[int, int, bool]) -> Span:
    """Return the part of an ordered slot within bounds of its number."""
    first = bisect_left(slot.numbers, bounds[0])
    return first, max(first, bisect_right(slot.numbers, bounds[1]) - 1)
