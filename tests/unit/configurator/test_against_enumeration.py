"""Every answer of the solver against the full list of solutions found by python-constraint2."""

from __future__ import annotations

import os
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from portal.configurator.engine.results import Explanation, Impossible
from portal.configurator.engine.solver import Compiled
from portal.configurator.language.ruleset import Column, RuleSet, Table
from portal.configurator.verification import verify
from tests.unit.configurator.worlds import (
    ASKED,
    both,
    choice,
    quantity,
    require,
    rule_sets,
    ruleset,
    solutions,
    some_choices,
    with_rules,
)

Choices = dict[str, Any]
EXAMPLES = int(os.environ.get("CONFIGURATOR_EXAMPLES", "20"))
thorough = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def agree(found: list[Choices], choices: Choices) -> list[Choices]:
    return [each for each in found if all(each[key] == value for key, value in choices.items())]


def without(choices: Choices, key: str) -> Choices:
    return {name: value for name, value in choices.items() if name != key}


def compare_domains(compiled: Compiled, found: list[Choices], choices: Choices) -> None:
    domains = compiled.domains(choices)
    for key in ASKED:
        expected = {each[key] for each in agree(found, without(choices, key))}
        if key == "f":
            assert domains.range[key] == (min(expected), max(expected))
        else:
            assert set(domains.values[key]) == expected
            assert len(domains.values[key]) == len(expected)
        left = {each[key] for each in agree(found, choices)}
        if key not in choices and len(left) == 1:
            assert domains.implied[key] == next(iter(left))
        else:
            assert key not in domains.implied
    for bounds in domains.derived.values():
        assert bounds is None or bounds[0] <= bounds[1]


@thorough
@given(rule_sets(), some_choices(), some_choices())
def test_domains_are_exact(rules: RuleSet, first: Choices, second: Choices) -> None:
    found = solutions(rules)
    for compiled in both(rules):
        for choices in ({}, first, second, first):
            if agree(found, choices):
                compare_domains(compiled, found, choices)
            else:
                with pytest.raises(Impossible) as caught:
                    compiled.domains(choices)
                assert_minimal(rules, caught.value.explanation, {})


def assert_minimal(rules: RuleSet, explanation: Explanation, wish: Choices) -> None:
    """The named choices and rules exclude the wish; leaving out any one of them no longer does."""
    chosen, named = dict(explanation.choices), set(explanation.rules)
    assert not solutions(with_rules(rules, named), {**chosen, **wish})
    for key in chosen:
        assert solutions(with_rules(rules, named), {**without(chosen, key), **wish})
    for key in named:
        assert solutions(with_rules(rules, named - {key}), {**chosen, **wish})


def refused(compiled: Compiled, found: list[Choices], choices: Choices) -> list[tuple[str, Any]]:
    every: dict[str, Any] = {"a": "xyz", "b": "pqr", "n": range(4), "m": range(1, 5), "f": range(1, 7)}
    dead = []
    for key, values in every.items():
        for value in values:
            possible = bool(agree(found, {**without(choices, key), key: value}))
            assert compiled.possible(choices, key, value) is possible
            if not possible:
                dead.append((key, value))
    return dead


LAZINESS = pytest.mark.parametrize("lazy", [0, 1], ids=["shipped", "lazy"])


@LAZINESS
@thorough
@given(rules=rule_sets(), choices=some_choices())
def test_explanations_are_minimal_and_releases_smallest(lazy: int, rules: RuleSet, choices: Choices) -> None:
    found = solutions(rules)
    assume(agree(found, choices))
    compiled = both(rules)[lazy]
    for key, value in refused(compiled, found, choices)[:4]:
        others = without(choices, key)
        explanation = compiled.explain(choices, key, value)
        assert set(explanation.choices) <= set(others.items())
        assert_minimal(rules, explanation, {key: value})
        if not agree(found, {key: value}):
            assert explanation.choices == ()
            with pytest.raises(Impossible):
                compiled.release(choices, key, value)
            continue
        released = compiled.release(choices, key, value)
        kept = {name: kept for name, kept in others.items() if (name, kept) not in released}
        assert agree(found, {**kept, key: value})
        for fewer in combinations(others, len(released) - 1):
            rest = {name: kept for name, kept in others.items() if name not in fewer}
            assert not agree(found, {**rest, key: value})


