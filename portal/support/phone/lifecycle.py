"""The life of a lead: what may happen to it in which state."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.lifecycles import Lifecycle
from portal.words import N_


class LeadState(StrEnum):
    """Where a lead stands."""

    NEW = "new"
    CONTACTED = "contacted"
    CONVERTED = "converted"
    DROPPED = "dropped"


class LeadAction(StrEnum):
    """What somebody does with a lead."""

    CONTACT = "contact"
    CONVERT = "convert"
    DROP = "drop"
    REOPEN = "reopen"


LABELS: Final[Mapping[LeadState, str]] = {
    LeadState.NEW: N_("New"),
    LeadState.CONTACTED: N_("Contacted"),
    LeadState.CONVERTED: N_("A customer now"),
    LeadState.DROPPED: N_("Dropped"),
}
ACTS: Final[Mapping[str, str]] = {  # of its history
    "add lead": N_("Noted"),
    "learn of lead": N_("Filled in"),
    "assign lead": N_("Handed over"),
    "contact lead": N_("Talked to"),
    "convert lead": N_("Made a customer"),
    "drop lead": N_("Dropped"),
    "reopen lead": N_("Opened again"),
    "retime": N_("Time to call back counted anew, because the calendar of working hours changed"),
}
WAITING: Final = (LeadState.NEW, LeadState.CONTACTED)
TRANSITIONS: Final[Mapping[tuple[LeadState, LeadAction], LeadState]] = {
    (LeadState.NEW, LeadAction.CONTACT): LeadState.CONTACTED,
    (LeadState.NEW, LeadAction.CONVERT): LeadState.CONVERTED,
    (LeadState.NEW, LeadAction.DROP): LeadState.DROPPED,
    (LeadState.CONTACTED, LeadAction.CONTACT): LeadState.CONTACTED,
    (LeadState.CONTACTED, LeadAction.CONVERT): LeadState.CONVERTED,
    (LeadState.CONTACTED, LeadAction.DROP): LeadState.DROPPED,
    (LeadState.DROPPED, LeadAction.REOPEN): LeadState.NEW,
}
REFUSALS: Final[Mapping[LeadState, str]] = {
    LeadState.NEW: N_("This cannot be done with a new lead."),
    LeadState.CONTACTED: N_("This cannot be done with a lead that was contacted."),
    LeadState.CONVERTED: N_("This lead is a customer already; go on there."),
    LeadState.DROPPED: N_("This lead was dropped; open it again first."),
}
LIFE: Final = Lifecycle(LeadState, TRANSITIONS, REFUSALS)
after, can = LIFE.after, LIFE.can
