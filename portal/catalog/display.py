"""Values of the catalogue as a person reads them: in his language, with the unit people use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Protocol

from portal.catalog.facets import missing_of
from portal.catalog.labels import CAPABILITIES, GROUPS, KINDS
from portal.catalog.quantities import readable
from portal.catalog.value_labels import FACTS, NOTICES, PARTS, WORDS
from portal.formats import formats, translations

# Values that say by themselves what they mean; the others stand behind the name of their capability.
HIDDEN: Final = frozenset({"range", "site"})  # what rule sets pick products by, of no use to a reader
SPEAKING: Final = frozenset({
    "resolution", "poe_type", "form_factor", "medium", "category", "mount", "signal", "measures", "ip", "ik", "speed",
    "size", "apparent", "real", "capacity", "voltage", "incoming", "slot", "protects",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Names:
    """What the catalogue's keys are called in one language."""

    locale: str
    kinds: Mapping[str, str]
    capabilities: Mapping[str, str]
    groups: Mapping[str, str]
    words: Mapping[str, str]
    facts: Mapping[str, str]
    notices: Mapping[str, str]
    parts: Mapping[str, str]

    def kind(self, key: str) -> str:
        """Return the name of a kind of products."""
        return self.kinds.get(key, key)

    def capability(self, key: str) -> str:
        """Return the name of a capability."""
        return self.capabilities.get(key) or key.replace("_", " ")

    def fact(self, key: str) -> str:
        """Return the name of an imported fact: its noun, and behind it what it speaks of."""
        noun, _, rest = key.partition(".")
        name = self.facts.get(noun) or noun.replace("_", " ")
        if not rest or noun == "hint":
            return name
        number, _, part = rest.partition(".")
        if number.isdecimal() and part:
            return f"{name} {number}: {self.parts.get(part, part)}"
        return f"{name}: {self.parts.get(rest, rest)}"

    def value(self, key: str, value: str, unit: str) -> str:
        """Return a value with its unit, or its words in the reader's language."""
        return _value(self, key, value, unit)

    def listed(self, words: Iterable[str]) -> str:
        """Return words one after the other."""
        return ("、" if self.locale == "zh" else ", ").join(words)

    def capabilities_listed(self, keys: Iterable[str]) -> str:
        """Return the names of capabilities one after the other."""
        return self.listed(map(self.capability, keys))

    def brief(self, facts: list[list[str]]) -> str:
        """Return the few facts that a line of the list shows."""
        shown = []
        for key, value, unit in facts:
            text = self.value(key, value, unit)
            shown.append(text if key in SPEAKING else f"{self.capability(key)} {text}")
        return " · ".join(shown)


@lru_cache(maxsize=8192)
def _value(names: Names, key: str, value: str, unit: str) -> str:
    if unit:
        found = formats(names.locale)
        text = readable(value, unit, found.decimal, found.group)
        return f"{key.upper()}{text.zfill(2)}" if key in ("ip", "ik") else text
    known = names.words.get(value.casefold())
    if known is not None:
        return known
    words = [names.words.get(word.casefold()) for word in value.split()]
    if words and None not in words:
        return names.listed(word for word in words if word)
    return value


@cache
def names(locale: str) -> Names:
    """Return the names of the catalogue in a language, translated once."""
    gettext = translations(locale).gettext

    def told(table: Mapping[str, str]) -> dict[str, str]:
        return {key: gettext(label) for key, label in table.items()}

    groups = {key: gettext(label) for key, (label, _) in GROUPS.items()}
    return Names(locale, told(KINDS), told(CAPABILITIES), groups, told(WORDS), told(FACTS), told(NOTICES), told(PARTS))


class Said(Protocol):
    """A value with its source, as the catalogue keeps it."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def confirmed(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Line:
    """One capability on the page of a product."""

    label: str
    text: str
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The capabilities under one heading: those that are known, and the names of those that the kind needs as well."""

    title: str
    lines: list[Line]
    missing: list[str]


def grouped(kind: str, known: Sequence[Said], names: Names) -> list[Group]:
    """Return capabilities under the headings of their groups; what no group names stands under the first one."""
    said = {row.key: row for row in known if row.key not in HIDDEN}
    missing = set(missing_of(kind, {key: row.value for key, row in said.items()}))
    placed = {group: list(labels) for group, (_, labels) in GROUPS.items()}
    first = next(iter(placed))
    placed[first] += [key for key in said if key not in names.capabilities]
    found = [
        Group(
            names.groups[group],
            [_line(said[key], names) for key in keys if key in said],
            [names.capability(key) for key in keys if key in missing],
        )
        for group, keys in placed.items()
    ]
    return [group for group in found if group.lines or group.missing]


def _line(row: Said, names: Names) -> Line:
    return Line(names.capability(row.key), names.value(row.key, row.value, row.unit), row.source, row.confirmed)
