"""Integer and interval arithmetic and three-valued truth, undefined included."""

from __future__ import annotations

from collections.abc import Callable

Interval = tuple[int, int, bool]
"""Lowest value, highest value, may be undefined; lowest above highest when never defined."""

TRUE, FALSE, UNDEFINED = 1, 2, 4
NEVER: Interval = (1, 0, True)


def ceil_div(left: int, right: int) -> int | None:
    """Divide and round up; undefined by zero."""
    return -(-left // right) if right else None


def floor_div(left: int, right: int) -> int | None:
    """Divide and round down; undefined by zero."""
    return left // right if right else None


EXACT: dict[str, Callable[[int, int], int | None]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "ceil": ceil_div,
    "floor": floor_div,
    "min": min,
    "max": max,
}

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _product(left: Interval, right: Interval) -> tuple[int, int]:
    corners = (left[0] * right[0], left[0] * right[1], left[1] * right[0], left[1] * right[1])
    return min(corners), max(corners)


def _quotient(left: Interval, right: Interval, divide: Callable[[int, int], int | None]) -> Interval:
    """Divide intervals: monotone on each side of zero, so the corners bound it."""
    divisors: list[int] = []
    if right[1] > 0:
        divisors += [max(right[0], 1), right[1]]
    if right[0] < 0:
        divisors += [right[0], min(right[1], -1)]
    corners = [divide(dividend, divisor) for divisor in divisors for dividend in left[:2]]
    defined = [corner for corner in corners if corner is not None]
    undefined = left[2] or right[2] or right[0] <= 0 <= right[1]
    return (min(defined), max(defined), undefined) if defined else NEVER


def combine(operator: str, left: Interval, right: Interval) -> Interval:
    """Apply an operator to intervals; the result holds every possible value."""
    if left[0] > left[1] or right[0] > right[1]:
        return NEVER
    undefined = left[2] or right[2]
    if operator == "+":
        return left[0] + right[0], left[1] + right[1], undefined
    if operator == "-":
        return left[0] - right[1], left[1] - right[0], undefined
    if operator == "*":
        return (*_product(left, right), undefined)
    if operator in {"ceil", "floor"}:
        return _quotient(left, right, ceil_div if operator == "ceil" else floor_div)
    choose = min if operator == "min" else max
    return choose(left[0], right[0]), choose(left[1], right[1]), undefined


def compare(operator: str, left: Interval, right: Interval) -> int:
    """Return the set of possible truth values of a comparison."""
    if left[0] > left[1] or right[0] > right[1]:
        return UNDEFINED
    result = UNDEFINED if left[2] or right[2] else 0
    if operator in {">", ">="}:
        left, right, operator = right, left, "<" if operator == ">" else "<="
    if operator == "<":
        return result | (TRUE if left[0] < right[1] else 0) | (FALSE if left[1] >= right[0] else 0)
    if operator == "<=":
        return result | (TRUE if left[0] <= right[1] else 0) | (FALSE if left[1] > right[0] else 0)
    meet = left[0] <= right[1] and right[0] <= left[1]
    fixed = left[0] == left[1] == right[0] == right[1]
    equal = (TRUE if meet else 0) | (0 if fixed else FALSE)
    return result | (equal if operator == "==" else negate(equal))


def negate(truth: int) -> int:
    """Negate a set of truth values."""
    return (truth & UNDEFINED) | (FALSE if truth & TRUE else 0) | (TRUE if truth & FALSE else 0)


def conjoin(left: int, right: int) -> int:
    """Combine two sets of truth values with `and`."""
    result = (TRUE if left & right & TRUE else 0) | ((left | right) & FALSE)
    if (left & UNDEFINED and right & (TRUE | UNDEFINED)) or (right & UNDEFINED and left & (TRUE | UNDEFINED)):
        result |= UNDEFINED
    return result
