"""The pieces of a typed text that are looked up, so that one typing error leaves some of them whole. Pure."""

from dataclasses import dataclass
from typing import Final

from portal.parties.identity.beginnings import LETTERS, SIGNS
from portal.parties.identity.names import Name
from portal.parties.identity.sounds import sound

FEW: Final = 12  # pieces of the first look
MOST: Final = 24  # and of the second
SHORTEST_SOUND: Final = 3


@dataclass(frozen=True, slots=True)
class Probes:
    """Beginnings to look for: `first` in most cases enough, `more` when they found nothing good."""

    first: tuple[str, ...]
    more: tuple[str, ...]


def probes_of(name: Name) -> Probes:
    """Return what to look for; a piece is the beginning of a row."""
    return _of_signs(name) if name.chinese else _of_words(name.letters)


def _of_signs(name: Name) -> Probes:
    """Chinese: every three signs in a row, then every two; and how the whole and the core sound."""
    letters = name.letters
    sounds = [heard for text in (letters, name.core) if len(heard := sound(text)[:LETTERS]) >= SHORTEST_SOUND]
    threes = _pieces(letters, 3)
    first = [letters[:SIGNS], *sounds, *threes]
    return Probes(_some(first, FEW), _some([*_swapped(letters), *_pieces(letters, 2)], MOST))


def _of_words(letters: str) -> Probes:
    """Latin: from each word on with the next one, the word alone, and what the whole sounds like."""
    words = letters.split()
    pairs = [" ".join(words[place : place + 2])[:LETTERS].rstrip() for place in range(len(words))]
    joined = letters.replace(" ", "")[:LETTERS]
    return Probes(_some([*pairs, joined], FEW), _some([word for word in words if len(word) > 1], FEW))


def _pieces(text: str, length: int) -> list[str]:
    return [text[place : place + length] for place in range(max(1, len(text) - length + 1))]


def _swapped(text: str) -> list[str]:
    """Return every three signs with the last two swapped, and the first three with the first two swapped."""
    pieces = [text[place] + text[place + 2] + text[place + 1] for place in range(len(text) - 2)]
    return [text[1] + text[0] + text[2:3], *pieces] if len(text) > 1 else []


def _some(pieces: list[str], most: int) -> tuple[str, ...]:
    """Return distinct pieces, at most `most`, spread over the whole when there are more."""
    distinct = list(dict.fromkeys(piece for piece in pieces if piece))
    if len(distinct) <= most:
        return tuple(distinct)
    return tuple(distinct[place * len(distinct) // most] for place in range(most))
