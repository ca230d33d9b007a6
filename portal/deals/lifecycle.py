"""The life of a quote as a table: (state, action) → state. What is not in the table cannot be done."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.errors import Conflict
from portal.words import N_


class QuoteState(StrEnum):
    """Where a quote stands."""

    DRAFT = "draft"
    ISSUED = "issued"
    SUPERSEDED = "superseded"


class QuoteAction(StrEnum):
    """What can happen to a quote."""

    EDIT = "edit"
    ISSUE = "issue"
    REVISE = "revise"  # begins a new draft, which supersedes this quote when it is issued
    SUPERSEDE = "supersede"
    ORDER = "order"  # places an order, which freezes a copy


TRANSITIONS: Final[Mapping[tuple[QuoteState, QuoteAction], QuoteState]] = {
    (QuoteState.DRAFT, QuoteAction.EDIT): QuoteState.DRAFT,
    (QuoteState.DRAFT, QuoteAction.ISSUE): QuoteState.ISSUED,
    (QuoteState.ISSUED, QuoteAction.REVISE): QuoteState.ISSUED,
    (QuoteState.ISSUED, QuoteAction.SUPERSEDE): QuoteState.SUPERSEDED,
    (QuoteState.ISSUED, QuoteAction.ORDER): QuoteState.ISSUED,
}
REFUSALS: Final[Mapping[QuoteState, str]] = {
    QuoteState.DRAFT: N_("This quote is still a draft; issue it first."),
    QuoteState.ISSUED: N_("This quote was issued and never changes; make a revision instead."),
    QuoteState.SUPERSEDED: N_("This quote was replaced by a newer revision; use that one."),
}


def after(state: str, action: QuoteAction) -> QuoteState:
    """Return the state after `action`; raises Conflict when it cannot be done in `state`."""
    target = TRANSITIONS.get((QuoteState(state), action))
    if target is None:
        raise Conflict(REFUSALS[QuoteState(state)])
    return target


def can(state: str, action: QuoteAction) -> bool:
    """Return whether `action` can be done in `state`; buttons are drawn from this."""
    return (QuoteState(state), action) in TRANSITIONS
