"""Where documents come from: each feature answers for its kinds and installs them through `portal.wiring`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import Base
from portal.search.documents import Document

RowIds = Callable[[Any], Iterable[int]]


class Source(Protocol):
    """One kind of thing that can be found."""

    @property
    def kind(self) -> str:
        """The name of its documents."""

    @property
    def version(self) -> int:
        """To be counted up when the same rows make other documents: the index is built anew."""

    @property
    def model(self) -> type[Base]:
        """Whose rows its ids are; its `visible_to` is asked again before anything is shown."""

    @property
    def watched(self) -> Mapping[Any, RowIds]:
        """Rows whose writing changes documents: to the ids of `model`."""

    def rows(self, session: Session, after_id: int, limit: int) -> Sequence[Document]:
        """Return the documents of the next `limit` rows behind `after_id`, by id; the house asks, to build the index.

        Those of one row stay together. A row that makes no document is skipped; nothing means that there are no more.
        """

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these rows as they are now; a row without one is taken out of the index."""


class RowSource:
    """A source whose documents are made of rows of one table, many at a time."""

    kind: str
    version = 1
    model: Any
    watched: Mapping[type[Base], RowIds]

    def rows(self, session: Session, after_id: int, limit: int) -> Sequence[Document]:
        """Return the documents of the next rows that make some."""
        while True:
            query = select(self.model.id).where(self.model.id > after_id).order_by(self.model.id).limit(limit)
            ids = session.scalars(query).all()
            found = self.of(session, ids) if ids else ()
            if found or not ids:
                return found
            after_id = ids[-1]

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these rows."""
        raise NotImplementedError


def itself(row: Any) -> tuple[int]:
    """Return the number of a row: what is watched for its own documents."""
    return (row.id,)


_sources: dict[str, Source] = {}
_watched: dict[type[Base], list[tuple[str, RowIds]]] = {}


def install(sources: Iterable[Source]) -> None:
    """Let these kinds be found; a second time changes nothing."""
    for source in sources:
        _sources[source.kind] = source
    _watched.clear()
    for source in _sources.values():
        for model, ids_of in source.watched.items():
            _watched.setdefault(model, []).append((source.kind, ids_of))


def installed() -> Mapping[str, Source]:
    """Return all sources by their kind."""
    return _sources


def same_rows(kind: str) -> list[str]:
    """Return all kinds whose documents are made of the rows of this one, itself among them."""
    source = _sources.get(kind)
    return [kind] if source is None else [each.kind for each in _sources.values() if each.model is source.model]


def watched() -> Mapping[type[Base], Sequence[tuple[str, RowIds]]]:
    """Return whose writing changes documents: of which kind, and which."""
    return _watched


def kinds() -> dict[str, int]:
    """Return the version of every kind: an index of other ones is old."""
    return {kind: source.version for kind, source in sorted(_sources.items())}
