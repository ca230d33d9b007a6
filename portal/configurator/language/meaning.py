"""From authored text to typed terms: what names mean, and every expression of a rule set read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.configurator.engine.terms import Not, Or, Term
from portal.configurator.engine.terms import names as keys_of
from portal.configurator.language.errors import Fault
from portal.configurator.language.expressions import Column, NamedTable, Names, condition, measure, number
from portal.configurator.language.parts import Attribute, Authored, BillLine, Repeated, Rule, Table
from portal.configurator.language.repetition import Span, member_key, one_group
from portal.configurator.language.units import unit_dimension, unit_factor

INLINE_COLUMN = "number"


@dataclass(frozen=True)
class Parsed:
    """All expressions of a rule set as terms, by key; terms of a repeated group are those of any one member."""

    derived: Mapping[str, Term]
    rules: Mapping[str, Term]
    quantities: Mapping[str, Term]
    conditions: Mapping[str, Term]
    advice: Mapping[str, Term] = field(default_factory=dict)


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
    for group in rules.repeated:
        add_group(names, group)
    for attribute in rules.attributes:
        add_name(names, attribute)
    return names


def add_group(names: Names, group: Repeated) -> None:
    """Make a repeated group known, and its quantity."""
    names.repeated[group.key] = Span(group.minimum, group.maximum)
    names.numbers[group.key] = ()
    names.countable.add(group.key)


def add_name(names: Names, attribute: Attribute) -> None:
    """Make an attribute known; derived numbers are added after their expression is read."""
    if attribute.group:
        names.groups[attribute.key] = attribute.group
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
    if names.group_of(term) not in {"", attribute.group}:
        raise Fault("group", attribute.expression)
    own = [attribute.key]
    if attribute.group:
        members = names.repeated[attribute.group].members
        own += [member_key(attribute.group, member, attribute.key) for member in members]
    names.derived |= dict.fromkeys(own, measure(term, names))
    names.numbers[attribute.key] = wanted
    return term


def rule_term(rule: Rule, names: Names) -> Term:
    """Read a rule's `when` and `require` as one condition."""
    term = condition(rule.require, names)
    if rule.when:
        term = Or((Not(condition(rule.when, names)), term))
        names.group_of(term)
    return term


def line_terms(line: BillLine, names: Names) -> tuple[Term, Term | None]:
    """Read a line's quantity, a plain count, and its `when`; its product must be of the same repeated group."""
    term, dimension = number(line.quantity, names)
    if dimension:
        raise Fault("unit", line.quantity)
    when = condition(line.when, names) if line.when else None
    one_group(line_reads(line, term, when), names.groups)
    return term, when


def line_reads(line: BillLine, quantity: Term, when: Term | None) -> list[str]:
    """Return every attribute that a line reads."""
    terms = (quantity,) if when is None else (quantity, when)
    return [*(key for term in terms for key in keys_of(term)), *([line.product] if line.product else [])]


def parse_all(rules: Authored) -> Parsed:
    """Read every expression; derived numbers may use earlier ones only."""
    names = names_of(rules)
    derived = {item.key: derived_term(item, names) for item in rules.attributes if item.kind == "derived"}
    conditions: dict[str, Term] = {}
    quantities: dict[str, Term] = {}
    for line in rules.bill_lines:
        quantities[line.key], when = line_terms(line, names)
        if when is not None:
            conditions[line.key] = when
    terms = {rule.key: rule_term(rule, names) for rule in rules.rules if rule.require}
    advice = {item.key: condition(item.when, names) for item in rules.advice}
    return Parsed(derived, terms, quantities, conditions, advice)