@LAZINESS
@thorough
@given(rules=rule_sets(), choices=some_choices())
def test_reasons_are_all_minimal_sets_of_choices(lazy: int, rules: RuleSet, choices: Choices) -> None:
    found = solutions(rules)
    assume(agree(found, choices))
    compiled = both(rules)[lazy]
    for key, value in refused(compiled, found, choices)[:3]:
        others = without(choices, key)
        expected: list[frozenset[str]] = []
        for size in range(len(others) + 1):
            for names in combinations(others, size):
                small = any(known <= set(names) for known in expected)
                if not small and not agree(found, {**{name: others[name] for name in names}, key: value}):
                    expected.append(frozenset(names))
        explanations = compiled.reasons(choices, key, value, limit=50)
        assert {frozenset(dict(reason.choices)) for reason in explanations} == set(expected)
        assert len(explanations) == len(expected)


@LAZINESS
@thorough
@given(rules=rule_sets(), choices=some_choices())
def test_completions_keep_the_choices_and_pass_the_second_check(lazy: int, rules: RuleSet, choices: Choices) -> None:
    found = solutions(rules)
    compiled = both(rules)[lazy]
    if not agree(found, choices):
        with pytest.raises(Impossible):
            compiled.complete(choices)
        return
    assignment = compiled.complete(choices)
    assert choices.items() <= assignment.items()
    verify(rules, assignment, compiled.lines(assignment))
    assert both(rules)[1 - lazy].complete(choices) == assignment
    left = agree(found, choices)
    for key in ASKED:
        values = {each[key] for each in left}
        if key not in choices:
            order = rules.attribute(key).prefer.order
            listed = sorted(values)
            assert assignment[key] == (listed[-1] if order == "largest" else listed[0])
        left = [each for each in left if each[key] == assignment[key]]


@LAZINESS
@pytest.mark.parametrize(("low", "high"), [(7, 900), (100, 400), (171, 180), (333, 1000), (0, 0), (5, 5)])
def test_ends_of_wide_facts_are_exact(lazy: int, low: int, high: int) -> None:
    rules = ruleset(
        [quantity("n", 1, 5), quantity("f", 0, 200, "fact"), quantity("g", 0, 200, "fact")],
        [require("low", f"f * n + g >= {low}"), require("high", f"f * n + g <= {high}"), require("near", "g <= n")],
    )
    compiled = both(rules)[lazy]
    found = [
        {"n": n, "f": f, "g": g}
        for n in range(1, 6)
        for f in range(201)
        for g in range(n + 1)
        if low <= f * n + g <= high
    ]
    for choices in ({}, {"n": 5}, {"n": 1}, {"g": 1}, {"n": 3, "g": 2}, {"n": 4}):
        left = agree(found, choices)
        if left:
            domains = compiled.domains(choices)
            for key in ("f", "g"):
                ends = [each[key] for each in agree(found, without(choices, key))]
                assert domains.range[key] == (min(ends), max(ends))


@LAZINESS
def test_the_low_end_is_found_from_any_known_point(lazy: int) -> None:
    for low in range(60, 100):
        rules = ruleset([quantity("n", 1, 2), quantity("f", 0, 120, "fact")], [require("low", f"f * n >= {low}")])
        compiled = both(rules)[lazy]
        compiled.complete({"f": 120})
        for n in (1, 2):
            assert compiled.domains({"n": n}).range["f"] == (-(-low // n), 120)


@pytest.mark.parametrize("condition", ["t.c(a) > 1 and n > 5", "not (t.c(a) > 1 or n > 5)", "t.c(a) > 1 or n > 5"])
def test_undefined_is_never_true(condition: str) -> None:
    table = Table("t", ("k",), (Column("k", None), Column("c", "count")), (("x", None),))
    rules = ruleset([choice("a", "xy"), quantity("n", 0, 9)], [require("r", condition)], [table])
    left = 4 if condition == "t.c(a) > 1 or n > 5" else 0
    assert len(solutions(rules)) == 2 * left
    for compiled in both(rules):
        if left:
            assert compiled.domains({}).values["n"] == (6, 7, 8, 9)
        else:
            with pytest.raises(Impossible):
                compiled.domains({})
