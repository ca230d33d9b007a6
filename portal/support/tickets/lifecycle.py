"""The life of a ticket as a table: (state, action) → state. What is not in the table cannot be done. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.lifecycles import Lifecycle
from portal.words import N_


class State(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_US = "waiting_us"  # for parts, for an engineer
    SOLVED = "solved"
    CLOSED = "closed"
    MERGED = "merged"  # final: everything goes on in the survivor


class Action(StrEnum):
    """What can happen to a ticket."""

    WRITE = "write"  # the customer's side says something
    ANSWER = "answer"  # the house says something
    ASK = "ask"  # the house says something and waits for the customer
    HOLD = "hold"  # it waits for us: parts, an engineer
    TAKE_UP = "take up"  # waiting is over
    ASSIGN = "assign"
    HAND_OVER = "hand over"  # to another queue
    NOTE = "note"
    CHANGE = "change"  # impact, kind, product, fault
    SOLVE = "solve"
    CLOSE = "close"
    REOPEN = "reopen"
    FOLLOW_UP = "follow up"  # a new ticket that goes on where a closed one ended
    MERGE = "merge"
    ABSORB = "absorb"  # another one is merged into this one
    SPLIT = "split"
    LINK = "link"
    NUDGE = "nudge"
    ESCALATE = "escalate"
    RATE = "rate"
    FOLLOW = "follow"  # a colleague hears of it too


S, A = State, Action
OPEN: Final = (S.NEW, S.OPEN, S.WAITING_CUSTOMER, S.WAITING_US)
RUNNING: Final = (S.NEW, S.OPEN, S.WAITING_US)  # the clocks go
_STAYS: Final = (A.HAND_OVER, A.NOTE, A.CHANGE, A.ABSORB, A.SPLIT, A.LINK, A.FOLLOW)
TRANSITIONS: Final[Mapping[tuple[State, Action], State]] = {
    **{(state, action): state for state in (*OPEN, S.SOLVED) for action in _STAYS},
    **{(state, A.ASK): S.WAITING_CUSTOMER for state in OPEN},
    **{(state, A.HOLD): S.WAITING_US for state in OPEN},
    **{(state, A.SOLVE): S.SOLVED for state in OPEN},
    **{(state, A.CLOSE): S.CLOSED for state in (*OPEN, S.SOLVED)},
    **{(state, A.MERGE): S.MERGED for state in OPEN},
    **{(state, A.NUDGE): state for state in OPEN},
    **{(state, A.ESCALATE): state for state in RUNNING},
    (S.NEW, A.WRITE): S.NEW,
    (S.NEW, A.ANSWER): S.OPEN,
    (S.NEW, A.ASSIGN): S.OPEN,
    (S.OPEN, A.WRITE): S.OPEN,
    (S.OPEN, A.ANSWER): S.OPEN,
    (S.OPEN, A.ASSIGN): S.OPEN,
    (S.WAITING_CUSTOMER, A.WRITE): S.OPEN,
    (S.WAITING_CUSTOMER, A.ANSWER): S.WAITING_CUSTOMER,
    (S.WAITING_CUSTOMER, A.ASSIGN): S.WAITING_CUSTOMER,
    (S.WAITING_CUSTOMER, A.TAKE_UP): S.OPEN,
    (S.WAITING_US, A.WRITE): S.WAITING_US,
    (S.WAITING_US, A.ANSWER): S.WAITING_US,
    (S.WAITING_US, A.ASSIGN): S.WAITING_US,
    (S.WAITING_US, A.TAKE_UP): S.OPEN,
    (S.SOLVED, A.WRITE): S.OPEN,  # whoever answers is not helped yet
    (S.SOLVED, A.ANSWER): S.SOLVED,
    (S.SOLVED, A.REOPEN): S.OPEN,
    (S.SOLVED, A.RATE): S.SOLVED,
    (S.CLOSED, A.RATE): S.CLOSED,
    (S.CLOSED, A.FOLLOW_UP): S.CLOSED,
    (S.CLOSED, A.NOTE): S.CLOSED,
    (S.CLOSED, A.LINK): S.CLOSED,
}
LABELS: Final[Mapping[State, str]] = {
    S.NEW: N_("New"),
    S.OPEN: N_("In progress"),
    S.WAITING_CUSTOMER: N_("Waits for your answer"),
    S.WAITING_US: N_("Waits for parts or an engineer"),
    S.SOLVED: N_("Solved"),
    S.CLOSED: N_("Closed"),
    S.MERGED: N_("Merged"),
}
HOUSE_LABELS: Final[Mapping[State, str]] = {**LABELS, S.WAITING_CUSTOMER: N_("Waits for the customer")}
REFUSALS: Final[Mapping[State, str]] = {
    S.NEW: N_("Nobody has taken up this ticket yet."),
    S.OPEN: N_("This ticket is being worked on."),
    S.WAITING_CUSTOMER: N_("This ticket waits for an answer of the customer."),
    S.WAITING_US: N_("This ticket waits for parts or an engineer."),
    S.SOLVED: N_("This ticket is solved; reopen it first."),
    S.CLOSED: N_("This ticket is closed; open a follow-up instead."),
    S.MERGED: N_("This ticket was merged into another one."),
}
LIFE: Final = Lifecycle(State, TRANSITIONS, REFUSALS)
after, can = LIFE.after, LIFE.can
