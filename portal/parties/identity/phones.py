"""Phone numbers in one form: digits with the country code. Pure."""

import re
import unicodedata
from typing import Final

SHORTEST, LONGEST = 7, 15
_EXTENSION: Final = re.compile(r"(?:ext\.?|extension|x|#|转|轉|分机|分機)\s*\d*\s*$", re.IGNORECASE)
_ALLOWED: Final = re.compile(r"[\d\s+().\-‐-―/]+")
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")


def normal_phone(text: str) -> str:
    """Return digits with the country code, without extension; "" when the text is no phone number.

    Numbers without a country code are Chinese: `0571-8888 1234` and `+86 571 88881234` are the same. A number without
    an area code stays as it is and identifies nobody elsewhere; it is left out.
    """
    plain = _EXTENSION.sub("", unicodedata.normalize("NFKC", text).strip()).strip()
    if not _ALLOWED.fullmatch(plain):
        return ""
    foreign = plain.startswith(("+", "00"))
    digits = re.sub(r"\D", "", plain.replace("(0)", ""))
    if foreign:
        number = digits if plain.startswith("+") else digits.removeprefix("00")
        rest = number.removeprefix("86")
        number = f"86{rest.removeprefix('0')}" if rest != number else number
    else:
        number = _chinese(digits)
    return number if SHORTEST <= len(number) <= LONGEST else ""


def _chinese(digits: str) -> str:
    """Return a number dialled within China with its country code."""
    if _MOBILE.fullmatch(digits) or (digits.startswith(("400", "800")) and len(digits) == 10):
        return f"86{digits}"
    if digits.startswith("86") and len(digits) in (12, 13):
        return digits
    if digits.startswith("0") and 10 <= len(digits) <= 12:
        return f"86{digits[1:]}"
    return ""
