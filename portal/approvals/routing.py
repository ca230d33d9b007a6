"""Which steps a request takes: pure, from the definition in force, the facts of the request and the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from portal.approvals.definitions import Amount, Definition, Limits, Step, When
from portal.words import Text


class Numbers(Protocol):
    """The settings in force."""

    def __getitem__(self, key: str) -> int:
        """Return one of them."""


@dataclass(frozen=True, slots=True)
class Route:
    """The steps to take; with `automatic` none are, for the reason it says."""

    steps: tuple[dict[str, Any], ...]
    automatic: Text | None = None


def route(definition: Definition, facts: Mapping[str, Any], numbers: Numbers) -> Route:
    """Return what a request with these facts has to pass.

    A fact that is not known counts as the one that asks for more: an unknown value is never below a limit. When no
    step applies the last one of the definition does, so that nothing is ever approved because nobody was asked.
    """
    for rule in definition.automatic:
        if _holds(rule.when, facts, numbers, doubt=False):
            return Route((), rule.because)
    steps = [step for step in definition.steps if _holds(step.when, facts, numbers, doubt=True)]
    return Route(tuple(_taken(step, numbers) for step in steps or definition.steps[-1:]))


def _taken(step: Step, numbers: Numbers) -> dict[str, Any]:
    """Return a step as a request keeps it, with its numbers as they are now."""
    return {
        "key": step.key,
        "title": {"en": step.title.en, "zh": step.title.zh},
        "because": {"en": step.because.en, "zh": step.because.zh},
        "mode": step.mode,
        "ask": list(step.ask),
        "hours": _number(step.hours, numbers),
        "escalate": list(step.escalate),
    }


def _number(amount: Amount, numbers: Numbers) -> int:
    return numbers[amount] if isinstance(amount, str) else amount


def _holds(when: When, facts: Mapping[str, Any], numbers: Numbers, *, doubt: bool) -> bool:
    """Return whether a condition holds; `doubt` is what counts where a fact or its limit is not known."""
    value, currency = facts.get("value_minor"), facts.get("currency")
    tests = [
        _reaches(value, _limit(when.value_from, currency, numbers), doubt) if when.value_from else True,
        _below(value, _limit(when.value_below, currency, numbers), doubt) if when.value_below else True,
    ]
    discount = facts.get("discount_bps")
    if when.discount_from is not None:
        tests.append(_reaches(discount, _number(when.discount_from, numbers), doubt))
    if when.discount_below is not None:
        tests.append(_below(discount, _number(when.discount_below, numbers), doubt))
    for name, values in when.words.items():
        tests.append(facts[name] in values if facts.get(name) else doubt)
    return all(tests)


def _limit(limits: Limits, currency: object, numbers: Numbers) -> int | None:
    amount = limits.get(currency) if isinstance(currency, str) else None
    return None if amount is None else _number(amount, numbers)


def _reaches(fact: object, limit: int | None, doubt: bool) -> bool:
    return fact >= limit if isinstance(fact, int) and limit is not None else doubt


def _below(fact: object, limit: int | None, doubt: bool) -> bool:
    return fact < limit if isinstance(fact, int) and limit is not None else doubt
