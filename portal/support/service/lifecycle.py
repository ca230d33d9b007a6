"""The lives of a return and of a visit as tables: (state, action) → state. What is not in them cannot be done. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.lifecycles import Lifecycle
from portal.words import N_


class ReturnState(StrEnum):
    """Where a return stands."""

    REQUESTED = "requested"
    AUTHORISED = "authorised"  # its number is good for some days
    RECEIVED = "received"
    REPAIRED = "repaired"
    SWAPPED = "swapped"
    SENT_BACK = "sent_back"
    CLOSED = "closed"
    EXPIRED = "expired"  # nothing came while its number was good
    REFUSED = "refused"


class ReturnAction(StrEnum):
    """What happens to a return."""

    AUTHORISE = "authorise"
    REFUSE = "refuse"
    RECEIVE = "receive"
    REPAIR = "repair"
    SWAP = "swap"
    SWAP_AT_ONCE = "swap at once"  # dead on arrival: before the old one is back
    SEND_BACK = "send back"
    CLOSE = "close"
    EXPIRE = "expire"


class VisitState(StrEnum):
    """Where a visit stands."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    CANCELLED = "cancelled"


class VisitAction(StrEnum):
    """What happens to a visit."""

    ARRIVE = "arrive"
    WORK = "work"  # what was done, parts, the signature
    LEAVE = "leave"
    CANCEL = "cancel"


R, RA, V, VA = ReturnState, ReturnAction, VisitState, VisitAction
RETURN_TRANSITIONS: Final[Mapping[tuple[ReturnState, ReturnAction], ReturnState]] = {
    (R.REQUESTED, RA.AUTHORISE): R.AUTHORISED,
    (R.REQUESTED, RA.REFUSE): R.REFUSED,
    (R.REQUESTED, RA.SWAP_AT_ONCE): R.SWAPPED,
    (R.AUTHORISED, RA.RECEIVE): R.RECEIVED,
    (R.AUTHORISED, RA.SWAP_AT_ONCE): R.SWAPPED,
    (R.AUTHORISED, RA.EXPIRE): R.EXPIRED,
    (R.RECEIVED, RA.REPAIR): R.REPAIRED,
    (R.RECEIVED, RA.SWAP): R.SWAPPED,
    (R.RECEIVED, RA.SEND_BACK): R.SENT_BACK,  # as it came: nothing was found
    (R.REPAIRED, RA.SEND_BACK): R.SENT_BACK,
    (R.SWAPPED, RA.SEND_BACK): R.SENT_BACK,
    (R.SWAPPED, RA.CLOSE): R.CLOSED,
    (R.SENT_BACK, RA.CLOSE): R.CLOSED,
    (R.EXPIRED, RA.AUTHORISE): R.AUTHORISED,  # again, for as many days
}
RETURN_OPEN: Final = (R.REQUESTED, R.AUTHORISED, R.RECEIVED, R.REPAIRED, R.SWAPPED, R.SENT_BACK)
RETURN_LABELS: Final[Mapping[ReturnState, str]] = {
    R.REQUESTED: N_("Asked for"),
    R.AUTHORISED: N_("Authorised"),
    R.RECEIVED: N_("Received"),
    R.REPAIRED: N_("Repaired"),
    R.SWAPPED: N_("Swapped"),
    R.SENT_BACK: N_("Sent back"),
    R.CLOSED: N_("Closed"),
    R.EXPIRED: N_("Expired"),
    R.REFUSED: N_("Refused"),
}
RETURN_REFUSALS: Final[Mapping[ReturnState, str]] = {
    R.REQUESTED: N_("This return is not authorised yet."),
    R.AUTHORISED: N_("This return is authorised; its device has not come yet."),
    R.RECEIVED: N_("The device of this return is with us already."),
    R.REPAIRED: N_("The device of this return is repaired already."),
    R.SWAPPED: N_("The device of this return was swapped already."),
    R.SENT_BACK: N_("This return was sent back already."),
    R.CLOSED: N_("This return is closed."),
    R.EXPIRED: N_("The number of this return has expired; authorise it again first."),
    R.REFUSED: N_("This return was refused."),
}
VISIT_TRANSITIONS: Final[Mapping[tuple[VisitState, VisitAction], VisitState]] = {
    (V.PLANNED, VA.ARRIVE): V.UNDER_WAY,
    (V.PLANNED, VA.CANCEL): V.CANCELLED,
    (V.UNDER_WAY, VA.WORK): V.UNDER_WAY,
    (V.UNDER_WAY, VA.LEAVE): V.DONE,
}
VISIT_TAKES_TIME: Final = (V.PLANNED, V.UNDER_WAY, V.DONE)  # an engineer is in one place at a time
VISIT_LABELS: Final[Mapping[VisitState, str]] = {
    V.PLANNED: N_("Planned"),
    V.UNDER_WAY: N_("On site"),
    V.DONE: N_("Done"),
    V.CANCELLED: N_("Cancelled"),
}
VISIT_REFUSALS: Final[Mapping[VisitState, str]] = {
    V.PLANNED: N_("The engineer has not arrived yet."),
    V.UNDER_WAY: N_("The engineer is on site already."),
    V.DONE: N_("This visit is over; its report does not change any more."),
    V.CANCELLED: N_("This visit was cancelled."),
}
RETURNS: Final = Lifecycle(ReturnState, RETURN_TRANSITIONS, RETURN_REFUSALS)
VISITS: Final = Lifecycle(VisitState, VISIT_TRANSITIONS, VISIT_REFUSALS)
