"""What the customer says and what follows: kind, impact, service contract, and from them the priority. Pure."""

from collections.abc import Mapping
from typing import Final

from portal.words import N_

KINDS: Final[Mapping[str, str]] = {
    "fault": N_("Fault"),
    "question": N_("Question"),
    "complaint": N_("Complaint"),
    "suggestion": N_("Suggestion"),
}
IMPACTS: Final[Mapping[str, str]] = {
    "all": N_("Everything is down"),
    "part": N_("A part does not work"),
    "question": N_("Only a question"),
}
PRIORITIES: Final[Mapping[str, str]] = {  # the most pressing first
    "urgent": N_("Urgent"),
    "high": N_("High"),
    "medium": N_("Normal"),
    "low": N_("Low"),
}
CONTRACTS: Final[Mapping[str, str]] = {
    "standard": N_("Standard service"),
    "plus": N_("Service plus"),
    "premium": N_("Premium service"),
}
CHANNELS: Final[Mapping[str, str]] = {
    "web": N_("Portal"),
    "mail": N_("Mail"),
    "phone": N_("Phone"),
    "visit": N_("Visit on site"),
}
_ORDER: Final = tuple(PRIORITIES)
_BASE: Final[Mapping[str, str]] = {"all": "urgent", "part": "medium", "question": "low"}
_RAISED: Final[Mapping[str, int]] = {"standard": 0, "plus": 0, "premium": 1}
_PART_RAISED: Final[Mapping[str, int]] = {"standard": 0, "plus": 1, "premium": 1}


def priority(kind: str, impact: str, contract: str) -> str:
    """Return how pressing a matter is: the impact says it, a better contract raises it by one step.

    A suggestion is never pressing; a complaint is at least of medium priority.
    """
    if kind == "suggestion":
        return "low"
    raised = (_PART_RAISED if impact == "part" else _RAISED)[contract]
    found = max(_ORDER.index(_BASE[impact]) - raised, 0)
    return _ORDER[min(found, _ORDER.index("medium"))] if kind == "complaint" else _ORDER[found]
