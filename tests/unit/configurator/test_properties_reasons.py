"""Explanations are minimal in choices and rules, `reasons` are all of them, and every repair works and is minimal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.configurator.engine.results import Impossible, Repair
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.verification import verify
from tests.unit.configurator.cases import cases
from tests.unit.configurator.oracle import Choices, Oracle, without
from tests.unit.configurator.wide_worlds import possible_worlds, prices
from tests.unit.configurator.worlds import MODES, Tuned

EACH_MODE = pytest.mark.parametrize("mode", MODES)
PICKS = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 255)), min_size=1, max_size=4)


def agreeing(oracle: Oracle, pick: tuple[int, int]) -> Choices:
    """Return part of one configuration, so that the choices agree; the later attributes are chosen first at times."""
    some = oracle.found[pick[0] % len(oracle.found)]
    keys = sorted(some, reverse=bool(pick[0] % 2))
    return {key: some[key] for place, key in enumerate(keys) if pick[1] >> place & 1}


def gone(oracle: Oracle, choices: Choices, most: int) -> list[tuple[str, Any]]:
    """Return values that the choices about other attributes exclude, no more than two of an attribute."""
    found: list[tuple[str, Any]] = []
    for key, values in oracle.domains.items():
        left = {each[key] for each in oracle.agree(without(choices, key))}
        excluded = [value for value in values if value not in left]
        found += [(key, value) for value in dict.fromkeys([*excluded[:1], *excluded[-1:]])]
    return found[:: max(1, len(found) // most)][:most]


@EACH_MODE
@cases(16)
@given(rules=possible_worlds(), picks=PICKS)
def test_reasons_are_minimal_and_complete(mode: str, rules: RuleSet, picks: list[tuple[int, int]]) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    for pick in picks:
        choices = agreeing(oracle, pick)
        for key, value in gone(oracle, choices, 4):
            others, wish = without(choices, key), {key: value}
            explanation = engine.explain(choices, key, value)
            assert set(explanation.choices) <= set(others.items())
            oracle.assert_reason(explanation, wish)
            expected = oracle.conflicts(others, wish)
            reasons = engine.reasons(choices, key, value, limit=100)
            assert {frozenset(dict(reason.choices)) for reason in reasons} == expected
            assert len(reasons) == len(expected)
            assert [len(reason.choices) for reason in reasons] == sorted(len(each) for each in expected)
            for reason in reasons:
                assert set(reason.choices) <= set(others.items())
                oracle.assert_reason(reason, wish)
            few = engine.reasons(choices, key, value, limit=2)
            assert {frozenset(dict(reason.choices)) for reason in few} <= expected
            assert len(few) == min(2, len(expected))


@cases(5)
@given(rules=possible_worlds(), picks=PICKS)
def test_what_is_possible_has_no_reason_and_needs_no_repair(rules: RuleSet, picks: list[tuple[int, int]]) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, "shipped")
    choices = agreeing(oracle, picks[0])
    for key, value in oracle.agree(choices)[0].items():
        with pytest.raises(ValueError, match="nothing to explain"):
            engine.explain(choices, key, value)
        assert engine.reasons(choices, key, value) == ()
        assert engine.release(choices, key, value) == ()
        (repair,) = engine.repairs(choices, key, value)
        assert repair.released == ()
        assert {**without(choices, key), key: value}.items() <= repair.proposal.items()


def check_repair(oracle: Oracle, engine: Any, repair: Repair, kept: Choices, released: Choices) -> None:
    """The proposal is a whole configuration with everything that was kept, and says what it changes."""
    assert kept.items() <= repair.proposal.items()
    verify(oracle.rules, repair.proposal, engine.lines(repair.proposal))
    assert {key: before for key, before, _ in repair.changed} == released
    for key, before, after in repair.changed:
        assert after == repair.proposal[key]
        assert after != before, "a choice that need not change is not given up"


@EACH_MODE
@cases(14)
@given(rules=possible_worlds(), picks=PICKS, data=st.data())
def test_repairs_work_and_are_minimal(
    mode: str, rules: RuleSet, picks: list[tuple[int, int]], data: st.DataObject
) -> None:
    oracle, engine = Oracle(rules), Tuned(rules, mode)
    costs = data.draw(prices(rules)) if data.draw(st.booleans()) else None
    for pick in picks:
        choices = agreeing(oracle, pick)
        for key, value in gone(oracle, choices, 3):
            others, wish = without(choices, key), {key: value}
            expected = oracle.releases(others, wish)
            repairs = engine.repairs(choices, key, value, costs, limit=100)
            assert {frozenset(dict(repair.released)) for repair in repairs} == expected
            assert len(repairs) == len(expected)
            for repair in repairs:
                released = dict(repair.released)
                assert released.items() <= others.items()
                check_repair(oracle, engine, repair, {**without(others, *released), **wish}, released)
                assert repair.cost == (None if costs is None else oracle.price(dict(repair.proposal), costs))
            order = [(repair.cost or 0, len(repair.released)) for repair in repairs]
            assert order == sorted(order)
            check_few(engine, (choices, key, value, costs), expected)
            check_release(oracle, engine, (choices, key, value), expected)


def check_few(engine: Any, question: tuple[Any, ...], expected: set[frozenset[str]]) -> None:
    """Few repairs are some of all, a smallest one among them."""
    for limit in (1, 2):
        few = [frozenset(dict(repair.released)) for repair in engine.repairs(*question, limit=limit)]
        assert len(few) == min(limit, len(expected))
        assert set(few) <= expected
        if expected:
            assert min(map(len, few)) == min(map(len, expected))


def check_release(
    oracle: Oracle, engine: Any, question: tuple[Choices, str, Any], expected: set[frozenset[str]]
) -> None:
    """A release is one of the smallest; when rules alone exclude the wish there is none."""
    choices, key, value = question
    if not expected:
        assert not oracle.meets({key: value})
        with pytest.raises(Impossible) as caught:
            engine.release(choices, key, value)
        assert caught.value.explanation.choices == ()
        oracle.assert_reason(caught.value.explanation, {key: value})
        return
    released = dict(engine.release(choices, key, value))
    assert released.items() <= choices.items()
    assert frozenset(released) in expected
    assert len(released) == min(map(len, expected))
