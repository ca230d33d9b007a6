"""Whatever was chosen, replaced and taken back before: domains and strict domains are those of the enumeration."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.configurator.engine.results import Impossible
from portal.configurator.language.ruleset import RuleSet
from tests.unit.configurator.cases import cases
from tests.unit.configurator.oracle import Choices, Oracle, without
from tests.unit.configurator.wide_worlds import possible_worlds, worlds
from tests.unit.configurator.worlds import MODES, Tuned

STEPS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 999), st.integers(0, 999)), min_size=2, max_size=9)
Step = tuple[int, int, int]
EACH_MODE = pytest.mark.parametrize("mode", MODES)


def step(oracle: Oracle, choices: Choices, one: Step) -> Choices:
    """Choose, replace, take back or start again; what is chosen mostly agrees with what was."""
    kind, first, second = one
    keys = sorted(oracle.domains)
    if kind == 0 and choices:
        return without(choices, sorted(choices)[first % len(choices)])
    if kind == 1 and oracle.found:
        some = oracle.found[second % len(oracle.found)]
        return {key: some[key] for place, key in enumerate(keys) if first >> place & 1}
    key = keys[first % len(keys)]
    if kind == 2:
        return {**choices, key: oracle.domains[key][second % len(oracle.domains[key])]}
    left = oracle.agree(without(choices, key)) or oracle.found
    values = left[second % len(left)] if left else {name: some[0] for name, some in oracle.domains.items()}
    return {**choices, key: values[key]}


def compare_domains(engine: Any, oracle: Oracle, choices: Choices) -> None:
    """Values of each attribute under the other choices, and what only one value is left of."""
    domains = engine.domains(choices)
    left = oracle.agree(choices)
    for key in oracle.domains:
        expected = {each[key] for each in oracle.agree(without(choices, key))}
        if key in oracle.facts:
            assert domains.range[key] == (min(expected), max(expected)), (key, choices)
            assert key not in domains.values
        else:
            assert domains.values[key] == tuple(value for value in oracle.domains[key] if value in expected), (
                key,
                choices,
            )
            assert key not in domains.range
        only = {each[key] for each in left}
        if key not in choices and len(only) == 1:
            assert domains.implied[key] == next(iter(only))
        else:
            assert key not in domains.implied
    compare_derived(domains.derived, oracle, choices)


def compare_derived(bounds: Any, oracle: Oracle, choices: Choices) -> None:
    """No configuration lies outside the bounds; where all that is read is settled they are the number itself."""
    left = oracle.agree(choices)
    settled = {key for key in oracle.domains if len({each[key] for each in left}) == 1}
    for key, expression, members in oracle.check.derived():
        numbers = {oracle.check.plain.number(expression, each, members) for each in left}
        if bounds[key] is not None:
            assert all(number is not None and bounds[key][0] <= number <= bounds[key][1] for number in numbers)
        if oracle.check.plain.reads(expression, members) <= settled:
            (number,) = numbers
            assert bounds[key] == (None if number is None else (number, number))


def compare_exact(engine: Any, oracle: Oracle, choices: Choices) -> None:
    """Values of each attribute under all choices."""
    found, left = engine.exact(choices), oracle.agree(choices)
    assert found.keys() == oracle.domains.keys()
    for key, values in found.items():
        expected = {each[key] for each in left}
        if key in oracle.facts:
            assert values == (min(expected), max(expected)), (key, choices)
        else:
            assert values == tuple(value for value in oracle.domains[key] if value in expected), (key, choices)


def compare(engine: Any, oracle: Oracle, choices: Choices, order: int) -> None:
    """Both kinds of domains in either order, or the same contradiction from both."""
    if not oracle.agree(choices):
        for question in (engine.domains, engine.exact):
            with pytest.raises(Impossible) as caught:
                question(choices)
            explanation = caught.value.explanation
            assert set(explanation.choices) <= set(choices.items())
            oracle.assert_reason(explanation, {})
        return
    for question in (compare_domains, compare_exact)[:: 1 if order % 2 else -1]:
        question(engine, oracle, choices)


@EACH_MODE
@cases(30)
@given(rules=possible_worlds(), steps=STEPS)
def test_domains_are_exact_after_any_clicks(mode: str, rules: RuleSet, steps: list[Step]) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    choices: Choices = {}
    for one in steps:
        choices = step(oracle, choices, one)
        compare(engine, oracle, choices, one[2])
        if not oracle.agree(choices) and one[0] % 2:
            choices = {}


@EACH_MODE
@cases(12)
@given(rules=worlds(), steps=STEPS)
def test_worlds_that_may_be_contradictory(mode: str, rules: RuleSet, steps: list[Step]) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    compare(engine, oracle, {}, 0)
    for one in steps[:3]:
        choices = step(oracle, {}, one)
        compare(engine, oracle, choices, one[1])


@EACH_MODE
@cases(12)
@given(rules=possible_worlds(), steps=STEPS)
def test_single_values_and_what_is_taken_back(mode: str, rules: RuleSet, steps: list[Step]) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    choices: Choices = {}
    for one in steps:
        choices = step(oracle, choices, one)
        key = sorted(oracle.domains)[one[1] % len(oracle.domains)]
        for value in oracle.domains[key]:
            assert engine.possible(choices, key, value) is oracle.meets({**choices, key: value})
        less = without(choices, key)
        if oracle.agree(less):
            assert engine.retract(choices, key) == engine.domains(less)
            compare_domains(engine, oracle, less)
        if not oracle.agree(choices):
            choices = less if oracle.agree(less) else {}
