"""The unified social credit code of organisations in China (GB 32100-2015): 18 signs, the last one checks. Pure."""

import re
import unicodedata
from typing import Final

from portal.errors import Invalid
from portal.words import N_

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V and Z
LENGTH: Final = 18
WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
FIELD: Final = "credit_code"
_SIGNS_BETWEEN: Final = re.compile(r"[\s\x00-\x1f\ud800-\udfff.\-‐-―_/·]+")


def normal(text: str) -> str:
    """Return a code as it is stored: NFKC, capitals, nothing between its signs; it may still be wrong."""
    plain = _SIGNS_BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()
    return unicodedata.normalize("NFKC", plain)  # signs that now stand side by side may be one


def check_sign(first: str) -> str:
    """Return the last sign that belongs to the 17 before it."""
    total = sum(ALPHABET.index(sign) * weight for sign, weight in zip(first, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_valid(text: str) -> bool:
    """Return whether a normalised text is a code whose last sign is right."""
    return len(text) == LENGTH and all(sign in ALPHABET for sign in text) and check_sign(text[:-1]) == text[-1]


def check(text: str) -> str:
    """Return the normalised code; raises Invalid, which says what is wrong with it."""
    code = normal(text)
    if len(code) != LENGTH:
        raise Invalid(N_("A credit code has 18 signs, this one has %(count)d."), field=FIELD, count=len(code))
    for place, sign in enumerate(code, 1):
        if sign not in ALPHABET:
            raise Invalid(
                N_("A credit code has digits and capitals without I, O, S, V and Z; look at sign %(place)d: %(sign)s."),
                field=FIELD,
                place=place,
                sign=sign,
            )
    if check_sign(code[:-1]) != code[-1]:
        raise Invalid(N_("The last sign of this credit code does not fit the others; please compare it."), field=FIELD)
    return code
