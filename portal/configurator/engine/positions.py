"""Positions of the model and bits of one component, which knows spans of positions that no rule tells apart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from operator import itemgetter

from portal.configurator.engine.layout import Layout, bits
from portal.configurator.engine.program import Program
from portal.configurator.engine.scope import Box, Part, Slot
from portal.configurator.engine.splitting import Piece

POINTS = 512


class Positions:
    """Translates between points of the model and sets of values of a component."""

    def __init__(self, program: Program, piece: Piece, template: Sequence[int]) -> None:
        self.program, self.piece, self.layout = program, piece, Layout(piece.slots)
        self.slots, self._template = piece.slots, template
        self._points: dict[int, list[int]] = {}
        self.ordered = [slot for slot in piece.slots if slot.ordered]
        self.facts = [slot for slot in piece.slots if not slot.exact]
        self._where = {bit: (own.index, self.single(bit)) for bit, (own, _) in self.layout.owner.items()}

    def bit(self, slot: Slot, position: int) -> int:
        """Return the bit of a position of a slot as the model has it."""
        spans = self.piece.spans.get(slot.index)
        if spans is not None:
            position = bisect_right(spans, position, key=itemgetter(0)) - 1
        return self.layout.bit(self.layout.own[slot.index], position)

    def place(self, bit: int) -> tuple[Slot, Part]:
        """Return the slot of the model and the part of it that a bit stands for."""
        own, position = self.layout.owner[bit]
        slot, spans = self.program.base[own.index], self.piece.spans.get(own.index)
        return slot, slot.single(position) if spans is None else spans[position]

    def part(self, slot: Slot, values: int) -> int:
        """Return the mask of the model's positions of one slot within a set of values."""
        mask, spans = self.layout.part(self.layout.own[slot.index], values), self.piece.spans.get(slot.index)
        if spans is None:
            return mask
        return sum((2 << spans[place][1]) - (1 << spans[place][0]) for place in bits(mask))

    def single(self, bit: int) -> int:
        """Return a position of the model that a bit stands for."""
        own, position = self.layout.owner[bit]
        spans = self.piece.spans.get(own.index)
        return position if spans is None else spans[position][0]

    def base_point(self, values: int) -> list[int]:
        """Return a point of a witness, without derived numbers."""
        known = self._points.get(values)
        if known is None:
            known, where = list(self._template), self._where
            for bit in bits(values):
                index, position = where[bit]
                known[index] = position
            if len(self._points) >= POINTS:
                self._points.clear()
            self._points[values] = known
        return known.copy()

    def alone(self, values: int) -> int:
        """Return one witness out of a line of witnesses."""
        return values if values.bit_count() == len(self.slots) else self.values_of(self.base_point(values))

    def bits_at(self, moves: Mapping[int, int]) -> list[int]:
        """Return the bits of positions of slots."""
        return [self.bit(self.program.base[index], position) for index, position in moves.items()]

    def moved(self, values: int, moves: Mapping[int, int]) -> int:
        """Return a witness with some slots at other positions."""
        masks, base = self.layout.masks, self.program.base
        for index, position in moves.items():
            values = values & ~masks[index] | 1 << self.bit(base[index], position)
        return values

    def point(self, values: int) -> list[int]:
        """Return a point of a witness, derived numbers included."""
        return self.program.derive_point(self.base_point(values))

    def values_of(self, point: Sequence[int]) -> int:
        """Return the set of values of a point."""
        found = 0
        for slot in self.slots:
            found |= 1 << self.bit(slot, point[slot.index])
        return found

    def box(self, values: int) -> Box:
        """Return the box around a set of values."""
        box: Box = [slot.single(place) for slot, place in zip(self.program.base, self._template, strict=True)]
        for slot in self.slots:
            box[slot.index] = self._span(slot, values)
        return self.program.derive_box(box)

    def narrowed(self, box: Box, slot: Slot, values: int) -> Box:
        """Return the box with one slot's part of a set of values."""
        narrow = list(box)
        narrow[slot.index] = self._span(slot, values)
        return self.program.derive_again(narrow, slot)

    def _span(self, slot: Slot, values: int) -> Part:
        part = self.layout.part(slot, values)
        if not slot.ordered:
            return part
        low, high = (part & -part).bit_length() - 1, part.bit_length() - 1
        spans = self.piece.spans.get(slot.index)
        return (low, high) if spans is None else (spans[low][0], spans[high][1])
