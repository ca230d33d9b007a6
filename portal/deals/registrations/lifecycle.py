"""The life of a registration as a table: (state, action) → state. What is not in the table cannot be done. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.lifecycles import Lifecycle
from portal.words import N_


class State(StrEnum):
    """Where a registration stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"  # complete, in line behind an earlier one of the same customer, line and site
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CONVERTED = "converted"  # an order or a quote came of it
    WON = "won"
    LOST = "lost"


class Action(StrEnum):
    """What can happen to a registration."""

    EDIT = "edit"
    SUBMIT = "submit"
    TAKE_UP = "take up"  # nobody stands before it: its decision begins
    RETURN = "return"
    ANSWER = "answer"
    APPROVE = "approve"
    REFUSE = "refuse"
    RESET = "reset"  # an edit that needs a new approval
    WITHDRAW = "withdraw"
    UNDO_WITHDRAW = "undo withdraw"
    RESUBMIT = "resubmit"
    EXTEND = "extend"
    EXPIRE = "expire"
    CONVERT = "convert"
    WIN = "win"
    LOSE = "lose"
    REOPEN = "reopen"


class Standing(StrEnum):
    """The five states that a partner sees."""

    DRAFT = "draft"
    REVIEW = "review"
    YOUR_TURN = "your_turn"
    PROTECTED = "protected"
    CLOSED = "closed"


