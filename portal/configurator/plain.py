"""Authored expressions evaluated as they are written: parse trees to functions of one configuration.

This is the second reading of the rules, on purpose without the terms, groups and tables of the first one: names are
looked up where they stand, aggregates are loops, a missing cell or a division by zero is None and never true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from lark import Token, Tree

from portal.configurator.language.grammar import parse
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.language.units import unit_factor, whole

Scalar = str | int
Values = Mapping[str, Scalar]
Members = Mapping[str, int]
"""The member that is spoken of, by repeated group."""
Found = Scalar | bool | None
Function = Callable[[Values, Members], Found]
Node = Tree[Token]


@dataclass(frozen=True)
class Expression:
    """A compiled text: its value in a configuration, its tree, and the groups whose member it leaves open."""

    value: Function
    tree: Node
    groups: frozenset[str]


class Plain:
    """Evaluates the expressions of one rule set; full names are those of the configuration."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self.attributes = {attribute.key: attribute for attribute in ruleset.attributes}
        self.counts = {group.key: group for group in ruleset.repeated}
        self._settings = {setting.key: setting.value for setting in ruleset.settings}
        self._known: dict[str, Expression] = {}
        self._cells: dict[tuple[str, str], dict[tuple[Scalar | None, ...], Scalar | None]] = {}
        for table in ruleset.tables:
            titles = [column.name for column in table.columns]
            rows = [dict(zip(titles, row, strict=True)) for row in table.rows]
            for title in titles:
                self._cells[table.key, title] = {tuple(row[key] for key in table.keys): row[title] for row in rows}

    def expression(self, text: str) -> Expression:
        """Return a text ready to be evaluated; the same text is read once."""
        if text not in self._known:
            tree = parse(text)
            self._known[text] = Expression(self._function(tree), tree, frozenset(self._open(tree, frozenset())))
        return self._known[text]

    def truth(self, text: str, values: Values, members: Members) -> bool | None:
        """Return whether a condition is true, None when it is undefined."""
        found = self.expression(text).value(values, members)
        assert found is None or isinstance(found, bool)
        return found

    def number(self, text: str, values: Values, members: Members) -> int | None:
        """Return a number in base units, None when it is undefined."""
        found = self.expression(text).value(values, members)
        assert found is None or isinstance(found, int)
        return found

    def full(self, key: str, members: Members) -> str:
        """Return the full name of an attribute for the member that is spoken of."""
        attribute = self.attributes.get(key)
        return f"{attribute.group}[{members[attribute.group]}].{key}" if attribute and attribute.group else key

    def reads(self, text: str, members: Members) -> set[str]:
        """Return the full names of all answers that a text depends on."""
        return set(self._reads(self.expression(text).tree, members))

    def _reads(self, tree: Node, members: Members) -> Iterator[str]:
        if tree.data == "members":
            group, body = str(tree.children[1]), tree.children[2]
            assert isinstance(body, Tree)
            yield group
            for member in range(1, self.counts[group].maximum + 1):
                yield from self._reads(body, {**members, group: member})
            return
        for key in _names(tree):
            if key in self.attributes and self.attributes[key].kind == "derived":
                yield from self.reads(self.attributes[key].expression, members)
            elif key in self.attributes or key in self.counts:
                yield self.full(key, members)
        for child in tree.children:
            if isinstance(child, Tree):
                yield from self._reads(child, members)

    def _open(self, tree: Node, bound: frozenset[str]) -> Iterator[str]:
        """Yield the groups whose attributes are read outside an aggregate over them."""
        if tree.data == "members":
            bound = bound | {str(tree.children[1])}
        for key in _names(tree):
            attribute = self.attributes.get(key)
            if attribute is not None and attribute.group and attribute.group not in bound:
                yield attribute.group
        for child in tree.children:
            if isinstance(child, Tree):
                yield from self._open(child, bound)

    def _function(self, tree: Any) -> Function:
        made = getattr(self, f"_{tree.data}")(*tree.children)
        assert callable(made)
        return made  # type: ignore[no-any-return]

    def _start(self, child: Any) -> Function:
        return self._function(child)

    def _implication(self, left: Any, right: Any) -> Function:
        first, second = self._function(left), self._function(right)
        return lambda values, members: _any([_not(first(values, members)), second(values, members)])

    def _disjunction(self, *parts: Any) -> Function:
        functions = [self._function(part) for part in parts]
        return lambda values, members: _any([part(values, members) for part in functions])

    def _conjunction(self, *parts: Any) -> Function:
        functions = [self._function(part) for part in parts]
        return lambda values, members: _all([part(values, members) for part in functions])

    def _inverse(self, part: Any) -> Function:
        inner = self._function(part)
        return lambda values, members: _not(inner(values, members))

    def _comparison(self, left: Any, sign: Token, right: Any) -> Function:
        first, second, operator = self._function(left), self._function(right), str(sign)
        return lambda values, members: _compare(operator, first(values, members), second(values, members))

    def _member(self, left: Any, *items: Any) -> Function:
        subject, parts = self._function(left), [self._function(item) for item in items]

        def among(values: Values, members: Members) -> Found:
            found = subject(values, members)
            return _any([_compare("==", found, part(values, members)) for part in parts])

        return among

    def _stranger(self, left: Any, *items: Any) -> Function:
        among = self._member(left, *items)
        return lambda values, members: _not(among(values, members))

    def _between(self, left: Any, low: Any, high: Any) -> Function:
        subject, least, most = (self._function(node) for node in (left, low, high))

        def inside(values: Values, members: Members) -> Found:
            found = subject(values, members)
            return _all([_compare(">=", found, least(values, members)), _compare("<=", found, most(values, members))])

        return inside

    def _binary(self, left: Any, sign: Token, right: Any) -> Function:
        first, second, operator = self._function(left), self._function(right), str(sign)
        return lambda values, members: _operate(operator, first(values, members), second(values, members))

    def _negative(self, part: Any) -> Function:
        inner = self._function(part)
        return lambda values, members: _operate("-", 0, inner(values, members))

    def _quotient(self, rounding: Token, left: Any, right: Any) -> Function:
        return self._binary(left, rounding, right)

    def _pick(self, which: Token, *parts: Any) -> Function:
        functions, operator = [self._function(part) for part in parts], str(which)
        return lambda values, members: _reduced(operator, [part(values, members) for part in functions])

    def _conditional(self, question: Any, then: Any, otherwise: Any) -> Function:
        asked, first, second = (self._function(node) for node in (question, then, otherwise))

        def choose(values: Values, members: Members) -> Found:
            truth = asked(values, members)
            return None if truth is None else first(values, members) if truth else second(values, members)

        return choose

    def _members(self, operation: Token, group: Token, body: Any) -> Function:
        inner, verb, name = self._function(body), str(operation), str(group)

        def over(values: Values, members: Members) -> Found:
            count = values[name]
            assert isinstance(count, int)
            found = [inner(values, {**members, name: member}) for member in range(1, count + 1)]
            if verb in {"all", "any"}:
                return _all(found) if verb == "all" else _any(found)
            if verb == "count":
                return None if None in found else found.count(True)
            return _reduced("+", [0, *found]) if verb == "sum" else _reduced(verb, found)

        return over

    def _amount(self, token: Token) -> Function:
        text = str(token)
        end = next((at for at, letter in enumerate(text) if letter not in "0123456789."), len(text))
        value = whole(text[:end], text[end:].strip() or "count")
        return lambda _values, _members: value

    def _word(self, token: Token) -> Function:
        word = str(token)[1:-1]
        return lambda _values, _members: word

    def _name(self, token: Token) -> Function:
        key = str(token)
        if key in self._settings:
            value = self._settings[key]
            return lambda _values, _members: value
        attribute = self.attributes.get(key)
        if attribute is None:
            return lambda values, _members: values[key]  # how often a group exists
        if attribute.kind == "derived":
            return lambda values, members: self.expression(attribute.expression).value(values, members)
        if attribute.kind == "choice":
            return lambda values, members: values[self.full(key, members)]
        factor = unit_factor(attribute.unit)

        def amount(values: Values, members: Members) -> Found:
            given = values[self.full(key, members)]
            assert isinstance(given, int)
            return given * factor

        return amount

    def _cell(self, owner: Token, column: Token, *arguments: Token) -> Function:
        keys, table = [str(argument) for argument in arguments], str(owner)
        if not keys:
            attribute = self.attributes[table]
            keys = [attribute.key]
            if attribute.table is None:
                return _listed_number(attribute, self.full)
            table = attribute.table
        cells = self._cells[table, str(column)]
        return lambda values, members: cells.get(tuple(values[self.full(key, members)] for key in keys))


