"""Finding: one query over everything a reader may know of."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tantivy import Query

from portal.search.asking import ask, query, weight
from portal.search.calibrating import Band, band_of
from portal.search.documents import Facts
from portal.search.index import Unavailable, View, reader_of
from portal.search.ranking import Card, Ranked, ranked

__all__ = ["Band", "Hit", "Unavailable", "find"]
RANKED: Final = 100  # hits of the index that get a second look


@dataclass(frozen=True, slots=True)
class Hit:
    """One document that was found."""

    kind: str
    id: int
    public_id: str
    lang: str
    title: str
    title_zh: str
    path: str
    score: float
    probability: float  # that it is what was looked for, in [0, 1]

    @property
    def band(self) -> Band:
        """Return what may be said of it: "solves", "similar" or "nothing"."""
        return band_of(self.probability)

    def title_in(self, locale: str) -> str:
        """Return what a reader is shown."""
        return self.title_zh if locale == "zh" and self.title_zh else self.title


def find(
    folder: Path,
    tokens: frozenset[str],
    text: str,
    *,
    kinds: Collection[str] = (),
    facts: Facts | None = None,
    limit: int = 10,
    typing: bool = False,
) -> list[Hit]:
    """Return what fits best, best first; `tokens` are the reader's (`audience.tokens`), `folder` that of the settings.

    `facts` add to the score of documents that have them and never keep anything out; with `typing` the last word may be
    half a word. Raises `Unavailable`.
    """
    return [
        Hit(
            each.card.kind, each.card.id, each.card.public_id, each.card.lang, each.card.title, each.card.title_zh,
            each.card.path, each.score, each.probability,
        )
        for each in look(folder, tokens, text, kinds=kinds, facts=facts, limit=limit, typing=typing)
    ]  # fmt: skip


def look(
    folder: Path,
    tokens: frozenset[str],
    text: str,
    *,
    kinds: Collection[str] = (),
    facts: Facts | None = None,
    limit: int = 10,
    typing: bool = False,
    without: str = "",
) -> list[Ranked]:
    """Do what `find` does and return what speaks for each hit as well; `without` one document, by its public id."""
    view = reader_of(folder).view()
    question = ask(view, text, facts, typing=typing)
    found = _hits(view, query(view, question, tokens, kinds, whole=question.one_word), limit)
    if question.one_word and not found:  # nothing has the word: what shares a sign with it is better than nothing
        found = _hits(view, query(view, question, tokens, kinds), limit)
    cards = [(score, Card.of(view.searcher.doc(address)["card"][0])) for score, address in found]
    others = [(score, card) for score, card in cards if card.public_id != without]
    return ranked(question, others, partial(weight, view))[:limit]


def _hits(view: View, wanted: Query, limit: int) -> list[tuple[Any, Any]]:
    return list(view.searcher.search(wanted, max(limit, RANKED), count=False).hits)
