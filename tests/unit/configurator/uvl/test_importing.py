"""What a UVL text becomes: every configuration, and no other, against plain enumeration."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portal.configurator.engine.results import Impossible
from portal.configurator.engine.solver import compile_rules
from portal.configurator.uvl.importing import import_text
from tests.unit.configurator.uvl.examples import EXAMPLES
from tests.unit.configurator.uvl.naive import Naive
from tests.unit.configurator.uvl.walking import frozen, selected, walk

CASES = int(os.environ.get("CONFIGURATOR_EXAMPLES", "20"))
thorough = settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))


def same_configurations(text: str) -> int:
    imported = import_text(text)
    found = [selected(imported, each) for each in walk(imported.model)]
    expected = Naive(text).configurations()
    assert frozen(found) == frozen(expected)
    return len(expected)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_have_the_configurations_of_plain_enumeration(name: str) -> None:
    assert same_configurations(EXAMPLES[name]) > 3


def test_names_of_variables() -> None:
    imported = import_text(EXAMPLES["clones"])
    keys = [variable.key for variable in imported.model.variables]
    assert keys[:5] == ["Site", "Hall", "Hall[1]", "Hall[1].Lamp", "Hall[1].Heater"]
    assert {"Hall[2].Seats", "Hall[2].Seats.value"} <= set(keys)
    typed = import_text(EXAMPLES["types"])
    kinds = {variable.key: variable.kind for variable in typed.model.variables}
    assert kinds["Height"] == "quantity"
    assert (kinds["Fans"], kinds["Fans.value"]) == ("choice", "quantity")
    assert kinds["Colour"] == "choice"


def test_rules_are_named_by_their_line() -> None:
    text = "features\n  A\n    optional\n      B\n      C\nconstraints\n  B => C\n  B\n  !C"
    imported = import_text(text)
    with pytest.raises(Impossible) as caught:
        compile_rules(imported.model).domains({})
    assert set(caught.value.explanation.rules) == {"line-7", "line-8", "line-9"}
    assert imported.sentences["line-7"] == "B => C"
    assert imported.sentences["line-3"] == "B, C only with A"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw a small tree with attributes, then a few constraints over what is in it."""
    names = [f"F{number}" for number in range(draw(st.integers(2, 7)))]
    lines = ["features", f"  {names[0]} {{cost {draw(st.integers(-3, 5))}}}"]
    waiting = names[1:]
    integers: list[str] = []

    def hang(depth: int) -> None:
        while waiting and draw(st.booleans() if depth else st.just(True)):
            count = draw(st.integers(1, min(3, len(waiting))))
            group = draw(st.sampled_from(("mandatory", "optional", "or", "alternative", "cardinality")))
            least = draw(st.integers(0, count))
            most = draw(st.integers(least, count))
            lines.append("    " * (depth + 1) + (f"[{least}..{most}]" if group == "cardinality" else group))
            members = [waiting.pop(0) for _ in range(count)]
            for member in members:
                kind = draw(st.sampled_from(("", "", "Integer ")))
                bounds = ""
                if kind:
                    integers.append(member)
                    low = draw(st.integers(-1, 2))
                    bounds = f", min {low}, max {low + draw(st.integers(0, 2))}"
                cost = draw(st.sampled_from(("1", "2", "0.5", "-1.25", "7")))
                lines.append("    " * (depth + 1) + f"  {kind}{member} {{cost {cost}{bounds}}}")
                if depth < 2:
                    hang(depth + 1)

    hang(0)
    used = [name for name in names if name not in waiting]

    def number(depth: int) -> str:
        kind = draw(st.integers(0, 6 if depth else 3))
        if kind == 0:
            return draw(st.sampled_from(("0", "1", "2.5", "-3")))
        if kind == 1 and integers:
            return draw(st.sampled_from(integers))
        if kind <= 2:
            return f"{draw(st.sampled_from(used))}.cost"
        if kind == 3:
            return draw(st.sampled_from(("sum(cost)", "avg(cost)", f"sum({draw(st.sampled_from(used))}, cost)")))
        if kind == 4:
            return f"{draw(st.sampled_from(('floor', 'ceil')))}({number(depth - 1)})"
        return f"({number(depth - 1)} {draw(st.sampled_from('+-*/'))} {number(depth - 1)})"

    def condition(depth: int) -> str:
        kind = draw(st.integers(0, 5 if depth else 1))
        if kind == 0:
            return draw(st.sampled_from(used))
        if kind == 1:
            sign = draw(st.sampled_from(("==", "!=", "<", "<=", ">", ">=")))
            return f"{number(2)} {sign} {number(1)}"
        if kind == 2:
            return f"!({condition(depth - 1)})"
        return f"({condition(depth - 1)}) {draw(st.sampled_from(('&', '|', '=>', '<=>')))} ({condition(depth - 1)})"

    constraints = [condition(2) for _ in range(draw(st.integers(0, 3)))]
    return "\n".join([*lines, *(["constraints"] if constraints else []), *(f"  {each}" for each in constraints)])


@thorough
@given(texts())
def test_random_texts_have_the_configurations_of_plain_enumeration(text: str) -> None:
    assume("/ 0)" not in text)  # a constant zero as divisor is an error of its own
    same_configurations(text)
