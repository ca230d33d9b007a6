"""Typed access to items of a rule file; every mistake becomes a line of the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from portal.configurator.language.documents import Item
from portal.configurator.language.errors import Fault, Report
from portal.configurator.language.grammar import RESERVED
from portal.configurator.language.units import whole
from portal.words import Text

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
RULE_KEY = re.compile(r"[a-z][a-z0-9-]{0,59}")
EMPTY = Text("", "")


class Entry:
    """A mapping of a rule file read key by key; keys nobody knows are errors."""

    def __init__(self, item: Item, owner: str, known: Iterable[str], report: Report) -> None:
        self.item, self.owner, self.report = item, owner, report
        self.parts: dict[str, Item] = item.value if isinstance(item.value, dict) else {}
        if not isinstance(item.value, dict):
            self.wrong("shape", "a mapping")
        allowed = set(known)
        for key, part in self.parts.items():
            if key not in allowed:
                self.wrong("unknown-key", key, part)

    def wrong(self, code: str, what: str = "", at: Item | None = None) -> None:
        """Report a mistake at a part, or at the entry itself."""
        place = at or self.item
        self.report.add(place.file, place.line, self.owner, code, what)

    def has(self, key: str) -> bool:
        """Tell whether a key is given."""
        return key in self.parts

    def part(self, key: str) -> Item:
        """Return a given part, else the entry itself for its place."""
        return self.parts.get(key, self.item)

    def needed(self, key: str) -> Item | None:
        """Return a part that must be there."""
        if key not in self.parts:
            self.wrong("missing", key)
        return self.parts.get(key)

    def string(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        part = self.parts.get(key) if default is not None else self.needed(key)
        if part is None:
            return default or ""
        if not isinstance(part.value, str):
            self.wrong("shape", "a text", part)
            return default or ""
        if not part.value:
            self.wrong("empty", key, part)
        return part.value

    def integer(self, key: str) -> int:
        """Return a whole number that must be there."""
        part = self.needed(key)
        if part is None:
            return 0
        return integer(part, self) or 0

    def text(self, key: str, *, optional: bool = False) -> Text:
        """Return a sentence in both languages; a gap is an error."""
        part = self.parts.get(key) if optional else self.needed(key)
        return EMPTY if part is None else bilingual(part, self.owner, self.report)

    def entries(self, key: str) -> Iterator[tuple[str, Item]]:
        """Yield the named parts of a mapping, which may be absent."""
        part = self.parts.get(key)
        if part is None:
            return
        if not isinstance(part.value, dict):
            self.wrong("shape", "a mapping", part)
            return
        yield from part.value.items()

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of words, which may be absent; one word stands for a list of one."""
        part = self.parts.get(key)
        return () if part is None else tuple(item.value for item in listed(part, self) if isinstance(item.value, str))


def integer(item: Item, entry: Entry) -> int | None:
    """Read a plain whole number."""
    try:
        if isinstance(item.value, str):
            return whole(item.value)
        raise Fault("number", "a list or mapping")
    except Fault as fault:
        entry.wrong("number", fault.what, item)
        return None


def listed(item: Item, entry: Entry) -> list[Item]:
    """Return the scalars of a list; one scalar stands for a list of one."""
    if isinstance(item.value, str):
        return [item]
    if isinstance(item.value, dict) or any(not isinstance(part.value, str) for part in item.value):
        entry.wrong("shape", "a list of values", item)
        return []
    return item.value


def bilingual(item: Item, owner: str, report: Report) -> Text:
    """Read {en, zh}; both must say something."""
    entry = Entry(item, owner, ("en", "zh"), report)
    found: dict[str, str] = {}
    for language in ("en", "zh"):
        part = entry.parts.get(language)
        found[language] = part.value if part is not None and isinstance(part.value, str) else ""
        if not found[language]:
            entry.wrong("language", language, part or item)
    return Text(found["en"], found["zh"])


def is_key(key: str) -> bool:
    """Tell whether a word can name something in expressions."""
    return KEY.fullmatch(key) is not None and key not in RESERVED
