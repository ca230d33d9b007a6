"""Eight threads that ask one compiled model at the same time get the answers that one thread gets."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.configurator.engine.results import Explanation, Impossible
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.language.ruleset import RuleSet
from tests.unit.configurator.cases import cases
from tests.unit.configurator.oracle import Choices, Oracle
from tests.unit.configurator.wide_worlds import possible_worlds
from tests.unit.configurator.worlds import MODES, limits

THREADS = 8
VERBS = ("domains", "exact", "possible", "complete", "explain", "cheapest")
Question = tuple[str, Choices, str, Any]


def questions(oracle: Oracle, chance: random.Random) -> list[Question]:
    """Return random questions; most of their choices agree."""
    found: list[Question] = []
    for _ in range(6):
        some = chance.choice(oracle.found)
        choices = {key: some[key] for key in chance.sample(sorted(some), chance.randint(0, len(some)))}
        key = chance.choice(sorted(oracle.domains))
        value = chance.choice(oracle.domains[key])
        if chance.random() < 0.2:
            choices[key] = value
        found.append((chance.choice(VERBS), choices, key, value))
    return found


def answer(engine: Compiled, question: Question) -> Any:
    """Return what an engine says in a form that can be compared."""
    verb, choices, key, value = question
    try:
        if verb == "possible":
            return engine.possible(choices, key, value)
        if verb == "explain":
            return engine.explain(choices, key, value)
        if verb == "cheapest":
            return engine.cheapest(choices, {}, seconds=600.0).cost
        return getattr(engine, verb)(choices)
    except Impossible as refusal:
        return refusal.explanation
    except ValueError as refusal:
        return str(refusal)


@contextmanager
def hurried() -> Iterator[None]:
    """Let threads take turns in the middle of everything."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("mode", ["shipped", "bare"])
@cases(6)
@given(rules=possible_worlds(), seed=st.integers(0, 10**6))
def test_threads_get_the_same_answers(mode: str, rules: RuleSet, seed: int) -> None:
    oracle, chance = Oracle(rules), random.Random(seed)
    asked = [questions(oracle, chance) for _ in range(THREADS)]
    with limits(MODES[mode][0]):
        shared = compile_rules(rules)
    together = Barrier(THREADS)

    def ask(own: list[Question]) -> list[Any]:
        together.wait()
        return [answer(shared, question) for question in own]

    with limits(MODES[mode][1]), hurried(), ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(ask, asked))
    for own, given_back in zip(asked, answers, strict=True):
        for question, found in zip(own, given_back, strict=True):
            alone = answer(compile_rules(rules), question)
            if isinstance(found, Explanation):  # one of the minimal reasons, which one depends on what was asked before
                assert isinstance(alone, Explanation)
                verb, _, key, value = question
                oracle.assert_reason(found, {key: value} if verb == "explain" else {})
            else:
                assert found == alone, question
