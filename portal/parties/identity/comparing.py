"""Whether two names are one party's: regions, branches, numbers and brands must not contradict. Pure.

The probabilities are steps, not estimates: what is at least `SURE` is taken for the same party.
"""

from typing import Final

from rapidfuzz.distance import OSA, Levenshtein

from portal.parties.identity.names import Name, parse
from portal.parties.identity.regions import KNOWN, WIDE
from portal.parties.identity.sounds import sound, syllables
from portal.parties.identity.spelling import same_words
from portal.parties.identity.trade_words import (
    ALIKE,
    ENGLISH_HOUSES,
    ENGLISH_OF,
    HOUSES,
    LIGHT,
    bare,
    kinds_of,
    translated,
)

SAME, LIKELY, SURE, OPEN, UNLIKELY, OTHER = 0.98, 0.9, 0.8, 0.4, 0.1, 0.02
NUMERALS: Final = frozenset("零一二三四五六七八九十百0123456789")
LONG_BRAND: Final = 4
LONG_NAME: Final = 6
SHORTEST_SOUND: Final = 8


def likeness(left: str, right: str) -> tuple[float, str]:
    """Return how probable it is that two names are one party's, and the word for what decided."""
    a, b = parse(left), parse(right)
    if a.key == b.key:
        return SAME, "name"
    if _branches_differ(a, b):
        return OTHER, "branch"
    if a.chinese != b.chinese:
        judged = _across(a, b) if a.chinese else _across(b, a)
    elif not a.chinese:
        judged = _english(a, b)
    elif _misplaced(a, b):
        return LIKELY, "slip"
    else:
        judged = _chinese(a, b)
    return (OTHER, "region") if regions_differ(a.regions, b.regions) else judged


def _misplaced(a: Name, b: Name) -> bool:
    """Return whether only the region is written with one wrong sign that sounds right: `杭洲` is `杭州`."""
    wrong = _wrong_sign(a.letters, b.letters)
    if wrong is None or wrong[1] in NUMERALS or wrong[2] in NUMERALS:
        return False
    place = max(len("".join(a.regions)), len("".join(b.regions)))
    one_knows = bool(a.regions) != bool(b.regions)
    return one_knows and wrong[0] < place and sound(a.letters) == sound(b.letters)


