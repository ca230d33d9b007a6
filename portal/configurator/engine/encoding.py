"""Literals of slots: one-hot for choices, order encoding for ordered slots (literal i says "at least value i")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from portal.configurator.engine.scope import Box, Part, Slot, holds

PAIRWISE_LIMIT = 30

Clause = list[int]


class Encoding:
    """Gives every slot its literals and turns boxes into clauses and models into points."""

    def __init__(self) -> None:
        self.top = 0
        self.clauses: list[Clause] = []
        self.slots: list[Slot] = []
        self._first: list[int] = []
        self._equal: dict[tuple[int, int], int] = {}
        self._owner: dict[int, tuple[Slot, int]] = {}

    def new_literal(self) -> int:
        """Allocate a fresh variable."""
        self.top += 1
        return self.top

    def add_slot(self, slot: Slot) -> None:
        """Allocate a slot's literals and its domain clauses; slots come in index order."""
        self.slots.append(slot)
        self._first.append(self.top + 1)
        size = slot.size - 1 if slot.ordered else slot.size
        literals = [self.new_literal() for _ in range(size)]
        for position, literal in enumerate(literals, start=1 if slot.ordered else 0):
            self._owner[literal] = (slot, position)
        if slot.ordered:
            self.clauses += [[-high, low] for low, high in pairwise(literals)]
        else:
            self.clauses.append(literals)
            self._at_most_one(literals)

    def _at_most_one(self, literals: list[int]) -> None:
        """Exclude pairs directly, or through a ladder of fresh literals when there are many."""
        if len(literals) <= PAIRWISE_LIMIT:
            self.clauses += [
                [-first, -second] for place, first in enumerate(literals) for second in literals[place + 1 :]
            ]
            return
        before = literals[0]
        for literal in literals[1:]:
            rung = self.new_literal()
            self.clauses += [[-before, -literal], [-before, rung], [-literal, rung]]
            before = rung

    def at_least(self, slot: Slot, position: int) -> int | None:
        """Return the literal of "at least this value", None when always true (position 0)."""
        return self._first[slot.index] + position - 1 if position > 0 else None

    def literals(self, slot: Slot, position: int) -> list[int]:
        """Return the literals that together fix a slot to a value; a slot of one value needs none."""
        first = self._first[slot.index]
        if not slot.ordered:
            return [first + position]
        low = [first + position - 1] if position > 0 else []
        return low + ([-(first + position)] if position < slot.size - 1 else [])

    def equal(self, slot: Slot, position: int) -> int:
        """Return one literal equivalent to slot = value, defining it when needed."""
        literals = self.literals(slot, position)
        if len(literals) == 1:
            return literals[0]
        if (slot.index, position) not in self._equal:
            fresh = self._equal[slot.index, position] = self.new_literal()
            self.clauses += [[-fresh, literal] for literal in literals]
            self.clauses.append([fresh, *(-literal for literal in literals)])
        return self._equal[slot.index, position]

    def outside(self, slots: Iterable[Slot], box: Box) -> Clause:
        """Return the clause that forbids a box: one of the slots lies outside its part."""
        clause: Clause = []
        for slot in slots:
            clause += self._outside(slot, box[slot.index])
        return clause

    def _outside(self, slot: Slot, part: Part) -> Clause:
        first = self._first[slot.index]
        if isinstance(part, tuple):
            below = [-(first + part[0] - 1)] if part[0] > 0 else []
            return below + ([first + part[1]] if part[1] < slot.size - 1 else [])
        if part == slot.full:
            return []
        return [first + place for place in range(slot.size) if not holds(part, place)]

    def point(self, model: Sequence[int]) -> list[int]:
        """Read the value index of every slot from a full model."""
        values: list[int] = []
        for slot, first in zip(self.slots, self._first, strict=True):
            base = first - 1
            if slot.ordered:
                low, high = 0, slot.size - 1
                while low < high:
                    middle = (low + high + 1) // 2
                    if model[base + middle - 1] > 0:
                        low = middle
                    else:
                        high = middle - 1
                values.append(low)
            else:
                position = 0
                while model[base + position] < 0:
                    position += 1
                values.append(position)
        return values

    def removals(self) -> dict[int, tuple[int, int]]:
        """Return, by true literal, the slot and the mask of value indexes that it removes."""
        result: dict[int, tuple[int, int]] = {}
        for literal, (slot, position) in self._owner.items():
            if slot.ordered:
                result[literal] = (slot.index, (1 << position) - 1)
                result[-literal] = (slot.index, (1 << slot.size) - (1 << position))
            else:
                result[-literal] = (slot.index, 1 << position)
        return result

    def phases(self, slot: Slot, position: int) -> list[int]:
        """Return literals whose polarity leads the solver to slot = value."""
        first = self._first[slot.index]
        if slot.ordered:
            return [first + at if at < position else -(first + at) for at in range(slot.size - 1)]
        return [first + at if at == position else -(first + at) for at in range(slot.size)]
