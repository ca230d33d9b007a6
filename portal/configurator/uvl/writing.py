"""UVL text piece by piece: features with attributes, nested in groups, and constraints with their comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Plain = int | str


@dataclass
class Leaf:
    """A feature to write, with what stands below it: group kinds with their features."""

    name: str
    kind: str = ""
    attributes: dict[str, Plain] = field(default_factory=dict)
    below: dict[str, list[Leaf]] = field(default_factory=dict)

    def lines(self, depth: int = 1) -> Iterator[str]:
        """Yield the lines of the feature and of everything below it."""
        pairs = ", ".join(quoted(key) + _value(value) for key, value in self.attributes.items())
        yield (
            "\t" * depth
            + (f"{self.kind} " if self.kind else "")
            + quoted(self.name)
            + (f" {{{pairs}}}" if pairs else "")
        )
        for group, leaves in self.below.items():
            yield "\t" * (depth + 1) + group
            for leaf in leaves:
                yield from leaf.lines(depth + 2)


class FeatureNames:
    """Gives every thing a feature name that UVL can say, each once."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def fresh(self, wanted: str) -> str:
        """Return a name close to the wanted one: no quotes, dots or line breaks."""
        plain = re.sub(r'["\r\n\t]', "_", wanted).replace(".", ":").strip() or "_"
        name, number = plain, 1
        while name in self._used:
            number += 1
            name = f"{plain} ({number})"
        self._used.add(name)
        return name


_STRICT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SECTIONS = ("include", "features", "imports", "namespace", "as", "constraint", "constraints", "cardinality")
_KINDS = ("String", "Boolean", "Integer", "Real", "Type", "Arithmetic", "true", "false")
_FUNCTIONS = ("len", "sum", "avg", "min", "max", "floor", "ceil")
_GROUPS = ("or", "alternative", "optional", "mandatory")
_WORDS = frozenset((*_SECTIONS, *_KINDS, *_FUNCTIONS, *_GROUPS))


def quoted(name: str) -> str:
    """Write a name, in quotes where UVL asks for them."""
    return name if _STRICT.fullmatch(name) and name not in _WORDS else f'"{name}"'


def _value(value: Plain) -> str:
    if isinstance(value, str):
        return " '" + re.sub(r"[\r\n]", " ", value).replace("'", "’") + "'"
    return "" if value is True else f" {value}"


def comment(text: str) -> str:
    """Write a comment of one line."""
    return "// " + " ".join(text.split())


def constraint_lines(constraints: Mapping[str, list[str]], sentences: Mapping[str, str]) -> Iterator[str]:
    """Yield the constraints, each rule's under its key and sentence."""
    for key, texts in constraints.items():
        sentence = sentences.get(key, "")
        yield "\t" + comment(f"{key}: {sentence}" if sentence else key)
        yield from ("\t" + text for text in texts)
