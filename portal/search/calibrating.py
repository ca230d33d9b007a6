"""How sure a hit is: what speaks for it, as a probability that it is what was looked for. Pure.

The coefficients were fitted by `benchmarks/matching_quality.py --fit` (logistic regression, every set of questions the
same weight) on English questions to a forum, reports of defects, customers' requests and invented bilingual faults.
"""

import math
from dataclasses import astuple, dataclass
from typing import Final, Literal

Band = Literal["solves", "similar", "nothing"]
SOLVES: Final = 0.8
SIMILAR: Final = 0.3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a hit, each between nought and one unless it says otherwise."""

    likeness: float  # between the question and the nearest title or wording
    words: float  # what the index gave for words, of the most it could give
    covered: float  # how much of what the question tells stands in that title
    lead: float  # over the next hit; of hits behind the first how far they are behind it, below nought
    facts: float  # how much of the chosen facts it has; nought when none were chosen
    chosen: float  # one when facts were chosen
    length: float  # logarithm of how much the question tells, about 1 to 6

    def values(self) -> tuple[float, ...]:
        """Return what the coefficients are multiplied with: all of these, and how alike and ahead it is at once."""
        return (*astuple(self), self.likeness * self.lead)


NAMES: Final = ("likeness", "words", "covered", "lead", "facts", "chosen", "length", "likeness and lead", "bias")
COEFFICIENTS: Final = (5.99, 4.86, -1.51, 9.67, 1.35, 1.35, 1.59, -9.26, -9.83)


def probability(evidence: Evidence) -> float:
    """Return how likely the hit is what was looked for."""
    told = sum(weight * value for weight, value in zip(COEFFICIENTS, (*evidence.values(), 1.0), strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, told))))


def band_of(sure: float) -> Band:
    """Return what may be said of a hit of this probability."""
    return "solves" if sure >= SOLVES else "similar" if sure >= SIMILAR else "nothing"
