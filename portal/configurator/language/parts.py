"""The authored parts of a rule set as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from portal.words import Text

Scalar = str | int

LATER: Final[Mapping[str, bool]] = {"later": True}
"""Marks fields that younger rule sets have: absent from stored content at their default, so that old hashes stay."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a choice; `number` is its amount in base units when it has one."""

    key: str
    label: Text
    sku: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Prefer:
    """What completion takes first: order is first, smallest, largest or cheapest; `value`, the default, wins."""

    order: str
    value: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question or a derived number.

    Kinds: choice (values), quantity and fact (minimum..maximum counted in `unit`), derived (`expression`, shown in
    `unit`). `table` names the table whose columns a choice may look up, `group` the repeated group it belongs to.
    `view` is simple, or full when only engineers are asked.
    """

    key: str
    kind: str
    label: Text
    hint: Text
    unit: str
    values: tuple[Value, ...]
    minimum: int
    maximum: int
    section: str
    prefer: Prefer
    table: str | None = None
    expression: str = ""
    group: str = field(default="", metadata=LATER)
    view: str = field(default="simple", metadata=LATER)


@dataclass(frozen=True, slots=True)
class Repeated:
    """A group of attributes that exists `minimum` to `maximum` times; its key is the quantity that says how often.

    `title` names that quantity, `label` one member ("Camera group", shown with its number).
    """

    key: str
    title: Text
    label: Text
    hint: Text
    section: str
    minimum: int
    maximum: int
    prefer: Prefer


@dataclass(frozen=True, slots=True)
class Section:
    """A block of questions on the page."""

    key: str
    title: Text
    hint: Text


@dataclass(frozen=True, slots=True)
class Setting:
    """An engineering number people can see: `value` in base units, `shown` as written."""

    key: str
    value: int
    shown: str
    unit: str
    label: Text
    source: str


@dataclass(frozen=True, slots=True)
class Column:
    """A table column: with a unit its cells are base units, without one they are words."""

    name: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV table with its key columns; a missing cell is None."""

    key: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[Scalar | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: an expression (`require`, optional `when`) or a table of allowed tuples by (column, attribute)."""

    key: str
    because: Text
    source: str
    require: str = ""
    when: str = ""
    table: str = ""
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the bill of material."""

    key: str
    title: Text


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bill: a literal `sku` or that of the attribute `product`, times `quantity`."""

    key: str
    group: str
    sku: str
    product: str
    quantity: str
    when: str


@dataclass(frozen=True, slots=True)
class Accessory:
    """A line that a requirement adds to the bill, with its reason.

    `parents` are the lines and accessories it goes with: `quantity` then counts for each piece of them.
    """

    key: str
    because: Text
    source: str
    group: str
    sku: str
    product: str
    quantity: str
    when: str
    parents: tuple[str, ...] = ()


BillLine = Line | Accessory


@dataclass(frozen=True, slots=True)
class Reason:
    """Expected reasons why a value is refused: each is the set of attributes whose choices exclude it."""

    attribute: str
    value: Scalar
    because: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """Choices and what must follow from them; see the rules' README for every key."""

    key: str
    title: Text
    choices: tuple[tuple[str, Scalar], ...]
    possible: tuple[tuple[str, tuple[Scalar, ...]], ...] = ()
    ranges: tuple[tuple[str, tuple[int, int]], ...] = ()
    offered: tuple[tuple[str, tuple[Scalar, ...]], ...] = ()
    refused: tuple[tuple[str, tuple[Scalar, ...]], ...] = ()
    derived: tuple[tuple[str, int], ...] = ()
    reasons: tuple[Reason, ...] = ()
    completed: tuple[tuple[str, Scalar], ...] = ()
    bill: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """A number asked on the first screen.

    It is the value of the attribute `sets`, or it makes one member of the repeated group `group`, whose attribute
    `count` it becomes and that has `choices`, by their plain names; 0 makes no member.
    """

    key: str
    label: Text
    hint: Text
    minimum: int
    maximum: int
    default: int
    sets: str = ""
    group: str = ""
    count: str = ""
    choices: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A typical site: answers for the first screen, choices, and choices about the members that answers make."""

    key: str
    title: Text
    hint: Text
    start: tuple[tuple[str, int], ...] = ()
    choices: tuple[tuple[str, Scalar], ...] = ()
    members: tuple[tuple[str, tuple[tuple[str, Scalar], ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence shown where `when` is true for the whole proposal; it never forbids anything."""

    key: str
    because: Text
    source: str
    when: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing and what it shows: `parts` give each role the name of an attribute, group or setting."""

    key: str
    kind: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Authored:
    """Everything one product's configuration needs, as authored."""

    key: str
    title: Text
    sections: tuple[Section, ...]
    attributes: tuple[Attribute, ...]
    tables: tuple[Table, ...]
    settings: tuple[Setting, ...]
    rules: tuple[Rule, ...]
    groups: tuple[Group, ...]
    lines: tuple[Line, ...]
    completion: tuple[str, ...]
    examples: tuple[Example, ...]
    repeated: tuple[Repeated, ...] = field(default=(), metadata=LATER)
    accessories: tuple[Accessory, ...] = field(default=(), metadata=LATER)
    start: tuple[Start, ...] = field(default=(), metadata=LATER)
    templates: tuple[Template, ...] = field(default=(), metadata=LATER)
    advice: tuple[Advice, ...] = field(default=(), metadata=LATER)
    pictures: tuple[Picture, ...] = field(default=(), metadata=LATER)

    @property
    def bill_lines(self) -> tuple[BillLine, ...]:
        """Return lines and accessories in the order in which they stand on the bill."""
        return (*self.lines, *self.accessories)
