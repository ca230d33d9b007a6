"""A rule set under examination: its model, the places of its parts, and how rules are named in findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby

from portal.configurator.engine.model import Model, Value, Variable
from portal.configurator.engine.solver import Compiled
from portal.configurator.language.findings import Finding, Rules, finding
from portal.configurator.language.places import Place, Places
from portal.configurator.language.ruleset import RuleSet

GROUPED = re.compile(r"(?P<group>\w+)\[(?P<member>\d+)\]\.(?P<key>\w+)")
KINDS = ("rules", "lines", "accessories", "repeated", "attributes")
SHOWN = 100  # rules named in one sentence
QUOTED = 6  # rules that are quoted as well


class Subject:
    """What all checks look at; compiled once."""

    def __init__(self, ruleset: RuleSet, places: Places | None = None) -> None:
        self.ruleset = ruleset
        self.places = places or Places(ruleset.key)
        self.is_sound = False
        """Whether the rules can be met at all; only then are further questions of use."""
        self._because = {rule.key: rule.because for rule in ruleset.rules}

    @cached_property
    def model(self) -> Model:
        """Return the engine's model."""
        return self.ruleset.model()

    @cached_property
    def compiled(self) -> Compiled:
        """Return the compiled model."""
        return Compiled(self.model)

    def path(self, rule: str) -> tuple[str, ...]:
        """Return the path of whatever an explanation or a line calls by this key, empty when nobody wrote it."""
        key = rule.removeprefix("group:")
        return next(((kind, key) for kind in KINDS if (kind, key) in self.places.known), ("rules", key))

    def at(self, rule: str) -> Place:
        """Return the place of a rule."""
        return self.places.of(*self.path(rule))

    def named(self, rules: Iterable[str]) -> Rules:
        """List rules by key and place, in the order of their places, with what they say of themselves."""
        ordered = sorted(set(rules), key=lambda rule: (self.at(rule), rule))
        if not ordered:
            return "no other rule is needed", "无需其他规则"
        more = [f"… +{len(ordered) - SHOWN}"] if len(ordered) > SHOWN else []
        english, chinese = [], []
        for rule in ordered[:SHOWN]:
            because = self._because.get(rule) if len(ordered) <= QUOTED else None
            name = f"{rule} ({self.at(rule)})"
            english.append(f"{name}: {because.en}" if because and because.en else name)
            chinese.append(f"{name}:{because.zh}" if because and because.zh else name)
        return "; ".join([*english, *more]), ";".join([*chinese, *more])

    def found(self, code: str, path: tuple[str, ...], what: str = "", rules: Iterable[str] | None = None) -> Finding:
        """Make a finding at the place of a part."""
        named = self.named(rules) if rules is not None else ("…", "…")
        return finding(self.places.of(*path), path[1] if len(path) > 1 else "", code, what, named)

    def instances(self, attribute: str) -> Iterator[Variable]:
        """Yield the variables of an attribute: itself, or one per instance of a repeated group."""
        for variable in self.model.variables:
            if authored(variable.key) == attribute:
                yield variable


def authored(key: str) -> str:
    """Return the attribute that a variable or derived number belongs to."""
    match = GROUPED.fullmatch(key)
    return match["key"] if match else key


def spans(values: Iterable[Value]) -> str:
    """List values; runs of numbers become first..last."""
    listed = list(values)
    numbers = [value for value in listed if isinstance(value, int)]
    parts = [str(value) for value in listed if not isinstance(value, int)]
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        ends = [number for _, number in run]
        parts.append(str(ends[0]) if len(ends) == 1 else f"{ends[0]}..{ends[-1]}")
    return ", ".join(parts)
