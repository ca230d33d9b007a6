"""What a configuration begins with, and the advice that goes with a complete one; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.configurator.engine.results import Impossible
from portal.configurator.engine.solver import Compiled
from portal.configurator.language.answering import (
    NoMember,
    all_choices,
    answers_of,
    conflict,
    firm_choices,
    soft_choices,
)
from portal.configurator.language.parts import Scalar
from portal.configurator.language.ruleset import Advice, RuleSet, Template
from portal.configurator.readings import plain_of

__all__ = ["Advised", "Beginning", "NoMember", "advice_of", "answers_of", "begin", "choices_of", "keep_possible"]


@dataclass(frozen=True, slots=True)
class Advised:
    """Advice that holds: of the whole (`group` is empty), or of some members of a repeated group."""

    advice: Advice
    group: str = ""
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first choices of a configuration, and what a template wanted that cannot be had with the answers."""

    choices: dict[str, Scalar]
    dropped: tuple[tuple[str, Scalar], ...] = ()


def choices_of(ruleset: RuleSet, template: Template | None, answers: Mapping[str, int]) -> dict[str, Scalar]:
    """Return everything that the answers of the first screen and a template choose; raises NoMember."""
    return all_choices(ruleset, template, answers)


def begin(ruleset: RuleSet, compiled: Compiled, template: Template | None, answers: Mapping[str, int]) -> Beginning:
    """Return the first choices: all answers, and of a template what they allow.

    Raises Impossible when the answers contradict each other, NoMember when they make nothing.
    """
    firm = firm_choices(ruleset, answers)
    soft = soft_choices(ruleset, template, answers)
    return keep_possible(compiled, firm, {key: value for key, value in soft.items() if key not in firm})


def keep_possible(compiled: Compiled, firm: Mapping[str, Scalar], soft: Mapping[str, Scalar]) -> Beginning:
    """Return all firm choices with those of the soft ones, in order, that can be had; raises Impossible."""
    if conflict(compiled, {**firm, **soft}) is None:
        return Beginning({**firm, **soft})
    if explanation := conflict(compiled, firm):
        raise Impossible(explanation)
    choices: dict[str, Scalar] = dict(firm)
    dropped: list[tuple[str, Scalar]] = []
    for key, value in soft.items():
        if compiled.possible(choices, key, value):
            choices[key] = value
        else:
            dropped.append((key, value))
    return Beginning(choices, tuple(dropped))


def advice_of(ruleset: RuleSet, assignment: Mapping[str, Scalar]) -> tuple[Advised, ...]:
    """Return the advice that holds for a complete assignment, in the order of the rules; undefined never holds."""
    return tuple(_advised(ruleset, assignment)) if ruleset.advice else ()


def _advised(ruleset: RuleSet, assignment: Mapping[str, Scalar]) -> Iterator[Advised]:
    plain = plain_of(ruleset)
    for advice in ruleset.advice:
        groups = plain.expression(advice.when).groups
        if not groups:
            if plain.truth(advice.when, assignment, {}):
                yield Advised(advice)
            continue
        (group,) = groups
        there = range(1, int(assignment[group]) + 1)
        members = tuple(member for member in there if plain.truth(advice.when, assignment, {group: member}))
        if members:
            yield Advised(advice, group, members)
