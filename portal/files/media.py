"""Sound and clips by their content: the outer boxes are walked, nothing is decoded. Pure.

They are stored as they came but for what rides along (`traces`), so what matters is that they are what they say and
whole; a browser plays them in the sandbox of its own decoder. MP4 and QuickTime are boxes, WebM is EBML, Ogg is pages,
WAV is chunks, MP3 is frames.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from portal.files.boxes import MOST_BOXES, box
from portal.files.refusing import DAMAGED, Refused

HEAD: Final = 64
MOST_OF_A_HEADER: Final = 20_000_000  # what describes a clip of an hour is smaller
MOST_OUTER: Final = 4
CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia"})
EBML: Final = b"\x1a\x45\xdf\xa3"
SEGMENT, TRACKS, TRACK, TRACK_TYPE, DOC_TYPE = 0x18538067, 0x1654AE6B, 0xAE, 0x83, 0x4282
LOOKED_INTO: Final = 1_000_000  # of a WebM: its tracks stand at its beginning
OGG_SOUND: Final = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
MP3_RATES: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
MP3_SAMPLES: Final = (44_100, 48_000, 32_000)
QUICKTIME: Final = b"qt  "
PICTURE_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"})  # no clips


@dataclass(frozen=True, slots=True)
class Medium:
    """What a file of sound or moving pictures is."""

    content_type: str
    endings: tuple[str, ...]


MP4_CLIP, MP4_SOUND = Medium("video/mp4", ("mp4", "m4v")), Medium("audio/mp4", ("m4a", "mp4"))
MOV = Medium("video/quicktime", ("mov",))
WEBM_CLIP, WEBM_SOUND = Medium("video/webm", ("webm",)), Medium("audio/webm", ("webm", "weba"))
OGG, MP3, WAV = (
    Medium("audio/ogg", ("ogg", "oga", "opus")),
    Medium("audio/mpeg", ("mp3",)),
    Medium("audio/wav", ("wav",)),
)


def medium_of(stream: IO[bytes], size: int) -> Medium | None:
    """Return what sound or clip this is, None for every other file; raises Refused for one that is not whole."""
    stream.seek(0)
    head = stream.read(HEAD)
    if head[4:8] == b"ftyp" and head[8:12] not in PICTURE_BRANDS:
        return _boxes(stream, size, head[8:12])
    if head.startswith(EBML):
        return _webm(stream, size)
    if head.startswith(b"OggS"):
        return _ogg(stream)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        if int.from_bytes(head[4:8], "little") + 8 > size:
            raise Refused(DAMAGED)
        return WAV
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0 and head[1] != 0xFF):
        return _mp3(stream, head, size)
    return None


def _boxes(stream: IO[bytes], size: int, brand: bytes) -> Medium:
    """Walk over the outer boxes, which must reach the end of the file exactly, and look which tracks there are."""
    at, found, tracks = 0, set[bytes](), set[bytes]()
    for _ in range(MOST_BOXES):
        if at == size:
            break
        name, begins, ends = box(stream, at, size)
        found.add(name)
        if name == b"moov":
            tracks = set(_handlers(stream, begins, ends))
        at = ends
    if at != size or (not {b"moov", b"mdat"} <= found and not {b"moov", b"moof"} <= found):
        raise Refused(DAMAGED)
    if b"vide" in tracks:
        return MOV if brand == QUICKTIME else MP4_CLIP
    if b"soun" in tracks:
        return MP4_SOUND
    raise Refused(DAMAGED)


def _handlers(stream: IO[bytes], begins: int, ends: int) -> Iterator[bytes]:
    """Yield the kind of every track: what its `hdlr` box says."""
    if ends - begins > MOST_OF_A_HEADER:
        raise Refused(DAMAGED)
    waiting, seen = [(begins, ends)], 0
    while waiting:
        at, end = waiting.pop()
        while at < end:
            name, inner, after = box(stream, at, end)
            seen += 1
            if seen > MOST_BOXES:
                raise Refused(DAMAGED)
            if name in CONTAINERS:
                waiting.append((inner, after))
            elif name == b"hdlr":
                stream.seek(inner + 8)
                yield stream.read(4)
            at = after


def _webm(stream: IO[bytes], size: int) -> Medium | None:
    """Return what a WebM holds; another kind of Matroska is none of ours."""
    stream.seek(0)
    content = stream.read(LOOKED_INTO)
    elements = list(_elements(content, 0, len(content)))
    if _is_cut(content, size):
        raise Refused(DAMAGED)
    if not elements or not any(
        name == DOC_TYPE and content[begins:ends] == b"webm"
        for name, begins, ends in _elements(content, elements[0][1], elements[0][2])
    ):
        return None
    kinds = {
        content[begins]
        for name, begins, ends in _inside(content, elements, (SEGMENT, TRACKS, TRACK))
        if name == TRACK_TYPE and ends > begins
    }
    if 1 in kinds:
        return WEBM_CLIP
    if 2 in kinds:
        return WEBM_SOUND
    raise Refused(DAMAGED)


def _is_cut(content: bytes, size: int) -> bool:
    """Whether an outer element says that it ends behind the end of the file; a live recording says nothing."""
    at, end = 0, len(content)
    for _ in range(MOST_OUTER):
        _name, begins = _number(content, at, end, marked=True)
        length, begins = _number(content, begins, end, marked=False)
        if length < 0 or begins >= end:
            return False
        at = begins + length
        if at > size:
            return True
    return False


def _inside(content: bytes, elements: list[tuple[int, int, int]], path: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Return the elements that lie in those named by `path`."""
    for wanted in path:
        elements = [
            inner for name, begins, ends in elements if name == wanted for inner in _elements(content, begins, ends)
        ]
    return elements


