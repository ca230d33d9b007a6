"""Values inside constraints: exact fractions, texts by case, and truth, all over integer terms of the solver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.configurator.engine.terms import And, Binary, Compare, Not, Number, Or, Term

ONE = Number(1)
NEVER: Term = Or(())


@dataclass(frozen=True)
class Amount:
    """A number as a fraction of two integer terms; `guards` must hold for it to be defined.

    `signed` says that the divisor may be less than zero.
    """

    number: Term
    divisor: Term = ONE
    guards: tuple[Term, ...] = ()
    signed: bool = False


@dataclass(frozen=True)
class Words:
    """A text by case: conditions that exclude each other, and the text in each; always one of them holds."""

    cases: tuple[tuple[Term, str], ...]


@dataclass(frozen=True)
class Truth:
    """A condition."""

    term: Term


def constant(value: Fraction) -> Amount:
    """Return a constant."""
    return Amount(Number(value.numerator), Number(value.denominator))


def product(left: Term, right: Term) -> Term:
    """Multiply, leaving out ones and counting constants at once."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value * right.value)
    if ONE in (left, right):
        return right if left == ONE else left
    return Binary("*", left, right)


def total(parts: Sequence[Term]) -> Term:
    """Add many terms as a balanced tree, so that it is not high."""
    level = list(parts) or [Number(0)]
    while len(level) > 1:
        pairs = [Binary("+", level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = [*pairs, *level[len(level) // 2 * 2 :]]
    return level[0]


def operate(sign: str, left: Amount, right: Amount) -> Amount:
    """Apply + - * or / exactly."""
    guards, signed = left.guards + right.guards, left.signed or right.signed
    if sign == "*":
        return Amount(product(left.number, right.number), product(left.divisor, right.divisor), guards, signed)
    if sign == "/":
        known = isinstance(right.number, Number) and right.number.value > 0
        divides = () if known else (Compare("!=", right.number, Number(0)),)
        number, divisor = product(left.number, right.divisor), product(left.divisor, right.number)
        return Amount(number, divisor, (*guards, *divides), signed or not known)
    if left.divisor == right.divisor:
        return Amount(_sum(sign, left.number, right.number), left.divisor, guards, signed)
    first, second = product(left.number, right.divisor), product(right.number, left.divisor)
    return Amount(_sum(sign, first, second), product(left.divisor, right.divisor), guards, signed)


def average(summed: Amount, count: Term) -> Amount:
    """Divide by a count, which is never less than zero."""
    return Amount(summed.number, product(summed.divisor, count), (Compare("!=", count, Number(0)),))


def _sum(sign: str, left: Term, right: Term) -> Term:
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value + right.value if sign == "+" else left.value - right.value)
    return Binary(sign, left, right)


def rounded(rounding: str, amount: Amount) -> Amount:
    """Round down (floor) or up (ceil)."""
    if amount.divisor == ONE:
        return amount
    return Amount(Binary(rounding, amount.number, amount.divisor), ONE, amount.guards)


def compare(sign: str, left: Amount, right: Amount) -> Term:
    """Compare exactly; a number that is not defined makes every comparison false."""
    guards = dict.fromkeys(left.guards + right.guards)
    first, second = product(left.number, right.divisor), product(right.number, left.divisor)
    for amount in (left, right):
        if amount.signed:
            # both sides times the divisor once more, so that its sign does not matter
            first, second = product(first, amount.divisor), product(second, amount.divisor)
    test = Compare(sign, first, second)
    return And((*guards, test)) if guards else test


def same(left: Words, right: Words, equal: bool) -> Term:
    """Compare two texts."""
    hits = [
        And((first, second)) for first, text in left.cases for second, other in right.cases if (text == other) is equal
    ]
    return Or(tuple(hits))


def opposite(term: Term) -> Term:
    """Negate."""
    return term.part if isinstance(term, Not) else Not(term)
