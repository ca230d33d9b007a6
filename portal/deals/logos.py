"""A logo somebody uploads: known by its content, measured before it is decoded, and drawn anew without what rode along.

Nothing of the file itself is kept: what is stored is a PNG that we wrote from its pixels.
"""

import hashlib
import io
import struct
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.errors import Invalid
from portal.picture_headers import header_of
from portal.words import N_

MOST_BYTES: Final = 2_000_000
LONGEST_SIDE: Final = 4_000  # pixels of what is uploaded
DRAWN_SIDE: Final = 1_200  # pixels of what is kept
MOST_KEPT: Final = 1_000_000  # bytes; a photo as PNG is made smaller until it fits
FORMATS: Final = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"RIFF": "WEBP"}
PADDING: Final = {"PNG": 0, "WEBP": 1}  # bytes that may follow the end of a picture
TOO_LARGE: Final = N_("The file is larger than 2 MB. Save the logo smaller and choose it again.")
TOO_WIDE: Final = N_("The picture has more than 4000 pixels on a side. Save it smaller and choose it again.")
NOT_A_PICTURE: Final = N_("This is no PNG, JPEG or WebP picture. Save the logo as PNG and choose it again.")
MOVING: Final = N_("This is a moving picture. Save one picture of it as PNG and choose it again.")
DAMAGED: Final = N_("The picture is damaged or incomplete. Save it again as PNG and choose it again.")
MORE_THAN_PICTURE: Final = N_("The file holds more than a picture. Save the logo again as PNG and choose it again.")


@dataclass(frozen=True, slots=True)
class DrawnLogo:
    """A logo as it is kept."""

    content: bytes  # PNG
    sha256: str
    width: int
    height: int


def draw_logo(content: bytes) -> DrawnLogo:
    """Return the logo drawn anew; raises Invalid that says what is wrong with the file."""
    if len(content) > MOST_BYTES:
        raise _refused(TOO_LARGE)
    kind = next((name for magic, name in FORMATS.items() if content.startswith(magic)), "")
    if not kind or (kind == "WEBP" and content[8:12] != b"WEBP"):
        raise _refused(NOT_A_PICTURE)
    if kind in PADDING:
        _look_into(content, kind)
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            return _drawn(picture)
    except Invalid:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        raise _refused(DAMAGED) from None


def _drawn(picture: Image.Image) -> DrawnLogo:
    _measured(*picture.size)
    if getattr(picture, "is_animated", False):
        raise _refused(MOVING)
    picture.draft("RGB", (DRAWN_SIDE, DRAWN_SIDE))  # a JPEG is decoded at the size it is needed in
    picture.load()
    turned = ImageOps.exif_transpose(picture)
    plain = turned.convert("RGBA" if "A" in turned.getbands() or "transparency" in turned.info else "RGB")
    plain.info.clear()
    side = DRAWN_SIDE
    while True:
        plain.thumbnail((side, side))
        out = io.BytesIO()
        plain.save(out, "PNG")
        if out.tell() <= MOST_KEPT:
            break
        side = side * 3 // 4
    kept = out.getvalue()
    return DrawnLogo(kept, hashlib.sha256(kept).hexdigest(), *plain.size)


def _measured(width: int, height: int) -> None:
    if width > LONGEST_SIDE or height > LONGEST_SIDE:
        raise _refused(TOO_WIDE)


def _look_into(content: bytes, kind: str) -> None:
    """Refuse by what the file says of itself what the decoder would make room for first, and what rides along."""
    header = header_of(content, kind)
    if header is None:
        raise _refused(DAMAGED)
    _measured(header.width, header.height)
    if header.moves:
        raise _refused(MOVING)
    if not header.whole:
        raise _refused(DAMAGED)
    if not 0 <= header.rest <= PADDING[kind]:
        raise _refused(MORE_THAN_PICTURE)


def _refused(message: str) -> Invalid:
    return Invalid(message, field="logo")
