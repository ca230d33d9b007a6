"""How sure a hit is: what speaks for it, as a probability that it is what was looked for. Pure.

The coefficients were fitted by `benchmarks/matching_quality.py --fit` (logistic regression, every set of questions the
same weight) on English questions to a forum, reports of defects, customers' requests and invented bilingual faults; for
Chinese on our own everyday questions and those faults.
"""

import math
from dataclasses import astuple, dataclass
from typing import Final, Literal

Band = Literal["solves", "similar", "nothing"]
SOLVES: Final = 0.8
SIMILAR: Final = 0.3
CHINESE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a hit, each between nought and one unless it says otherwise."""

    likeness: float  # between the question and the nearest title or wording
    words: float  # what the index gave for words, of the most it could give
    covered: float  # how much of what the question tells stands in that title
    # Over the next hit, but no more than there are words in common: the only hit of a small index leads by nothing. Of
    # hits behind the first how far they are behind it, below nought.
    lead: float
    facts: float  # how much of the chosen facts it has; nought when none were chosen
    length: float  # logarithm of how much the question tells, about 1 to 6
    chinese: float  # the share of Chinese in what the question tells; it chooses the coefficients

    def values(self) -> tuple[float, ...]:
        """Return what the coefficients are multiplied with: all of these, and how alike and ahead it is at once."""
        return (*astuple(self)[:-1], self.likeness * self.lead)

    @property
    def is_chinese(self) -> bool:
        """Return whether most of what the question tells is Chinese."""
        return self.chinese > CHINESE


NAMES: Final = ("likeness", "words", "covered", "lead", "facts", "length", "likeness and lead", "bias")
# For a question in words between spaces, and for one in Chinese signs.
COEFFICIENTS: Final = (5.28, 5.17, -1.16, 9.73, 2.11, 1.67, -8.86, -10.10)
CHINESE_COEFFICIENTS: Final = (9.08, 5.84, -5.57, 0.99, 7.75, -0.51, 3.97, -4.31)


def probability(evidence: Evidence) -> float:
    """Return how likely the hit is what was looked for."""
    weights = CHINESE_COEFFICIENTS if evidence.is_chinese else COEFFICIENTS
    told = sum(weight * value for weight, value in zip(weights, (*evidence.values(), 1.0), strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, told))))


def band_of(sure: float) -> Band:
    """Return what may be said of a hit of this probability."""
    return "solves" if sure >= SOLVES else "similar" if sure >= SIMILAR else "nothing"
