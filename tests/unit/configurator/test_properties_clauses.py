"""Models without arithmetic, of clauses and tables over words: every answer against all assignments there are."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.configurator.engine.model import Allowed, Clause, Model, Variable
from portal.configurator.engine.results import Explanation, Impossible
from tests.unit.configurator.cases import cases
from tests.unit.configurator.oracle import Choices, without
from tests.unit.configurator.worlds import MODES, Tuned

EACH_MODE = pytest.mark.parametrize("mode", MODES)
CLICKS = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 999)), min_size=3, max_size=12)
MOST = 3000


def literals(draw: st.DrawFn, some: list[Variable], size: int) -> tuple[tuple[str, Any, bool], ...]:
    """Draw what some words say; of words that exclude each other "not" says something, too."""
    found = draw(st.lists(st.sampled_from(some), min_size=1, max_size=size, unique_by=lambda item: item.key))
    return tuple((item.key, draw(st.sampled_from(item.values)), draw(st.booleans())) for item in found)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw 8 to 14 words of up to four values, in parts that no rule connects, with clauses and some tables."""
    variables: list[Variable] = []
    room = MOST
    for number in range(draw(st.integers(8, 14))):
        size = min(draw(st.sampled_from((2, 2, 2, 2, 2, 3, 4, 1))), max(room, 1))
        variables.append(Variable(f"v{number}", "choice", tuple("abcd"[:size])))
        room //= size
    parts = draw(st.integers(1, 3))
    rules: list[Clause | Allowed] = []
    for part in range(parts):
        some = variables[part::parts]
        for number in range(draw(st.integers(len(some) // 2, 3 * len(some)))):
            rules.append(Clause(f"c{part}-{number % 7}", literals(draw, some, 3)))
        if draw(st.booleans()):
            own = draw(st.lists(st.sampled_from(some), min_size=1, max_size=4, unique_by=lambda item: item.key))
            every = list(product(*(item.values for item in own)))
            kept = draw(st.integers(0, (1 << len(every)) - 1)) | draw(st.integers(0, (1 << len(every)) - 1))
            rows = frozenset(row for place, row in enumerate(every) if kept >> place & 1)
            rules.append(Allowed(f"t{part}", tuple(item.key for item in own), rows))
    return Model(tuple(variables), rules=tuple(rules))


def keeps(rule: Clause | Allowed, each: dict[str, Any]) -> bool:
    if isinstance(rule, Allowed):
        return tuple(each[key] for key in rule.variables) in rule.tuples
    return any((each[key] == value) is takes for key, value, takes in rule.literals)


def solutions(model: Model, keys: set[str] | None = None) -> list[Choices]:
    """Return all assignments that keep the rules, or those of some keys."""
    names = [item.key for item in model.variables]
    found = [dict(zip(names, each, strict=True)) for each in product(*(item.values for item in model.variables))]
    for rule in model.rules:
        if keys is None or rule.key in keys:
            found = [each for each in found if keeps(rule, each)]
    return found


def agree(found: list[Choices], choices: Choices) -> list[Choices]:
    return [each for each in found if all(each[key] == value for key, value in choices.items())]


def assert_reason(model: Model, explanation: Explanation, wish: Choices) -> None:
    """Nothing that is named can be left out."""
    chosen, named = dict(explanation.choices), set(explanation.rules)
    left = solutions(model, named)
    assert not agree(left, {**chosen, **wish})
    assert all(agree(left, {**without(chosen, key), **wish}) for key in chosen)
    for key in named:
        assert agree(solutions(model, named - {key}), {**chosen, **wish})


def possible(found: list[Choices], model: Model, choices: Choices) -> dict[str, tuple[Any, ...]]:
    left = agree(found, choices)
    values = {item.key: {each[item.key] for each in left} for item in model.variables}
    return {item.key: tuple(value for value in item.values if value in values[item.key]) for item in model.variables}


@EACH_MODE
@cases(10)
@given(model=models(), clicks=CLICKS)
def test_clauses_and_tables_of_words(mode: str, model: Model, clicks: list[tuple[int, int]]) -> None:
    found, engine = solutions(model), Tuned(model, mode)
    choices: Choices = {}
    reasons = 0
    for first, second in clicks:
        item = model.variables[first % len(model.variables)]
        some = agree(found, choices) or found
        if first % 4 == 0 and some:
            wished = {**choices, item.key: some[second % len(some)][item.key]}
        elif first % 5 == 0:
            wished = without(choices, *sorted(choices)[: 1 + second % 3])
        else:
            wished = {**choices, item.key: item.values[second % len(item.values)]}
        if agree(found, wished):
            choices = wished
            assert engine.exact(choices) == possible(found, model, choices)
            domains = engine.domains(choices)
            for item in model.variables:
                assert domains.values[item.key] == possible(found, model, without(choices, item.key))[item.key]
            continue
        with pytest.raises(Impossible) as caught:
            engine.exact(wished)
        if reasons < 2:
            reasons += 1
            assert set(caught.value.explanation.choices) <= set(wished.items())
            assert_reason(model, caught.value.explanation, {})
