"""An index of a few documents in a temporary folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from portal.search.audience import EVERYBODY
from portal.search.building import build, swap
from portal.search.documents import Document, Facts
from portal.search.searching import Hit, find

READER = frozenset({EVERYBODY})
Finds = Callable[..., list[Hit]]


def case(
    number: int,
    title: str,
    body: str = "",
    *,
    facts: Facts | None = None,
    audience: frozenset[str] = READER,
    kind: str = "case",
    wordings: tuple[str, ...] = (),
    boost: float = 1.0,
) -> Document:
    return Document(
        kind=kind,
        id=number,
        public_id=f"p{number}",
        audience=audience,
        title=title,
        path=f"/cases/{number}",
        body=body,
        facts=facts or {},
        wordings=wordings,
        boost=boost,
    )


@pytest.fixture
def indexed(tmp_path: Path) -> Callable[..., Finds]:
    """Index documents and return what finds in them."""

    def index(*documents: Document) -> Finds:
        swap(tmp_path, build(tmp_path, documents, {"case": 1}))

        def finds(text: str, tokens: frozenset[str] = READER, **options: object) -> list[Hit]:
            return find(tmp_path, tokens, text, **options)  # type: ignore[arg-type]

        return finds

    return index
