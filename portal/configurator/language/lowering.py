"""From typed terms to the solver's model: groups are written out member by member, lines with what they require."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import cast

from portal.configurator.engine import model as engine
from portal.configurator.engine.terms import Compare, Lookup, Number, Or, Ref, Same, Symbol, Term, bind
from portal.configurator.engine.terms import names as keys_of
from portal.configurator.language.bills import bill_lines
from portal.configurator.language.errors import Fault
from portal.configurator.language.meaning import INLINE_COLUMN, Parsed
from portal.configurator.language.parts import Attribute, Authored, Repeated, Rule, Table
from portal.configurator.language.repetition import (
    absent,
    expanded,
    member_key,
    member_names,
    one_group,
    presence_key,
    present,
    resting,
)
from portal.configurator.language.units import unit_factor

LOOKUP_LIMIT = 200  # combinations; above, the time to compile counts more than the wording of an explanation
TUPLE_LIMIT = 200_000

Tuples = frozenset[tuple[engine.Value, ...]]
Functions = dict[tuple[str, str], dict[tuple[engine.Value, ...], engine.Value | None]]


def functions_of(rules: Authored) -> Functions:
    """Return every table column as a function of the table's keys, inline numbers included."""
    result: Functions = {}
    for table in rules.tables:
        places = {column.name: place for place, column in enumerate(table.columns)}
        keys = [places[key] for key in table.keys]
        for column, place in places.items():
            result[table.key, column] = {
                tuple(cast(engine.Value, row[key]) for key in keys): row[place] for row in table.rows
            }
    for attribute in rules.attributes:
        if attribute.kind == "choice" and attribute.table is None:
            result[f"={attribute.key}", INLINE_COLUMN] = {(value.key,): value.number for value in attribute.values}
    return result


def allowed_tuples(rule: Rule, table: Table) -> Tuples:
    """Return the tuples a table rule allows, in the order of its columns; rows with a gap allow nothing."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    wanted = [places[column] for column, _ in rule.columns]
    rows = (tuple(row[place] for place in wanted) for row in table.rows)
    return frozenset(cast(tuple[engine.Value, ...], row) for row in rows if None not in row)


def variable_of(attribute: Attribute) -> engine.Variable:
    """Lower an attribute that people answer."""
    kind = cast(engine.Kind, attribute.kind)
    prefer = attribute.prefer
    if attribute.kind == "choice":
        values: tuple[engine.Value, ...] = tuple(value.key for value in attribute.values)
        skus = tuple(value.sku for value in attribute.values)
        return engine.Variable(attribute.key, kind, values, 1, prefer.order, prefer.value, skus)
    steps = tuple(range(attribute.minimum, attribute.maximum + 1))
    return engine.Variable(attribute.key, kind, steps, unit_factor(attribute.unit), prefer.order, prefer.value)


def lower(rules: Authored, parsed: Parsed) -> engine.Model:
    """Return the solver's model of a rule set; Fault when tables of repeated groups grow too large."""
    return _Lowering(rules, parsed).model()


