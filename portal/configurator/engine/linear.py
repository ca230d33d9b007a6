"""Sums of numbers times constants, flattened: one loop instead of a tree of calls, and every number counted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from portal.configurator.engine.arithmetic import NEVER, Interval
from portal.configurator.engine.scope import Box, Point, Scope
from portal.configurator.engine.terms import Binary, Number, Ref, Setting, Term


@dataclass
class Sum:
    """A constant, ordered slots by index with their factors, and other terms with theirs."""

    constant: int = 0
    slots: dict[int, int] = field(default_factory=dict)
    rest: list[tuple[int, Term]] = field(default_factory=list)


def is_sum(term: Binary) -> bool:
    """Tell whether a term is worth flattening."""
    return term.operator in {"+", "-"}


def flatten(term: Term, scope: Scope) -> Sum:
    """Return a term as a sum."""
    found = Sum()
    _add(found, term, 1, scope)
    found.slots = {index: factor for index, factor in found.slots.items() if factor}
    return found


def _add(found: Sum, term: Term, factor: int, scope: Scope) -> None:
    if isinstance(term, Ref):
        if term.key in scope.inlined:
            _add(found, scope.inlined[term.key], factor, scope)
        else:
            index = scope.slots[term.key].index
            found.slots[index] = found.slots.get(index, 0) + factor
    elif isinstance(term, Binary) and term.operator in {"+", "-"}:
        _add(found, term.left, factor, scope)
        _add(found, term.right, factor if term.operator == "+" else -factor, scope)
    elif isinstance(term, Binary) and term.operator == "*":
        left, right = constant(term.left, scope), constant(term.right, scope)
        if left is not None:
            _add(found, term.right, factor * left, scope)
        elif right is not None:
            _add(found, term.left, factor * right, scope)
        else:
            found.rest.append((factor, term))
    else:
        number = constant(term, scope)
        if number is None:
            found.rest.append((factor, term))
        else:
            found.constant += factor * number


def constant(term: Term, scope: Scope) -> int | None:
    """Return the number of a term that is one, None for all others."""
    if isinstance(term, Number):
        return term.value
    return scope.settings[term.key] if isinstance(term, Setting) else None


def point_sum(found: Sum, scope: Scope, rest: list[Callable[[Point], int | None]]) -> Callable[[Point], int | None]:
    """Compile a sum for points, given its other terms compiled."""
    numbers = {slot.index: slot.numbers for slot in scope.slots.values()}
    parts = [(index, tuple(factor * number for number in numbers[index])) for index, factor in found.slots.items()]
    others = [(factor, compiled) for (factor, _), compiled in zip(found.rest, rest, strict=True)]
    base = found.constant

    def total(point: Point) -> int | None:
        result = base
        for index, amounts in parts:
            result += amounts[point[index]]
        for factor, other in others:
            number = other(point)
            if number is None:
                return None
            result += factor * number
        return result

    return total


def box_sum(found: Sum, scope: Scope, rest: list[Callable[[Box], Interval]]) -> Callable[[Box], Interval]:
    """Compile a sum for boxes, given its other terms compiled."""
    numbers = {slot.index: slot.numbers for slot in scope.slots.values()}
    parts = [
        (index, int(factor > 0), tuple(factor * number for number in numbers[index]))
        for index, factor in found.slots.items()
    ]
    others = [(factor, compiled) for (factor, _), compiled in zip(found.rest, rest, strict=True)]
    base = found.constant

    def bounds(box: Box) -> Interval:
        low = high = base
        for index, up, amounts in parts:
            part = box[index]
            assert isinstance(part, tuple)
            low += amounts[part[1 - up]]
            high += amounts[part[up]]
        undefined = False
        for factor, other in others:
            least, most, gap = other(box)
            if least > most:
                return NEVER
            undefined = undefined or gap
            low += factor * (least if factor > 0 else most)
            high += factor * (most if factor > 0 else least)
        return low, high, undefined

    return bounds
