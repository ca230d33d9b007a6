"""Words of a text as the index knows them: stems, codes whole and in parts, Chinese words and signs. Pure.

Documents and queries pass through the same `words`; whoever changes it counts up `VERSION`: the index is built anew.
"""

import re
from functools import lru_cache
from typing import Final

import Stemmer

from portal.parties.identity.letters import is_ideograph, plain
from portal.search.chinese import cut, replaced

VERSION: Final = 2
LONGEST_WORD: Final = 60  # what is longer is a key or an image, nothing that anybody types
REPLACED: Final = "|"  # between the words of a title and the signs that stood where others stand now
# A run of letters and digits with the signs that hold a code together: E-1042, DS-7716NXI, 10.0.0.1, snake_case.
RUN: Final = re.compile(r"[^\W_]+(?:['._\-/:@+\\]+[^\W_]+|_+[^\W_]+)*")
PART: Final = re.compile(r"[^\W_]+")
# What a code says in its humps: IPCamera in IP and Camera, D2CPU in D2 and CPU.
HUMP: Final = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+|[^\WA-Za-z\d_]+")
NUMBER: Final = re.compile(r"\d{3,}")
CHINESE: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_stemmer: Final = Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """Return the words of a text in their order; one place of the text may give several.

    `The DS-7716NXI restarts` gives `the ds7716nxi ds 7716nxi restart`, `硬盘故障` gives `硬盘 硬 盘 故障 故 障`.
    """
    found: list[str] = []
    for run in RUN.findall(plain(text)):
        if run.isascii():
            found += _latin(run)
        else:
            _mixed(run, found)
    return found


def replaced_signs(text: str) -> list[str]:
    """Return the Chinese signs of a text that `words` puts others for: somebody may look for just these."""
    if text.isascii():
        return []
    return list(dict.fromkeys(sign for run in CHINESE.findall(plain(text)) for sign in replaced(run)))


def _mixed(run: str, found: list[str]) -> None:
    """Take a run apart where its script changes: `错误码F4766`."""
    at = 0
    for match in CHINESE.finditer(run):
        for piece in RUN.findall(run[at : match.start()]):
            found += _latin(piece)
        found += _chinese(match.group())
        at = match.end()
    for piece in RUN.findall(run[at:]):
        found += _latin(piece)


@lru_cache(maxsize=65536)
def _latin(run: str) -> tuple[str, ...]:
    """Return the words of one run without spaces: itself, and its parts when it has some."""
    lower = run.casefold()
    if lower.isalpha() and (run.islower() or run.istitle() or run.isupper()):
        return (_stemmer.stemWord(lower),) if len(lower) <= LONGEST_WORD else ()
    parts = [part for piece in PART.findall(run) for part in _parts(piece)]
    whole = lower.replace("'", "") if lower.replace(".", "").isdigit() else "".join(PART.findall(lower))
    if whole.endswith("s") and run[-2:] in {"'s", "'S"}:
        return tuple(_stemmed(PART.findall(lower)[:-1]))
    return tuple(dict.fromkeys(each for each in (*_stemmed([whole]), *_stemmed(parts)) if len(each) <= LONGEST_WORD))


def _parts(piece: str) -> list[str]:
    """Return a piece of a code and, where it is written in humps, what they say: `AbfsTokenManager`."""
    humps, numbers = HUMP.findall(piece), NUMBER.findall(piece)
    return [piece.casefold(), *(each.casefold() for each in humps if len(each) > 1), *numbers]


def _stemmed(parts: list[str]) -> list[str]:
    return [_stemmer.stemWord(part) if part.isalpha() else part for part in parts]


@lru_cache(maxsize=65536)
def _chinese(run: str) -> tuple[str, ...]:
    """Return Chinese words, each followed by its signs."""
    found: list[str] = []
    for word in cut(run):
        found.append(word)
        if len(word) > 1:
            found += word
    return tuple(found)


def is_chinese_word(word: str) -> bool:
    """Return whether a word is Chinese and more than one sign."""
    return len(word) > 1 and is_ideograph(word[0])
