"""What the solver takes in: variables, derived numbers, rules and bill lines as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from portal.configurator.engine.terms import Term

Value = str | int
Kind = Literal["choice", "quantity", "fact"]


@dataclass(frozen=True, slots=True)
class Variable:
    """One attribute: words for a choice, ascending integers in its own unit otherwise; `scale` leads to base units."""

    key: str
    kind: Kind
    values: tuple[Value, ...]
    scale: int = 1
    order: str = ""
    favourite: Value | None = None
    skus: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """An authored rule that must be true; undefined counts as not true."""

    key: str
    term: Term


@dataclass(frozen=True, slots=True)
class Allowed:
    """An authored table rule: the variables together take one of the tuples."""

    key: str
    variables: tuple[str, ...]
    tuples: frozenset[tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Clause:
    """An authored rule of one line: some variable takes (True) or does not take (False) the value beside it."""

    key: str
    literals: tuple[tuple[str, Value, bool], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """An authored line of the bill: a literal sku or the sku of a choice, times a quantity."""

    key: str
    group: str
    sku: str | None
    product: str | None
    quantity: Term
    when: Term | None = None


@dataclass(frozen=True)
class Model:
    """All that the solver needs; functions map (table, column) to row keys and cells in base units.

    Rules may share a key: instances of one authored rule in several groups are explained as that one rule.
    """

    variables: tuple[Variable, ...]
    derived: tuple[tuple[str, Term], ...] = ()
    rules: tuple[Rule | Allowed | Clause, ...] = ()
    lines: tuple[Line, ...] = ()
    settings: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[tuple[str, str], Mapping[tuple[Value, ...], Value | None]] = field(default_factory=dict)
    completion: tuple[str, ...] = ()


class HasModel(Protocol):
    """Anything that can be lowered to a model, such as a rule set."""

    def model(self) -> Model:
        """Return the solver's view."""
