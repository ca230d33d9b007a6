"""What a PNG or WebP says of itself before anything is unpacked: a decoder would make room for the picture first."""

import struct
from dataclasses import dataclass

PNG_BEGINS, PNG_ENDS, PNG_MOVES = b"IHDR", b"IEND", b"acTL"
SMALLEST_PNG, SMALLEST_WEBP = 33, 30  # bytes


@dataclass(frozen=True, slots=True)
class Header:
    """Size of a picture in pixels, whether it moves, whether it has an end, and how many bytes follow that."""

    width: int
    height: int
    moves: bool = False
    whole: bool = True
    rest: int = 0


def header_of(content: bytes, kind: str) -> Header | None:
    """Return what a picture of this kind (PNG or WEBP) says; None when it does not even say its size."""
    return _png(content) if kind == "PNG" else _webp(content)


def _png(content: bytes) -> Header | None:
    """Walk over the chunks."""
    if content[12:16] != PNG_BEGINS or len(content) < SMALLEST_PNG:
        return None
    width, height = struct.unpack(">II", content[16:24])
    at = 8
    while at + 12 <= len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        if name == PNG_MOVES:
            return Header(width, height, moves=True)
        at += 12 + length
        if name == PNG_ENDS:
            return Header(width, height, rest=len(content) - at)
    return Header(width, height, whole=False)


def _webp(content: bytes) -> Header | None:
    """Look into the first chunk."""
    stated = int.from_bytes(content[4:8], "little") + 8
    if stated > len(content) or len(content) < SMALLEST_WEBP:
        return None
    name, body, moves = content[12:16], content[20:], False
    if name == b"VP8X":
        moves = bool(body[0] & 0x02)
        width, height = 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    elif name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif name == b"VP8 ":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    else:
        return None
    return Header(width, height, moves=moves, rest=len(content) - stated)
