"""Random sessions on the surveillance site: every value that a click offers can be completed, and the check agrees.

The completion comes from the engine, the check from python-constraint2. A few values of short sessions by default;
CONFIGURATOR_SESSIONS=100 takes that many whole sessions for each number of camera groups, and every value offered, or
as many of them a click, taken at random, as CONFIGURATOR_VALUES says.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from portal.configurator.engine.results import Impossible
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.verification import VerificationFailed, verify

FOLDER = Path(__file__).parents[3] / "rules" / "products" / "surveillance-site"
SESSIONS = int(os.environ.get("CONFIGURATOR_SESSIONS", "0"))
CLICKS = 12 if SESSIONS else 3
VALUES = int(os.environ.get("CONFIGURATOR_VALUES", "0" if SESSIONS else "4")) or None  # of a click

Choices = dict[str, Any]


@cache
def site() -> tuple[RuleSet, Compiled]:
    rules = read_ruleset(FOLDER)
    return rules, compile_rules(rules)


def offered(compiled: Compiled, choices: Choices) -> list[Choices]:
    """Every value of the page: what is open, and what chosen attributes could be switched to; of facts the ends."""
    domains = compiled.domains(choices)
    found = [(key, value) for key, values in domains.values.items() if key not in domains.implied for value in values]
    found += [
        (key, value)
        for key, ends in domains.range.items()
        if key not in domains.implied
        for value in dict.fromkeys(ends)
    ]
    return [{**choices, key: value} for key, value in found if choices.get(key) != value]


def fault(rules: RuleSet, compiled: Compiled, choices: Choices) -> str:
    """Return what is wrong with a completion, nothing when all is well."""
    try:
        completed = compiled.complete(choices)
        verify(rules, completed, compiled.lines(completed))
    except Impossible:
        return "cannot be completed"
    except VerificationFailed as failed:
        return f"breaks {failed}"
    kept = all(completed[key] == value for key, value in choices.items())
    return "" if kept else "gives up a choice"


@pytest.mark.parametrize("groups", [1, 4, 8])
def test_every_value_offered_can_be_completed(groups: int, capsys: pytest.CaptureFixture[str]) -> None:
    rules, compiled = site()
    completed, differed = 0, []
    for session in range(SESSIONS or 1):
        random, choices = Random(groups * 1_000 + session), {"camera_group": groups}
        for _ in range(CLICKS):
            wishes = offered(compiled, choices)
            for wish in wishes if VALUES is None else random.sample(wishes, min(VALUES, len(wishes))):
                completed += 1
                wrong = fault(rules, compiled, wish)
                if wrong:
                    differed.append((wish, wrong))
            more = [wish for wish in wishes if wish["camera_group"] == groups and len(wish) > len(choices)]
            if not more:
                break
            choices = random.choice(more)
    with capsys.disabled():
        if SESSIONS:
            sys.stdout.write(f"\n{groups} camera groups: {completed:,} values completed, {len(differed)} differed\n")
    assert completed
    assert not differed
