"""Letters of names in one form: NFKC, simplified characters, folded case, plain signs. Pure."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

from opencc import OpenCC

LONGEST: Final = 200  # letters of a name that anybody looks at
FIRST_IDEOGRAPH: Final = "\u2e80"
# What reads alike and is typed for one another; NFKC leaves these apart.
ALIKE: Final = str.maketrans("’‘`＇〇○—–−", "''''零零---")
# Forms that the conversion leaves: a letter of a name is one letter, whatever word it stands in.
LEFT_OVER: Final = str.maketrans(
    "乾瀋鍾祐渖淸衞峯羣綫牀敎靑黃戶內吳溫卽槪眞緖鎭顏錄彥麪麵粧裡竈鷄産強兪寳恆棲巖",
    "干沈钟佑沈清卫峰群线床教青黄户内吴温即概真绪镇颜录彦面面妆里灶鸡产强俞宝恒栖岩",
)
INVISIBLE: Final = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a list that is written as one text."""
    return tuple(text.split())


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return a text as names are compared: NFKC, simplified, case folded, no accents, single spaces.

    `ＡＢＣ　醫院` becomes `abc 医院`; invisible signs vanish.
    """
    return " ".join(plain(text[:LONGEST]).casefold().split())


def plain(text: str) -> str:
    """Return a text of any length in one form, its case and spaces as they were."""
    form = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).translate(ALIKE)
    if not form.isascii():
        form = _without_accents(form)
        if any(is_ideograph(sign) for sign in form):
            form = _simplifier().convert(form).translate(LEFT_OVER)
    return form


def is_ideograph(sign: str) -> bool:
    """Return whether a sign is written without spaces between words."""
    return sign >= FIRST_IDEOGRAPH and sign.isalnum()


def has_ideographs(text: str) -> bool:
    """Return whether a text holds Chinese."""
    return any(map(is_ideograph, text))


def _without_accents(text: str) -> str:
    """Take accents off Latin letters: `é` becomes `e`."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(sign for sign in parts if unicodedata.category(sign) != "Mn"))
