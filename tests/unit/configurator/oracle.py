"""What python-constraint2 says of a small rule set: all its configurations, and what some of its rules allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from portal.configurator.engine.pricing import UNPRICED
from portal.configurator.engine.results import Explanation
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.verification import Check, build

Choices = dict[str, Any]


def without(choices: Mapping[str, Any], *keys: str) -> Choices:
    """Return the choices about other attributes."""
    return {name: value for name, value in choices.items() if name not in keys}


class Oracle:
    """The full enumeration of one rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules, self.check = rules, Check(rules)
        self.domains: dict[str, list[Any]] = dict(self.check.domains)
        self.facts = {item.key for item in rules.everything if item.kind == "fact"}
        self.found: list[Choices] = build(rules, {}, self.check).getSolutions()
        self.keys = {demand.key for demand in self.check.demands()}
        self._met: dict[tuple[frozenset[tuple[str, Any]], frozenset[str]], bool] = {}

    def agree(self, choices: Mapping[str, Any]) -> list[Choices]:
        """Return all configurations that hold the choices."""
        return [each for each in self.found if all(each[key] == value for key, value in choices.items())]

    def meets(self, choices: Mapping[str, Any], keys: Iterable[str] | None = None) -> bool:
        """Tell whether rules of these keys (all when not given) have a configuration that holds the choices."""
        if keys is None:
            return bool(self.agree(choices))
        asked = frozenset(choices.items()), frozenset(keys)
        if asked not in self._met:
            self._met[asked] = build(self.rules, choices, self.check, only=asked[1]).getSolution() is not None
        return self._met[asked]

    def assert_reason(self, explanation: Explanation, wish: Choices) -> None:
        """The named choices and rules exclude the wish; leaving out any one of them no longer does."""
        chosen, named = dict(explanation.choices), set(explanation.rules)
        assert len(explanation.rules) == len(named), "each rule is named once"
        assert named <= self.keys
        assert not self.meets({**chosen, **wish}, named), "what is named excludes the wish"
        for key in chosen:
            assert self.meets({**without(chosen, key), **wish}, named), f"{key} is not needed"
        for key in named:
            assert self.meets({**chosen, **wish}, named - {key}), f"{key} is not needed"

    def conflicts(self, choices: Choices, wish: Choices) -> set[frozenset[str]]:
        """Return all minimal sets of attributes whose choices exclude the wish."""
        found: set[frozenset[str]] = set()
        for size in range(len(choices) + 1):
            for keys in map(frozenset, combinations(choices, size)):
                if any(known <= keys for known in found):
                    continue
                if not self.agree({**{key: choices[key] for key in keys}, **wish}):
                    found.add(keys)
        return found

    def releases(self, choices: Choices, wish: Choices) -> set[frozenset[str]]:
        """Return all minimal sets of attributes whose choices must be given up for the wish."""
        found: set[frozenset[str]] = set()
        for size in range(len(choices) + 1):
            for keys in map(frozenset, combinations(choices, size)):
                if any(known <= keys for known in found):
                    continue
                if self.agree({**without(choices, *keys), **wish}):
                    found.add(keys)
        return found

    def price(self, configuration: Choices, costs: Mapping[str, int]) -> int:
        """Return what the bill of the authored lines costs."""
        bill = self.check.bill(configuration)
        return sum(quantity * costs.get(sku, UNPRICED) for (sku, _, _), quantity in bill.items())
