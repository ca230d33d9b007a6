"""What is taken out of a text before others than its own organisation may learn from it. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

GONE: Final = "▮"
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK: Final = re.compile(r"\b(?:https?|rtsp|ftp)://\S+", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b", re.IGNORECASE
)
_PHONE: Final = re.compile(r"(?<![\w.])\+?\d(?:[\s()/-]?\d){6,17}(?![\w.])")
_CODE: Final = re.compile(r"\b(?=\w*\d)(?=\w*[A-Z])[A-Z0-9]{10,}\b")  # serial and identity numbers
SHORTEST_NAME: Final = 2


def redacted(text: str, *names: Iterable[str]) -> str:
    """Return a text without mail addresses, links, network addresses, phones, long codes and these groups of names."""
    for pattern in (_MAIL, _LINK, _ADDRESS, _PHONE, _CODE):
        text = pattern.sub(GONE, text)
    text = _without(text, {name for group in names for name in _there(frozenset(group), _folded(text))})
    return re.sub(rf"{GONE}(?:[\s,，、]*{GONE})+", GONE, text)


def _without(text: str, names: Iterable[str]) -> str:
    known = sorted(names, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, known)), GONE, text, flags=re.IGNORECASE) if known else text


def _there(names: frozenset[str], folded: str) -> list[str]:
    """Return the names that stand in a text: an expression of hundreds of names takes longer than looking for each."""
    return [name for name, sought in _sought(names) if sought in folded]


@lru_cache(maxsize=64)
def _sought(names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    trimmed = {name.strip() for name in names}
    return tuple((name, _folded(name)) for name in sorted(trimmed) if len(name) >= SHORTEST_NAME)


def _folded(text: str) -> str:
    """Return a text in which whatever an expression takes for the same letter is the same; one without a dot is not."""
    return text.casefold().replace("ı", "i")
