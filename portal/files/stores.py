"""Where the content of uploads lies: a folder of this machine, or a bucket of an S3-compatible store, by setting."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import IO, Final, Protocol

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from portal.config import Settings
from portal.db import ScopedSession
from portal.files.bucket import BucketStore
from portal.files.storing import LocalStore

FRESH: Final = "files.fresh"  # of a session: contents whose rows are not committed yet


class Store(Protocol):
    """Keeps contents under random names; whole or not at all."""

    def put(self, content: IO[bytes]) -> str:
        """Keep a content, read from where it stands; return its random name. Raises NoRoom."""

    def open(self, name: str) -> IO[bytes]:
        """Return a content to be read and sought in; raises NotFound for one that is gone."""

    def erase(self, name: str, *, part: bool = False) -> None:
        """Remove a content, or the unfinished one of that name; one that is gone already is fine."""

    def copy(self, name: str) -> str:
        """Keep a content a second time; return the random name of the copy. Raises NotFound or NoRoom."""

    def lying(self, day: date | None = None) -> Iterator[tuple[str, float, bool]]:
        """Yield name, time of the last change and whether it is unfinished, of everything, or of what came on a day."""


@lru_cache(maxsize=8)
def _bucket(url: str, endpoint: str) -> BucketStore:
    return BucketStore(url, endpoint)


def store_of(settings: Settings) -> Store:
    """Return the store of this installation."""
    if settings.files_url:
        return _bucket(settings.files_url, settings.s3_endpoint)
    return LocalStore(settings.files_folder)


def erase_unless_committed(session: Session, store: Store, *names: str) -> None:
    """Remove contents again when the transaction of `session` ends in any way but a commit."""
    session.info.setdefault(FRESH, []).extend((store, name) for name in names)


def _committed(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(FRESH, None)


def _over(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        for store, name in session.info.pop(FRESH, ()):
            try:
                store.erase(name)
            except Exception:  # noqa: S112 - of whatever kind of store: the sweep finds it
                continue


event.listen(ScopedSession, "after_commit", _committed)
event.listen(ScopedSession, "after_transaction_end", _over)
