"""From authored text to typed terms, and from there to the solver's model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from portal.configurator.engine import model as engine
from portal.configurator.engine.terms import Not, Or, Term
from portal.configurator.language.errors import Fault
from portal.configurator.language.expressions import Column, NamedTable, Names, condition, measure, number
from portal.configurator.language.parts import Attribute, Authored, Line, Rule, Table
from portal.configurator.language.units import unit_dimension, unit_factor

INLINE_COLUMN = "number"


@dataclass(frozen=True)
class Parsed:
    """All expressions of a rule set as terms, by key."""

    derived: Mapping[str, Term]
    rules: Mapping[str, Term]
    quantities: Mapping[str, Term]
    conditions: Mapping[str, Term]


def named_table(table: Table) -> NamedTable:
    """Return the types of a table's columns."""
    columns: dict[str, Column] = {}
    for place, column in enumerate(table.columns):
        if column.unit is None:
            words = frozenset(str(row[place]) for row in table.rows if row[place] is not None)
            columns[column.name] = Column(None, words)
        else:
            columns[column.name] = Column(unit_dimension(column.unit))
    return NamedTable(table.keys, columns)


def names_of(rules: Authored) -> Names:
    """Return what names mean, without the derived numbers, whose units follow from their expressions."""
    names = Names(settings={setting.key: unit_dimension(setting.unit) for setting in rules.settings})
    names.tables = {table.key: named_table(table) for table in rules.tables}
    for attribute in rules.attributes:
        add_name(names, attribute)
    return names


def add_name(names: Names, attribute: Attribute) -> None:
    """Make an attribute known; derived numbers are added after their expression is read."""
    if attribute.kind == "choice":
        names.choices[attribute.key] = frozenset(value.key for value in attribute.values)
        if attribute.table is not None:
            names.table_of[attribute.key] = attribute.table
        elif any(value.number is not None for value in attribute.values):
            inline = f"={attribute.key}"
            columns = {attribute.key: Column(None), INLINE_COLUMN: Column(unit_dimension(attribute.unit))}
            names.tables[inline] = NamedTable((attribute.key,), columns)
            names.table_of[attribute.key] = inline
    elif attribute.kind != "derived":
        names.numbers[attribute.key] = unit_dimension(attribute.unit)
        if unit_factor(attribute.unit) == 1 and not names.numbers[attribute.key]:
            names.countable.add(attribute.key)


def derived_term(attribute: Attribute, names: Names) -> Term:
    """Read a derived number; its dimension must be that of its unit. The name becomes known."""
    term, dimension = number(attribute.expression, names)
    wanted = unit_dimension(attribute.unit)
    if dimension != wanted:
        raise Fault("unit", attribute.unit)
    names.derived[attribute.key] = measure(term, names)
    names.numbers[attribute.key] = wanted
    return term


def rule_term(rule: Rule, names: Names) -> Term:
    """Read a rule's `when` and `require` as one condition."""
    term = condition(rule.require, names)
    return Or((Not(condition(rule.when, names)), term)) if rule.when else term


def line_terms(line: Line, names: Names) -> tuple[Term, Term | None]:
    """Read a line's quantity, a plain count, and its `when`."""
    term, dimension = number(line.quantity, names)
    if dimension:
        raise Fault("unit", line.quantity)
    return term, condition(line.when, names) if line.when else None


def parse_all(rules: Authored) -> Parsed:
    """Read every expression; derived numbers may use earlier ones only."""
    names = names_of(rules)
    derived = {item.key: derived_term(item, names) for item in rules.attributes if item.kind == "derived"}
    conditions: dict[str, Term] = {}
    quantities: dict[str, Term] = {}
    for line in rules.lines:
        quantities[line.key], when = line_terms(line, names)
        if when is not None:
            conditions[line.key] = when
    terms = {rule.key: rule_term(rule, names) for rule in rules.rules if rule.require}
    return Parsed(derived, terms, quantities, conditions)


def functions_of(rules: Authored) -> dict[tuple[str, str], dict[tuple[engine.Value, ...], engine.Value | None]]:
    """Return every table column as a function of the table's keys, inline numbers included."""
    result: dict[tuple[str, str], dict[tuple[engine.Value, ...], engine.Value | None]] = {}
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


def allowed_tuples(rule: Rule, table: Table) -> frozenset[tuple[engine.Value, ...]]:
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
    """Return the solver's model of a rule set."""
    tables = {table.key: table for table in rules.tables}
    lowered: list[engine.Rule | engine.Allowed] = []
    for rule in rules.rules:
        if rule.require:
            lowered.append(engine.Rule(rule.key, parsed.rules[rule.key]))
        else:
            tuples = allowed_tuples(rule, tables[rule.table])
            lowered.append(engine.Allowed(rule.key, tuple(key for _, key in rule.columns), tuples))
    return engine.Model(
        variables=tuple(variable_of(item) for item in rules.attributes if item.kind != "derived"),
        derived=tuple(parsed.derived.items()),
        rules=tuple(lowered),
        lines=tuple(
            engine.Line(
                line.key,
                line.group,
                line.sku or None,
                line.product or None,
                parsed.quantities[line.key],
                parsed.conditions.get(line.key),
            )
            for line in rules.lines
        ),
        settings={setting.key: setting.value for setting in rules.settings},
        functions=functions_of(rules),
        completion=rules.completion,
    )
