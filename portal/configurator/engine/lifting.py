"""Turn a violated point into the largest box found in which the rule stays violated, and pave small rules at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from portal.configurator.engine.arithmetic import TRUE
from portal.configurator.engine.evaluating import BoxTruth
from portal.configurator.engine.scope import Box, Part, Slot, Span, count

EARLY = 200

Put = Callable[[Slot, Part], int]


def lift(truth: BoxTruth, slots: Iterable[Slot], box: Box) -> Box:
    """Enlarge each part in the given order of slots while interval evaluation proves the rule still never true."""
    own = list(box)

    def put(slot: Slot, part: Part) -> int:
        own[slot.index] = part
        return truth(own)

    return grown(put, slots, box)


def grown(put: Put, slots: Iterable[Slot], box: Box) -> Box:
    """Enlarge each part in the given order; `put` changes a part and tells what truth values the rule may then take."""
    result = list(box)
    for slot in slots:
        before = result[slot.index]
        result[slot.index] = slot.full
        if before == slot.full or not put(slot, slot.full) & TRUE:
            continue
        result[slot.index] = _span(put, slot, before) if isinstance(before, tuple) else _mask(put, slot, before)
        put(slot, result[slot.index])
    return result


def _mask(put: Put, slot: Slot, mask: int) -> int:
    """Add the values one by one."""
    for position in range(slot.size):
        if not mask >> position & 1 and not put(slot, mask | 1 << position) & TRUE:
            mask |= 1 << position
    return mask


def _span(put: Put, slot: Slot, span: Span) -> Span:
    """Push both ends out by bisection: violation can only be lost when the span grows."""
    low, high = span
    reach = 0
    while reach < low:
        middle = (reach + low) // 2
        if put(slot, (middle, high)) & TRUE:
            reach = middle + 1
        else:
            low = middle
    reach = slot.size - 1
    while high < reach:
        middle = (high + reach + 1) // 2
        if put(slot, (low, middle)) & TRUE:
            reach = middle - 1
        else:
            high = middle
    return low, high


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
