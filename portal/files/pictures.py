"""A photo as evidence: measured before it is decoded, and drawn anew without what rode along, such as the place.

Nothing of the file itself is kept: what is stored is a JPEG or PNG that we wrote from its pixels.
"""

import io
import struct
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.files.refusing import DAMAGED, MOVING, TOO_WIDE, Refused
from portal.picture_headers import header_of

MOST_PIXELS: Final = 25_000_000  # a decoded picture of these takes 100 MB
MOST_PIXELS_OF_A_PHOTO: Final = 50_000_000  # a JPEG is decoded at a fraction of its size
LONGEST_SIDE: Final = 30_000
DRAWN_SIDE: Final = 3_000  # pixels of what is kept: a page of text in a photo stays readable
QUALITY: Final = 85
SMALL_SIDE: Final = 480  # of a thumbnail: sharp on a phone, some 30 KB
SMALL_QUALITY: Final = 72
PAPER: Final = "white"  # under what was transparent


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture drawn anew: its bytes, what they are, and a small JPEG of it."""

    content: bytes
    kind: str
    small: bytes
    width: int  # of the small one
    height: int


def redraw(content: bytes, kind: str) -> Drawn:
    """Return the picture (PNG, JPEG or WEBP) drawn anew; raises Refused."""
    if kind in ("PNG", "WEBP"):
        _look_into(content, kind)
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            return _drawn(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        raise Refused(DAMAGED) from None


def _drawn(picture: Image.Image) -> Drawn:
    photo = picture.format == "JPEG"
    progressive = bool(picture.info.get("progressive") or picture.info.get("progression"))
    _measured(*picture.size, most=MOST_PIXELS_OF_A_PHOTO if photo and not progressive else MOST_PIXELS)
    if getattr(picture, "is_animated", False) and not photo:  # a photo may carry its own preview
        raise Refused(MOVING)
    picture.draft("RGB", (DRAWN_SIDE, DRAWN_SIDE))
    picture.load()
    turned = ImageOps.exif_transpose(picture)
    see_through = "A" in turned.getbands() or "transparency" in turned.info
    plain = turned.convert("RGBA" if see_through else "RGB")
    plain.info.clear()
    plain.thumbnail((DRAWN_SIDE, DRAWN_SIDE))
    sharp = see_through or (picture.format == "PNG" and plain.width * plain.height < 1_000_000)  # a screenshot
    content = _saved(plain, "PNG") if sharp else _saved(plain, "JPEG", QUALITY)
    small = _on_paper(plain) if see_through else plain
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return Drawn(content, "PNG" if sharp else "JPEG", _saved(small, "JPEG", SMALL_QUALITY), *small.size)


def _saved(picture: Image.Image, kind: str, quality: int | None = None) -> bytes:
    out = io.BytesIO()
    if quality is None:
        picture.save(out, kind)
    else:
        picture.save(out, kind, quality=quality)
    return out.getvalue()


def _on_paper(picture: Image.Image) -> Image.Image:
    """Return a picture without holes."""
    paper = Image.new("RGB", picture.size, PAPER)
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _measured(width: int, height: int, *, most: int = MOST_PIXELS) -> None:
    if width * height > most or max(width, height) > LONGEST_SIDE:
        raise Refused(TOO_WIDE)


def _look_into(content: bytes, kind: str) -> None:
    """Refuse by what the file says of itself what the decoder would make room for first."""
    header = header_of(content, kind)
    if header is None:
        raise Refused(DAMAGED)
    _measured(header.width, header.height)
    if header.moves:
        raise Refused(MOVING)
    if not header.whole:
        raise Refused(DAMAGED)
