"""Second, independent check of a finished configuration: python-constraint2 over the authored rules.

Nothing of the SAT encoding is used: terms are walked by the evaluator in this module, one value at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from constraint import FunctionConstraint, Problem

from portal.configurator.engine.results import BomLine
from portal.configurator.engine.terms import (
    And,
    Binary,
    Compare,
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
from portal.configurator.language.ruleset import Attribute, Line, Rule, RuleSet
from portal.configurator.language.units import unit_factor

Scalar = str | int
Values = Mapping[str, Scalar]


class VerificationFailed(Exception):
    """The configuration breaks authored rules; `rules` names them, or domain:KEY, derived:KEY and bill:SKU."""

    def __init__(self, rules: Iterable[str]) -> None:
        self.rules = tuple(rules)
        super().__init__(", ".join(self.rules))


def verify(ruleset: RuleSet, assignment: Values, lines: Iterable[BomLine] | None = None) -> None:
    """Check every domain, rule and derived number, and the bill when given; raises VerificationFailed."""
    asked = [attribute for attribute in ruleset.attributes if attribute.kind != "derived"]
    known = {attribute.key for attribute in ruleset.attributes}
    wrong = [f"domain:{item.key}" for item in asked if assignment.get(item.key) not in domain(item)]
    wrong += [f"domain:{key}" for key in assignment if key not in known]
    if wrong:
        raise VerificationFailed(wrong)
    plain = Plain(ruleset)
    problem = build(ruleset, {item.key: assignment[item.key] for item in asked}, plain)
    if problem.getSolution() is None:
        broken = [rule.key for rule in ruleset.rules if not plain.keeps(rule, assignment)]
        raise VerificationFailed(broken or ["rules"])
    wrong = [f"derived:{key}" for key in plain.derived if assignment.get(key) != plain.number(Ref(key), assignment)]
    if lines is not None:
        wrong += _wrong_bill(ruleset, assignment, lines, plain)
    if wrong:
        raise VerificationFailed(wrong)


def domain(attribute: Attribute) -> list[Scalar]:
    """Return every value people may give an attribute."""
    if attribute.kind == "choice":
        return [value.key for value in attribute.values]
    return list(range(attribute.minimum, attribute.maximum + 1))


def build(ruleset: RuleSet, fixed: Values, plain: Plain | None = None) -> Any:
    """Return the constraint.Problem of the authored rules; attributes in `fixed` have that one value."""
    plain = plain or Plain(ruleset)
    problem: Any = Problem()
    for attribute in ruleset.attributes:
        if attribute.kind != "derived":
            values = [fixed[attribute.key]] if attribute.key in fixed else domain(attribute)
            problem.addVariable(attribute.key, values)
    for rule in ruleset.rules:
        keys = plain.keys(rule)
        if keys:
            problem.addConstraint(FunctionConstraint(_constraint(rule, keys, plain)), keys)
        elif not plain.keeps(rule, {}):
            problem.addConstraint(FunctionConstraint(lambda *_values: False), [next(iter(problem._variables))])
    return problem


def _constraint(rule: Rule, keys: list[str], plain: Plain) -> Callable[..., bool]:
    def keeps(*values: Scalar) -> bool:
        return plain.keeps(rule, dict(zip(keys, values, strict=True)))

    return keeps


def _wrong_bill(ruleset: RuleSet, assignment: Values, lines: Iterable[BomLine], plain: Plain) -> list[str]:
    """Compare a bill line by line with what the authored lines say."""
    expected = {
        (sku, quantity, line.group, line.key)
        for line in ruleset.lines
        for sku, quantity in plain.line(line, assignment)
    }
    given_list = [(line.sku, line.quantity, line.group, line.rule) for line in lines]
    given = set(given_list)
    twice = [entry[0] for entry in given if given_list.count(entry) > 1]
    return [f"bill:{sku}" for sku in sorted({entry[0] for entry in expected ^ given} | set(twice))]


class Plain:
    """Evaluates authored terms on one assignment; None is undefined and never true."""

    def __init__(self, ruleset: RuleSet) -> None:
        parsed = ruleset.parsed
        self.derived, self.rules = dict(parsed.derived), parsed.rules
        self.quantities, self.conditions = parsed.quantities, parsed.conditions
        self._settings = {setting.key: setting.value for setting in ruleset.settings}
        self._attributes = {attribute.key: attribute for attribute in ruleset.attributes}
        self._cells: dict[tuple[str, str], dict[tuple[Scalar | None, ...], Scalar | None]] = {}
        self._tuples: dict[str, set[tuple[Scalar | None, ...]]] = {}
        for table in ruleset.tables:
            titles = [column.name for column in table.columns]
            rows = [dict(zip(titles, row, strict=True)) for row in table.rows]
            for title in titles:
                self._cells[table.key, title] = {tuple(row[key] for key in table.keys): row[title] for row in rows}
            for rule in ruleset.rules:
                if rule.table == table.key:
                    self._tuples[rule.key] = {tuple(row[column] for column, _ in rule.columns) for row in rows}
        for attribute in ruleset.attributes:
            for value in attribute.values if attribute.table is None else ():
                self._cells.setdefault((f"={attribute.key}", "number"), {})[value.key,] = value.number

    def keys(self, rule: Rule) -> list[str]:
        """Return the asked attributes a rule depends on, in a stable order."""
        if rule.table:
            return list(dict.fromkeys(key for _, key in rule.columns))
        found: dict[str, None] = {}
        stack = [self.rules[rule.key]]
        while stack:
            for key in names(stack.pop()):
                if key in self.derived:
                    stack.append(self.derived[key])
                else:
                    found[key] = None
        return sorted(found)

    def keeps(self, rule: Rule, values: Values) -> bool:
        """Tell whether a rule is true."""
        if rule.table:
            return tuple(values[key] for _, key in rule.columns) in self._tuples[rule.key]
        return self.truth(self.rules[rule.key], values) is True

    def line(self, line: Line, values: Values) -> list[tuple[str, int]]:
        """Return the sku and quantity a bill line asks for, nothing when it does not apply."""
        if line.key in self.conditions and self.truth(self.conditions[line.key], values) is not True:
            return []
        sku: str | None = line.sku
        if line.product:
            chosen = values[line.product]
            sku = next(value.sku for value in self._attributes[line.product].values if value.key == chosen)
        quantity = self.number(self.quantities[line.key], values)
        return [(sku, quantity)] if sku and quantity is not None and quantity > 0 else []

    def number(self, term: Term, values: Values) -> int | None:
        """Evaluate a number in base units."""
        match term:
            case Number(value):
                return value
            case Setting(key):
                return self._settings[key]
            case Ref(key):
                if key in self.derived:
                    return self.number(self.derived[key], values)
                given = values[key]
                assert isinstance(given, int)
                return given * unit_factor(self._attributes[key].unit)
            case Lookup():
                cell = self._cell(term, values)
                assert cell is None or isinstance(cell, int)
                return cell
            case Binary(operator, left, right):
                first, second = self.number(left, values), self.number(right, values)
                return None if first is None or second is None else _operate(operator, first, second)
        raise TypeError(f"not a number: {term!r}")

    def _cell(self, term: Lookup, values: Values) -> Scalar | None:
        return self._cells[term.table, term.column].get(tuple(values[key] for key in term.keys))

    def _word(self, term: Term, values: Values) -> str | None:
        if isinstance(term, Symbol):
            return term.value
        if isinstance(term, Lookup):
            found = self._cell(term, values)
            return None if found is None else str(found)
        return str(values[term.key]) if isinstance(term, Ref) else None

    def truth(self, term: Term, values: Values) -> bool | None:
        """Evaluate a condition; False beats undefined in `and`, True beats it in `or`."""
        match term:
            case Not(part):
                inner = self.truth(part, values)
                return None if inner is None else not inner
            case And(parts) | Or(parts):
                decisive = isinstance(term, Or)
                results = [self.truth(part, values) for part in parts]
                return decisive if decisive in results else None if None in results else not decisive
            case Compare(operator, left, right):
                first, second = self.number(left, values), self.number(right, values)
                return None if first is None or second is None else _compare(operator, first, second)
            case Same(left, right):
                word, other = self._word(left, values), self._word(right, values)
                return None if word is None or other is None else word == other
            case Member(inner_term, symbols):
                word = self._word(inner_term, values)
                return None if word is None else word in symbols
        raise TypeError(f"not a condition: {term!r}")


def _operate(operator: str, first: int, second: int) -> int | None:
    """Apply one operator; written out apart from the solver's own arithmetic on purpose."""
    if operator in {"ceil", "floor"}:
        if second == 0:
            return None
        quotient, rest = divmod(first, second)
        return quotient + 1 if operator == "ceil" and rest else quotient
    if operator in {"min", "max"}:
        return sorted((first, second))[0 if operator == "min" else 1]
    return first * second if operator == "*" else first + second if operator == "+" else first - second


def _compare(operator: str, first: int, second: int) -> bool:
    """Compare through the sign of the difference."""
    sign = (first > second) - (first < second)
    return sign in {"==": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}[operator]
