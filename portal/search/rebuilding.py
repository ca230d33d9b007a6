"""Building the index anew from the database, beside the present one, which is read until then."""

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from portal.db import Database
from portal.policy import SYSTEM
from portal.search.building import build, swap
from portal.search.documents import Document
from portal.search.index import write_whole
from portal.search.models import SearchChange
from portal.search.sources import Source, installed, kinds

BATCH: Final = 1000
POSITION: Final = "position"  # the last change that an index has read, beside it
# A change may be numbered before another and committed after it, but no transaction lasts longer than this.
LATENESS: Final = timedelta(minutes=5)
Progress = Callable[[str, int], None]  # a kind, and how many of its documents were read


class Busy(Exception):
    """Somebody else builds the index just now."""


def rebuild(database: Database, folder: Path, *, now: datetime, progress: Progress = lambda _kind, _read: None) -> int:
    """Build the index of everything that can be found and let readers see it; return how many documents there are.

    Changes made meanwhile are read again by the worker. Raises `Busy`.
    """
    counted = 0

    def documents() -> Iterator[Document]:
        nonlocal counted
        for source in installed().values():
            read = 0
            for document in _all_of(database, source):
                read += 1
                if not read % BATCH:
                    progress(source.kind, read)
                yield document
            counted += read
            progress(source.kind, read)

    with _alone(folder):
        start = first_position(database, now=now)
        place = build(folder, documents(), kinds())
        write_position(place, start)
        swap(folder, place)
    return counted


def _all_of(database: Database, source: Source) -> Iterator[Document]:
    after = 0
    while True:
        with database.reading(SYSTEM) as session:
            some = source.rows(session, after, BATCH)
        if not some:
            return
        yield from some
        after = max(document.id for document in some)


def first_position(database: Database, *, now: datetime) -> int:
    """Return the last change that whoever reads the database from now on has surely seen."""
    with database.reading(SYSTEM) as session:
        settled = select(func.max(SearchChange.id)).where(SearchChange.at < now - LATENESS)
        if (found := session.scalar(settled)) is not None:
            return found
        first = session.scalar(select(func.min(SearchChange.id)))
        return max(0, (first or 0) - 1 - BATCH)


def position_of(place: Path) -> int | None:
    """Return the last change that an index has read, None when it does not say."""
    try:
        return int((place / POSITION).read_text("ascii"))
    except (OSError, ValueError):
        return None


def noted_at(place: Path) -> datetime:
    """Return when an index last noted its position."""
    return datetime.fromtimestamp((place / POSITION).stat().st_mtime, UTC)


def write_position(place: Path, position: int) -> None:
    """Note the last change that an index has read, once it is on the disk."""
    write_whole(place / POSITION, str(position))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[Any]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "building.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy from error
        yield lock