def regions_differ(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Return whether two places exclude each other; a province and a city do not, nor does no place at all."""
    for kind in (_cities, _wide, _districts):
        here, there = kind(left), kind(right)
        if here and there:
            if not {sound(place) for place in here} & {sound(place) for place in there}:
                return True
            if kind is _cities:
                continue
    return False


def _cities(places: tuple[str, ...]) -> list[str]:
    return [place for place in places if place in KNOWN and place not in WIDE]


def _wide(places: tuple[str, ...]) -> list[str]:
    return [place for place in places if place in WIDE]


def _districts(places: tuple[str, ...]) -> list[str]:
    return [place for place in places if place not in KNOWN]


def _branches_differ(a: Name, b: Name) -> bool:
    return "".join(sorted(a.branch)) != "".join(sorted(b.branch))


def _numbers(core: str) -> tuple[str, ...]:
    """Return the numbers of a name in order."""
    digits = "".join(sign if sign.isdecimal() else " " for sign in core)
    return tuple(sorted(digits.split()))


def _chinese(a: Name, b: Name) -> tuple[float, str]:
    if _numbers(a.core) != _numbers(b.core):
        return OTHER, "number"
    if a.letters == b.letters or _moved(a.core, b.core):
        return LIKELY, "name"
    (brand, kinds), (other_brand, other_kinds) = kinds_of(a.core), kinds_of(b.core)
    if bool(HOUSES.intersection(kinds)) != bool(HOUSES.intersection(other_kinds)):
        return OTHER, "group"
    if brand == other_brand:
        return _kinds(kinds, other_kinds) if brand.strip("第0123456789") else _placed(a, b, kinds == other_kinds)
    return _nearly(a.core, b.core)


def _moved(core: str, other: str) -> bool:
    """Return whether two signs are swapped, or one piece of a long name stands elsewhere."""
    if sorted(core) != sorted(other):
        return False
    return len(core) >= LONG_NAME or OSA.distance(core, other) <= 1


def _placed(a: Name, b: Name, same_kinds: bool) -> tuple[float, str]:
    """Judge names that are nothing without their place: a first hospital there is in every town."""
    here, there = set(a.regions), set(b.regions)
    return (LIKELY, "name") if same_kinds and here & there else (OPEN, "place")


def _kinds(kinds: tuple[str, ...], others: tuple[str, ...]) -> tuple[float, str]:
    """Judge names of one brand by what the houses do."""
    if _trade(kinds) == _trade(others):
        return LIKELY, "name"
    return OTHER, "trade"


def _trade(kinds: tuple[str, ...]) -> str:
    """Return what a house does, without words that say little."""
    words = (bare(ALIKE.get(kind, kind)) for kind in kinds)
    return "".join(word for word in words if word not in LIGHT)


def _nearly(core: str, other: str) -> tuple[float, str]:
    """Judge names with a difference somewhere: a slip in a word of the trade, or in a long brand that sounds alike."""
    added, shorter = _added(core, other), min(len(core), len(other))
    if added in LIGHT or (added and ALIKE.get(added) == ""):
        return LIKELY, "name"
    if OSA.distance(core, other) > 1 or shorter < LONG_BRAND:
        return UNLIKELY, "name"
    wrong = _wrong_sign(core, other)
    if wrong is None:
        return (LIKELY if shorter >= LONG_NAME else UNLIKELY), "slip"
    return (OTHER, "number") if NUMERALS.intersection(wrong[1:]) else _one_sign(core, other, wrong[0])


def _one_sign(core: str, other: str, place: int) -> tuple[float, str]:
    """Judge names that differ in one sign."""
    brands = [len(kinds_of(text)[0]) for text in (core, other)]
    if place >= min(brands):  # a word of the trade that only one of them spells right
        return (LIKELY, "slip") if brands[0] != brands[1] else (UNLIKELY, "trade")
    if min(brands) >= LONG_BRAND and syllables(core)[place] == syllables(other)[place]:
        return LIKELY, "sound"
    return OTHER, "brand"


def _added(core: str, other: str) -> str:
    """Return the one piece that the longer of two texts has more, "" when that is not all."""
    short, long = sorted((core, other), key=len)
    pieces = [op for op in Levenshtein.opcodes(short, long) if op.tag != "equal"]
    if len(pieces) == 1 and pieces[0].tag == "insert":
        return long[pieces[0].dest_start : pieces[0].dest_end]
    return ""


def _wrong_sign(core: str, other: str) -> tuple[int, str, str] | None:
    """Return place and signs of the one sign in which two texts differ; None when they differ otherwise."""
    if len(core) != len(other):
        return None
    different = [(place, x, y) for place, (x, y) in enumerate(zip(core, other, strict=True)) if x != y]
    return different[0] if len(different) == 1 else None


def _english(a: Name, b: Name) -> tuple[float, str]:
    if _numbers(a.core) != _numbers(b.core):
        return OTHER, "number"
    here, there = translated(a.core.split()), translated(b.core.split())
    if bool(ENGLISH_HOUSES.intersection(here)) != bool(ENGLISH_HOUSES.intersection(there)):
        return OTHER, "group"
    return (LIKELY, "name") if same_words(here, there) else (OTHER, "name")


def _across(chinese: Name, latin: Name) -> tuple[float, str]:
    """Judge a Chinese name against one in Latin letters: by its sound, or brand by sound and trade by meaning."""
    joined = "".join(latin.core.split())
    heard = sound(chinese.core)
    if heard == joined or heard == joined.removesuffix("youxiangongsi"):
        return LIKELY, "sound"
    if len(heard) >= SHORTEST_SOUND and OSA.distance(heard, joined) <= 1 and sound(kinds_of(chinese.core)[0]) in joined:
        return LIKELY, "sound"
    brand, kinds = kinds_of(chinese.core)
    words = latin.core.split()
    for count in range(1, len(words) + 1):
        if "".join(words[:count]) == sound(brand):
            return _meant(kinds, words[count:])
    return OTHER, "name"


def _meant(kinds: tuple[str, ...], words: list[str]) -> tuple[float, str]:
    """Judge what a house does in two languages."""
    meanings = frozenset(word for kind in kinds for word in ENGLISH_OF[kind])
    strange = [word for word in words if word not in meanings]
    if not words or not kinds:
        return OPEN, "trade"
    return (LIKELY, "meaning") if len(strange) * 3 <= len(words) else (OTHER, "trade")
