"""Where the content of uploads lies: files under random names, written whole or not at all."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from portal.db import ScopedSession, new_public_id
from portal.errors import NotFound
from portal.files.refusing import NoRoom

STORED: Final = re.compile(r"[0-9a-z]{32}")
PART: Final = ".part"
FRESH: Final = "files.fresh"  # of a session: contents whose rows are not committed yet
FULL_DISK: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def path_of(folder: Path, stored_name: str) -> Path:
    """Return where a content lies; a name that is none of ours leads nowhere."""
    if not STORED.fullmatch(stored_name):
        raise NotFound
    return folder / stored_name[:2] / stored_name


def write(folder: Path, content: bytes) -> str:
    """Write a content whole and safely to the disk; return its random name. Raises NoRoom."""
    name = new_public_id() + new_public_id()
    path = path_of(folder, name)
    part = path.with_name(name + PART)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno in FULL_DISK:
            raise NoRoom from None
        raise
    return name


def erase(folder: Path, stored_name: str) -> None:
    """Remove a content; one that is gone already is fine."""
    path_of(folder, stored_name).unlink(missing_ok=True)


def erase_unless_committed(session: Session, folder: Path, stored_name: str) -> None:
    """Remove a content again when the transaction of `session` ends in any way but a commit."""
    session.info.setdefault(FRESH, []).append(path_of(folder, stored_name))


def _committed(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(FRESH, None)


def _over(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        for path in session.info.pop(FRESH, ()):
            with suppress(OSError):  # the sweep finds it
                path.unlink(missing_ok=True)


event.listen(ScopedSession, "after_commit", _committed)
event.listen(ScopedSession, "after_transaction_end", _over)


def contents(folder: Path) -> Iterator[tuple[str, Path, float]]:
    """Yield the name, path and time of every file under `folder`, also of those half written."""
    if not folder.is_dir():
        return
    for shelf in folder.iterdir():
        if not shelf.is_dir():
            continue
        for path in shelf.iterdir():
            with suppress(FileNotFoundError):
                yield path.name.removesuffix(PART), path, path.stat().st_mtime
