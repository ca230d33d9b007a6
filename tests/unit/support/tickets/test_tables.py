"""Lifecycle, priority, routing and redaction: every pair of the table, and the rules in words."""

import itertools

import pytest

from portal.errors import Conflict
from portal.support.tickets.lifecycle import (
    HOUSE_LABELS,
    LABELS,
    OPEN,
    REFUSALS,
    TRANSITIONS,
    Action,
    State,
    after,
    can,
)
from portal.support.tickets.routing import Hand, Line, Matter, queue_for, taker
from portal.support.tickets.triage import CONTRACTS, IMPACTS, KINDS, PRIORITIES, priority

S, A = State, Action
STAYS = {A.HAND_OVER, A.NOTE, A.CHANGE, A.ABSORB, A.SPLIT, A.LINK, A.FOLLOW}
# The same rules in other words, state by state: what may happen, and where it leads when not back to itself.
EXPECTED = {
    S.NEW: {**dict.fromkeys((A.WRITE, A.NUDGE, A.ESCALATE, *STAYS), S.NEW), A.ANSWER: S.OPEN, A.ASSIGN: S.OPEN,
            A.ASK: S.WAITING_CUSTOMER, A.HOLD: S.WAITING_US, A.SOLVE: S.SOLVED, A.CLOSE: S.CLOSED, A.MERGE: S.MERGED},
    S.OPEN: {**dict.fromkeys((A.WRITE, A.ANSWER, A.ASSIGN, A.NUDGE, A.ESCALATE, *STAYS), S.OPEN),
             A.ASK: S.WAITING_CUSTOMER, A.HOLD: S.WAITING_US, A.SOLVE: S.SOLVED, A.CLOSE: S.CLOSED, A.MERGE: S.MERGED},
    S.WAITING_CUSTOMER: {**dict.fromkeys((A.ANSWER, A.ASSIGN, A.NUDGE, A.ASK, *STAYS), S.WAITING_CUSTOMER),
                         A.WRITE: S.OPEN, A.TAKE_UP: S.OPEN, A.HOLD: S.WAITING_US, A.SOLVE: S.SOLVED,
                         A.CLOSE: S.CLOSED, A.MERGE: S.MERGED},
    S.WAITING_US: {**dict.fromkeys((A.WRITE, A.ANSWER, A.ASSIGN, A.NUDGE, A.ESCALATE, A.HOLD, *STAYS), S.WAITING_US),
                   A.TAKE_UP: S.OPEN, A.ASK: S.WAITING_CUSTOMER, A.SOLVE: S.SOLVED, A.CLOSE: S.CLOSED,
                   A.MERGE: S.MERGED},
    S.SOLVED: {**dict.fromkeys((A.ANSWER, A.RATE, *STAYS), S.SOLVED), A.WRITE: S.OPEN, A.REOPEN: S.OPEN,
               A.CLOSE: S.CLOSED},
    S.CLOSED: dict.fromkeys((A.NOTE, A.LINK, A.RATE, A.FOLLOW_UP), S.CLOSED),
    S.MERGED: {},
}  # fmt: skip


@pytest.mark.parametrize("state", list(State))
def test_every_pair_of_the_table(state: State) -> None:
    for action in Action:
        wanted = EXPECTED[state].get(action)
        assert can(state, action) is (wanted is not None), action
        if wanted is not None:
            assert after(state, action) is wanted, action
        else:
            with pytest.raises(Conflict):
                after(state, action)


def test_every_state_has_words_and_open_states_may_be_merged() -> None:
    assert set(LABELS) == set(HOUSE_LABELS) == set(REFUSALS) == set(State)
    assert {state for state, action in TRANSITIONS if action is A.MERGE} == set(OPEN)


def test_priority_follows_from_impact_and_contract() -> None:
    assert priority("fault", "all", "standard") == "urgent"
    assert priority("fault", "part", "standard") == "medium"
    assert priority("fault", "part", "plus") == "high"
    assert priority("fault", "part", "premium") == "high"
    assert priority("fault", "question", "standard") == "low"
    assert priority("question", "question", "premium") == "medium"
    assert priority("complaint", "question", "standard") == "medium"
    assert priority("complaint", "all", "standard") == "urgent"
    for impact, contract in itertools.product(IMPACTS, CONTRACTS):
        assert priority("suggestion", impact, contract) == "low"
    order = list(PRIORITIES)
    for kind, impact in itertools.product(KINDS, IMPACTS):  # a better contract never makes it slower
        found = [order.index(priority(kind, impact, contract)) for contract in CONTRACTS]
        assert found == sorted(found, reverse=True)


def line(number: int, position: int = 0, **conditions: set[str]) -> Line:
    return Line(number, position, **{name: frozenset(values) for name, values in conditions.items()})


def test_the_queue_that_says_most_takes_it() -> None:
    matter = Matter("cameras", "CN-BJ", "fault", frozenset({"zh", "cameras", "night"}))
    everything, cameras = line(1), line(2, lines={"cameras"})
    beijing = line(3, lines={"cameras"}, regions={"CN-BJ"})
    others = line(4, lines={"ups"}), line(5, kinds={"complaint"}), line(6, skills={"en"})
    assert queue_for(matter, [everything, cameras, beijing, *others]) == 3
    assert queue_for(matter, [everything, *others]) == 1
    assert queue_for(matter, others) is None
    assert queue_for(matter, [line(7, 2, lines={"cameras"}), line(8, 1, skills={"zh"})]) == 8
    assert queue_for(matter, []) is None


def test_who_knows_most_and_has_least_takes_it() -> None:
    matter = Matter("cameras", "", "fault", frozenset({"zh", "night"}))
    idle, busy = Hand(1, 0), Hand(2, 9, frozenset({"night"}))
    assert taker(matter, [idle, busy]) == 2
    assert taker(matter, [Hand(3, 4), Hand(4, 2), Hand(5, 2)]) == 4
    assert taker(matter, []) is None
