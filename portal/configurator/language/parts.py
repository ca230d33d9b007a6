"""The authored parts of a rule set as frozen data."""

from __future__ import annotations

from dataclasses import dataclass

from portal.words import Text

Scalar = str | int


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a choice; `number` is its amount in base units when it has one."""

    key: str
    label: Text
    sku: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Prefer:
    """What completion takes first: order is first, smallest, largest or cheapest; `value` wins over it."""

    order: str
    value: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question or a derived number.

    Kinds: choice (values), quantity and fact (minimum..maximum counted in `unit`), derived (`expression`, shown in
    `unit`). `table` names the table whose columns a choice may look up.
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
