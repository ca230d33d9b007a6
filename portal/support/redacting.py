"""What is taken out of a text before others than its own organisation may learn from it. Pure."""

import re
from collections.abc import Iterable
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


def redacted(text: str, names: Iterable[str] = ()) -> str:
    """Return a text without mail addresses, links, network addresses, phones, long codes and these names."""
    for pattern in (_MAIL, _LINK, _ADDRESS, _PHONE, _CODE):
        text = pattern.sub(GONE, text)
    known = sorted({name.strip() for name in names if len(name.strip()) >= SHORTEST_NAME}, key=len, reverse=True)
    if known:
        text = re.sub("|".join(re.escape(name) for name in known), GONE, text, flags=re.IGNORECASE)
    return re.sub(rf"{GONE}(?:[\s,，、]*{GONE})+", GONE, text)
