"""The second look at the best hits of the index: how alike a title and the question are, and how sure that is. Pure."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from portal.search.asking import FACT_WEIGHT, Question
from portal.search.calibrating import Evidence, probability
from portal.search.likeness import SURPLUS, Look

BOOST: Final = 0.2  # of what is used more, so little that it decides among those that match alike
# A title and the wordings that a case learned speak together, as if each were likely to be right by itself: the nearest
# four, each with this share, so that one title alone counts as much as it is alike.
COUNTED: Final = 4
SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Card:
    """What the index keeps of a document for showing and ranking."""

    kind: str
    id: int
    public_id: str
    lang: str
    title: str
    title_zh: str
    path: str
    boost: float
    facts: frozenset[str]
    titles: tuple[str, ...]  # words of its title in each language and of the wordings it learned

    @classmethod
    def of(cls, stored: bytes) -> "Card":
        """Return the card that the index stored."""
        kind, row_id, public_id, lang, title, title_zh, path, boost, facts, titles = json.loads(stored)
        named = frozenset(facts.split())
        return cls(kind, row_id, public_id, lang, title, title_zh, path, boost, named, tuple(titles))


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hit in its place."""

    card: Card
    score: float
    evidence: Evidence
    probability: float


@dataclass(frozen=True, slots=True)
class _Scored:
    card: Card
    points: float  # what the index gave, of the question's words and facts
    likeness: float
    covered: float

    @property
    def score(self) -> float:
        return (self.points + self.likeness) * (1 + BOOST * (self.card.boost - 1))


def ranked(question: Question, found: Sequence[tuple[float, Card]], weight: Callable[[str], float]) -> list[Ranked]:
    """Return hits in their order; `found` carries what the index gave each, `weight` how much any word tells."""
    look = Look.of(question)
    scored = [_scored(question, look, points, card, weight) for points, card in found]
    scored.sort(key=lambda each: -each.score)
    made: list[Ranked] = []
    for place, each in enumerate(scored):
        other = scored[0 if place else 1] if len(scored) > 1 else None
        evidence = _evidence(question, look, each, other.score if other else 0.0)
        sure = min(probability(evidence), made[-1].probability if made else 1.0)  # never surer than of the hit before
        made.append(Ranked(each.card, each.score, evidence, sure))
    return made


def _scored(question: Question, look: Look, points: float, card: Card, weight: Callable[[str], float]) -> _Scored:
    found = sorted((look.at(title, weight) for title in card.titles), reverse=True)[:COUNTED] or [(0.0, 0.0)]
    unlike = math.prod(1 - SHARE * alike for alike, _ in found)
    return _Scored(card, points / question.best, (1 - unlike) / SHARE, found[0][1] / question.best)


def _evidence(question: Question, look: Look, each: _Scored, other: float) -> Evidence:
    facts = sum(told for fact, told in question.facts.items() if fact in each.card.facts) / question.best_facts
    words = max(0.0, each.points - FACT_WEIGHT * facts) / SURPLUS
    lead = (each.score - other) / (max(each.score, other) or 1.0)
    return Evidence(
        likeness=each.likeness,
        words=words,
        covered=each.covered,
        lead=min(lead, each.likeness + words + facts),
        facts=facts,
        length=math.log1p(question.best),
        chinese=look.chinese,
    )
