"""What a file is: found in its content, never believed from its name or from what the browser says. Pure."""

import codecs
import unicodedata
from dataclasses import dataclass
from typing import Final

import puremagic

from portal.files.packed import office_kind
from portal.files.pictures import redraw
from portal.files.refusing import DAMAGED, EMPTY, MACROS, TOO_LARGE, UNKNOWN, Refused, TooMuch

MEGABYTE: Final = 1_000_000
MOST_BYTES: Final = 10 * MEGABYTE
HEAD: Final = 4_096
PICTURES: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
OFFICE: Final = "application/vnd.openxmlformats-officedocument."
TYPES: Final = {
    "PNG": ("image/png", ("png",)),
    "JPEG": ("image/jpeg", ("jpg", "jpeg")),
    "docx": (f"{OFFICE}wordprocessingml.document", ("docx",)),
    "xlsx": (f"{OFFICE}spreadsheetml.sheet", ("xlsx",)),
    "pptx": (f"{OFFICE}presentationml.presentation", ("pptx",)),
    "pdf": ("application/pdf", ("pdf",)),
    "text": ("text/plain", ("txt", "csv", "md", "eml", "log")),
}
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"  # may hold macros, and nothing here looks into it
SIGNS: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf"}
TEXT_CONTROLS: Final = "\t\n\r\f"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file as it is kept."""

    content: bytes
    content_type: str
    endings: tuple[str, ...]


def recognise(content: bytes) -> Recognised:
    """Return the file as it will be kept; raises Refused that says what is wrong with it."""
    if not content:
        raise Refused(EMPTY)
    if len(content) > MOST_BYTES:
        raise TooMuch(TOO_LARGE, megabytes=MOST_BYTES // MEGABYTE)
    found = _found(content)
    if found in PICTURES:
        drawn, kind = redraw(content, PICTURES[found])
        return Recognised(drawn, *TYPES[kind])
    if found == "application/pdf":
        if b"%%EOF" not in content[-2048:]:
            raise Refused(DAMAGED)
        return Recognised(content, *TYPES["pdf"])
    if content.startswith(b"PK"):
        return Recognised(content, *TYPES[office_kind(content)])
    if content.startswith(OLD_OFFICE):
        raise Refused(MACROS)
    if _is_text(content):
        return Recognised(content, *TYPES["text"])
    raise Refused(UNKNOWN)


def _found(content: bytes) -> str:
    """Return the type that the first bytes say, where it is one that we know; an empty text for every other."""
    for sign, name in SIGNS.items():
        if content.startswith(sign):
            return name
    try:
        guesses = {match.mime_type for match in puremagic.magic_string(content[:HEAD])}
    except puremagic.PureError:
        return ""
    return "image/webp" if "image/webp" in guesses and content[8:12] == b"WEBP" else ""


def _is_text(content: bytes) -> bool:
    """Whether these bytes are text in UTF-8, UTF-16 or the Chinese national encoding, without hidden controls."""
    encodings = ["utf-16"] if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not any(unicodedata.category(sign) == "Cc" for sign in set(text) - set(TEXT_CONTROLS))
    return False
