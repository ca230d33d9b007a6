"""How alike a question and the title of a hit are, by how much each word tells. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from portal.parties.identity.letters import has_ideographs
from portal.search.analysing import REPLACED, is_chinese_word
from portal.search.asking import Question

LONGER: Final = 0.75  # how much a title's length counts against it (BM25's b)
SHORT: Final = 3  # signs: a shorter question is taken to be as long
SURPLUS: Final = 2.2  # BM25's (k1 + 1): what a word gets at most for each unit that it tells
Weight = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Look:
    """What of a question is compared with titles.

    A language with spaces by the cosine, each word as long as it tells. Chinese by its signs: how much of the question
    stands in the title, less the longer the title is; that a word was cut in another way is no difference.
    """

    words: Mapping[str, float]
    length: float
    signs: Mapping[str, float]  # and whatever else is no Chinese word
    told: float  # by all of these
    chinese: float  # the share of Chinese in it

    @classmethod
    def of(cls, question: Question) -> "Look":
        """Return what of this question is compared."""
        words = question.words
        length = math.sqrt(sum(told * told for told in words.values())) or 1.0
        signs = {word: told for word, told in words.items() if not is_chinese_word(word)}
        told = sum(signs.values()) or 1.0
        chinese = sum(each for word, each in signs.items() if has_ideographs(word)) / told
        return cls(words, length, signs, told, chinese)

    def at(self, title: str, weight: Weight) -> tuple[float, float]:
        """Return how alike a title is, between nought and one, and what the question tells that stands in it."""
        stands, _, replaced = title.partition(REPLACED)
        words = stands.split(" ")
        squares = norm = common = 0.0
        for word in words:
            told = self.words.get(word)
            if told is None:
                norm += weight(word) ** 2
            else:
                squares += told * told
                common += told
        besides = [told for sign in replaced.split(" ") if (told := self.signs.get(sign))] if replaced else []
        squares += sum(told * told for told in besides)
        if not squares:
            return 0.0, 0.0
        alike = squares / (self.length * math.sqrt(norm + squares))
        if self.chinese:
            alike += self.chinese * (self._covered(words, sum(besides)) - alike)
        return min(1.0, alike), common + sum(besides)

    def _covered(self, words: list[str], besides: float) -> float:
        """Return how much of the question the signs of a title cover, less the longer it is."""
        signs = [word for word in words if not is_chinese_word(word)]
        long = 1 - LONGER + LONGER * len(signs) / max(SHORT, len(self.signs))
        covered = (besides + sum(self.signs.get(sign, 0.0) for sign in signs)) / self.told
        return covered * SURPLUS / (1 + (SURPLUS - 1) * long)
