"""Literals of slots: one for two words, one-hot for more, order encoding for numbers ("at least value i")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from portal.configurator.engine.scope import Box, Part, Slot, holds

PAIRWISE_LIMIT = 30

Clause = list[int]


class Encoding:
    """Gives every slot its literals, in one row, and turns boxes into clauses.

    An ordered slot begins with a literal that is always true ("at least the first value"), so that value *i* is literal
    `first + i` without literal `first + i + 1`; of a choice between two words, true is the second.
    """

    def __init__(self) -> None:
        self.top = 0
        self.clauses: list[Clause] = []
        self.slots: list[Slot] = []
        self.first: list[int] = []

    def new_literal(self) -> int:
        """Allocate a fresh variable."""
        self.top += 1
        return self.top

    def add_slot(self, slot: Slot) -> None:
        """Allocate a slot's literals and its domain clauses; slots come in index order."""
        self.slots.append(slot)
        self.first.append(self.top + 1)
        literals = [self.new_literal() for _ in range(width(slot))]
        if slot.ordered or slot.size == 1:
            self.clauses.append([literals[0]])
            self.clauses += [[-high, low] for low, high in pairwise(literals)]
        elif not is_pair(slot):
            self.clauses.append(literals)
            self.clauses += self.at_most_one(literals)

    def at_most_one(self, literals: Clause) -> list[Clause]:
        """Exclude pairs directly, or through a ladder of fresh literals when there are many."""
        if len(literals) <= PAIRWISE_LIMIT:
            return [[-first, -second] for place, first in enumerate(literals) for second in literals[place + 1 :]]
        clauses: list[Clause] = []
        before = literals[0]
        for literal in literals[1:]:
            rung = self.new_literal()
            clauses += [[-before, -literal], [-before, rung], [-literal, rung]]
            before = rung
        return clauses

    def at_least(self, slot: Slot, position: int) -> int:
        """Return the literal of "at least this value" of an ordered slot."""
        return self.first[slot.index] + position

    def literals(self, slot: Slot, position: int) -> list[int]:
        """Return the literals that together fix a slot to a value; a slot of one value needs none."""
        return fixing(slot, self.first[slot.index], position)

    def outside(self, slots: Iterable[Slot], box: Box) -> Clause:
        """Return the clause that forbids a box: one of the slots lies outside its part."""
        clause: Clause = []
        for slot in slots:
            clause += self.beyond(slot, box[slot.index])
        return clause

    def beyond(self, slot: Slot, part: Part) -> Clause:
        """Return the literals of which one is true when a slot lies outside a part."""
        first = self.first[slot.index]
        if isinstance(part, tuple):
            below = [-(first + part[0])] if part[0] > 0 else []
            return below + ([first + part[1] + 1] if part[1] < slot.size - 1 else [])
        if part == slot.full:
            return []
        if is_pair(slot):
            return [-first if holds(part, 1) else first]
        return [first + place for place in range(slot.size) if not holds(part, place)]

    def point(self, model: Sequence[int]) -> list[int]:
        """Read the value index of every slot from a full model."""
        return [self._position(slot, first, model) for slot, first in zip(self.slots, self.first, strict=True)]

    @staticmethod
    def _position(slot: Slot, first: int, model: Sequence[int]) -> int:
        if slot.size == 1:
            return 0
        if is_pair(slot):
            return int(model[first - 1] > 0)
        if not slot.ordered:
            return next(place for place in range(slot.size) if model[first - 1 + place] > 0)
        low, high = 0, slot.size - 1
        while low < high:
            middle = (low + high + 1) // 2
            if model[first - 1 + middle] > 0:
                low = middle
            else:
                high = middle - 1
        return low


def is_pair(slot: Slot) -> bool:
    """Tell whether a slot is a choice between two words, which one literal says."""
    return slot.size == 2 and not slot.ordered


def width(slot: Slot) -> int:
    """Return how many literals a slot has."""
    return 1 if is_pair(slot) else slot.size


def fixing(slot: Slot, first: int, position: int) -> list[int]:
    """Return the literals that fix a slot, whose first literal is given, to a value; none when it has only one."""
    if slot.size == 1:
        return []
    if slot.ordered:
        low = [first + position] if position > 0 else []
        return low + ([-(first + position + 1)] if position < slot.size - 1 else [])
    if is_pair(slot):
        return [first if position else -first]
    return [first + position]


def polarities(slot: Slot, first: int, position: int) -> list[int]:
    """Return what every literal of a slot, whose first literal is given, is at a value."""
    if is_pair(slot):
        return [first if position else -first]
    if slot.ordered:
        return [first + at if at <= position else -(first + at) for at in range(slot.size)]
    return [first + at if at == position else -(first + at) for at in range(slot.size)]
