"""Where the parts of a rule set were written, so that what is found later still names file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from portal.configurator.language.documents import Item

DEPTH = 5  # names that a path has at most, such as attributes, size, values, small, number


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file; line 0 speaks of the whole file."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return the place as editors write it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Places:
    """The place of every named part; content that came from no file knows only its own name."""

    whole: str
    known: Mapping[tuple[str, ...], Place] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    """What values wrote as their number: the names of settings among them are in use."""

    def of(self, *path: str) -> Place:
        """Return the place of a part, or that of the nearest part around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.known:
                return self.known[path[:end]]
        return Place(self.whole, 0)


def places_of(whole: str, documents: Mapping[str, Mapping[str, Item] | Item]) -> Places:
    """Note the places of what was read: top-level parts by their names, as merged from all files."""
    known: dict[tuple[str, ...], Place] = {}
    numbers: set[str] = set()
    for name, part in documents.items():
        entries = [((name,), part)] if isinstance(part, Item) else [((name, key), item) for key, item in part.items()]
        for start, item in entries:
            for path, inner in _walk(start, item):
                known[path] = Place(inner.file, inner.line)
                if path[-1] == "number" and isinstance(inner.value, str):
                    numbers.add(inner.value)
    return Places(whole, known, frozenset(numbers))


def _walk(path: tuple[str, ...], item: Item) -> Iterator[tuple[tuple[str, ...], Item]]:
    yield path, item
    if isinstance(item.value, dict) and len(path) < DEPTH:
        for key, inner in item.value.items():
            yield from _walk((*path, key), inner)
