"""The product lines that registrations are made for, and which rules belong to which line. Pure."""

from collections.abc import Mapping
from typing import Final

from portal.words import N_

LINES: Final[Mapping[str, str]] = {
    "video": N_("Video surveillance"),
    "room": N_("Equipment-room monitoring"),
    "cabling": N_("Cabling"),
    "network": N_("Network equipment"),
}
_OF_RULES: Final[Mapping[str, str]] = {
    "surveillance-site": "video",
    "video-site": "video",
    "equipment-room": "room",
}


def line_of_rules(key: str) -> str:
    """Return the product line of configurations made with the rules `key`; empty when no line is meant."""
    return _OF_RULES.get(key, "")
