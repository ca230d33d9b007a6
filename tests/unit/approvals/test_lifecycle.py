"""The table of states: every pair either leads somewhere or is a conflict."""

from itertools import product

import pytest

from portal.approvals.lifecycle import OPEN, REFUSALS, TRANSITIONS, Action, State, after, can
from portal.errors import Conflict


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_every_pair(state: State, action: Action) -> None:
    expected = TRANSITIONS.get((state, action))
    assert can(state, action) == (expected is not None)
    if expected is not None:
        assert after(state, action) is expected
        return
    with pytest.raises(Conflict, match=REFUSALS[state].replace(".", r"\.")):
        after(state, action)


def test_ends_are_ends_and_everything_can_be_reached() -> None:
    left = {state for state, _action in TRANSITIONS}
    assert left == set(OPEN)
    assert {State.IN_REVIEW, *TRANSITIONS.values()} == set(State)
    assert {action for _state, action in TRANSITIONS} == set(Action)
    assert all((state, Action.WITHDRAW) in TRANSITIONS for state in OPEN)  # nobody is ever held fast
