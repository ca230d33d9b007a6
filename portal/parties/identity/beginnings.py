"""Which beginnings find a name, and which pieces of what somebody typed are looked up. Pure."""

from typing import Final

from portal.parties.identity.names import Name
from portal.parties.identity.sounds import sound

SIGNS: Final = 4  # Chinese signs of one row
LETTERS: Final = 16  # Latin letters of one row: a word and the beginning of the next
SHORTEST_WORD: Final = 3


def rows_of(name: Name) -> frozenset[str]:
    """Return the beginnings of a name: from every Chinese sign on, or from every word on, and how it sounds."""
    if not name.chinese:
        return frozenset(_from_each_word(name.letters))
    letters = name.letters
    signs = {letters[place : place + SIGNS] for place in range(max(1, len(letters) - 1))}
    return frozenset(signs | {sound(letters)[:LETTERS], sound(name.core)[:LETTERS]})


def vocabulary_of(name: Name) -> frozenset[str]:
    """Return the words of a Latin name that may be meant when one is typed wrongly."""
    return frozenset() if name.chinese else frozenset(w for w in name.letters.split() if len(w) >= SHORTEST_WORD)


def _from_each_word(letters: str) -> set[str]:
    words = letters.split()
    return {" ".join(words[place:])[:LETTERS].rstrip() for place in range(len(words))}
