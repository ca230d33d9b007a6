"""Which missing facts of a value stand in its way here: others are nothing that an engineer need look up now."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from portal.configurator.engine.terms import Lookup, Ref, Term, children
from portal.configurator.language.ruleset import Rule, RuleSet
from portal.configurator.missing import missing_facts
from portal.configurator.plain import Plain, Values
from portal.configurator.readings import plain_of
from portal.configurator.remembering import once_per_rules

Reads = Mapping[str, tuple[tuple[Rule, frozenset[str]], ...]]
KEPT: Final = 8  # rule sets whose rules were looked through


def needed_facts(ruleset: RuleSet, key: str, value: str, assignment: Values) -> tuple[str, ...]:
    """Return the missing facts of a value that rules would read, were it chosen in this full configuration.

    The unknown depth of a recorder matters where there is a rack that it has to fit in, and nowhere else.
    """
    lacking = missing_facts(ruleset).get(key, {}).get(value, ())
    if not lacking:
        return ()
    plain, values = plain_of(ruleset), {**assignment, key: value}
    group, member = ruleset.member_of(key)
    found: set[str] = set()
    for rule, columns in _reads(ruleset).get(key.rpartition("].")[2], ()):
        read = columns.intersection(lacking)
        if not read <= found and _is_undefined(plain, rule, values, group, member):
            found |= read
    return tuple(column for column in lacking if column in found)


def _is_undefined(plain: Plain, rule: Rule, values: Values, group: str, member: int) -> bool:
    """Whether a rule cannot be said to hold, for the member that is spoken of or for any that there is."""
    if rule.table:
        return True  # an empty cell is among no allowed values
    texts = [text for text in (rule.when, rule.require) if text]
    about = next((name for text in texts for name in plain.expression(text).groups), "")
    members = {"": (0,), group: (member,)}.get(about) or range(1, int(values[about]) + 1)
    return any(_truth(plain, rule, values, {about: at} if about else {}) is None for at in members)


def _truth(plain: Plain, rule: Rule, values: Values, at: Mapping[str, int]) -> bool | None:
    asked = plain.truth(rule.when, values, at) if rule.when else True
    return plain.truth(rule.require, values, at) if asked else None if asked is None else True


@once_per_rules(KEPT)
def _reads(ruleset: RuleSet) -> Reads:
    """Return, for every choice by its plain name, the rules that read columns of its own table, and which."""
    tables = {attribute.key: attribute.table for attribute in ruleset.attributes if attribute.table}
    found: dict[str, list[tuple[Rule, frozenset[str]]]] = {}
    for rule in ruleset.rules:
        cells = set(_listed(rule, tables)) if rule.table else set(_cells(ruleset, rule, tables))
        for key in {key for key, _ in cells}:
            columns = frozenset(column for name, column in cells if name == key)
            found.setdefault(key, []).append((rule, columns))
    return {key: tuple(rules) for key, rules in found.items()}


def _listed(rule: Rule, tables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the cells that a rule made of a choice's own table compares."""
    for _, key in rule.columns:
        if tables.get(key) == rule.table:
            yield from ((key, column) for column, other in rule.columns if other != key)


def _cells(ruleset: RuleSet, rule: Rule, tables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (choice, column) of the cells that a rule reads, derived numbers written out."""
    for lookup in _lookups([ruleset.parsed.rules[rule.key]], ruleset.parsed.derived, set()):
        key = lookup.keys[0].rpartition("].")[2]
        if len(lookup.keys) == 1 and tables.get(key) == lookup.table:
            yield key, lookup.column


def _lookups(terms: Iterable[Term], derived: Mapping[str, Term], seen: set[str]) -> Iterator[Lookup]:
    for term in terms:
        if isinstance(term, Lookup):
            yield term
        elif isinstance(term, Ref):
            name = term.key.rpartition("].")[2]
            if name in derived and name not in seen:
                seen.add(name)
                yield from _lookups([derived[name]], derived, seen)
        else:
            yield from _lookups(children(term), derived, seen)
