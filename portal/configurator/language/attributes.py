"""Read settings, tables and attributes of a rule file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from portal.configurator.language.documents import Item
from portal.configurator.language.errors import Fault, Report
from portal.configurator.language.expressions import Names
from portal.configurator.language.items import Entry, integer, is_key
from portal.configurator.language.meaning import derived_term
from portal.configurator.language.parts import Attribute, Prefer, Repeated, Setting, Table, Value
from portal.configurator.language.repetition import MEMBER_LIMIT
from portal.configurator.language.units import unit_dimension, whole
from portal.words import Text

STEP_LIMIT = 2_000
VALUE_LIMIT = 500
ORDERS = ("first", "smallest", "largest", "cheapest")
LABELS = ("name_en", "name_zh")

VIEWS = ("simple", "full")

_COMMON = ("kind", "label", "hint", "section", "unit", "group", "view")
KEYS = {
    "choice": (*_COMMON, "values", "from", "prefer", "default"),
    "quantity": (*_COMMON, "minimum", "maximum", "prefer", "default"),
    "fact": (*_COMMON, "minimum", "maximum", "prefer", "default"),
    "derived": (*_COMMON, "expression"),
}


def checked_unit(entry: Entry, key: str = "unit") -> str:
    """Read a unit, a plain count when absent."""
    unit = entry.string(key, "count")
    try:
        unit_dimension(unit)
    except Fault as fault:
        entry.wrong(fault.code, fault.what, entry.part(key))
        return "count"
    return unit


def read_setting(key: str, entry: Entry) -> Setting:
    """Read an engineering number with its label and source."""
    unit, shown = checked_unit(entry), entry.string("value")
    value = 0
    try:
        value = whole(shown, unit) if shown else 0
    except Fault as fault:
        entry.wrong(fault.code, fault.what, entry.part("value"))
    return Setting(key, value, shown, unit, entry.text("label"), entry.string("source"))


def read_attribute(
    key: str, item: Item, report: Report, tables: Mapping[str, Table], settings: Mapping[str, int]
) -> Attribute:
    """Read one attribute; what is wrong goes to the report and a harmless stand-in is returned."""
    attribute, entry = _attribute(key, item, report, tables, settings)
    view = entry.string("view", VIEWS[0])
    if view not in VIEWS:
        entry.wrong("unknown-value", view[:40], entry.part("view"))
    return replace(attribute, view=view)


def _attribute(
    key: str, item: Item, report: Report, tables: Mapping[str, Table], settings: Mapping[str, int]
) -> tuple[Attribute, Entry]:
    found = item.value.get("kind") if isinstance(item.value, dict) else None
    kind = found.value if found is not None and isinstance(found.value, str) else ""
    entry = Entry(item, key, KEYS.get(kind, {name for names in KEYS.values() for name in names}), report)
    if not is_key(key):
        entry.wrong("name", key)
    if kind not in KEYS:
        entry.wrong("missing" if not kind else "kind", kind or "kind", entry.part("kind"))
    unit = checked_unit(entry)
    label, hint, section = entry.text("label"), entry.text("hint", optional=True), entry.string("section")
    group = entry.string("group", "")
    prefer = _prefer(entry)
    if kind == "choice":
        table, values = _values(entry, tables, settings, unit)
        _check_favourite(entry, prefer, [value.key for value in values])
        return Attribute(key, kind, label, hint, unit, values, 0, 0, section, prefer, table, "", group), entry
    if kind == "derived":
        expression = entry.string("expression")
        return Attribute(key, kind, label, hint, unit, (), 0, 0, section, prefer, None, expression, group), entry
    low, high, prefer = read_span(entry, prefer, STEP_LIMIT)
    return Attribute(key, kind or "fact", label, hint, unit, (), low, high, section, prefer, group=group), entry


def read_span(entry: Entry, prefer: Prefer, limit: int) -> tuple[int, int, Prefer]:
    """Read `minimum` and `maximum`, at most `limit` numbers, and what is preferred among them."""
    low, high = entry.integer("minimum"), entry.integer("maximum")
    if not low <= high or high - low >= limit:
        entry.wrong("range", f"{low}..{high}", entry.part("minimum"))
        high = low
    return low, high, _numeric_favourite(entry, prefer, range(low, high + 1))


def read_repeated(key: str, item: Item, report: Report) -> Repeated:
    """Read a repeated group."""
    known = ("title", "label", "hint", "section", "minimum", "maximum", "prefer", "default")
    entry = Entry(item, key, known, report)
    if not is_key(key):
        entry.wrong("name", key)
    low, high, prefer = read_span(entry, _prefer(entry), MEMBER_LIMIT + 1)
    if low < 0 or not 1 <= high <= MEMBER_LIMIT:
        entry.wrong("range", f"{low}..{high}", entry.part("maximum"))
        low = high = 1
    title, label, hint = entry.text("title"), entry.text("label"), entry.text("hint", optional=True)
    return Repeated(key, title, label, hint, entry.string("section"), low, high, prefer)


def _prefer(entry: Entry) -> Prefer:
    """Read `default`, and `prefer`: an order, or a mapping with `value` (another word for default) and an order."""
    default = entry.string("default") if entry.has("default") else None
    part = entry.parts.get("prefer")
    if part is None:
        return Prefer("first", default)
    value, order = default, part.value
    if isinstance(order, dict):
        inner = Entry(part, entry.owner, ("value", "order"), entry.report)
        if entry.has("default"):
            inner.wrong("duplicate", "default", part)
        value, order = inner.string("value"), inner.string("order", "first")
    if order not in ORDERS:
        entry.wrong("unknown-value", str(order)[:40], part)
        return Prefer("first", value)
    return Prefer(str(order), value)


def _check_favourite(entry: Entry, prefer: Prefer, values: list[str]) -> None:
    if prefer.value is not None and prefer.value not in values:
        entry.wrong("unknown-value", str(prefer.value), _default_part(entry))


def _default_part(entry: Entry) -> Item:
    return entry.part("default" if entry.has("default") else "prefer")


def _numeric_favourite(entry: Entry, prefer: Prefer, steps: range) -> Prefer:
    if prefer.value is None:
        return prefer
    part = _default_part(entry)
    number = integer(Item(str(prefer.value), part.file, part.line), entry)
    if number is not None and number not in steps:
        entry.wrong("unknown-value", str(prefer.value), part)
        number = None
    return Prefer(prefer.order, number)


def _values(
    entry: Entry, tables: Mapping[str, Table], settings: Mapping[str, int], unit: str
) -> tuple[str | None, tuple[Value, ...]]:
    """Read listed values and values drawn from a table; listed ones come first."""
    values: list[Value] = []
    for key, item in entry.entries("values"):
        inner = Entry(item, entry.owner, ("label", "number"), entry.report)
        values.append(Value(key, inner.text("label"), None, _number(inner, settings, unit)))
    table: str | None = None
    if entry.has("from"):
        table = entry.string("from")
        if table not in tables:
            entry.wrong("undefined", table, entry.part("from"))
            table = None
        else:
            values += _drawn(entry, tables[table])
    if not values:
        entry.wrong("empty", "values")
    if len(values) > VALUE_LIMIT:
        entry.wrong("size", "values")
    for twice in _repeated(value.key for value in values):
        entry.wrong("duplicate", twice, entry.part("from"))
    return table, tuple(values)


def _number(entry: Entry, settings: Mapping[str, int], unit: str) -> int | None:
    """Read a value's number: an amount in the attribute's unit or the name of a setting."""
    if not entry.has("number"):
        return None
    written = entry.string("number")
    if written in settings:
        return settings[written]
    try:
        return whole(written, unit)
    except Fault as fault:
        entry.wrong(fault.code, fault.what, entry.part("number"))
        return None


def _drawn(entry: Entry, table: Table) -> Iterator[Value]:
    """Yield one value per row of a table with a single key column; names come from name_en and name_zh."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    if len(table.keys) != 1 or any(label not in places for label in LABELS):
        entry.wrong("missing", ", ".join(LABELS), entry.part("from"))
        return
    key = table.keys[0]
    for row in table.rows:
        value = str(row[places[key]])
        english, chinese = (row[places[label]] for label in LABELS)
        if english is None or chinese is None:
            entry.wrong("language", value, entry.part("from"))
        yield Value(value, Text(str(english or ""), str(chinese or "")), value if key == "sku" else None)


def _repeated(words: Iterable[str]) -> list[str]:
    return [word for word, times in Counter(words).items() if times > 1]


def check_derived(attribute: Attribute, item: Item, report: Report, names: Names) -> None:
    """Read a derived number's expression against the names before it."""
    entry = Entry(item, attribute.key, item.value if isinstance(item.value, dict) else (), report)
    try:
        derived_term(attribute, names)
    except Fault as fault:
        entry.wrong(fault.code, fault.what, entry.part("expression"))
        names.numbers[attribute.key] = unit_dimension(attribute.unit)