S, A = State, Action
TRANSITIONS: Final[Mapping[tuple[State, Action], State]] = {
    (S.DRAFT, A.EDIT): S.DRAFT,
    (S.DRAFT, A.SUBMIT): S.SUBMITTED,
    (S.DRAFT, A.WITHDRAW): S.WITHDRAWN,
    (S.SUBMITTED, A.EDIT): S.SUBMITTED,
    (S.SUBMITTED, A.TAKE_UP): S.IN_REVIEW,
    (S.SUBMITTED, A.WITHDRAW): S.WITHDRAWN,
    (S.IN_REVIEW, A.EDIT): S.IN_REVIEW,
    (S.IN_REVIEW, A.RESET): S.SUBMITTED,
    (S.IN_REVIEW, A.RETURN): S.RETURNED,
    (S.IN_REVIEW, A.APPROVE): S.APPROVED,
    (S.IN_REVIEW, A.REFUSE): S.REJECTED,
    (S.IN_REVIEW, A.WITHDRAW): S.WITHDRAWN,
    (S.RETURNED, A.EDIT): S.RETURNED,
    (S.RETURNED, A.ANSWER): S.SUBMITTED,
    (S.RETURNED, A.RESET): S.SUBMITTED,
    (S.RETURNED, A.WITHDRAW): S.WITHDRAWN,
    (S.REJECTED, A.EDIT): S.REJECTED,
    (S.REJECTED, A.RESUBMIT): S.SUBMITTED,
    (S.REJECTED, A.REOPEN): S.SUBMITTED,
    (S.APPROVED, A.EDIT): S.APPROVED,
    (S.APPROVED, A.RESET): S.SUBMITTED,
    (S.APPROVED, A.EXTEND): S.APPROVED,
    (S.APPROVED, A.EXPIRE): S.EXPIRED,
    (S.APPROVED, A.CONVERT): S.CONVERTED,
    (S.APPROVED, A.LOSE): S.LOST,
    (S.EXPIRED, A.EDIT): S.EXPIRED,
    (S.EXPIRED, A.RESUBMIT): S.SUBMITTED,
    (S.EXPIRED, A.REOPEN): S.SUBMITTED,
    (S.WITHDRAWN, A.UNDO_WITHDRAW): S.SUBMITTED,  # what was withdrawn as a draft is a draft again: `undone`
    (S.WITHDRAWN, A.REOPEN): S.SUBMITTED,
    (S.CONVERTED, A.EXTEND): S.CONVERTED,
    (S.CONVERTED, A.WIN): S.WON,
    (S.CONVERTED, A.LOSE): S.LOST,
    (S.WON, A.REOPEN): S.SUBMITTED,
    (S.LOST, A.REOPEN): S.SUBMITTED,
}
STANDINGS: Final[Mapping[State, Standing]] = {
    S.DRAFT: Standing.DRAFT,
    S.SUBMITTED: Standing.REVIEW,
    S.IN_REVIEW: Standing.REVIEW,
    S.RETURNED: Standing.YOUR_TURN,
    S.APPROVED: Standing.PROTECTED,
    S.CONVERTED: Standing.PROTECTED,
    S.REJECTED: Standing.CLOSED,
    S.WITHDRAWN: Standing.CLOSED,
    S.EXPIRED: Standing.CLOSED,
    S.WON: Standing.CLOSED,
    S.LOST: Standing.CLOSED,
}
LABELS: Final[Mapping[Standing, str]] = {
    Standing.DRAFT: N_("Draft"),
    Standing.REVIEW: N_("In review"),
    Standing.YOUR_TURN: N_("Your turn"),
    Standing.PROTECTED: N_("Protected until %(date)s"),
    Standing.CLOSED: N_("Closed: %(reason)s"),
}
# Why a closed registration is closed, by state; a refused one says its own reason behind it.
CLOSINGS: Final[Mapping[State, str]] = {
    S.REJECTED: N_("refused"),
    S.WITHDRAWN: N_("withdrawn"),
    S.EXPIRED: N_("expired"),
    S.WON: N_("won"),
    S.LOST: N_("lost"),
}
REASONS: Final[Mapping[str, str]] = {  # of a refusal: one tap each
    "duplicate": N_("Duplicate"),
    "existing_customer": N_("Existing customer"),
    "too_early": N_("Too early"),
    "outside_territory": N_("Outside territory"),
    "missing_data": N_("Missing data"),
    "direct_team": N_("Direct team active"),
    "not_authorised": N_("Not authorised"),
    "below_minimum": N_("Below minimum"),
    "tender": N_("Tender"),
}
LOSSES: Final[Mapping[str, str]] = {  # why a protected one was lost
    "price": N_("Price"),
    "competitor": N_("Competitor"),
    "cancelled": N_("Project cancelled"),
    "overridden": N_("Given to somebody else"),
    "lapsed": N_("Protection ended without an order"),
    "other": N_("Other reason"),
}
HOUSE_LOSSES: Final = frozenset({"overridden", "lapsed"})  # nobody chooses these himself
PLACED: Final = (S.IN_REVIEW, S.RETURNED)  # holds the place: those behind it wait
HELD: Final = (S.APPROVED, S.CONVERTED)  # protected: at most one of a customer, line and site
OPEN: Final = (S.SUBMITTED, *PLACED, *HELD)
REFUSALS: Final[Mapping[State, str]] = {
    S.DRAFT: N_("This registration is still a draft; submit it first."),
    S.SUBMITTED: N_("This registration stands in line and is not being decided yet."),
    S.IN_REVIEW: N_("This registration is being decided."),
    S.RETURNED: N_("This registration was returned with a question; answer it first."),
    S.APPROVED: N_("This registration is approved already."),
    S.REJECTED: N_("This registration was refused."),
    S.WITHDRAWN: N_("This registration was withdrawn."),
    S.EXPIRED: N_("The protection of this registration is over."),
    S.CONVERTED: N_("An order or a quote came of this registration already."),
    S.WON: N_("This registration is closed: the order came."),
    S.LOST: N_("This registration is closed: the project was lost."),
}
LIFE: Final = Lifecycle(State, TRANSITIONS, REFUSALS)
after, can = LIFE.after, LIFE.can


def undone(withdrawn_from: str) -> State:
    """Return the state after a withdrawal was taken back: a draft again, or in line again."""
    return State.DRAFT if withdrawn_from == State.DRAFT else State.SUBMITTED


def standing(state: str) -> Standing:
    """Return what a partner sees of `state`."""
    return STANDINGS[State(state)]
