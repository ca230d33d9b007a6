"""Read rules, bill lines and examples of a rule file, checking each expression at its line."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from typing import TypeVar

from portal.configurator.language.chosen import Chosen
from portal.configurator.language.documents import Item
from portal.configurator.language.errors import Fault, Report
from portal.configurator.language.expressions import Names, condition
from portal.configurator.language.items import RULE_KEY, Entry, integer, listed
from portal.configurator.language.meaning import line_terms, rule_term
from portal.configurator.language.parts import (
    Accessory,
    Attribute,
    BillLine,
    Example,
    Line,
    Reason,
    Rule,
    Scalar,
    Table,
)
from portal.configurator.language.repetition import one_group
from portal.configurator.language.units import unit_dimension, whole

T = TypeVar("T")

EXAMPLE_KEYS = (
    "title",
    "choices",
    "possible",
    "ranges",
    "offered",
    "refused",
    "derived",
    "reasons",
    "completed",
    "bill",
)


def _try(entry: Entry, key: str, read: Callable[[], T]) -> T | None:
    """Run a reading step; a fault is reported at the key's line."""
    try:
        return read()
    except Fault as fault:
        entry.wrong(fault.code, fault.what, entry.part(key))
        return None


def read_rule(key: str, item: Item, names: Names, tables: Mapping[str, Table], report: Report) -> Rule:
    """Read a rule: `require` with optional `when`, or a `table` of allowed tuples with optional `columns`."""
    entry = Entry(item, key, ("because", "source", "require", "when", "table", "columns"), report)
    if RULE_KEY.fullmatch(key) is None:
        entry.wrong("name", key)
    because, source = entry.text("because"), entry.string("source", "")
    if entry.has("table") == entry.has("require"):
        entry.wrong("missing", "require / table")
        return Rule(key, because, source)
    if entry.has("table"):
        return Rule(key, because, source, "", "", entry.string("table"), _columns(entry, names, tables))
    require, when = entry.string("require"), entry.string("when", "")
    rule = Rule(key, because, source, require, when)
    sound = _try(entry, "require", lambda: condition(require, names)) is not None
    if when and _try(entry, "when", lambda: condition(when, names)) is not None and sound:
        _try(entry, "when", lambda: rule_term(rule, names))
    return rule


def _columns(entry: Entry, names: Names, tables: Mapping[str, Table]) -> tuple[tuple[str, str], ...]:
    """Return (column, attribute) pairs; without `columns` every column is named like its attribute."""
    for stray in ("when", "require"):
        if entry.has(stray):
            entry.wrong("unknown-key", stray, entry.part(stray))
    key = entry.string("table")
    if key not in tables:
        entry.wrong("undefined", key, entry.part("table"))
        return ()
    if entry.has("columns"):
        pairs = tuple((column, str(part.value)) for column, part in entry.entries("columns"))
    else:
        pairs = tuple((column.name, column.name) for column in tables[key].columns)
    types = names.tables[key].columns
    for column, attribute in pairs:
        if column not in types or (attribute not in names.choices and attribute not in names.countable):
            entry.wrong("undefined", f"{column}: {attribute}", entry.part("columns"))
        elif not names.fits(attribute, types[column]):
            entry.wrong("kind", f"{column}: {attribute}", entry.part("columns"))
        elif types[column].dimension is None and types[column].words - names.choices[attribute]:
            strange = sorted(types[column].words - names.choices[attribute])
            entry.wrong("unknown-value", strange[0], entry.part("table"))
    _try(entry, "columns", lambda: one_group((attribute for _, attribute in pairs), names.groups))
    return pairs


LINE_KEYS = ("sku", "product", "quantity", "group", "when")


def read_line(key: str, item: Item, names: Names, attributes: Mapping[str, Attribute], report: Report) -> Line:
    """Read a bill line: `sku` or `product`, `quantity`, `group`, optional `when`."""
    entry = Entry(item, key, LINE_KEYS, report)
    line = Line(*_line(entry, key, attributes, entry.string("quantity")))
    _check_line(entry, line, names)
    return line


def read_accessory(
    key: str, item: Item, names: Names, attributes: Mapping[str, Attribute], known: Container[str], report: Report
) -> Accessory:
    """Read an accessory: a line with `because`, `source` and `for`, the lines that it goes with."""
    entry = Entry(item, key, ("because", "source", "for", *LINE_KEYS), report)
    parents = entry.words("for")
    for parent in parents:
        if parent not in known:
            entry.wrong("undefined", parent, entry.part("for"))
    quantity = entry.string("quantity", "1") if parents else entry.string("quantity")
    _, group, sku, product, quantity, when = _line(entry, key, attributes, quantity)
    because, source = entry.text("because"), entry.string("source", "")
    accessory = Accessory(key, because, source, group, sku, product, quantity, when, tuple(dict.fromkeys(parents)))
    _check_line(entry, accessory, names)
    return accessory


