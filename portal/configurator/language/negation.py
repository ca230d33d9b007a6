"""When a condition is not true, and when a number is undefined, as conditions that are always true or false themselves.

A rule is kept only where it is *true*; where it reads a missing cell it is undefined and not kept. Its plain negation
is undefined there as well, so "this rule is broken" needs a term of its own. Missing cells are asked from functions
that say for every key whether the cell is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from math import prod

from portal.configurator.engine.model import Model, Value
from portal.configurator.engine.terms import (
    And,
    Binary,
    Compare,
    If,
    Lookup,
    Member,
    Not,
    Number,
    Or,
    Ref,
    Same,
    Setting,
    Symbol,
    Term,
    names,
)

CELL_LIMIT = 20_000
YES: Term = Compare("==", Number(0), Number(0))
NO: Term = Compare("!=", Number(0), Number(0))

Cells = Mapping[tuple[Value, ...], Value | None]


class TooLarge(Exception):
    """A table has more possible keys than may be written out."""


class Negation:
    """Writes negated terms of one model; `functions` collects what they look up beside the model's own."""

    def __init__(self, model: Model) -> None:
        self._values = {variable.key: variable.values for variable in model.variables}
        self._derived, self._given, self._settings = dict(model.derived), model.functions, model.settings
        self.functions: dict[tuple[str, str], Cells] = {}
        self._known: dict[str, Term] = {}

    def broken(self, term: Term) -> Term:
        """Return the condition that `term` is false or undefined."""
        match term:
            case And(parts):
                return some(self.broken(part) for part in parts)
            case Or(parts):
                return every(self.broken(part) for part in parts)
            case Not(part):
                return self.not_false(part)
        return some((self._missing(term), Not(term)))

    def not_false(self, term: Term) -> Term:
        """Return the condition that `term` is true or undefined."""
        match term:
            case And(parts):
                return every(self.not_false(part) for part in parts)
            case Or(parts):
                return some(self.not_false(part) for part in parts)
            case Not(part):
                return self.broken(part)
        return some((self._missing(term), term))

    def _missing(self, term: Term) -> Term:
        """Return the condition that a comparison reads something undefined."""
        match term:
            case Compare(_, left, right) | Same(left, right):
                return some((self.undefined(left), self.undefined(right)))
            case Member(part, _):
                return self.undefined(part)
        raise TypeError(f"not a condition: {term!r}")

    def undefined(self, term: Term) -> Term:
        """Return the condition that a number or a word is undefined."""
        match term:
            case Ref(key) if key in self._derived:
                if key not in self._known:
                    self._known[key] = self.undefined(self._derived[key])
                return self._known[key]
            case Lookup():
                return self._gap(term)
            case Binary(operator, left, right):
                parts = [self.undefined(left), self.undefined(right)]
                if operator in {"ceil", "floor"} and not self._constant(right):
                    parts.append(Compare("==", right, Number(0)))
                return some(parts)
            case If(condition, then, otherwise):
                neither = every((self.broken(condition), self.broken(Not(condition))))
                chosen = every((condition, self.undefined(then)))
                other = every((Not(condition), self.undefined(otherwise)))
                return some((neither, chosen, other))
        return NO

    def _constant(self, term: Term) -> int | None:
        """Return the value of a number that reads nothing but settings, None when it reads more."""
        match term:
            case Number(value):
                return value
            case Setting(key):
                return self._settings[key]
            case Binary(operator, left, right) if operator in {"+", "-", "*"}:
                first, second = self._constant(left), self._constant(right)
                if first is None or second is None:
                    return None
                return first * second if operator == "*" else first + second if operator == "+" else first - second
        return None

    def inputs(self, term: Term) -> tuple[str, ...]:
        """Return the attributes that a term reads, through derived numbers."""
        found: dict[str, None] = {}
        waiting = [term]
        while waiting:
            for key in names(waiting.pop()):
                if key in found:
                    continue
                found[key] = None
                if key in self._derived:
                    waiting.append(self._derived[key])
        return tuple(key for key in found if key in self._values)

    def _gap(self, lookup: Lookup) -> Term:
        """Return the condition that a cell is missing, through a function that has a word for every key."""
        name = (f"?{lookup.table}", f"{lookup.column}?{','.join(lookup.keys)}")
        if name not in self.functions:
            domains = [self._values[key] for key in lookup.keys]
            if prod(len(values) for values in domains) > CELL_LIMIT:
                raise TooLarge(lookup.table)
            cells = self._given[lookup.table, lookup.column]
            self.functions[name] = {key: "no" if cells.get(key) is None else "yes" for key in product(*domains)}
        if "no" not in self.functions[name].values():
            return NO
        return Same(Lookup(name[0], name[1], lookup.keys), Symbol("no"))


def some(parts: Iterable[Term]) -> Term:
    """Join by `or`, leaving out what is never true."""
    kept = list(dict.fromkeys(part for part in parts if part != NO))
    if YES in kept:
        return YES
    return Or(tuple(kept)) if len(kept) > 1 else kept[0] if kept else NO


def every(parts: Iterable[Term]) -> Term:
    """Join by `and`, leaving out what is always true."""
    kept = list(dict.fromkeys(part for part in parts if part != YES))
    if NO in kept:
        return NO
    return And(tuple(kept)) if len(kept) > 1 else kept[0] if kept else YES
