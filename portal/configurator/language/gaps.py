"""Empty cells that matter: columns of a choice's own table that rules, lines and derived numbers read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portal.configurator.engine.terms import Lookup, Term, children
from portal.configurator.language.parts import Attribute
from portal.configurator.language.ruleset import RuleSet


def columns_read(ruleset: RuleSet) -> dict[str, set[str]]:
    """Return which columns of its own table are read for each choice, by its plain name."""
    tables = {attribute.key: attribute.table for attribute in ruleset.attributes if attribute.table}
    found: dict[str, set[str]] = {}
    parsed = ruleset.parsed
    for terms in (parsed.derived, parsed.rules, parsed.quantities, parsed.conditions):
        for lookup in (lookup for term in terms.values() for lookup in _lookups(term)):
            key = lookup.keys[0].rpartition("].")[2]
            if len(lookup.keys) == 1 and tables.get(key) == lookup.table:
                found.setdefault(key, set()).add(lookup.column)
    for rule in ruleset.rules:
        for _, key in rule.columns:
            if rule.table and tables.get(key) == rule.table:
                found.setdefault(key, set()).update(column for column, other in rule.columns if other != key)
    return found


def gaps_of(ruleset: RuleSet, attribute: Attribute, read: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """Return, for each value of a choice whose row lacks something that is read, the empty columns."""
    table = next((table for table in ruleset.tables if table.key == attribute.table), None)
    if table is None or len(table.keys) != 1:
        return {}
    places = {column.name: place for place, column in enumerate(table.columns)}
    found: dict[str, tuple[str, ...]] = {}
    for row in table.rows:
        empty = tuple(
            name for name, place in places.items() if name in read.get(attribute.key, ()) and row[place] is None
        )
        if empty:
            found[str(row[places[table.keys[0]]])] = empty
    return found


def _lookups(term: Term) -> Iterator[Lookup]:
    if isinstance(term, Lookup):
        yield term
    for part in children(term):
        yield from _lookups(part)
