"""How alike two short texts are, without an index: words by how common they are in the language. Pure.

Of Chinese the signs are compared: the same is said with other words of the same signs.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import rjieba

from portal.parties.identity.letters import is_ideograph
from portal.search.analysing import is_chinese_word, words

DICTIONARY_WORDS: Final = 6e7  # that the frequencies of the Chinese dictionary add up to
COMMON: Final = 4.0  # logarithm of a frequency that tells nothing: every 55th word
LEAST: Final = 0.3
_dictionary: Final = rjieba.Jieba()


def similarity(one: str, other: str) -> float:
    """Return the cosine of two texts between nought and one, each word as long as it is rare in the language."""
    left, right = _weighed(one), _weighed(other)
    length = math.sqrt(sum(told * told for told in left.values()) * sum(told * told for told in right.values()))
    return sum(told * right.get(word, 0.0) for word, told in left.items()) / length if length else 0.0


def _weighed(text: str) -> Mapping[str, float]:
    return {word: _told(word) for word in words(text) if not is_chinese_word(word)}


@lru_cache(maxsize=65536)
def _told(word: str) -> float:
    """Return how much a word or sign tells; codes and foreign words as much as a rare one."""
    if not is_ideograph(word[0]):
        return COMMON
    rare = math.log(DICTIONARY_WORDS / max(1, _dictionary.suggest_freq(word)))
    return max(LEAST, rare - COMMON)
