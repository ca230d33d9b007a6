"""Files as people and attackers make them."""

import io
import struct
import zipfile
import zlib

from PIL import Image

OFFICE = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!doctype html><script>alert(1)</script>"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new(mode, size, "navy").save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of few bytes that says that it is enormous."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def packed(entries: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A packed folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as folder:
        for name, content in entries.items():
            folder.writestr(name, content)
    return out.getvalue()


def office_bomb() -> bytes:
    """A document whose text unpacks to a thousand times its size."""
    return packed(OFFICE | {"word/media/image1.bmp": b"\0" * 60_000_000})


def liar(entries: dict[str, bytes], name: str, claimed: int) -> bytes:
    """A packed folder whose list says that one entry unpacks to so many bytes."""
    content = bytearray(packed(entries))
    at = content.index(b"PK\x01\x02")
    while content[at + 46 : at + 46 + len(name)] != name.encode():
        at = content.index(b"PK\x01\x02", at + 4)
    content[at + 24 : at + 28] = struct.pack("<I", claimed)
    return bytes(content)
