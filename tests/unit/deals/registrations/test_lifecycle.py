"""The life of a registration: every pair of state and action, and what the partner sees."""

import re

import pytest

from portal.deals.registrations import lifecycle
from portal.deals.registrations.lifecycle import TRANSITIONS, Action, Standing, State, after, can
from portal.errors import Conflict

# From the rules, not from the table: where a state may lead. An edit and an extension keep the state.
RULES = """
draft -> submitted withdrawn
submitted -> in_review withdrawn
in_review -> returned approved rejected withdrawn
returned -> submitted withdrawn
rejected -> submitted
approved -> expired converted lost
expired -> submitted
converted -> won lost
"""
RESETS = {("in_review", "submitted"), ("approved", "submitted")}  # editing resets the approval
REOPENS = {("rejected", "submitted"), ("withdrawn", "submitted"), ("expired", "submitted"), ("won", "submitted"),
           ("lost", "submitted")}  # an administrator reopens; a withdrawal is undone  # fmt: skip


def test_the_table_leads_where_the_rules_say_and_nowhere_else() -> None:
    allowed = {
        (begin, end)
        for line in RULES.split("\n") if line
        for begin, ends in [re.split(r" -> ", line)]
        for end in ends.split()
    }  # fmt: skip
    steps = {(begin.value, end.value) for (begin, _action), end in TRANSITIONS.items() if begin is not end}
    assert steps == allowed | RESETS | REOPENS
    kept = {action for (begin, action), end in TRANSITIONS.items() if begin is end}
    assert kept == {Action.EDIT, Action.EXTEND}


@pytest.mark.parametrize("state", State)
def test_every_pair_is_a_step_or_a_conflict(state: State) -> None:
    for action in Action:
        if can(state, action):
            assert after(state, action) is TRANSITIONS[state, action]
        else:
            with pytest.raises(Conflict):
                after(state, action)


def test_everything_is_reached_from_a_draft() -> None:
    reached, found = set(), {State.DRAFT}
    while found != reached:
        reached = found
        found = reached | {end for (begin, _action), end in TRANSITIONS.items() if begin in reached}
    assert reached == set(State)


def test_a_partner_sees_five_states() -> None:
    assert set(lifecycle.STANDINGS) == set(State)
    assert set(lifecycle.STANDINGS.values()) == set(Standing)
    assert {state for state in State if lifecycle.standing(state) is Standing.CLOSED} == set(lifecycle.CLOSINGS)
    assert set(lifecycle.REFUSALS) == set(State)


def test_withdrawing_ends_with_the_approval() -> None:
    before = {State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.RETURNED}
    assert {state for state in State if can(state, Action.WITHDRAW)} == before
    assert lifecycle.undone("draft") is State.DRAFT
    assert all(lifecycle.undone(state) is State.SUBMITTED for state in before - {State.DRAFT})


def test_the_nine_reasons_of_a_refusal() -> None:
    assert len(lifecycle.REASONS) == 9
    assert set(lifecycle.LOSSES) >= lifecycle.HOUSE_LOSSES