class _Lowering:
    """One rule set on its way to the solver."""

    def __init__(self, rules: Authored, parsed: Parsed) -> None:
        self.rules, self.parsed = rules, parsed
        self.groups = {attribute.key: attribute.group for attribute in rules.attributes if attribute.group}
        self.repeated = {group.key: group for group in rules.repeated}
        self.tables = {table.key: table for table in rules.tables}
        self.functions = functions_of(rules)
        self.variables = {
            item.key: variable_of(item) for item in expanded(rules.attributes, rules.repeated) if item.kind != "derived"
        }

    def model(self) -> engine.Model:
        """Return everything."""
        lowered = [part for rule in self.rules.rules for part in self._rule(rule)]
        lowered += [rule for group in self.rules.repeated for rule in self._resting(group)]
        return engine.Model(
            variables=tuple(self.variables.values()),
            derived=tuple(self._derived()),
            rules=tuple(lowered),
            lines=bill_lines(self.rules, self.parsed, self.groups),
            settings={setting.key: setting.value for setting in self.rules.settings},
            functions=self.functions,
            completion=tuple(self._completion()),
        )

    def _members(self, group: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield each member's number and how its attributes are called."""
        for member in range(1, self.repeated[group].maximum + 1):
            yield member, member_names(group, member, self.groups)

    def _derived(self) -> Iterator[tuple[str, Term]]:
        for key, term in self.parsed.derived.items():
            if key not in self.groups:
                yield key, term
                continue
            for _, names in self._members(self.groups[key]):
                yield names[key], bind(term, names)

    def _rule(self, rule: Rule) -> Iterator[engine.Rule | engine.Allowed]:
        """Lower a rule: once, or once for every member of the group that it reads."""
        if not rule.require:
            yield from self._table(rule)
            return
        term = self.parsed.rules[rule.key]
        group = one_group(keys_of(term), self.groups)
        if not group:
            yield engine.Rule(rule.key, term)
            return
        for member, names in self._members(group):
            yield self._guarded(rule.key, group, member, bind(term, names))

    def _guarded(self, key: str, group: str, member: int, term: Term) -> engine.Rule:
        """Let a condition hold for a member that exists."""
        certain = member <= self.repeated[group].minimum
        return engine.Rule(key, term if certain else Or((absent(group, member), term)))

    def _table(self, rule: Rule) -> Iterator[engine.Rule | engine.Allowed]:
        tuples = allowed_tuples(rule, self.tables[rule.table])
        keys = tuple(key for _, key in rule.columns)
        group = one_group(keys, self.groups)
        if not group:
            yield engine.Allowed(rule.key, keys, tuples)
            return
        for member, names in self._members(group):
            mine = tuple(names.get(key, key) for key in keys)
            if member <= self.repeated[group].minimum:
                yield engine.Allowed(rule.key, mine, tuples)
            elif group in keys or prod(len(self.variables[key].values) for key in mine) <= LOOKUP_LIMIT:
                yield self._guarded(rule.key, group, member, self._row_exists(rule, tuples, mine))
            else:
                yield self._wide_table(rule, group, member, tuples)

    def _row_exists(self, rule: Rule, tuples: Tuples, keys: tuple[str, ...]) -> Term:
        """Return the condition that a row of the table has these values."""
        rows: dict[tuple[engine.Value, ...], engine.Value | None] = dict.fromkeys(tuples, "yes")
        self.functions[f"~{rule.key}", "row"] = rows
        return Same(Lookup(f"~{rule.key}", "row", keys), Symbol("yes"))

    def _wide_table(self, rule: Rule, group: str, member: int, tuples: Tuples) -> engine.Allowed:
        """Tie a member's values and the group's quantity by one table; what does not exist rests, so one row is enough.

        A wide condition would be slow to solve. The price: an explanation of why a member that does not exist cannot
        have a value may name this rule in place of the quantity.
        """
        keys = [key for _, key in rule.columns]
        names = member_names(group, member, self.groups)
        mine = [names.get(key, key) for key in keys]
        at_rest = [
            [resting_value(self.rules, key)] if key in names else list(self.variables[key].values) for key in keys
        ]
        here = self.variables[group].values
        few = [number for number in here if isinstance(number, int) and number < member]
        enough = len(here) - len(few)
        if len(tuples) * enough + len(few) * prod(len(values) for values in at_rest) > TUPLE_LIMIT:
            raise Fault("size", rule.key)
        rows = {(number, *row) for number in here if number not in few for row in tuples}
        rows |= {(number, *row) for number in few for row in product(*at_rest)}
        return engine.Allowed(rule.key, (group, *mine), frozenset(rows))

    def _resting(self, group: Repeated) -> Iterator[engine.Rule]:
        """Yield what ties members that do not exist to one value each, so that nothing is counted twice."""
        for attribute in self.rules.attributes:
            if attribute.group != group.key or attribute.kind == "derived":
                continue
            for member in range(group.minimum + 1, group.maximum + 1):
                rests = _rests(attribute, member_key(group.key, member, attribute.key))
                yield engine.Rule(presence_key(group.key), Or((present(group.key, member), rests)))

    def _completion(self) -> Iterator[str]:
        """Yield the order of completion; how many members there are is decided before anything about them."""
        done: set[str] = set()
        for key in (*self.rules.completion, *(item.key for item in self.rules.attributes if item.kind != "derived")):
            if key in done:
                continue
            group = self.groups.get(key, "")
            if group and group not in done:
                done.add(group)
                yield group
            done.add(key)
            yield from (names[key] for _, names in self._members(group)) if group else (key,)


def _rests(attribute: Attribute, key: str) -> Term:
    """Return the condition that an attribute has the value of what does not exist."""
    value = resting(attribute)
    if isinstance(value, str):
        return Same(Ref(key), Symbol(value))
    return Compare("==", Ref(key), Number(value * unit_factor(attribute.unit)))


def resting_value(rules: Authored, key: str) -> engine.Value:
    """Return the value of a grouped attribute, by its own name, of a member that does not exist."""
    return next(resting(attribute) for attribute in rules.attributes if attribute.key == key)
