"""Sound and clips, made byte by byte; small, but whole as players want them."""

import struct


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(*handlers: bytes, brand: bytes = b"isom", extra: bytes = b"") -> bytes:
    """An MP4 with tracks of these kinds."""
    tracks = b"".join(box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + kind + bytes(12)))) for kind in handlers)
    head = box(b"ftyp", brand + bytes(4) + brand)
    return head + box(b"moov", box(b"mvhd", bytes(100)) + tracks) + box(b"mdat", b"frames" * 50) + extra


def element(name: bytes, body: bytes) -> bytes:
    return name + bytes([0x80 | len(body)]) + body if len(body) < 127 else name + b"\x01" + len(body).to_bytes(7) + body


def webm(*kinds: int, doc_type: bytes = b"webm", live: bool = False, tags: bytes = b"") -> bytes:
    """A WebM with tracks of these kinds (1 pictures, 2 sound); a live one does not know how long it is."""
    tracks = element(b"\x16\x54\xae\x6b", b"".join(element(b"\xae", element(b"\x83", bytes([k]))) for k in kinds))
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", doc_type))
    noted = element(b"\x12\x54\xc3\x67", tags) if tags else b""
    inner = tracks + noted + element(b"\x1f\x43\xb6\x75", element(b"\xa3", b"cluster" * 9))
    return head + (b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + inner if live else element(b"\x18\x53\x80\x67", inner))


def ogg(codec: bytes = b"OpusHead") -> bytes:
    page = b"OggS\x00\x02" + bytes(8) + b"\x01\x00\x00\x00" + bytes(8)
    return page + bytes([1, 40]) + codec.ljust(40, b"\0")


def mp3() -> bytes:
    """Three frames of 128 kbit/s at 44.1 kHz."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * 3


def wav(extra: bytes = b"") -> bytes:
    body = (
        b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
        + b"data"
        + struct.pack("<I", 80)
        + bytes(80)
        + extra
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body
