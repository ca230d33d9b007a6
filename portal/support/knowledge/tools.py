"""Which calculators there are, and for what they are offered. Pure."""

from collections.abc import Collection
from typing import Final

from portal.words import N_

TOOLS: Final[dict[str, str]] = {
    "storage": N_("How much storage?"),
    "poe": N_("Is the PoE budget enough?"),
    "runtime": N_("How long does the UPS last?"),
}
_OF_LINE: Final[dict[str, tuple[str, ...]]] = {
    "cameras": ("poe",),
    "recorders": ("storage", "poe"),
    "switches": ("poe",),
    "disks": ("storage",),
    "ups": ("runtime",),
}
_OF_FAULT: Final[dict[str, tuple[str, ...]]] = {
    "camera_drops_at_night": ("poe",),
    "switch_poe_budget": ("poe",),
    "recorder_days_missing": ("storage",),
    "ups_short_runtime": ("runtime",),
}


def tools_for(line: str, faults: Collection[str]) -> list[tuple[str, str]]:
    """Return the calculators that help with faults, or else with a product line: key and label."""
    keys = [key for fault in faults for key in _OF_FAULT.get(fault, ())] or _OF_LINE.get(line, ())
    return [(key, TOOLS[key]) for key in dict.fromkeys(keys)]
