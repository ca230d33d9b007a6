"""Sentences that may hold a value which the format has no field for. They are quoted, never read as a value:

in "25W + max. 95W PoE" the first figure is the switch's own draw, in "with 715W AC supply" the only one is the supply.
"""

import re
from typing import Final

_POWER = re.compile(r"\bPoE|power|budget|供电", re.IGNORECASE)
_WATTS = re.compile(r"\d\s?(?:W|watts?)\b", re.IGNORECASE)
_VOLT_AMPERES = re.compile(r"\d\s?k?VA\b", re.IGNORECASE)
_LOAD = re.compile(
    r"\b(?:load|weight|capacity)\b.{0,60}\d\s?(?:kg|lbs?)\b|\d\s?(?:kg|lbs?)\b.{0,40}\bload", re.IGNORECASE
)
_UPS = re.compile(r"\bUPS\b|uninterruptible", re.IGNORECASE)
PATTERNS: Final = {"hint.poe_budget": _WATTS, "hint.ups_rating": _VOLT_AMPERES, "hint.load_rating": _LOAD}


def says_ups(text: str) -> bool:
    """Return whether a text calls the device an uninterruptible power supply."""
    return bool(_UPS.search(text))


def first_hint(key: str, places: list[tuple[str, list[str]]]) -> tuple[str, str] | None:
    """Return the first sentence of `places` (JSON pointer, sentences) that may hold the value, with its place."""
    for place, texts in places:
        for sentence in texts:
            if key == "hint.poe_budget" and not _POWER.search(sentence):
                continue  # 36W in a name may well be 36 ports of a kind called W
            if PATTERNS[key].search(sentence):
                return place, sentence
    return None
