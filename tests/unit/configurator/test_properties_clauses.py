"""Models without arithmetic, of clauses and tables: every answer against all assignments there are."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, product
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
CLICKS = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 999)), min_size=4, max_size=14)
MOST = 1500
PAIR = ("a", "b")


def literals(draw: st.DrawFn, some: list[Variable], size: int) -> tuple[tuple[str, Any, bool], ...]:
    """Draw what some variables say; a number may only be excluded."""
    found = draw(st.lists(st.sampled_from(some), min_size=1, max_size=size, unique_by=lambda item: item.key))
    says = {item.key: item.kind == "choice" and draw(st.booleans()) for item in found}
    return tuple((item.key, draw(st.sampled_from(item.values)), says[item.key]) for item in found)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw 8 to 14 variables, in parts that no rule connects, with clauses, tables and what only a search finds."""
    variables: list[Variable] = []
    room = MOST
    for number in range(draw(st.integers(8, 14))):
        size = min(draw(st.sampled_from((2, 2, 2, 2, 2, 3, 4, 1))), max(room, 1))
        variables.append(Variable(f"v{number}", "choice", tuple("abcd"[:size])))
        room //= size
    if draw(st.booleans()):
        variables[0] = Variable("n", "quantity", tuple(range(draw(st.integers(3, 6)))))
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
    drawn = list(variables)
    if parts > 1 and draw(st.booleans()):
        variables += [Variable("hidden", "choice", PAIR), Variable("aside", "choice", PAIR)]
        rules += hidden_links(draw, drawn, parts)
    if draw(st.booleans()):
        more = draw(st.integers(3, 6))
        variables += [Variable(f"twin{number}", "choice", PAIR) for number in range(more)]
        rules += twins(draw, [item for item in drawn if item.values == PAIR][:2], more)
    planted = {item.key: draw(st.sampled_from(item.values)) for item in variables} | {"hidden": "a"}
    if draw(st.integers(0, 9)):  # most models have configurations
        twin_of = {rule.key for rule in rules if rule.key.startswith("twin") and not keeps(rule, planted)}
        planted |= {key: "ab"[planted[key] == "a"] for key in twin_of}
        rules = [kept for rule in rules if (kept := holding(rule, planted)) is not None]
    return Model(tuple(variables), rules=tuple(rules))


def holding(rule: Clause | Allowed, planted: Mapping[str, Any]) -> Clause | Allowed | None:
    """Return a rule that an assignment keeps: a table with its row, a clause only as it is."""
    if isinstance(rule, Allowed):
        return replace(rule, tuples=rule.tuples | {tuple(planted[key] for key in rule.variables)})
    return rule if keeps(rule, planted) else None


def hidden_links(draw: st.DrawFn, variables: list[Variable], parts: int) -> list[Clause]:
    """Tie two parts together by clauses that all hold once a search has found what one word always is."""
    always = ("hidden", "a", True)
    rules = [Clause("hidden", (always, ("aside", word, True))) for word in PAIR]
    for number in range(draw(st.integers(1, 2))):
        ends = (literals(draw, variables[part::parts], 1) for part in (0, 1))
        rules.append(Clause(f"link-{number}", (always, *(literal for end in ends for literal in end))))
    return rules


def twins(draw: st.DrawFn, seen: list[Variable], more: int) -> list[Clause]:
    """Let several words say whether the same two words are equal, so that one settles all others by search alone."""
    rules: list[Clause] = []
    for number in range(more):
        equal = draw(st.sampled_from(PAIR))
        for words in product(PAIR, repeat=len(seen)):
            says = (equal == "a") is (len(set(words)) == 1)
            body = tuple((item.key, word, False) for item, word in zip(seen, words, strict=True))
            rules.append(Clause(f"twin{number}", (*body, (f"twin{number}", "a", says))))
    return rules


def keeps(rule: Clause | Allowed, each: Mapping[str, Any]) -> bool:
    if isinstance(rule, Allowed):
        return tuple(each[key] for key in rule.variables) in rule.tuples
    return any((each[key] == value) is takes for key, value, takes in rule.literals)


