"""Which beginnings find a product: numbers from every part on, names in both scripts from every sign on. Pure."""

import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 40
MOST: Final = 200  # words of one product; nobody's name has more


def folded(text: str) -> str:
    """Return the form in which words are compared: NFKC, case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_of(*texts: str) -> frozenset[str]:
    """Return the words of a product; a typed word finds it when one of these begins with it.

    `DS-7716NXI` is found by `ds-77`, `7716`, `nxi` and `ds7716nxi`, `室内半球` also by `半球`.
    """
    found: dict[str, None] = {}
    for text in texts:
        for token in folded(text).split():
            for word in _beginnings(token):
                found.setdefault(word[:LONGEST])
                if len(found) == MOST:
                    return frozenset(found)
    return frozenset(found)


def asked_words(text: str) -> tuple[str, ...]:
    """Return the words a person typed, at most five."""
    return tuple(word[:LONGEST] for word in folded(text).split() if any(map(str.isalnum, word)))[:5]


def _beginnings(token: str) -> Iterator[str]:
    """Yield the token from its start and from every part on, and without its signs."""
    before = ""
    for place, sign in enumerate(token):
        kind = _kind(sign)
        if kind and (kind != before or kind == "ideograph"):
            yield token[place:]
        before = kind
    bare = "".join(filter(str.isalnum, token))
    if bare and bare != token:
        yield bare


def _kind(sign: str) -> str:
    """Return what a sign is: a letter, a digit, an ideograph, or nothing a word begins with."""
    if not sign.isalnum():
        return ""
    if sign.isdecimal():
        return "digit"
    return "ideograph" if sign >= "\u2e80" else "letter"
