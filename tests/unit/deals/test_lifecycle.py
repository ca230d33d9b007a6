"""Every pair of state and action has one answer."""

from itertools import product

import pytest

from portal.deals.lifecycle import QuoteAction, QuoteState, after, can
from portal.errors import Conflict

ALLOWED = {
    ("draft", "edit"): "draft",
    ("draft", "issue"): "issued",
    ("issued", "revise"): "issued",
    ("issued", "order"): "issued",
    ("issued", "supersede"): "superseded",
}


@pytest.mark.parametrize(("state", "action"), list(product(QuoteState, QuoteAction)))
def test_every_pair(state: QuoteState, action: QuoteAction) -> None:
    expected = ALLOWED.get((state.value, action.value))
    assert can(state, action) is (expected is not None)
    if expected is None:
        with pytest.raises(Conflict):
            after(state, action)
    else:
        assert after(state, action) == expected


def test_a_superseded_quote_is_the_end() -> None:
    assert not any(can("superseded", action) for action in QuoteAction)