def reads(rule: Clause | Allowed) -> tuple[str, ...]:
    return rule.variables if isinstance(rule, Allowed) else tuple(key for key, _, _ in rule.literals)


def solutions(model: Model, fixed: Mapping[str, Any], keys: set[str] | None = None) -> Iterator[Choices]:
    """Yield all assignments that hold what is fixed and keep the rules, or those of some keys."""
    places = {item.key: place for place, item in enumerate(model.variables)}
    ending: list[list[Clause | Allowed]] = [[] for _ in places]
    for rule in model.rules:
        if keys is None or rule.key in keys:
            ending[max(places[key] for key in reads(rule))].append(rule)
    each: Choices = {}

    def walk(place: int) -> Iterator[Choices]:
        if place == len(model.variables):
            yield dict(each)
            return
        item = model.variables[place]
        for value in (fixed[item.key],) if item.key in fixed else item.values:
            each[item.key] = value
            if all(keeps(rule, each) for rule in ending[place]):
                yield from walk(place + 1)

    return walk(0)


def agree(found: list[Choices], choices: Choices) -> list[Choices]:
    return [each for each in found if all(each[key] == value for key, value in choices.items())]


def assert_reason(model: Model, explanation: Explanation) -> None:
    """Nothing that is named can be left out."""
    chosen, named = dict(explanation.choices), set(explanation.rules)
    assert not any(solutions(model, chosen, named))
    assert all(any(solutions(model, without(chosen, key), named)) for key in chosen)
    assert all(any(solutions(model, chosen, named - {key})) for key in named)


def possible(found: list[Choices], model: Model, choices: Choices) -> dict[str, tuple[Any, ...]]:
    left = agree(found, choices)
    values = {item.key: {each[item.key] for each in left} for item in model.variables}
    return {item.key: tuple(value for value in item.values if value in values[item.key]) for item in model.variables}


def compare(engine: Any, model: Model, found: list[Choices], choices: Choices) -> None:
    """Both kinds of domains of every variable."""
    assert engine.exact(choices) == possible(found, model, choices)
    domains = engine.domains(choices)
    for item in model.variables:
        assert domains.values[item.key] == possible(found, model, without(choices, item.key))[item.key], item.key


@EACH_MODE
@cases(40)
@given(model=models(), clicks=CLICKS)
def test_clauses_and_tables(mode: str, model: Model, clicks: list[tuple[int, int]]) -> None:
    found, engine = list(solutions(model, {})), Tuned(model, mode)
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
            compare(engine, model, found, choices)
            continue
        with pytest.raises(Impossible) as caught:
            engine.exact(wished)
        if reasons < 2:
            reasons += 1
            assert set(caught.value.explanation.choices) <= set(wished.items())
            assert_reason(model, caught.value.explanation)


@EACH_MODE
@cases(2)
@given(data=st.data(), order=st.randoms(use_true_random=False))
def test_words_that_settle_each_other_by_search_alone(mode: str, data: st.DataObject, order: random.Random) -> None:
    seen = [Variable("p", "choice", PAIR), Variable("q", "choice", PAIR)]
    number = Variable("n", "quantity", tuple(range(8)))
    others = [Variable(f"twin{place}", "choice", PAIR) for place in range(6)]
    rows = frozenset((n, word) for n in range(8) for word in PAIR if (n, word) not in {(7, "a"), (0, "b"), (3, "a")})
    rules = [Allowed("numbers", ("n", "p"), rows), *twins(data.draw, seen, len(others))]
    model = Model((number, *seen, *others), rules=tuple(rules))
    found, engine = list(solutions(model, {})), Tuned(model, mode)
    pairs = [({one: each[one], two: each[two]}) for each in found for one, two in combinations(each, 2)]
    for choices in order.sample(pairs, 12):
        compare(engine, model, found, {key: choices[key] for key in list(choices)[:1]})
        compare(engine, model, found, choices)
