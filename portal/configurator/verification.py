"""Second, independent check of a finished configuration: python-constraint2 over the authored rules.

Nothing of the SAT encoding is used, nor of what leads to it: `plain` evaluates the authored text, and this module loops
over the members of repeated groups and follows the accessories by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from constraint import FunctionConstraint, Problem

from portal.configurator.engine.results import BomLine
from portal.configurator.language.ruleset import Accessory, Attribute, BillLine, Rule, RuleSet
from portal.configurator.plain import Members, Plain, Scalar, Values

Bill = Counter[tuple[str, str, str]]
"""Quantities by sku, heading and line."""


class VerificationFailed(Exception):
    """The configuration breaks authored rules; `rules` names them, or domain:, group: and derived:KEY, or bill:SKU."""

    def __init__(self, rules: Iterable[str]) -> None:
        self.rules = tuple(rules)
        super().__init__(", ".join(self.rules))


def verify(ruleset: RuleSet, assignment: Values, lines: Iterable[BomLine] | None = None) -> None:
    """Check every domain, rule and derived number, and the bill when given; raises VerificationFailed."""
    check = Check(ruleset)
    known = {*check.domains, *(key for key, *_ in check.derived())}
    wrong = [f"domain:{key}" for key, values in check.domains.items() if assignment.get(key) not in values]
    wrong += [f"domain:{key}" for key in assignment if key not in known]
    if wrong:
        raise VerificationFailed(wrong)
    problem = build(ruleset, {key: assignment[key] for key in check.domains}, check)
    if problem.getSolution() is None:
        broken = dict.fromkeys(demand.key for demand in check.demands() if not demand.holds(assignment))
        raise VerificationFailed(broken or ["rules"])
    wrong = list(check.wrong_numbers(assignment))
    if lines is not None:
        wrong += check.wrong_bill(assignment, lines)
    if wrong:
        raise VerificationFailed(wrong)


def domain(attribute: Attribute) -> list[Scalar]:
    """Return every value people may give an attribute."""
    if attribute.kind == "choice":
        return [value.key for value in attribute.values]
    return list(range(attribute.minimum, attribute.maximum + 1))


def build(ruleset: RuleSet, fixed: Values, check: Check | None = None, only: Collection[str] | None = None) -> Any:
    """Return the constraint.Problem of the authored rules; attributes in `fixed` have that one value.

    With `only`, no rules but those named are in it; group:KEY holds the members of a group that do not exist.
    """
    check = check or Check(ruleset)
    problem: Any = Problem()
    for key, values in check.domains.items():
        problem.addVariable(key, [fixed[key]] if key in fixed else values)
    for demand in check.demands():
        if only is not None and demand.key not in only:
            continue
        if demand.reads:
            problem.addConstraint(FunctionConstraint(_constraint(demand)), demand.reads)
        elif not demand.holds({}):
            problem.addConstraint(FunctionConstraint(lambda *_values: False), [next(iter(problem._variables))])
    return problem


@dataclass(frozen=True)
class Demand:
    """An authored rule, for one member when it speaks of a repeated group."""

    key: str
    reads: list[str]
    holds: Callable[[Values], bool]


def _constraint(demand: Demand) -> Callable[..., bool]:
    def holds(*values: Scalar) -> bool:
        return demand.holds(dict(zip(demand.reads, values, strict=True)))

    return holds


class Check:
    """What the authored text of one rule set demands."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset, self.plain = ruleset, Plain(ruleset)
        self.domains: dict[str, list[Scalar]] = {}
        for attribute in ruleset.attributes:
            if attribute.group:
                group = self.plain.counts[attribute.group]
                self.domains.setdefault(group.key, list(range(group.minimum, group.maximum + 1)))
            if attribute.kind != "derived":
                for members in self._members(attribute.group):
                    self.domains[self.plain.full(attribute.key, members)] = domain(attribute)
        self._tuples = {rule.key: self._rows(rule) for rule in ruleset.rules if rule.table}
        self._lines = {line.key: line for line in ruleset.bill_lines}

    def _members(self, group: str) -> list[dict[str, int]]:
        """Return every member of a group that there may be; one empty mapping for no group."""
        return [{group: member} for member in range(1, self.plain.counts[group].maximum + 1)] if group else [{}]

    def demands(self) -> Iterator[Demand]:
        """Yield every rule, for each member that it speaks of, and what holds members that do not exist."""
        for rule in self.ruleset.rules:
            for members in self._members(self._group_of(rule)):
                yield self._demand(rule, members)
        for attribute in self.ruleset.attributes:
            if attribute.group and attribute.kind != "derived":
                for members in self._members(attribute.group):
                    yield self._rests(attribute, members)

    def _group_of(self, rule: Rule) -> str:
        if rule.table:
            return self._one({self.plain.attributes[key].group for _, key in rule.columns})
        return self._one(*(self.plain.expression(text).groups for text in (rule.require, rule.when) if text))

    @staticmethod
    def _one(*found: Collection[str]) -> str:
        groups = {group for each in found for group in each if group}
        if len(groups) > 1:
            raise ValueError(f"one rule for the members of several groups: {sorted(groups)}")
        return next(iter(groups), "")

    def _demand(self, rule: Rule, members: Members) -> Demand:
        if rule.table:
            keys = [self.plain.full(key, members) for _, key in rule.columns]
            reads, rows = dict.fromkeys([*keys, *members]), self._tuples[rule.key]
            return Demand(
                rule.key, [*reads], lambda values: _away(values, members) or tuple(values[key] for key in keys) in rows
            )
        texts = [text for text in (rule.require, rule.when) if text]
        reads = dict.fromkeys([*sorted({key for text in texts for key in self.plain.reads(text, members)}), *members])
        return Demand(rule.key, [*reads], lambda values: _away(values, members) or self._keeps(rule, values, members))

    def _keeps(self, rule: Rule, values: Values, members: Members) -> bool:
        if rule.when and self.plain.truth(rule.when, values, members) is False:
            return True
        return self.plain.truth(rule.require, values, members) is True

    def _rows(self, rule: Rule) -> set[tuple[Scalar | None, ...]]:
        table = next(table for table in self.ruleset.tables if table.key == rule.table)
        places = [[column.name for column in table.columns].index(column) for column, _ in rule.columns]
        return {tuple(row[place] for place in places) for row in table.rows}

    def _rests(self, attribute: Attribute, members: Members) -> Demand:
        key, value = self.plain.full(attribute.key, members), domain(attribute)[0]
        return Demand(
            f"group:{attribute.group}",
            [attribute.group, key],
            lambda values: not _away(values, members) or values[key] == value,
        )

    def derived(self) -> Iterator[tuple[str, str, dict[str, int]]]:
        """Yield every derived number: its full name, its expression, its member."""
        for attribute in self.ruleset.attributes:
            if attribute.kind == "derived":
                for members in self._members(attribute.group):
                    yield self.plain.full(attribute.key, members), attribute.expression, members

    def wrong_numbers(self, assignment: Values) -> Iterator[str]:
        """Yield the derived numbers that differ; those of members that do not exist may be left out."""
        for key, expression, members in self.derived():
            if key not in assignment and _away(assignment, members):
                continue
            if assignment.get(key) != self.plain.number(expression, assignment, members):
                yield f"derived:{key}"

    def bill(self, assignment: Values) -> Bill:
        """Return what the authored lines and accessories put on the bill of a full configuration."""
        found: Bill = Counter()
        for line in self._lines.values():
            for sku, quantity, _ in self._pieces(line, assignment):
                found[sku, line.group, line.key] += quantity
        return found

    def wrong_bill(self, assignment: Values, lines: Iterable[BomLine]) -> list[str]:
        """Compare a bill with what the authored lines and accessories say, line by line and product by product."""
        expected = self.bill(assignment)
        given: Bill = Counter()
        for entry in lines:
            given[entry.sku, entry.group, entry.rule] += entry.quantity
        return [f"bill:{sku}" for sku in sorted({key[0] for key in {*expected, *given} if expected[key] != given[key]})]

    def _line_group(self, line: BillLine) -> str:
        texts = [self.plain.expression(text).groups for text in (line.quantity, line.when) if text]
        return self._one(*texts, [self.plain.attributes[line.product].group] if line.product else [])

    def _pieces(self, line: BillLine, values: Values) -> Iterator[tuple[str, int, Members]]:
        """Yield product, quantity and member of a line, once for each piece on the bill that an accessory goes with."""
        parents = line.parents if isinstance(line, Accessory) else ()
        places = [(quantity, at) for parent in parents for _, quantity, at in self._pieces(self._lines[parent], values)]
        if not parents:
            places = [(1, at) for at in self._members(self._line_group(line)) if not _away(values, at)]
        for number, members in places:
            if line.when and self.plain.truth(line.when, values, members) is not True:
                continue
            sku, each = self._sku(line, values, members), self.plain.number(line.quantity, values, members)
            if sku and each is not None and each * number > 0:
                yield sku, each * number, members

    def _sku(self, line: BillLine, values: Values, members: Members) -> str | None:
        if not line.product:
            return line.sku
        chosen = values[self.plain.full(line.product, members)]
        return next(value.sku for value in self.plain.attributes[line.product].values if value.key == chosen)


def _away(values: Values, members: Members) -> bool:
    """Tell whether the member that is spoken of does not exist."""
    return any(_count(values, group) < member for group, member in members.items())


def _count(values: Values, group: str) -> int:
    count = values[group]
    assert isinstance(count, int)
    return count
