"""What differs between two rule sets, in the words of the authored format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.configurator.language.authored import document, measured
from portal.configurator.language.parts import Table
from portal.configurator.language.ruleset import RuleSet

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
SIGNS = {ADDED: "+", REMOVED: "-", CHANGED: "~"}
ONE = {
    "sections": "section",
    "groups": "heading",
    "settings": "setting",
    "tables": "table",
    "repeated": "repeated group",
    "start": "start question",
    "templates": "template",
    "pictures": "picture",
    "attributes": "attribute",
    "rules": "rule",
    "advice": "advice",
    "lines": "line",
    "accessories": "accessory",
    "examples": "example",
}
WHOLE = ("key", "title", "completion")

Way = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that was added, removed or changed; `part` leads to it, `before` and `after` are None where absent."""

    change: str
    kind: str
    key: str
    part: Way = ()
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        """Return one line, such as `~ rule copper-reach: require: cable_m <= 100 m -> cable_m <= 90 m`."""
        head = f"{SIGNS[self.change]} {self.kind} {self.key}".rstrip()
        where = f": {' '.join(self.part)}" if self.part else ""
        if self.before is None and self.after is None:
            return head + where
        if self.change == CHANGED:
            return f"{head}{where}: {_shown(self.before)} -> {_shown(self.after)}"
        return f"{head}{where}: {_shown(self.after if self.before is None else self.before)}"


def differences(before: RuleSet, after: RuleSet) -> tuple[Difference, ...]:
    """Return every difference of content, in the order of the format; nothing exactly when the hashes agree."""
    old, new = document(before), document(after)
    found = [
        Difference(CHANGED, "rule set", "", *item) for key in WHOLE for item in _inside((key,), old[key], new[key])
    ]
    for kind, one in ONE.items():
        if kind == "tables":
            found += _tables(before, after)
        found += _parts(one, old[kind], new[kind])
    if not found and before.content_hash != after.content_hash:
        found.append(Difference(CHANGED, "rule set", "", ("content",), before.content_hash, after.content_hash))
    return tuple(found)


def _parts(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what happened to the named parts of one kind, in the order of the newer ones."""
    for key in old:
        if key not in new:
            yield Difference(REMOVED, kind, key)
    for key, part in new.items():
        if key not in old:
            yield Difference(ADDED, kind, key)
        else:
            yield from (Difference(CHANGED, kind, key, *item) for item in _inside((), old[key], part))
    stayed = [key for key in old if key in new]
    if stayed != [key for key in new if key in old]:
        yield Difference(CHANGED, f"{kind}s", "", ("order",), ", ".join(stayed), ", ".join(new))


def _inside(way: Way, old: Any, new: Any) -> Iterator[tuple[Way, str | None, str | None]]:
    """Yield (part, before, after) of every leaf that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _inside((*way, str(key)), old.get(key), new.get(key))
        if old == new and list(old) != list(new):
            yield (*way, "order"), ", ".join(map(str, old)), ", ".join(map(str, new))
    elif old != new:
        yield way, _said(old), _said(new)


def _said(thing: Any) -> str | None:
    """Write a part on one line."""
    if thing is None:
        return None
    if isinstance(thing, Mapping):
        return "{" + ", ".join(f"{key}: {_said(part)}" for key, part in thing.items()) + "}"
    if isinstance(thing, list):
        return "[" + ", ".join(str(_said(part)) for part in thing) + "]"
    return str(thing)


def _shown(text: str | None) -> str:
    return "nothing" if text is None else text


def _tables(before: RuleSet, after: RuleSet) -> Iterator[Difference]:
    """Yield columns and rows that differ in tables that both have; rows are told apart by their keys."""
    old = {table.key: table for table in before.tables}
    for table in after.tables:
        if table.key in old and table != old[table.key]:
            yield from _columns(old[table.key], table)
            yield from _rows(old[table.key], table)


def _columns(old: Table, new: Table) -> Iterator[Difference]:
    before, after = ({column.name: column.unit for column in table.columns} for table in (old, new))
    for title in before:
        if title not in after:
            yield Difference(REMOVED, "column", f"{new.key}.{title}")
    for title, unit in after.items():
        if title not in before:
            yield Difference(ADDED, "column", f"{new.key}.{title}")
        elif before[title] != unit:
            yield Difference(CHANGED, "column", f"{new.key}.{title}", ("unit",), before[title], unit)
    if before.keys() == after.keys() and list(before) != list(after):
        yield Difference(CHANGED, "table", new.key, ("order of columns",), ", ".join(before), ", ".join(after))


def _rows(old: Table, new: Table) -> Iterator[Difference]:
    keys = new.keys if new.keys == old.keys else ()
    before, after = _named(old, keys), _named(new, keys)
    for name in before:
        if name not in after:
            yield Difference(REMOVED, "row", f"{new.key}: {name}")
    for name, cells in after.items():
        if name not in before:
            yield Difference(ADDED, "row", f"{new.key}: {name}")
            continue
        for title, cell in cells.items():
            if title in before[name] and before[name][title] != cell:
                yield Difference(CHANGED, "row", f"{new.key}: {name}", (title,), before[name][title], cell)
    if before.keys() == after.keys() and list(before) != list(after):
        yield Difference(CHANGED, "table", new.key, ("order of rows",))


def _named(table: Table, keys: tuple[str, ...]) -> dict[str, dict[str, str | None]]:
    """Return the cells of every row by the words of its key, or by all its cells when the table has none."""
    found: dict[str, dict[str, str | None]] = {}
    for row in table.rows:
        cells = {
            column.name: measured(cell, column.unit) if isinstance(cell, int) and column.unit else cell
            for column, cell in zip(table.columns, row, strict=True)
        }
        shown = {title: None if cell is None else str(cell) for title, cell in cells.items()}
        found[", ".join(str(shown[title]) for title in keys or shown)] = shown
    return found
