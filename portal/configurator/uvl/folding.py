"""Simplify terms where variables have only one value left."""

from __future__ import annotations

from collections.abc import Mapping

from portal.configurator.engine import arithmetic
from portal.configurator.engine.model import Value
from portal.configurator.engine.terms import And, Binary, Compare, Lookup, Not, Number, Or, Ref, Same, Symbol, Term
from portal.configurator.uvl.placing import ALWAYS
from portal.configurator.uvl.values import NEVER

Numbers = Mapping[tuple[str, str], Mapping[tuple[Value, ...], Value | None]]


class Folding:
    """Knows the variables with one value, and the numbers of words."""

    def __init__(self, possible: Mapping[str, tuple[Value, ...]], numbers: Numbers) -> None:
        self.possible, self.numbers = possible, numbers
        self.fixed = {key: values[0] for key, values in possible.items() if len(values) == 1}

    def fold(self, term: Term) -> Term:
        """Return a term that says the same without the fixed variables."""
        if isinstance(term, (And, Or)):
            return self._parts(term)
        if isinstance(term, (Not, Same, Compare)):
            return self._condition(term)
        return self._binary(term) if isinstance(term, Binary) else self._number(term)

    def _condition(self, term: Not | Same | Compare) -> Term:
        if isinstance(term, Same):
            return self._same(term)
        if isinstance(term, Not):
            part = self.fold(term.part)
            return {NEVER: ALWAYS, ALWAYS: NEVER}.get(part, Not(part))
        left, right = self.fold(term.left), self.fold(term.right)
        truth = arithmetic.compare(term.operator, self._bounds(left), self._bounds(right))
        return {arithmetic.TRUE: ALWAYS, arithmetic.FALSE: NEVER}.get(truth, Compare(term.operator, left, right))

    def _number(self, term: Term) -> Term:
        value: Value | None = None
        if isinstance(term, Lookup) and term.keys[0] in self.fixed:
            value = self.numbers[term.table, term.column][self.fixed[term.keys[0]],]
        elif isinstance(term, Ref):
            value = self.fixed.get(term.key)
        return Number(value) if isinstance(value, int) else term

    def _bounds(self, term: Term) -> arithmetic.Interval:
        """Return the least and the greatest number, and whether it may be undefined."""
        if isinstance(term, Binary):
            return arithmetic.combine(term.operator, self._bounds(term.left), self._bounds(term.right))
        values: list[Value | None] = [term.value] if isinstance(term, Number) else []
        if isinstance(term, Ref):
            values = list(self.possible[term.key])
        if isinstance(term, Lookup):
            numbers = self.numbers[term.table, term.column]
            values = [numbers[value,] for value in self.possible[term.keys[0]]]
        known = [value for value in values if isinstance(value, int)]
        return min(known), max(known), len(known) < len(values)

    def _same(self, term: Same) -> Term:
        if isinstance(term.left, Ref) and isinstance(term.right, Symbol) and term.left.key in self.fixed:
            return ALWAYS if self.fixed[term.left.key] == term.right.value else NEVER
        return term

    def _parts(self, term: And | Or) -> Term:
        """Leave out what changes nothing, stop at what decides, join parts of the same kind."""
        decides, idle = (NEVER, ALWAYS) if isinstance(term, And) else (ALWAYS, NEVER)
        parts: dict[Term, None] = {}
        for part in term.parts:
            folded = self.fold(part)
            if folded == decides:
                return decides
            inner = folded.parts if isinstance(folded, type(term)) else (folded,)
            parts.update(dict.fromkeys(each for each in inner if each != idle))
        return next(iter(parts)) if len(parts) == 1 else type(term)(tuple(parts))

    def _binary(self, term: Binary) -> Term:
        left, right, sign = self.fold(term.left), self.fold(term.right), term.operator
        if isinstance(left, Number) and isinstance(right, Number) and sign in {"+", "-", "*"}:
            first, second = left.value, right.value
            return Number(first + second if sign == "+" else first - second if sign == "-" else first * second)
        if sign == "*" and Number(0) in (left, right):
            return Number(0)
        if sign == "*" and Number(1) in (left, right):
            return right if left == Number(1) else left
        if right == Number(0) and sign in {"+", "-"}:
            return left
        return right if left == Number(0) and sign == "+" else Binary(sign, left, right)
