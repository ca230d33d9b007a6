"""The life of a quote as a table: (state, action) → state. What is not in the table cannot be done."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.lifecycles import Lifecycle
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
LIFE: Final = Lifecycle(QuoteState, TRANSITIONS, REFUSALS)
after, can = LIFE.after, LIFE.can
