"""The search as a scoring program drives it: documents in, questions, confidence out; the very code that pages use."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from portal.search.audience import EVERYBODY
from portal.search.building import build, swap
from portal.search.documents import Document
from portal.search.ranking import Ranked
from portal.search.searching import find, look
from portal.search.similarity import similarity

READER = frozenset({EVERYBODY})
KIND = "case"


class Evaluated:
    """One index of documents that everybody may read."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="portal-search-")

    def index(self, docs: Sequence[Mapping[str, Any]]) -> None:
        """Index documents with `id`, `lang`, `title`, `body` and perhaps `facts` and `wordings`."""
        folder = Path(self._folder.name)
        swap(folder, build(folder, map(_document, range(len(docs)), docs), {KIND: 1}))

    def search(self, text: str, k: int, facts: Mapping[str, str] | None = None) -> list[tuple[str, float]]:
        """Return at most `k` ids with the probability that each is what was looked for, best first."""
        hits = find(Path(self._folder.name), READER, text, facts=facts, limit=k, typing=True)
        return [(hit.public_id, hit.probability) for hit in hits]

    def similarity(self, a: str, b: str, lang: str) -> float:
        """Return how alike two questions are."""
        return similarity(a, b)

    def look(self, text: str, k: int, facts: Mapping[str, str] | None = None, *, without: str = "") -> list[Ranked]:
        """Return the best hits with what speaks for them, as if the document `without` were not there."""
        folder = Path(self._folder.name)
        return look(folder, READER, text, facts=facts, limit=k, typing=True, without=without)


def _document(number: int, doc: Mapping[str, Any]) -> Document:
    return Document(
        kind=KIND,
        id=number,
        public_id=str(doc["id"]),
        audience=READER,
        title=doc["title"],
        path="",
        lang=doc.get("lang", ""),
        body=doc["body"],
        facts=doc.get("facts") or {},
        wordings=tuple(doc.get("wordings", ())),
    )


def factory() -> Evaluated:
    """Return an empty index to score."""
    return Evaluated()
