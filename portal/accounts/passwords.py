"""Passwords: what is accepted, how they are kept. NIST SP 800-63B-4: length counts, composition rules do not."""

import unicodedata
from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from portal.errors import Invalid
from portal.words import N_

SHORTEST = 12
LONGEST = 256
LONGEST_TYPED = 4 * LONGEST  # NFKC makes one character of four at most, and takes hours for a megabyte of accents
COMMON = ("password", "passwort", "qwertyuiop", "letmein", "welcome", "administrator", "iloveyou", "1q2w3e4r", "woaini")
_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def normal(password: str) -> str:
    """Return the form that is hashed: NFKC, so that the same keys give the same password on every machine."""
    return unicodedata.normalize("NFKC", password)


def check_new(password: str, *, email: str, name: str, field: str) -> None:
    """Raise Invalid with what to do when `password` is not acceptable; nothing is ever cut off."""
    text = normal(password[: LONGEST_TYPED + 1])
    if len(text) < SHORTEST:
        raise Invalid(N_("Use at least %(count)s characters; a sentence works well."), field=field, count=SHORTEST)
    if len(text) > LONGEST or len(password) > LONGEST_TYPED:
        raise Invalid(N_("Use at most %(count)s characters."), field=field, count=LONGEST)
    folded = text.casefold()
    own = [part for part in (email.partition("@")[0], *name.split()) if len(part) >= 4]
    rest = folded
    for word in (*COMMON, *(part.casefold() for part in own)):
        rest = rest.replace(word, "")
    if len(set(folded)) < 5 or len(rest) < 6 or _is_run(folded):
        raise Invalid(N_("This password is easily guessed; use words that belong to nobody else."), field=field)


def _is_run(text: str) -> bool:
    """Return whether most characters are neighbours of the one before, as in 123456789012 or abcdefgfedcba."""
    near = [abs(ord(after) - ord(before)) <= 1 for before, after in pairwise(text)]
    return sum(near) * 3 >= len(near) * 2


def hash_of(password: str) -> str:
    """Return the argon2id hash."""
    return _hasher.hash(normal(password))


def matches(password: str, hashed: str) -> bool:
    """Return whether `password` has that hash; an empty hash costs the same time and never matches."""
    try:
        typed = normal(password[: LONGEST_TYPED + 1])[: LONGEST + 1]
        return _hasher.verify(hashed or _nobodys_hash(), typed) and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")
