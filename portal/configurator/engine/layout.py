"""Values as bits: one bit for every value of every slot of a component, so that sets of values are single integers."""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterator, Sequence

from portal.configurator.engine.encoding import fixing, is_pair, polarities, width
from portal.configurator.engine.scope import Slot

_SIGN_BYTE = 3 if sys.byteorder == "little" else 0
_FILLED = re.compile(rb"[^\x00]", re.DOTALL)
_BITS = [tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256)]
_DIGIT = bytes([ord("1")]) + bytes([ord("0")]) * 255


class Layout:
    """Where the values of slots lie: bit *i* is local literal *i + 1*; the first word of a pair follows behind all.

    A model of the solver becomes a set of values by a handful of operations on long integers.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = tuple(slots)
        self.own = {slot.index: slot for slot in slots}
        self.literals = sum(width(slot) for slot in slots)
        self.first: dict[int, int] = {}
        self.masks: dict[int, int] = {}
        self._pairs = self._steps = 0
        place = 0
        for slot in slots:
            self.first[slot.index] = place
            if is_pair(slot):
                self._pairs |= 1 << place
                self.masks[slot.index] = 1 << place | 1 << place + self.literals
            else:
                self.masks[slot.index] = (1 << slot.size) - 1 << place
                if slot.ordered:
                    self._steps |= (1 << slot.size - 1) - 1 << place
            place += width(slot)
        self.all = 0
        for mask in self.masks.values():
            self.all |= mask
        self.kills = self._killed()
        self.assume = {
            bit: fixing(slot, self.first[slot.index] + 1, position) for slot, position, bit in self._values()
        }
        self.owner = {bit: (slot, position) for slot, position, bit in self._values()}

    def bit(self, slot: Slot, position: int) -> int:
        """Return the number of the bit of a value."""
        first = self.first[slot.index]
        if is_pair(slot):
            return first if position else first + self.literals
        return first + position

    def _values(self) -> Iterator[tuple[Slot, int, int]]:
        for slot in self.slots:
            for position in range(slot.size):
                yield slot, position, self.bit(slot, position)

    def polarities(self, slot: Slot, position: int) -> list[int]:
        """Return what every literal of a slot is at a value."""
        return polarities(slot, self.first[slot.index] + 1, position)

    def _killed(self) -> dict[int, int]:
        """Return by true literal the values that it excludes."""
        kills: dict[int, int] = {}
        for slot in self.slots:
            first, mask = self.first[slot.index], self.masks[slot.index]
            if slot.size == 1:
                continue
            if is_pair(slot):
                kills[first + 1], kills[-(first + 1)] = 1 << first + self.literals, 1 << first
                continue
            for position in range(1 if slot.ordered else 0, slot.size):
                bit = 1 << first + position
                below = (1 << first + position) - 1 & mask
                literal = first + position + 1
                kills[literal] = below if slot.ordered else mask ^ bit
                kills[-literal] = mask ^ below if slot.ordered else bit
        return kills

    def read(self, model: Sequence[int]) -> int:
        """Return the values of a model of the solver."""
        signs = array("i", model[: self.literals]).tobytes()[_SIGN_BYTE::4]
        found = int(signs[::-1].translate(_DIGIT), 2) if signs else 0
        if self._steps:
            found &= ~((found >> 1) & self._steps)
        if self._pairs:
            found |= (~found & self._pairs) << self.literals
        return found

    def bits_of(self, slot: Slot, values: int) -> list[int]:
        """List the bits of one slot within a set of values, lowest first."""
        mask, first = self.masks[slot.index], self.first[slot.index]
        own = (values & mask) >> first
        return [first + bit for bit in bits(own)] if own else []

    def part(self, slot: Slot, values: int) -> int:
        """Return the mask of value indexes of one slot within a set of values."""
        first = self.first[slot.index]
        if is_pair(slot):
            return (values >> first & 1) << 1 | values >> first + self.literals & 1
        return values >> first & (1 << slot.size) - 1


def bits(values: int) -> list[int]:
    """List the numbers of the bits that are set, lowest first; empty stretches cost next to nothing."""
    data = values.to_bytes((values.bit_length() + 7) // 8, "little")
    return [found.start() * 8 + bit for found in _FILLED.finditer(data) for bit in _BITS[data[found.start()]]]
