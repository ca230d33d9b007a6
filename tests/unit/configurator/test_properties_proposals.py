"""Completions are the preferred ones, the cheapest is proved to be it, bounds of a search cut short are true."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.configurator.engine.results import Impossible
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.verification import verify
from tests.unit.configurator.cases import cases
from tests.unit.configurator.oracle import Choices, Oracle, without
from tests.unit.configurator.test_properties_reasons import agreeing
from tests.unit.configurator.wide_shops import shops
from tests.unit.configurator.wide_worlds import possible_worlds, prices
from tests.unit.configurator.worlds import MODES, Tuned

EACH_MODE = pytest.mark.parametrize("mode", MODES)
PICKS = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 255)), min_size=1, max_size=3)
LONG = 600.0


def order_of(rules: RuleSet) -> list[str]:
    """Return the order in which a completion decides, as the format of rule files describes it."""
    found: list[str] = []
    for key in (*rules.completion, *(item.key for item in rules.attributes if item.kind != "derived")):
        group = next((item.group for item in rules.attributes if item.key == key), "")
        if group:
            most = next(each.maximum for each in rules.repeated if each.key == group)
            found += [group, *(f"{group}[{member}].{key}" for member in range(1, most + 1))]
        else:
            found.append(key)
    return list(dict.fromkeys(found))


def preferred(attribute: Attribute, values: list[Any], costs: dict[str, int]) -> list[Any]:
    """Return the values in the order in which a completion tries them."""
    order, wanted = attribute.prefer.order, attribute.prefer.value
    found = list(reversed(values)) if order == "largest" else list(values)
    if order == "cheapest":
        skus = {value.key: value.sku for value in attribute.values}
        found.sort(key=lambda value: 0 if skus[value] is None else costs.get(skus[value], 10**9))
    if wanted is not None:
        found.sort(key=lambda value: abs(value - wanted) if isinstance(value, int) else value != wanted)
    return found


@EACH_MODE
@cases(16)
@given(rules=possible_worlds(), picks=PICKS, data=st.data())
def test_completions_take_what_is_preferred(
    mode: str, rules: RuleSet, picks: list[tuple[int, int]], data: st.DataObject
) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    costs = data.draw(prices(rules))
    for pick in picks:
        choices = agreeing(oracle, pick)
        assignment = engine.complete(choices, costs)
        assert choices.items() <= assignment.items()
        verify(rules, assignment, engine.lines(assignment))
        left = oracle.agree(choices)
        for key in order_of(rules):
            possible = {each[key] for each in left}
            values = preferred(rules.attribute(key), oracle.domains[key], costs)
            assert assignment[key] == next(value for value in values if value in possible), key
            left = [each for each in left if each[key] == assignment[key]]
        assert engine.complete(dict(reversed(choices.items())), costs) == assignment


def check_cheapest(engine: Any, oracle: Oracle, choices: Choices, costs: dict[str, int]) -> None:
    """The search that had time proves the least total; the one that had none says between which numbers it lies."""
    least = min(oracle.price(each, costs) for each in oracle.agree(choices))
    short = engine.cheapest(choices, costs, seconds=0.0)
    full = engine.cheapest(choices, costs, seconds=LONG)
    assert full.proved
    assert full.lower == full.cost == least
    assert short.lower <= least <= short.cost
    assert short.proved is (short.lower == short.cost)
    for optimum in (short, full):
        assert choices.items() <= optimum.assignment.items()
        verify(oracle.rules, optimum.assignment, engine.lines(optimum.assignment))
        assert optimum.cost == oracle.price(dict(optimum.assignment), costs)


@EACH_MODE
@cases(12)
@given(rules=possible_worlds(), picks=PICKS, data=st.data())
def test_the_cheapest_is_proved_to_be_the_cheapest(
    mode: str, rules: RuleSet, picks: list[tuple[int, int]], data: st.DataObject
) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    for pick in picks:
        check_cheapest(engine, oracle, agreeing(oracle, pick), data.draw(prices(rules)))


@EACH_MODE
@cases(20)
@given(rules=shops(), picks=PICKS, data=st.data())
def test_the_cheapest_of_several_ways_to_meet_a_demand(
    mode: str, rules: RuleSet, picks: list[tuple[int, int]], data: st.DataObject
) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    assume(oracle.found)
    check_cheapest(engine, oracle, {}, data.draw(prices(rules)))
    for pick in picks:
        check_cheapest(engine, oracle, agreeing(oracle, pick), data.draw(prices(rules)))


@EACH_MODE
@cases(3)
@given(rules=possible_worlds(), picks=PICKS)
def test_contradictions_have_no_proposal(mode: str, rules: RuleSet, picks: list[tuple[int, int]]) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    choices = agreeing(oracle, picks[0])
    for key, values in oracle.domains.items():
        for value in values:
            wrong = {**without(choices, key), key: value}
            if not oracle.agree(wrong):
                for question in (lambda: engine.complete(wrong), lambda: engine.cheapest(wrong, {})):  # noqa: B023
                    with pytest.raises(Impossible) as caught:
                        question()
                    oracle.assert_reason(caught.value.explanation, {})
                break
