"""Chinese text as words: cut, freed of what only makes it polite, and with one word for what means the same. Pure."""

from functools import lru_cache
from typing import Final

import rjieba

from portal.search.wordings import ASKING, ENDINGS, POLITE, SAME

KNOWN_WELL: Final = 20_000  # times in the dictionary's corpus: a way of asking is cut as one word
QUESTION: Final = "吗"  # what every end of a question becomes
_cutter: Final = rjieba.Jieba()


def _classes(*tables: str) -> dict[str, str]:
    """Return of each word the first of its line; a word of two lines belongs to the earlier one."""
    found: dict[str, str] = {}
    for table in tables:
        for line in table.split("\n"):
            words = line.split()
            for word in words:
                found.setdefault(word, words[0])
    return found


_first: Final = _classes(ASKING, SAME)
_endings: Final = frozenset(ENDINGS.split())
_polite: Final = frozenset(POLITE.split())
for _word in (*_first, *_polite):
    if len(_word) > 1:
        _cutter.add_word(_word, max(_cutter.suggest_freq(_word), KNOWN_WELL * (len(_word) > 2)), "x")


@lru_cache(maxsize=65536)
def cut(run: str) -> tuple[str, ...]:
    """Return the words of a run of Chinese signs: `请问如何重新启动呢` gives `怎么 重启 吗`."""
    return tuple(_first.get(word, word) for word in _told(run))


@lru_cache(maxsize=65536)
def replaced(run: str) -> str:
    """Return the signs that `cut` puts others for: `如何升级固件` gives `如何`."""
    return "".join(word for word in _told(run) if _first.get(word, word) != word)


@lru_cache(maxsize=65536)
def _told(run: str) -> tuple[str, ...]:
    """Return the words without those that are only polite, and with one for every end of a question."""
    found = _cutter.cut(run)
    kept = [word for word in found if word not in _polite] or found
    end = len(kept)
    while end > 1 and kept[end - 1] in _endings:
        end -= 1
    if end < len(kept):
        kept[end:] = [QUESTION]
    return tuple(kept)
