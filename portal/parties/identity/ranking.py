"""How well a name answers what somebody typed, perhaps with an error and perhaps not to its end. Pure."""

from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from portal.parties.identity.names import Name
from portal.parties.identity.sounds import syllables

GOOD: Final = 0.86  # from here on nothing better is looked for
UNFINISHED: Final = 0.06  # what a name loses that goes on behind what was typed
WITHOUT_REGION: Final = 0.02
REORDERED: Final = 0.08
HEARD: Final = 0.5  # how much of a wrong sign that sounds right is forgiven


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed, in the forms that are compared."""

    name: Name
    letters: str
    heard: tuple[str, ...]

    @classmethod
    def of(cls, name: Name) -> "Asked":
        """Return the forms of a parsed text."""
        return cls(name, name.letters, syllables(name.letters))


def score(asked: Asked, letters: str, core: str) -> float:
    """Return from 0 to 1 how well a name in its compared form answers; `core` is the name without regions."""
    best = _alike(asked, letters)
    if core != letters and best < 1:
        best = max(best, _alike(asked, core) - WITHOUT_REGION)
    return best


def _alike(asked: Asked, letters: str) -> float:
    """Compare the whole, and what was typed with as much of the name; a wrong sign that sounds right counts half."""
    seen = _both(asked.letters, letters)
    if asked.name.chinese and seen < 1:
        seen += (_both(asked.heard, syllables(letters)) - seen) * HEARD
    elif not asked.name.chinese and seen < GOOD:
        seen = max(seen, _both(asked.letters.replace(" ", ""), "".join(syllables(letters)).replace(" ", "")))
        seen = max(seen, _word_by_word(asked.letters.split(), letters.split()) - REORDERED)
    return seen


def _word_by_word(typed: list[str], words: list[str]) -> float:
    """Compare each typed word with the one it is most like, wherever that stands; long words count for more."""
    if len(typed) < 2 or not words:
        return 0.0
    length = sum(map(len, typed))
    best = (max(OSA.normalized_similarity(word, other) for other in words) * len(word) for word in typed)
    return sum(best) / length - UNFINISHED * max(0, len(words) - len(typed)) / len(words)


def _both(typed: "str | tuple[str, ...]", whole: "str | tuple[str, ...]") -> float:
    similar: float = OSA.normalized_similarity(typed, whole)
    length = len(typed)
    if len(whole) > length:
        rest = 1 - length / len(whole)
        begun = max(
            OSA.normalized_similarity(typed, whole[:end]) for end in (length - 1, length, length + 1) if end > 0
        )
        similar = max(similar, begun - UNFINISHED * rest - 0.01)
    return similar
