"""Whether two lists of English words are the same but for spelling. Pure."""

from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import OSA

from portal.parties.identity.trade_words import ENGLISH_KINDS, ENGLISH_LIGHT

LONG, LONGER, SHORTEST = 7, 10, 5
COMPASS: Final = {"n": "north", "s": "south", "e": "east", "w": "west"}


def same_words(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether two names have the same words in any order, spaces and slips aside."""
    if _slipped("".join(left), "".join(right)) and abs(len(left) - len(right)) == 1:
        return True
    rest = list(right)
    lacking: list[str] = []
    for word in left:
        match = next((other for other in rest if same_word(word, other)), None)
        if match is None:
            lacking.append(word)
        else:
            rest.remove(match)
    matched = len(left) - len(lacking)
    return bool(matched) and _may_lack(lacking, left) and _may_lack(rest, right)


def same_word(word: str, other: str) -> bool:
    """Return whether one word is the other, perhaps mistyped; two real words of a trade never are."""
    if word == other or COMPASS.get(word) == other or COMPASS.get(other) == word:
        return True
    known = (word in ENGLISH_KINDS) + (other in ENGLISH_KINDS)
    if known == 2 or min(len(word), len(other)) < SHORTEST:
        return False
    if _single(word) == _single(other) or {word, other} == {f"{min(word, other, key=len)}s", min(word, other, key=len)}:
        return True
    return OSA.distance(word, other) <= 1 if known == 1 else _slipped(word, other)


def _slipped(word: str, other: str) -> bool:
    """Return whether a long word was mistyped once, or a very long one twice; never in its first letter."""
    if not word or not other or word[0] != other[0] or word.isdigit():
        return False
    short = min(len(word), len(other))
    return short >= LONG and OSA.distance(word, other) <= (2 if short >= LONGER else 1)


def _single(word: str) -> str:
    """Return a word without doubled letters."""
    return "".join(letter for place, letter in enumerate(word) if not place or letter != word[place - 1])


def _may_lack(words: Sequence[str], whole: Sequence[str]) -> bool:
    """Return whether words may be missing on the other side: those that say little, beside one that says more."""
    return all(word in ENGLISH_LIGHT for word in words) and len(words) < len(whole)
