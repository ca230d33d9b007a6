"""Turn a violated point into the largest box found in which the rule stays violated, and pave small rules at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from portal.configurator.engine.arithmetic import TRUE
from portal.configurator.engine.evaluating import BoxTruth
from portal.configurator.engine.scope import Box, Slot, Span, count

EARLY = 200


def lift(truth: BoxTruth, slots: Iterable[Slot], box: Box) -> Box:
    """Enlarge each part in the given order of slots while interval evaluation proves the rule still never true."""
    grown = list(box)
    for slot in slots:
        before = grown[slot.index]
        grown[slot.index] = slot.full
        if not truth(grown) & TRUE:
            continue
        if isinstance(before, tuple):
            _lift_span(truth, slot, grown, before)
        else:
            _lift_mask(truth, slot, grown, before)
    return grown


def _lift_mask(truth: BoxTruth, slot: Slot, box: Box, mask: int) -> None:
    """Add the values one by one."""
    for position in range(slot.size):
        if not mask >> position & 1:
            box[slot.index] = mask | 1 << position
            if not truth(box) & TRUE:
                mask |= 1 << position
    box[slot.index] = mask


def _lift_span(truth: BoxTruth, slot: Slot, box: Box, span: Span) -> None:
    """Push both ends out by bisection: violation can only be lost when the span grows."""
    low, high = span
    reach = 0
    while reach < low:
        middle = (reach + low) // 2
        box[slot.index] = (middle, high)
        if truth(box) & TRUE:
            reach = middle + 1
        else:
            low = middle
    reach = slot.size - 1
    while high < reach:
        middle = (high + reach + 1) // 2
        box[slot.index] = (low, middle)
        if truth(box) & TRUE:
            reach = middle - 1
        else:
            high = middle
    box[slot.index] = (low, high)


def _within(box: Box, hole: Box, slots: tuple[Slot, ...]) -> bool:
    for slot in slots:
        inner, outer = box[slot.index], hole[slot.index]
        if isinstance(inner, tuple) and isinstance(outer, tuple):
            if inner[0] < outer[0] or inner[1] > outer[1]:
                return False
        elif isinstance(inner, int) and isinstance(outer, int) and inner & ~outer:
            return False
    return True


def widest(box: Box, slots: tuple[Slot, ...]) -> Slot:
    """Return the slot with the largest part."""
    return max(slots, key=lambda slot: count(box[slot.index]))


def narrowest(box: Box, slots: tuple[Slot, ...]) -> Slot:
    """Return the slot with the smallest part that can be halved: words are told apart before long rows of numbers."""
    return min((slot for slot in slots if count(box[slot.index]) > 1), key=lambda slot: count(box[slot.index]))


def _split(box: Box, slot: Slot) -> tuple[Box, Box]:
    """Halve the part of a slot."""
    first, second = list(box), list(box)
    part = box[slot.index]
    if isinstance(part, tuple):
        middle = (part[0] + part[1]) // 2
        first[slot.index], second[slot.index] = (part[0], middle), (middle + 1, part[1])
    else:
        bits = [bit for bit in range(part.bit_length()) if part >> bit & 1]
        half = sum(1 << bit for bit in bits[: len(bits) // 2])
        first[slot.index], second[slot.index] = half, part & ~half
    return first, second


def pave(
    truth: BoxTruth,
    slots: tuple[Slot, ...],
    full: Box,
    limit: int,
    most: int,
    pick: Callable[[Box, tuple[Slot, ...]], Slot] = widest,
) -> tuple[list[Box], bool]:
    """Cover all violations by boxes; False when the limit of boxes looked at or of holes ended it early.

    It ends early too when the share of the whole that is decided so far promises no end within the limit.
    """
    holes: list[Box] = []
    stack = [(full, 1.0)]
    looked, decided = 0, 0.0
    while stack:
        box, share = stack.pop()
        if any(_within(box, hole, slots) for hole in holes):
            decided += share
            continue
        looked += 1
        if looked > limit or len(holes) >= most or (looked % EARLY == 0 and decided * limit < looked):
            return holes, False
        result = truth(box)
        if not result & TRUE:
            holes.append(lift(truth, slots, box))
        elif result != TRUE:
            stack.extend((half, share / 2) for half in _split(box, pick(box, slots)))
            continue
        decided += share
    return holes, True