def _listed_number(attribute: Attribute, full: Callable[[str, Members], str]) -> Function:
    numbers: dict[Scalar, int | None] = {value.key: value.number for value in attribute.values}
    return lambda values, members: numbers[values[full(attribute.key, members)]]


def _names(tree: Node) -> list[str]:
    """Return the names that stand directly in a node."""
    if tree.data == "cell":
        owner, _column, *arguments = (str(child) for child in tree.children)
        return arguments or [owner]
    return [str(child) for child in tree.children] if tree.data == "name" else []


def _not(part: Found) -> bool | None:
    return None if part is None else not part


def _any(parts: list[Found]) -> bool | None:
    """Return True when one part is, else None when one is undefined."""
    return True if True in parts else None if None in parts else False


def _all(parts: list[Found]) -> bool | None:
    """Return False when one part is, else None when one is undefined."""
    return False if False in parts else None if None in parts else True


def _reduced(operator: str, parts: list[Found]) -> Found:
    """Join numbers; of nothing the result is undefined."""
    return reduce(lambda left, right: _operate(operator, left, right), parts) if parts else None


def _operate(operator: str, first: Found, second: Found) -> int | None:
    """Apply one operator; written out apart from the solver's own arithmetic on purpose."""
    if not isinstance(first, int) or not isinstance(second, int):
        return None
    if operator in {"ceil", "floor"}:
        if second == 0:
            return None
        quotient, rest = divmod(first, second)
        return quotient + 1 if operator == "ceil" and rest else quotient
    if operator in {"min", "max"}:
        return sorted((first, second))[0 if operator == "min" else 1]
    return first * second if operator == "*" else first + second if operator == "+" else first - second


def _compare(operator: str, first: Found, second: Found) -> bool | None:
    """Compare words by equality and numbers through the sign of their difference."""
    if first is None or second is None:
        return None
    if isinstance(first, str) or isinstance(second, str):
        return (first == second) is (operator == "==")
    sign = (first > second) - (first < second)
    return sign in {"==": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}[operator]
