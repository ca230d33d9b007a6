"""Reading a serial number out of what a camera sees: QR and bar codes of labels. Pure."""

import re
import unicodedata
from io import BytesIO
from typing import Final
from urllib.parse import parse_qs, urlsplit

import zxingcpp
from PIL import Image

from portal.errors import Invalid
from portal.files.recognising import recognise
from portal.words import N_

SERIAL: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{2,79}")
NAMED: Final = re.compile(
    r"(?:^|[\s;,|])(?:s/?n|serial(?:\s*(?:no|number))?|序列号)(?:\s*[:=#]\s*|\s+(?=\S*\d))([0-9A-Za-z][0-9A-Za-z._/-]{2,79})",
    re.IGNORECASE,
)
ASKED: Final = ("serial", "sn", "s")  # of an address on a label
NO_CODE: Final = N_("No QR or bar code can be read in this picture. Go closer, or choose below.")


def serial_in(text: str) -> str:
    """Return the serial number that a code or a person says; empty when there is none."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())[:500]
    if "://" in plain:
        found = _in_address(plain)
        return found if SERIAL.fullmatch(found) else ""
    named = NAMED.search(plain)
    candidate = named[1] if named else plain
    return candidate if SERIAL.fullmatch(candidate) else ""


def _in_address(address: str) -> str:
    """Return what an address on a label says: in its query, else the end of its path."""
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that are no IPv6 address
        return ""
    asked = parse_qs(parts.query)
    return next((asked[name][0] for name in ASKED if name in asked), "") or parts.path.rstrip("/").rpartition("/")[2]


def scan(content: bytes) -> str:
    """Return the serial number in a photo; raises Invalid when nothing can be read in it.

    The photo is drawn anew first, as every upload is: a bomb is refused before it is decoded.
    """
    found = recognise(BytesIO(content), clips=False)
    if found.drawn is None:
        raise Invalid(NO_CODE, field="photo")
    with Image.open(BytesIO(found.drawn.content)) as picture:
        codes = zxingcpp.read_barcodes(picture.convert("L"))
    for code in codes:
        if serial := serial_in(code.text):
            return serial
    raise Invalid(NO_CODE, field="photo")
