"""Random DIMACS formulas replayed click by click, against all assignments in turn."""

from __future__ import annotations

import os
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.configurator.dimacs import parse_dimacs
from portal.configurator.engine.solver import compile_rules
from portal.configurator.modelfiles import Loaded
from portal.configurator.replay import Spelling, answers, check_trace

CASES = int(os.environ.get("CONFIGURATOR_EXAMPLES", "20"))
thorough = settings(max_examples=3 * CASES, deadline=None, suppress_health_check=list(HealthCheck))

Clauses = list[list[int]]


def signed(draw: st.DrawFn, number: int) -> int:
    return number if draw(st.booleans()) else -number


@st.composite
def formulas(draw: st.DrawFn) -> tuple[int, Clauses]:
    """Draw 3-SAT near its threshold, Horn clauses, chains of exclusive or, or a mixture with short clauses."""
    count = draw(st.integers(8, 12))
    numbers = st.integers(1, count)
    clauses: Clauses = []
    kinds = draw(st.sampled_from((("three",), ("horn",), ("xor",), ("three", "xor"), ("horn", "three"), ("short",))))
    for kind in kinds:
        share = len(kinds)
        if kind == "three":
            for _ in range(draw(st.integers(3 * count // share, 43 * count // 10 // share))):
                some = draw(st.lists(numbers, min_size=3, max_size=3, unique=True))
                clauses.append([signed(draw, number) for number in some])
        elif kind == "horn":
            for _ in range(draw(st.integers(count, 2 * count))):
                some = draw(st.lists(numbers, min_size=1, max_size=4, unique=True))
                clauses.append([*([some[0]] if draw(st.booleans()) else [-some[0]]), *(-number for number in some[1:])])
        elif kind == "xor":
            for _ in range(draw(st.integers(1, count // 2))):
                some = draw(st.lists(numbers, min_size=2, max_size=4, unique=True))
                odd = draw(st.booleans())
                for signs in product((1, -1), repeat=len(some)):
                    if (signs.count(1) % 2 == 1) is not odd:  # forbid the assignments of the other parity
                        clauses.append([-sign * number for sign, number in zip(signs, some, strict=True)])
        else:
            for _ in range(draw(st.integers(0, 2 * count))):
                some = draw(st.lists(numbers, min_size=1, max_size=3))
                clauses.append([signed(draw, number) for number in some])
    return count, clauses


def text_of(count: int, clauses: Clauses) -> str:
    return "\n".join([f"p cnf {count} {len(clauses)}", *(" ".join(map(str, [*clause, 0])) for clause in clauses)])


def solutions(count: int, clauses: Clauses) -> list[tuple[bool, ...]]:
    every = product((True, False), repeat=count)
    return [each for each in every if all(any(each[abs(n) - 1] is (n > 0) for n in clause) for clause in clauses)]


def left(found: list[tuple[bool, ...]], choices: dict[str, bool]) -> list[tuple[bool, ...]]:
    return [each for each in found if all(each[int(key) - 1] is value for key, value in choices.items())]


@thorough
@given(formulas(), st.data())
def test_every_click_is_exact_and_every_refusal_is_minimal(formula: tuple[int, Clauses], data: st.DataObject) -> None:
    count, clauses = formula
    found = solutions(count, clauses)
    click = st.tuples(st.integers(1, count).map(str), st.booleans())
    trace: Any = data.draw(st.lists(st.lists(click.map(list), max_size=8), min_size=1, max_size=3))
    loaded = Loaded(parse_dimacs(text_of(count, clauses)).model, booleans=True)
    sessions = check_trace(trace, Spelling.of(loaded))
    given_back = answers(loaded, compile_rules(loaded.model), sessions)
    for number, session in enumerate(trace):
        choices: dict[str, bool] = {}
        for place, (key, value) in enumerate(session):
            answer = next(given_back)
            assert (answer["session"], answer["click"]) == (number, place)
            wished = {**choices, key: value}
            kept = left(found, wished)
            if not kept:
                assert answer["refused"] is True
                assert "domains" not in answer
                check_reason(answer["because"], count, clauses, choices, (key, value))
                continue
            choices = wished
            assert answer["domains"] == {
                str(n): [word for word in (True, False) if any(each[n - 1] is word for each in kept)]
                for n in range(1, count + 1)
            }
            assert answer["ms"] >= 0
    assert next(given_back, None) is None


def check_reason(
    because: list[dict[str, Any]], count: int, clauses: Clauses, choices: dict[str, bool], wish: tuple[str, bool]
) -> None:
    """What is named excludes the wish, and would not if any one of it were missing."""
    named = {each["variable"]: each["value"] for each in because if "variable" in each}
    keys = [each["rule"] for each in because if "rule" in each]
    assert all(choices[key] is value for key, value in named.items() if key != wish[0])
    places = [int(key.removeprefix("clause ")) - 1 for key in keys]
    rules = [clauses[place] for place in places]
    assert wish[0] not in named
    whole = {**named, wish[0]: wish[1]} if solutions(count, rules) else {}  # rules that contradict need no wish
    assert not left(solutions(count, rules), whole)
    for key in named:
        assert left(solutions(count, rules), {name: value for name, value in whole.items() if name != key})
    for place in places:
        others = [clauses[each] for each in places if each != place]
        assert left(solutions(count, others), whole)
