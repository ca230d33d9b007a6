"""What a file is: found in its content, never believed from its name or from what the browser says. Pure."""

import codecs
import io
import os
import unicodedata
from dataclasses import dataclass
from typing import IO, Final

import puremagic

from portal.files.media import PICTURE_BRANDS, medium_of
from portal.files.packed import office_kind
from portal.files.pictures import Drawn, redraw
from portal.files.refusing import DAMAGED, EMPTY, HEIC, MACROS, TOO_LARGE, UNKNOWN, Refused, TooMuch
from portal.files.traces import without_traces

MEGABYTE: Final = 1_000_000
MOST_BYTES: Final = 10 * MEGABYTE  # of documents and pictures, which are looked at in memory
MOST_OF_SOUND: Final = 25 * MEGABYTE
MOST_OF_A_CLIP: Final = 100 * MEGABYTE
MOST_SENT: Final = MOST_OF_A_CLIP + 20 * MEGABYTE  # bytes of a request that are read at all
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
    """A file as it is kept; `content` is read from its beginning when it is stored."""

    content: IO[bytes]
    size: int
    content_type: str
    endings: tuple[str, ...]
    drawn: Drawn | None = None  # of a picture

    def read(self) -> bytes:
        """Return the whole content; for small files."""
        self.content.seek(0)
        return self.content.read()


def recognise(stream: IO[bytes], *, clips: bool = True) -> Recognised:
    """Return the file as it will be kept; raises Refused that says what is wrong with it.

    Sound and clips, where they are taken, stay in the stream they came in; everything else is small.
    """
    size = stream.seek(0, os.SEEK_END)
    if not size:
        raise Refused(EMPTY)
    stream.seek(0)
    medium = medium_of(stream, size) if clips else None
    if medium is not None:
        most = MOST_OF_A_CLIP if medium.content_type.startswith("video/") else MOST_OF_SOUND
        _at_most(size, most)
        return Recognised(without_traces(stream, size, medium), size, medium.content_type, medium.endings)
    _at_most(size, MOST_BYTES)
    stream.seek(0)
    content = stream.read()
    if content[4:8] == b"ftyp" and content[8:12] in PICTURE_BRANDS:
        raise Refused(HEIC)
    return _document(content)


def _at_most(size: int, most: int) -> None:
    if size > most:
        raise TooMuch(TOO_LARGE, megabytes=most // MEGABYTE)


def _document(content: bytes) -> Recognised:
    found = _found(content)
    if found in PICTURES:
        drawn = redraw(content, PICTURES[found])
        return Recognised(io.BytesIO(drawn.content), len(drawn.content), *TYPES[drawn.kind], drawn)
    return Recognised(io.BytesIO(content), len(content), *TYPES[_kind_of_document(content, found)])


def _kind_of_document(content: bytes, found: str) -> str:
    if found == "application/pdf":
        if b"%%EOF" not in content[-2048:]:
            raise Refused(DAMAGED)
        return "pdf"
    if content.startswith(b"PK"):
        return office_kind(content)
    if content.startswith(OLD_OFFICE):
        raise Refused(MACROS)
    if _is_text(content):
        return "text"
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
