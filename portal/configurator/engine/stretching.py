"""Arithmetic without search: witnesses stretched along one slot, and values that one rule excludes by intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.configurator.engine.arithmetic import TRUE
from portal.configurator.engine.evaluating import BoxTruth
from portal.configurator.engine.program import Watch
from portal.configurator.engine.scope import Box, Slot

if TYPE_CHECKING:
    from portal.configurator.engine.component import Component

PASSES = 3


def stretched(component: Component, slot: Slot, values: int, allowed: int, wanted: int) -> int | None:
    """Return a witness with every value of `slot` that keeps all rules beside the rest of a known one.

    None when the value of bit `wanted` is not among them. Between the ends that interval evaluation grants every value
    holds; rules that cannot be evaluated on intervals are asked value by value.
    """
    layout, program = component.layout, component.program
    point = component.point(values)
    alone = layout.values(point)
    at = point[slot.index]
    target = layout.owner[wanted][1]
    box: Box = [each.single(place) for each, place in zip(program.encoding.slots, point, strict=True)]
    part = layout.part(slot, allowed) | 1 << at
    if slot.ordered:
        low, high = (part & -part).bit_length() - 1, part.bit_length() - 1
        for truth in component.boxes[slot.index]:
            low, high = _within(component, truth, box, slot, (low, at, high))
            if not low <= target <= high:
                return None
        part &= (1 << high + 1) - (1 << low)
    else:
        part = 1 << at | 1 << target
    for place in range(part.bit_length()):
        if part >> place & 1 and place != at:
            point[slot.index] = place
            derived = program.derive_point(point)
            checks = component.points_only[slot.index] if slot.ordered else component.checks[slot.index]
            if not all(check.test(derived) is True for check in checks):
                part &= ~(1 << place)
    if not part >> target & 1:
        return None
    found = alone & ~layout.masks[slot.index]
    for place in range(part.bit_length()):
        if part >> place & 1:
            found |= 1 << layout.bit(slot, place)
    return found


def shifted(component: Component, slot: Slot, values: int, allowed: int, wanted: int) -> int | None:
    """Return a witness with the wanted value, made from a known one by moving one other number as far up or down."""
    layout, program = component.layout, component.program
    point = component.point(values)
    target = layout.owner[wanted][1]
    move = target - point[slot.index]
    point[slot.index] = target
    derived = program.derive_point(point)
    broken = [check for check in component.checks[slot.index] if check.test(derived) is not True]
    for other in component.ordered:
        if other is slot or not all(other.index in check.reads for check in broken):
            continue
        part, at = layout.part(other, allowed), point[other.index]
        for place in (at + move, at - move):
            if place >= 0 and part >> place & 1:
                point[other.index] = place
                derived = program.derive_point(point)
                tests = (*broken, *component.checks[other.index], *component.checks[slot.index])
                if all(check.test(derived) is True for check in tests):
                    return layout.values(derived)
        point[other.index] = at
    return None


def _within(component: Component, truth: BoxTruth, box: Box, slot: Slot, ends: tuple[int, int, int]) -> tuple[int, int]:
    """Return the widest span around the middle in which a rule is certainly true, found by halving on both sides."""
    low, at, high = ends

    def certain(first: int, last: int) -> bool:
        box[slot.index] = (first, last)
        return truth(component.derive_box(slot, box)) == TRUE

    if certain(low, high):
        return low, high
    if not certain(at, high):
        inside, outside = at, high
        while outside - inside > 1:
            middle = (inside + outside) // 2
            inside, outside = (middle, outside) if certain(at, middle) else (inside, middle)
        high = inside
    if not certain(low, high):
        inside, outside = at, low
        while inside - outside > 1:
            middle = (inside + outside) // 2
            inside, outside = (middle, outside) if certain(middle, high) else (inside, middle)
        low = inside
    return low, high


def tightened(component: Component, allowed: int, wanted: int) -> int:
    """Return values out of `wanted` that single rules exclude within what is allowed; each becomes a no-good."""
    layout, dead = component.layout, 0
    for _ in range(PASSES):
        before = dead
        for watch in component.piece.watches:
            for slot in component.inputs[id(watch)]:
                mask = layout.masks[slot.index]
                if wanted & ~dead & mask:
                    dead |= _excluded(component, watch, slot, allowed & ~dead, wanted & ~dead)
                if not allowed & ~dead & mask:
                    return dead
        if dead == before:
            break
    return dead


def _excluded(component: Component, watch: Watch, slot: Slot, allowed: int, wanted: int) -> int:
    """Return values of one slot, from its ends or one by one, with which a rule can no longer hold."""
    layout = component.layout
    box = component.box(allowed)
    part, open_part = layout.part(slot, allowed), layout.part(slot, wanted)
    if not slot.ordered:
        dead = 0
        for place in range(part.bit_length()):
            if open_part >> place & 1 and _refused(component, watch, slot, box, 1 << place):
                dead |= 1 << layout.bit(slot, place)
        return dead
    low, high = (part & -part).bit_length() - 1, part.bit_length() - 1
    sure = part & ~open_part
    floor, ceiling = (sure & -sure).bit_length() - 1 if sure else high, sure.bit_length() - 1 if sure else low
    first, last = low, high
    if ceiling < high and _never(component, watch, slot, box, (high, high)):
        inside, outside = high, ceiling
        while inside - outside > 1:
            middle = (inside + outside) // 2
            inside, outside = (
                (middle, outside) if _never(component, watch, slot, box, (middle, high)) else (inside, middle)
            )
        _refused(component, watch, slot, box, (inside, high))
        last = inside - 1
    if low < floor and _never(component, watch, slot, box, (low, low)):
        inside, outside = low, floor
        while outside - inside > 1:
            middle = (inside + outside) // 2
            inside, outside = (
                (middle, outside) if _never(component, watch, slot, box, (low, middle)) else (inside, middle)
            )
        _refused(component, watch, slot, box, (low, inside))
        first = inside + 1
    kept = (1 << last + 1) - (1 << first) if first <= last else 0
    return (part & ~kept) << layout.first[slot.index]


def _never(component: Component, watch: Watch, slot: Slot, box: Box, part: int | tuple[int, int]) -> bool:
    kept = box[slot.index]
    box[slot.index] = part
    result = not watch.box(component.derive_box(slot, box)) & TRUE
    box[slot.index] = kept
    return result


def _refused(component: Component, watch: Watch, slot: Slot, box: Box, part: int | tuple[int, int]) -> bool:
    """Learn that a rule cannot hold while the slot is within `part`; False when it may hold."""
    if not _never(component, watch, slot, box, part):
        return False
    kept = box[slot.index]
    box[slot.index] = part
    component.refuse(watch, component.derive_box(slot, box), slot)
    box[slot.index] = kept
    return True
