"""What the solver gives back: domains, explanations, bill lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.configurator.engine.model import Value


@dataclass(frozen=True, slots=True)
class Explanation:
    """A subset-minimal reason: these choices and authored rules together; no choices means dead by rules alone."""

    choices: tuple[tuple[str, Value], ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domains:
    """Exact possibilities of every attribute under the choices made for the others.

    `values` holds choices and quantities, `range` facts as (minimum, maximum) in the attribute's unit, `implied` the
    only value of attributes nobody chose, `derived` safe bounds in base units (exact when all that it reads is settled;
    None where it may be undefined).
    """

    values: Mapping[str, tuple[Value, ...]]
    range: Mapping[str, tuple[int, int]]
    implied: Mapping[str, Value]
    derived: Mapping[str, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Repair:
    """A smallest set of choices to give up for a wish, and the full proposal that then results.

    `released` are the choices given up, `changed` what they become in the proposal (key, before, after), `cost` the
    proposal's price in minor units, None when no prices were given.
    """

    released: tuple[tuple[str, Value], ...]
    changed: tuple[tuple[str, Value, Value], ...]
    proposal: Mapping[str, Value]
    cost: int | None


@dataclass(frozen=True, slots=True)
class Optimum:
    """The cheapest full configuration found; none costs less than `lower`, and `proved` says that both meet."""

    assignment: Mapping[str, Value]
    cost: int
    lower: int
    proved: bool


@dataclass(frozen=True, slots=True)
class BomLine:
    """One line of the bill of material with the rule that put it there."""

    sku: str
    quantity: int
    group: str
    rule: str


class Impossible(Exception):
    """The choices contradict the rules; `explanation` says which of them."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__("these choices cannot be met together")
        self.explanation = explanation
