"""What a UVL text says, as plain data: features in groups, their attributes, constraints with their lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from lark import Token, Tree

Scalar = Fraction | str | bool
"""A number, a text, or true and false."""


@dataclass
class Group:
    """Features below one feature: from `least` to `most` of them when that feature is selected (None: no limit).

    Kinds: mandatory, optional, or, alternative, cardinality.
    """

    kind: str
    line: int
    least: int
    most: int | None
    features: list[Feature] = field(default_factory=list)


@dataclass
class Feature:
    """One feature; `kind` is Boolean, Integer, Real or String, `cardinality` how often it may stand there."""

    name: str
    line: int
    kind: str = "Boolean"
    cardinality: tuple[int, int | None] = (1, 1)
    attributes: dict[str, Scalar] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    groups: list[Group] = field(default_factory=list)

    def below(self) -> Iterator[Feature]:
        """Yield this feature and all below it, in the order of the text, without recursion."""
        stack = [self]
        while stack:
            feature = stack.pop()
            yield feature
            stack.extend(child for group in reversed(feature.groups) for child in reversed(group.features))


@dataclass(frozen=True)
class Constraint:
    """A constraint as parsed; `first` is the line where the text of its tokens begins to count."""

    line: int
    first: int
    text: str
    tree: Tree[Token]


@dataclass
class UvlModel:
    """A whole text: its namespace, the levels it includes, its root feature and its constraints."""

    namespace: str = ""
    levels: list[str] = field(default_factory=list)
    root: Feature | None = None
    constraints: list[Constraint] = field(default_factory=list)


def name_of(token: Token) -> str:
    """Return a name without its quotes."""
    return str(token)[1:-1] if token.type == "QUOTED" else str(token)
