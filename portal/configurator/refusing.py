"""Why a value cannot be had now, and what to change for it, with what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.catalog.pricing import UnitPrice
from portal.configurator.engine.results import Explanation
from portal.configurator.engines import Engine, proposal_of
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.panel import Choices, bill_of, label_of
from portal.money import Money
from portal.words import Text


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is greyed: one set of choices with the rules that forbid them together."""

    choices: tuple[tuple[Text, Text], ...]  # (question, chosen value)
    because: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class PricedRepair:
    """One way to have a refused value: what else changes, the total that results, and how much more or less it is."""

    keys: tuple[str, ...]  # questions whose choices are given up
    changes: tuple[tuple[Text, Text, Text], ...]  # (question, before, after)
    total: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that cannot be had now, with all reasons and the ways to have it; none when the rules alone forbid it."""

    key: str
    value: str | int
    question: Text
    label: Text
    reasons: tuple[Reason, ...]
    repairs: tuple[PricedRepair, ...]


def refusal_of(
    engine: Engine,
    choices: Choices,
    key: str,
    value: str | int,
    prices: Mapping[str, UnitPrice],
    currency: str,
    costs: Mapping[str, int],
) -> Refusal:
    """Return why `key = value` cannot be had, and what to change for it with the difference in price.

    `costs` weigh the proposals, `prices` are what the reader pays.
    """
    ruleset, compiled = engine.ruleset, engine.compiled
    attribute = ruleset.attribute(key)
    reasons = tuple(_reason(ruleset, found) for found in compiled.reasons(choices, key, value))

    def total(assignment: Choices) -> Money:
        return bill_of(ruleset, compiled.lines(assignment), prices, currency).total

    now = total(proposal_of(engine, choices, costs).assignment)
    repairs = tuple(
        PricedRepair(
            tuple(name for name, _ in repair.released),
            tuple(_change(ruleset.attribute(name), before, after) for name, before, after in repair.changed),
            total(repair.proposal),
            total(repair.proposal) - now,
        )
        for repair in compiled.repairs(choices, key, value, costs)
    )
    return Refusal(key, value, attribute.label, label_of(attribute, value), reasons, repairs)


def _change(attribute: Attribute, before: str | int, after: str | int) -> tuple[Text, Text, Text]:
    return attribute.label, label_of(attribute, before), label_of(attribute, after)


def _reason(ruleset: RuleSet, found: Explanation) -> Reason:
    pairs = ((ruleset.attribute(key), value) for key, value in found.choices)
    choices = tuple((attribute.label, label_of(attribute, value)) for attribute, value in pairs)
    return Reason(choices, tuple(ruleset.rule(rule).because for rule in found.rules))
