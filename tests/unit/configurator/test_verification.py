"""The second check refuses what the authored rules refuse, whatever the solver says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.configurator.engine.results import BomLine
from portal.configurator.engine.solver import compile_rules
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.verification import VerificationFailed, verify
from tests.unit.configurator.folders import write

GOOD: dict[str, Any] = {"size": "large", "count": 2, "run": 5, "weight": 8000}


@pytest.fixture
def rules(tmp_path: Path) -> RuleSet:
    return read_ruleset(write(tmp_path))


def test_a_sound_configuration_passes(rules: RuleSet) -> None:
    verify(rules, GOOD)
    verify(rules, GOOD, [BomLine("BOX", 2, "goods", "boxes")])
    verify(rules, GOOD, compile_rules(rules).lines(GOOD))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"count": 3, "weight": 12000}, ("not-heavy",)),
        ({"count": 4, "weight": 16000}, ("not-heavy", "known-pair")),
        ({"weight": 8001}, ("derived:weight",)),
        ({"size": "vast"}, ("domain:size",)),
        ({"count": 0}, ("domain:count",)),
        ({"run": 91}, ("domain:run",)),
        ({"run": "5"}, ("domain:run",)),
        ({"extra": 1}, ("domain:extra",)),
    ],
)
def test_what_breaks_the_rules_is_named(rules: RuleSet, change: dict[str, Any], expected: tuple[str, ...]) -> None:
    with pytest.raises(VerificationFailed) as caught:
        verify(rules, {**GOOD, **change})
    assert caught.value.rules == expected


@pytest.mark.parametrize("missing", list(GOOD))
def test_nothing_may_be_missing(rules: RuleSet, missing: str) -> None:
    with pytest.raises(VerificationFailed):
        verify(rules, {key: value for key, value in GOOD.items() if key != missing})


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [BomLine("BOX", 1, "goods", "boxes")],
        [BomLine("BAG", 2, "goods", "boxes")],
        [BomLine("BOX", 2, "goods", "boxes"), BomLine("BOX", 2, "goods", "boxes")],
    ],
)
def test_another_bill_is_refused(rules: RuleSet, lines: list[BomLine]) -> None:
    with pytest.raises(VerificationFailed, match="bill:"):
        verify(rules, GOOD, lines)
