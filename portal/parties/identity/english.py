"""English names in words: legal forms out, abbreviations in full, numbers in digits, regions by themselves. Pure."""

import re
from functools import cache
from typing import Final

from portal.parties.identity.legal_forms import (
    ENGLISH_BRANCHES,
    ENGLISH_FILLERS,
    ENGLISH_FORM_PAIRS,
    ENGLISH_FORMS,
    ENGLISH_NUMBERS,
    ENGLISH_WORDS,
    NUMBER_MARKS,
)
from portal.parties.identity.letters import listed
from portal.parties.identity.regions import ABROAD, CITIES, LATIN, PROVINCES
from portal.parties.identity.sounds import sound

_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|#")
_DOTTED: Final = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?(?![a-z])")
_ANYWHERE: Final = frozenset(
    listed(
        """
        ltd limited llc inc incorporated gmbh corp corporation plc pte pty sdn bhd
        """
    )
)
_MOST_WORDS_OF_A_REGION: Final = 3


@cache
def _regions() -> dict[tuple[str, ...], str]:
    """Return regions by their Latin words."""
    found: dict[tuple[str, ...], str] = {}
    for region in (*CITIES, *PROVINCES):
        found[(sound(region),)] = region
    found |= {tuple(latin.split()): region for region, latin in ABROAD.items()}
    found |= {tuple(latin.split()): region for latin, region in LATIN.items()}
    return found


def words(folded: str) -> list[str]:
    """Return the words of a folded English name, in full and with numbers in digits: `No. 2` is `2`."""
    plain = _DOTTED.sub(lambda match: match.group().replace(".", ""), folded)
    found: list[str] = []
    for written in _WORD.findall(plain):
        word = ENGLISH_WORDS.get(written, written).removesuffix("'s").replace("'", "")
        if word:
            found.append(word)
    return _numbered(found)


def parts(folded: str) -> tuple[str, tuple[str, ...], str, str]:
    """Return core, regions, branch and searched words of a folded English name."""
    whole = _without_forms(words(folded))
    typed = [word for word in whole if word not in ENGLISH_FILLERS]
    kept, regions = _without_regions(whole)
    core = [word for word in kept if word not in ENGLISH_FILLERS and word not in ENGLISH_BRANCHES]
    branch = " ".join(word for word in kept if word in ENGLISH_BRANCHES)
    return " ".join(core or kept), regions, branch, " ".join(typed or whole)


def _numbered(found: list[str]) -> list[str]:
    """Write numbers in digits; a mark such as `No.` before one goes."""
    numbers = [ENGLISH_NUMBERS.get(word, word) if len(word) > 1 or word.isdigit() else word for word in found]
    if numbers and len(found[-1]) == 1 and found[-1] in ENGLISH_NUMBERS:  # a roman I at the end only
        numbers[-1] = ENGLISH_NUMBERS[found[-1]]
    kept = []
    for place, word in enumerate(numbers):
        follows = numbers[place + 1] if place + 1 < len(numbers) else ""
        if not (word in NUMBER_MARKS and follows.isdigit()):
            kept.append(str(int(word)) if word.isdecimal() and word.isascii() and len(word) < 9 else word)
    return kept


def _without_forms(found: list[str]) -> list[str]:
    """Take legal forms off the end, and those that can be nothing else also before a branch."""
    kept = list(found)
    shortened = True
    while shortened and len(kept) > 1:
        shortened = False
        for pair in ENGLISH_FORM_PAIRS:
            if len(kept) > len(pair) and tuple(kept[-len(pair) :]) == pair:
                kept, shortened = kept[: -len(pair)], True
        if len(kept) > 1 and kept[-1] in ENGLISH_FORMS:
            kept, shortened = kept[:-1], True
    plain: list[str] = []
    for place, word in enumerate(kept):
        sure = word in _ANYWHERE or (word == "co" and kept[place + 1 : place + 2] in (["ltd"], ["limited"]))
        if not (place and sure):
            plain.append(word)
    return plain


def _without_regions(found: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Take known regions out, as long as something is left."""
    known, regions, kept, place = _regions(), [], [], 0
    while place < len(found):
        for length in range(_MOST_WORDS_OF_A_REGION, 0, -1):
            piece = tuple(found[place : place + length])
            if len(piece) == length and piece in known:
                regions.append(known[piece])
                place += length
                if found[place : place + 1] in (["province"], ["city"]):
                    place += 1
                break
        else:
            kept.append(found[place])
            place += 1
    if not [word for word in kept if word not in ENGLISH_FILLERS]:
        return found, ()
    return kept, tuple(dict.fromkeys(regions))
