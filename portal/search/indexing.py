"""The one writer of an index: it reads what changed, makes those documents anew and notes how far it came.

How far it came is written after the index is on the disk, so that a crash makes it read some changes twice and none
never. Every machine may have an index of its own: the changes stay for a day, and each index has its own position.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
import tantivy
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.db import Database, ScopedSession, utc_now
from portal.policy import SYSTEM
from portal.search.documents import Document
from portal.search.index import About, present
from portal.search.models import SearchChange
from portal.search.queueing import KEEP
from portal.search.rebuilding import LATENESS, Busy, noted_at, position_of, rebuild, write_position
from portal.search.sources import installed, kinds
from portal.search.writing import row_key, written

POLL_SECONDS: Final = 0.5
PAUSE_SECONDS: Final = 5.0  # after something went wrong
BATCH: Final = 1000
MOST_BEHIND: Final = 2 * LATENESS.total_seconds()  # a number that never comes holds the noted position back for one
MEMORY: Final = 50_000_000
log: Final = structlog.get_logger("portal.search")
Change = tuple[int, str, int]


def is_fresh(place: Path) -> bool:
    """Return whether an index was made by this version, of the kinds that there are."""
    try:
        return dict(About.read(place).kinds) == kinds()
    except (OSError, ValueError, KeyError):
        return False


class Follower:
    """Keeps the index in a folder in line with the database; builds it when it is missing or old."""

    def __init__(self, database: Database, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._folder, self._clock = database, folder, clock
        self._place: Path | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._top = 0  # the highest change read
        self._missing: dict[int, datetime] = {}  # numbers below it that were not there yet, and since when

    def run(self, stop: threading.Event) -> None:
        """Follow until asked to stop; whatever goes wrong is tried again."""
        while not stop.is_set():
            try:
                pause = 0.0 if self.turn() else POLL_SECONDS
            except Exception as error:  # the index is derived: no fault of it may end the worker
                self.let_go()
                log.warning("index not followed", error=type(error).__name__)
                pause = PAUSE_SECONDS
            stop.wait(pause)
        self.let_go()

    def turn(self) -> bool:
        """Do a bounded piece of what is due; return whether there was anything."""
        place = present(self._folder)
        if place is None or not is_fresh(place):
            return self._rebuild()
        if place != self._place and not self._open(place):
            return False
        changes = self._changes()
        if changes:
            self._apply(changes)
        elif self._missing:
            self._remember(place, [])
        return bool(changes)

    def let_go(self) -> None:
        """Give the index free for another writer."""
        self._place, self._writer = None, None

    def _rebuild(self) -> bool:
        self.let_go()
        log.info("index is built", folder=str(self._folder))
        try:
            count = rebuild(self._database, self._folder, now=self._clock())
        except Busy:
            return False
        log.info("index built", documents=count)
        return True

    def _open(self, place: Path) -> bool:
        """Become the writer of this index; False while another process is."""
        self.let_go()
        try:
            self._writer = tantivy.Index.open(str(place)).writer(MEMORY, 1)
        except ValueError:  # locked
            return False
        position = position_of(place)
        if position is None or not self._reaches(place, position):
            self._rebuild()
            return False
        self._place, self._top, self._missing = place, position, {}
        return True

    def _reaches(self, place: Path, position: int) -> bool:
        """Return whether all changes since `position` are still there, and the database is not an older one."""
        with self._database.reading(SYSTEM) as session:
            first, last = session.execute(select(func.min(SearchChange.id), func.max(SearchChange.id))).one()
        if last is None or position >= last:
            return position == (last or 0)
        return bool(first <= position) or self._clock() - noted_at(place) < KEEP

    def _changes(self) -> Sequence[Change]:
        """Return the next changes, and those that were numbered earlier and committed later."""
        table = SearchChange
        columns = select(table.id, table.kind, table.row_id)
        with self._database.reading(SYSTEM) as session:
            fresh = columns.where(table.id > self._top).order_by(table.id).limit(BATCH)
            found = [(number, kind, row_id) for number, kind, row_id in session.execute(fresh)]
            if self._missing:
                late = columns.where(table.id.in_(list(self._missing)[:BATCH]))
                found += [(number, kind, row_id) for number, kind, row_id in session.execute(late)]
        return found

    def _apply(self, changes: Sequence[Change]) -> None:
        assert self._writer is not None
        assert self._place is not None
        rows: dict[str, set[int]] = defaultdict(set)
        for _, kind, row_id in changes:
            rows[kind].add(row_id)
        with self._database.reading(SYSTEM) as session:
            for kind, ids in rows.items():
                documents = _documents(session, kind, sorted(ids))
                for row_id in ids:
                    self._writer.delete_documents_by_term("row", row_key(kind, row_id))
                for document in documents:
                    self._writer.add_document(written(document))
        self._writer.commit()
        self._remember(self._place, [number for number, _, _ in changes])

    def _remember(self, place: Path, numbers: Sequence[int]) -> None:
        """Note how far the index came; numbers that nobody ever commits are waited for no longer than `LATENESS`."""
        now, before = self._clock(), len(self._missing)
        for number in numbers:
            self._missing.pop(number, None)
            if number > self._top:
                self._missing.update(dict.fromkeys(range(self._top + 1, number), now))
                self._top = number
        self._missing = {number: since for number, since in self._missing.items() if since > now - LATENESS}
        if numbers or len(self._missing) < before:
            write_position(place, min(self._missing, default=self._top + 1) - 1)


def _documents(session: ScopedSession, kind: str, ids: Sequence[int]) -> Sequence[Document]:
    """Return the documents of these rows; one that cannot be made costs itself and not the others."""
    source = installed().get(kind)
    if source is None:
        return ()
    try:
        return source.of(session, ids)
    except DBAPIError:
        raise
    except Exception as error:
        log.error("no document", kind=kind, ids=len(ids), error=type(error).__name__)
        if len(ids) == 1:
            return ()
        return [document for each in ids for document in _documents(session, kind, [each])]


def state(session: Session, folder: Path, *, now: datetime) -> dict[str, Any]:
    """Return how the index is: `state` ("ready", "missing", "old", "behind") and numbers for people."""
    place = present(folder)
    if place is None:
        return {"state": "missing"}
    if not is_fresh(place):
        return {"state": "old", "folder": place.name}
    position = position_of(place) or 0
    waiting = select(SearchChange.at).where(SearchChange.id > position).order_by(SearchChange.id).limit(1)
    since = session.scalar(waiting)
    behind = (now - since).total_seconds() if since else 0.0
    return {"state": "behind" if behind > MOST_BEHIND else "ready", "folder": place.name, "behind": behind}
