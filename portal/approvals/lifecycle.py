"""The life of a request for approval as a table: (state, action) → state. What is not in the table cannot be done."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.lifecycles import Lifecycle
from portal.words import N_


class State(StrEnum):
    """Where a request stands."""

    IN_REVIEW = "in_review"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What can happen to a request."""

    ENDORSE = "endorse"  # one approval of several that are needed
    APPROVE = "approve"  # the last one
    REFUSE = "refuse"
    RETURN = "return"  # with a question
    RESEARCH = "research"
    ESCALATE = "escalate"
    REASSIGN = "reassign"
    AMEND = "amend"  # what is asked for was changed: it is judged anew
    ANSWER = "answer"
    NUDGE = "nudge"
    WITHDRAW = "withdraw"


_FROM_REVIEW: Final = {
    Action.ENDORSE: State.IN_REVIEW,
    Action.APPROVE: State.APPROVED,
    Action.REFUSE: State.REFUSED,
    Action.RETURN: State.RETURNED,
    Action.RESEARCH: State.IN_REVIEW,
    Action.ESCALATE: State.IN_REVIEW,
    Action.REASSIGN: State.IN_REVIEW,
    Action.AMEND: State.IN_REVIEW,
    Action.NUDGE: State.IN_REVIEW,
    Action.WITHDRAW: State.WITHDRAWN,
}
_FROM_RETURNED: Final = {
    Action.ANSWER: State.IN_REVIEW,
    Action.NUDGE: State.RETURNED,
    Action.WITHDRAW: State.WITHDRAWN,
}
TRANSITIONS: Final[Mapping[tuple[State, Action], State]] = {
    **{(State.IN_REVIEW, action): state for action, state in _FROM_REVIEW.items()},
    **{(State.RETURNED, action): state for action, state in _FROM_RETURNED.items()},
}
OPEN: Final = (State.IN_REVIEW, State.RETURNED)
REFUSALS: Final[Mapping[State, str]] = {
    State.IN_REVIEW: N_("This request is being decided."),
    State.RETURNED: N_("This request was returned with a question and waits for its answer."),
    State.APPROVED: N_("This request is approved already."),
    State.REFUSED: N_("This request is refused already."),
    State.WITHDRAWN: N_("This request was withdrawn."),
}
LIFE: Final = Lifecycle(State, TRANSITIONS, REFUSALS)
after, can = LIFE.after, LIFE.can
