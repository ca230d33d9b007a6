"""Every peer gives the exact domains of small models: a peer that is wrong would make the engine look good."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from benchmarks.configurator_parts import constraint_side, engine_side, sat_encoding, sat_side
from benchmarks.configurator_parts.sides import MakeSide, masks_of
from portal.configurator.engine.model import Model, Rule, Value
from portal.configurator.engine.terms import Compare
from tests.unit.benchmarks.small_models import expected, small_model, solutions, some_choices

MODELS = 12
HAS_ORTOOLS = importlib.util.find_spec("ortools") is not None


def sides() -> dict[str, MakeSide]:
    found = {"engine": engine_side.variant(""), "sat": sat_side.variant("")}
    for level in ("alone", "whole", "split", "propagated"):
        for solver in ("backtracking", "optimized", "recursive"):
            found[f"{level}-{solver}"] = constraint_side.variant(f"{level}-{solver}")
    return found


def models(counting_only: bool = False) -> Iterator[tuple[Model, list[dict[str, Value]], Random]]:
    for seed in range(MODELS):
        random = Random(seed)
        model = small_model(random)
        if counting_only:
            rules = tuple(rule for rule in model.rules if not isinstance(rule, Rule) or isinstance(rule.term, Compare))
            model = replace(model, rules=rules)
        found = solutions(model)
        if found:
            yield model, found, random


def check(make: MakeSide, counting_only: bool = False) -> None:
    checked = 0
    for model, found, random in models(counting_only):
        side = make(model)
        for choices in ({}, *(some_choices(random, found) for _ in range(6)), {}):
            answer = masks_of(side.click(choices), model.variables)
            assert answer == masks_of(expected(model, found, choices), model.variables), choices
            checked += 1
    assert checked > MODELS


@pytest.mark.parametrize("name", sides())
def test_domains_are_those_of_the_enumeration(name: str) -> None:
    check(sides()[name])


@pytest.mark.skipif(not HAS_ORTOOLS, reason="OR-Tools is an extra of the benchmarks")
@pytest.mark.parametrize("presolve", ["presolve", "no-presolve"])
def test_domains_of_cp_sat_too(presolve: str) -> None:
    cpsat_side = importlib.import_module("benchmarks.configurator_parts.cpsat_side")
    check(cpsat_side.variant(presolve))


@pytest.mark.skipif(not HAS_ORTOOLS, reason="OR-Tools is an extra of the benchmarks")
def test_cp_sat_finds_the_cheapest_bill() -> None:
    module = importlib.import_module("benchmarks.configurator_parts.cpsat_cheapest")
    bills = importlib.import_module("benchmarks.configurator_parts.bills")
    for model, found, _ in models():
        prices = bills.prices_of(model)

        def cost(one: dict[str, Value], prices: dict[str, int] = prices) -> int:
            n, m = one["n"], one["m"]
            assert isinstance(n, int)
            assert isinstance(m, int)
            extra = prices["A"] * n if one["a"] == "y" else 0
            return prices["A" if one["b"] == "p" else "B"] * (n + 2 * m) + extra

        (answer,) = module.cheapest(model, [], "20")
        assert answer["proved"]
        assert answer["cost"] == min(map(cost, found))


def test_sums_written_with_adders_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sat_encoding, "SMALL", 0)
    check(sat_side.variant(""), counting_only=True)


@pytest.mark.skipif(not HAS_ORTOOLS, reason="OR-Tools is an extra of the benchmarks")
def test_terms_written_out_for_cp_sat_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    cpsat_side = importlib.import_module("benchmarks.configurator_parts.cpsat_side")
    cpsat_model = importlib.import_module("benchmarks.configurator_parts.cpsat_model")
    monkeypatch.setattr(cpsat_model, "SMALL", 4)
    check(cpsat_side.variant("presolve"))


def test_a_side_that_is_wrong_is_seen() -> None:
    class Hopeful:
        """Believes everything."""

        def __init__(self, model: Model) -> None:
            self.answer = {one.key: one.values for one in model.variables}

        def click(self, choices: object) -> dict[str, tuple[Value, ...]]:
            return self.answer

    with pytest.raises(AssertionError):
        check(Hopeful)
