"""Arithmetic without search: values of a number that all rules are sure to take, and those that one rule excludes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.configurator.engine.arithmetic import TRUE
from portal.configurator.engine.boxes import Standing
from portal.configurator.engine.layout import bits
from portal.configurator.engine.program import Watch
from portal.configurator.engine.scope import Box, Part, Slot

if TYPE_CHECKING:
    from portal.configurator.engine.component import Component

PASSES = 3


def stretched(component: Component, slot: Slot, values: int, wanted: int) -> int:
    """Return values of a number around its own in a witness with which every rule is sure to hold, as far as wanted."""
    layout, program = component.layout, component.program
    point = component.point(values)
    here, part = point[slot.index], layout.part(slot, wanted)
    checks = component.readers[slot.index]
    if not part or any(program.boxes.roots[number] is None for number in checks):
        return 0
    box: Box = [own.single(place) for own, place in zip(program.encoding.slots, point, strict=True)]
    standing = program.boxes.stand(box, checks)

    def sure(end: int) -> bool:
        span = (min(here, end), max(here, end))
        return all(standing.trial(number, slot, span) == TRUE for number in checks)

    low = _reach(sure, here, min(here, (part & -part).bit_length() - 1))
    high = _reach(sure, here, max(here, part.bit_length() - 1))
    return ((2 << high) - (1 << low)) << layout.first[slot.index] & wanted


def _reach(sure: Callable[[int], bool], here: int, end: int) -> int:
    """Return how far from here towards the end all is sure."""
    if here == end or sure(end):
        return end
    while abs(end - here) > 1:
        middle = (here + end) // 2
        here, end = (middle, end) if sure(middle) else (here, middle)
    return here


def tightened(component: Component, allowed: int, wanted: int) -> int:
    """Return values out of `wanted` that single rules exclude within what is allowed; each becomes a no-good."""
    layout, boxes, dead = component.layout, component.program.boxes, 0
    box = component.box(allowed)
    standing = boxes.stand(box, component.watched)
    for _ in range(PASSES):
        before = dead
        for watch in component.piece.watches:
            if standing.truth(watch.check) == TRUE:
                continue
            for slot in component.inputs[id(watch)]:
                mask = layout.masks[slot.index]
                if not wanted & ~dead & mask:
                    continue
                view = _View(component, watch, slot, box, standing)
                more = view.excluded(layout.part(slot, allowed & ~dead), layout.part(slot, wanted & ~dead))
                if more:
                    dead |= more
                    if not allowed & ~dead & mask:
                        return dead
                    box = component.narrowed(box, slot, allowed & ~dead)
                    standing = boxes.stand(box, component.watched)
        if dead == before:
            break
    return dead


@dataclass(frozen=True, slots=True)
class _View:
    """One slot as one rule sees it within a box."""

    component: Component
    watch: Watch
    slot: Slot
    box: Box
    standing: Standing

    def excluded(self, part: int, open_part: int) -> int:
        """Return values, from the ends of a number or one by one, with which the rule can no longer hold."""
        layout, slot = self.component.layout, self.slot
        if not slot.ordered:
            dead = [place for place in bits(open_part) if self._never(1 << place)]
            learned = 0
            for place in dead:
                if not learned >> place & 1:
                    learned |= self._refused(1 << place)
            return sum(1 << layout.bit(slot, place) for place in dead)
        low, high = (part & -part).bit_length() - 1, part.bit_length() - 1
        sure = part & ~open_part
        floor, ceiling = (sure & -sure).bit_length() - 1 if sure else high, sure.bit_length() - 1 if sure else low
        first, last = low, high
        if ceiling < high and self._never((high, high)):
            inside, outside = high, ceiling
            while inside - outside > 1:
                middle = (inside + outside) // 2
                inside, outside = (middle, outside) if self._never((middle, high)) else (inside, middle)
            self._refused((inside, high))
            last = inside - 1
        if low < floor and self._never((low, low)):
            inside, outside = low, floor
            while outside - inside > 1:
                middle = (inside + outside) // 2
                inside, outside = (middle, outside) if self._never((low, middle)) else (inside, middle)
            self._refused((low, inside))
            first = inside + 1
        kept = (1 << last + 1) - (1 << first) if first <= last else 0
        return (part & ~kept) << layout.first[slot.index]

    def _never(self, part: Part) -> bool:
        """Tell whether the rule cannot hold while the slot is within a part."""
        return not self.standing.trial(self.watch.check, self.slot, part) & TRUE

    def _refused(self, part: Part) -> int:
        """Learn it; return the words that are refused with it."""
        box = list(self.box)
        box[self.slot.index] = part
        found = self.component.refuse(self.watch, self.component.program.derive_again(box, self.slot), self.slot)
        return found if isinstance(found, int) else 0
