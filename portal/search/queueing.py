"""Telling the index that something changed: a row written with the change itself, read later."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from sqlalchemy import delete, event, func, insert, select
from sqlalchemy.orm import Session

from portal.db import ScopedSession
from portal.search.models import SearchChange
from portal.search.sources import same_rows, watched

KEEP: Final = timedelta(days=1)  # an index that was away for longer is built anew
TIDIED: Final = 20_000  # rows that one tidying removes


def changed(session: Session, kind: str, ids: Iterable[int]) -> None:
    """Let the documents of these rows be made anew, if and only if the present transaction commits.

    What the session flushes of a source's `watched` classes is noticed by itself; statements that write many rows at
    once call this. All kinds that are made of the same table are: a solved ticket is a case, and a ticket.
    """
    wanted = sorted(set(ids))
    rows = [{"kind": each, "row_id": row_id} for each in same_rows(kind) for row_id in wanted]
    if rows:
        session.execute(insert(SearchChange), rows)


def tidy(session: Session, *, now: datetime) -> int:
    """Remove what every index has read long ago; the newest row stays, so that its number is never given again."""
    newest = select(func.max(SearchChange.id)).scalar_subquery()
    old = select(SearchChange.id).where(SearchChange.at < now - KEEP, SearchChange.id < newest)
    some = old.order_by(SearchChange.at, SearchChange.id).limit(TIDIED)
    gone: Any = session.execute(
        delete(SearchChange).where(SearchChange.id.in_(some)), execution_options={"synchronize_session": False}
    )
    return int(gone.rowcount)


def _notice(session: Session, _flush: Any) -> None:
    """Queue the documents of what was just written, in the same transaction."""
    classes = watched()
    found: dict[str, set[int]] = defaultdict(set)
    for row in chain(session.new, session.dirty, session.deleted):
        for kind, ids_of in classes.get(type(row), ()):
            if row not in session.dirty or session.is_modified(row):
                found[kind].update(ids_of(row))
    rows = [{"kind": kind, "row_id": each} for kind, ids in found.items() for each in sorted(ids)]
    if rows:
        session.connection().execute(insert(SearchChange), rows)


event.listen(ScopedSession, "after_flush", _notice)
