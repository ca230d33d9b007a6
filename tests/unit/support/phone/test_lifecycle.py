"""Every state of a lead with every act."""

from itertools import product

import pytest

from portal.errors import Conflict
from portal.support.phone.lifecycle import ACTS, LABELS, REFUSALS, TRANSITIONS, LeadAction, LeadState, after, can


@pytest.mark.parametrize(("state", "action"), list(product(LeadState, LeadAction)))
def test_what_is_not_in_the_table_is_refused(state: LeadState, action: LeadAction) -> None:
    if (state, action) in TRANSITIONS:
        assert after(state, action) is TRANSITIONS[state, action]
        assert can(state, action)
    else:
        with pytest.raises(Conflict, match=REFUSALS[state].split()[0]):
            after(state, action)
        assert not can(state, action)


def test_every_state_and_act_has_words_and_an_end_is_reached_from_everywhere() -> None:
    assert LABELS.keys() == REFUSALS.keys() == set(LeadState)
    assert {f"{action.value} lead" for action in LeadAction} <= ACTS.keys()
    assert not any(state is LeadState.CONVERTED for state, _action in TRANSITIONS), "a customer stays one"