def _elements(content: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the elements between two places: name, beginning and end of each; one of unknown length reaches the end."""
    for _ in range(MOST_BOXES):
        if at >= end:
            return
        name, at = _number(content, at, end, marked=True)
        length, at = _number(content, at, end, marked=False)
        after = end if length < 0 else min(at + length, end)
        if name < 0:
            return
        yield name, at, after
        at = after


def _number(content: bytes, at: int, end: int, *, marked: bool) -> tuple[int, int]:
    """Return a number of variable length and where it ends; -1 for one that is cut off or unknown."""
    first = content[at] if at < end else 0
    length = 9 - first.bit_length() if first else 0
    if not length or at + length > end:
        return -1, end
    value = int.from_bytes(content[at : at + length], "big")
    if marked:
        return value, at + length
    rest = value & ((1 << 7 * length) - 1)
    return (-1 if rest == (1 << 7 * length) - 1 else rest), at + length


def _ogg(stream: IO[bytes]) -> Medium | None:
    """Return Ogg for sound; the last page must be whole."""
    stream.seek(0)
    first = stream.read(27 + 255 + 64)
    if len(first) < 28 or not first[27 + first[26] :].startswith(OGG_SOUND):
        return None
    length = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, length - 70_000))
    tail = stream.read()
    at = tail.rfind(b"OggS")
    page = tail[at:]
    if at < 0 or len(page) < 27 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]]):
        raise Refused(DAMAGED)
    return OGG


def _mp3(stream: IO[bytes], head: bytes, size: int) -> Medium | None:
    """Return MP3 when two frames follow each other, behind the tag where there is one."""
    at = 0
    if head[:3] == b"ID3":
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    for _ in range(2):
        stream.seek(at)
        length = _frame(stream.read(4))
        if not length or at + length > size:
            return None
        at += length
    return MP3


def _frame(head: bytes) -> int:
    """Return the length of a layer III frame that begins like this, 0 for none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    newest = head[1] & 0x18 == 0x18  # MPEG 1; the other two halve and quarter its numbers
    rate, samples = head[2] >> 4, head[2] >> 2 & 3
    if not 0 < rate < 15 or samples == 3:
        return 0
    kilobits = MP3_RATES[rate] if newest else (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)[rate]
    hertz = MP3_SAMPLES[samples] // (1 if newest else 2 if head[1] & 0x18 == 0x10 else 4)
    return (144 if newest else 72) * kilobits * 1000 // hertz + (head[2] >> 1 & 1)
