"""Arithmetic without search: two numbers moved against each other, and values that one rule excludes by intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.configurator.engine.arithmetic import TRUE
from portal.configurator.engine.program import Watch
from portal.configurator.engine.scope import Box, Slot

if TYPE_CHECKING:
    from portal.configurator.engine.component import Component

PASSES = 3


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
        coarse = other.index in component.piece.spans
        if other is slot or coarse or not all(other.index in check.reads for check in broken):
            continue
        part, at = layout.part(other, allowed), point[other.index]
        for place in (at + move, at - move):
            if place >= 0 and part >> place & 1:
                point[other.index] = place
                derived = program.derive_point(point)
                tests = (*broken, *component.checks[other.index], *component.checks[slot.index])
                if all(check.test(derived) is True for check in tests):
                    return component.values_of(derived)
        point[other.index] = at
    return None


def tightened(component: Component, allowed: int, wanted: int) -> int:
    """Return values out of `wanted` that single rules exclude within what is allowed; each becomes a no-good."""
    layout, dead = component.layout, 0
    box = component.box(allowed)
    for _ in range(PASSES):
        before = dead
        for watch in component.piece.watches:
            if watch.box(box) == TRUE:
                continue
            for slot in component.inputs[id(watch)]:
                mask = layout.masks[slot.index]
                if not wanted & ~dead & mask:
                    continue
                more = _excluded(component, watch, slot, (allowed & ~dead, wanted & ~dead), box)
                if more:
                    dead |= more
                    if not allowed & ~dead & mask:
                        return dead
                    box = component.narrowed(box, slot, allowed & ~dead)
        if dead == before:
            break
    return dead


def _excluded(component: Component, watch: Watch, slot: Slot, sets: tuple[int, int], box: Box) -> int:
    """Return values of one slot, from its ends or one by one, with which a rule can no longer hold."""
    layout, (allowed, wanted) = component.layout, sets
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
    result = not watch.box(component.program.derive_again(box, slot)) & TRUE
    box[slot.index] = kept
    return result


def _refused(component: Component, watch: Watch, slot: Slot, box: Box, part: int | tuple[int, int]) -> bool:
    """Learn that a rule cannot hold while the slot is within `part`; False when it may hold."""
    if not _never(component, watch, slot, box, part):
        return False
    kept = box[slot.index]
    box[slot.index] = part
    component.refuse(watch, component.program.derive_again(box, slot), slot)
    box[slot.index] = kept
    return True
