"""How Chinese signs sound, in Latin letters without tones: the same reading for a sign wherever it stands. Pure."""

import re
from functools import lru_cache
from typing import Final

from pypinyin import lazy_pinyin

from portal.parties.identity.letters import is_ideograph
from portal.parties.identity.regions import CITIES, PROVINCES

# Words of names in which a sign does not sound as it does alone.
WORDS: Final = (
    "银行",
    "音乐",
    "会计",
    "重工",
    "大厦",
    "长城",
    "长江",
    "长安",
    "长征",
    "长虹",
    "朝阳",
    "都市",
    "的士",
    "校正",
    "调度",
    "传记",
)


@lru_cache(maxsize=16_384)
def _sign(sign: str) -> str:
    return str(lazy_pinyin(sign)[0]) if is_ideograph(sign) else sign


@lru_cache(maxsize=1)
def _words() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    """Return what differs from its signs alone: places above all, such as Chongqing."""
    readings = {word: tuple(map(str, lazy_pinyin(word))) for word in (*WORDS, *PROVINCES, *CITIES)}
    told = {word: reading for word, reading in readings.items() if reading != tuple(map(_sign, word))}
    return re.compile("|".join(sorted(told, key=len, reverse=True))), told


def syllables(text: str) -> tuple[str, ...]:
    """Return one syllable for each Chinese sign; other signs stay as they are."""
    pattern, told = _words()
    found: list[str] = []
    end = 0
    for match in pattern.finditer(text):
        found += map(_sign, text[end : match.start()])
        found += told[match.group()]
        end = match.end()
    found += map(_sign, text[end:])
    return tuple(found)


@lru_cache(maxsize=4096)
def sound(text: str) -> str:
    """Return how a text sounds, without spaces: `清溪 A` gives `qingxia`."""
    return "".join(part for part in syllables(text) if not part.isspace())