def _line(
    entry: Entry, key: str, attributes: Mapping[str, Attribute], quantity: str
) -> tuple[str, str, str, str, str, str]:
    """Read what every line says: key, heading, sku, product, quantity and condition."""
    if RULE_KEY.fullmatch(key) is None:
        entry.wrong("name", key)
    if entry.has("sku") == entry.has("product"):
        entry.wrong("missing", "sku / product")
    product = entry.string("product", "")
    if product and not (product in attributes and any(value.sku for value in attributes[product].values)):
        entry.wrong("undefined", product, entry.part("product"))
    return key, entry.string("group"), entry.string("sku", ""), product, quantity, entry.string("when", "")


def _check_line(entry: Entry, line: BillLine, names: Names) -> None:
    """Read a line's expressions one by one, then together."""
    if not line.quantity:
        return
    sound = _try(entry, "quantity", lambda: line_terms(replace(line, when="", product=""), names)) is not None
    if line.when:
        sound = _try(entry, "when", lambda: condition(line.when, names)) is not None and sound
    if sound:
        _try(entry, "product", lambda: line_terms(line, names))


class Examples(Chosen):
    """Reads examples against the attributes they speak of."""

    def read(self, key: str, item: Item) -> Example:
        """Read one example."""
        entry = Entry(item, key, EXAMPLE_KEYS, self.report)
        return Example(
            key,
            entry.text("title"),
            self.choices(entry, "choices"),
            self._sets(entry, "possible"),
            self._ranges(entry),
            self._sets(entry, "offered"),
            self._sets(entry, "refused"),
            self._derived(entry),
            self._reasons(entry),
            self.choices(entry, "completed"),
            tuple((sku, integer(part, entry) or 0) for sku, part in entry.entries("bill")),
        )

    def _sets(self, entry: Entry, name: str) -> tuple[tuple[str, tuple[Scalar, ...]], ...]:
        found: list[tuple[str, tuple[Scalar, ...]]] = []
        for key, item in entry.entries(name):
            attribute = self.attribute(entry, key, item, ("choice", "quantity"))
            if attribute is not None:
                found.append((key, tuple(self.value(entry, attribute, part) for part in listed(item, entry))))
        return tuple(found)

    def _ranges(self, entry: Entry) -> tuple[tuple[str, tuple[int, int]], ...]:
        found: list[tuple[str, tuple[int, int]]] = []
        for key, item in entry.entries("ranges"):
            parts = listed(item, entry)
            if self.attribute(entry, key, item, ("fact",)) is None:
                continue
            if len(parts) != 2:
                entry.wrong("shape", "[minimum, maximum]", item)
                continue
            found.append((key, (integer(parts[0], entry) or 0, integer(parts[1], entry) or 0)))
        return tuple(found)

    def _derived(self, entry: Entry) -> tuple[tuple[str, int], ...]:
        """Read amounts such as 65.536 Mbit/s; the unit must fit the attribute's."""
        found: list[tuple[str, int]] = []
        for key, item in entry.entries("derived"):
            attribute = self.attribute(entry, key, item, ("derived",))
            if attribute is None:
                continue
            amount, _, unit = str(item.value).partition(" ")
            try:
                if unit_dimension(unit or "count") != unit_dimension(attribute.unit):
                    raise Fault("unit", unit)
                found.append((key, whole(amount, unit or "count")))
            except Fault as fault:
                entry.wrong(fault.code, fault.what, item)
        return tuple(found)

    def _reasons(self, entry: Entry) -> tuple[Reason, ...]:
        found: list[Reason] = []
        part = entry.parts.get("reasons")
        for item in part.value if part is not None and isinstance(part.value, list) else []:
            inner = Entry(item, entry.owner, ("attribute", "value", "because"), self.report)
            key = inner.string("attribute")
            attribute = self.attribute(inner, key, item, ("choice", "quantity", "fact"))
            because = inner.needed("because")
            if attribute is None or because is None or not isinstance(because.value, list):
                continue
            sets = tuple(tuple(str(word.value) for word in listed(group, inner)) for group in because.value)
            found.append(Reason(key, self.value(inner, attribute, inner.part("value")), sets))
        return tuple(found)
