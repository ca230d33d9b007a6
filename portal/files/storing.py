"""The folder of this machine in which contents lie: files under random names, written whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Final

from portal.db import new_public_id, utc_now
from portal.errors import NotFound
from portal.files.refusing import NoRoom

STORED: Final = re.compile(r"[0-9a-z]{32}")
PART: Final = ".part"
FULL_DISK: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
PIECE: Final = 1 << 20


def new_name() -> str:
    """Return a name for a content: the day, by which those of a day are found together, and 120 random bits."""
    return f"{prefix_of(utc_now().date())}{(new_public_id() + new_public_id())[:24]}"


def prefix_of(day: date) -> str:
    """Return how the names of contents begin that were stored on a day of UTC."""
    return f"{day:%Y%m%d}"


def checked(name: str) -> str:
    """Return a name of a content; one that is none of ours leads nowhere."""
    if not STORED.fullmatch(name):
        raise NotFound
    return name


@dataclass(frozen=True, slots=True)
class LocalStore:
    """Contents in a folder of this machine, in a shelf for each day."""

    folder: Path

    def path_of(self, name: str) -> Path:
        """Return where a content lies; shelves of two letters are from before there was one for each day."""
        path, older = self.folder / checked(name)[:8] / name, self.folder / name[:2] / name
        return older if not path.exists() and older.exists() else path

    def put(self, content: IO[bytes]) -> str:
        """Write a content whole and safely to the disk, in pieces; return its random name. Raises NoRoom."""
        name = new_name()
        path = self.path_of(name)
        part = path.with_name(name + PART)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(content, file, PIECE)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            if error.errno in FULL_DISK:
                raise NoRoom from None
            raise
        return name

    def open(self, name: str) -> IO[bytes]:
        """Return a content to be read; raises NotFound."""
        try:
            return self.path_of(name).open("rb")
        except FileNotFoundError:
            raise NotFound from None

    def erase(self, name: str, *, part: bool = False) -> None:
        """Remove a content, or an unfinished one; one that is gone already is fine."""
        path = self.path_of(name)
        (path.with_name(name + PART) if part else path).unlink(missing_ok=True)

    def copy(self, name: str) -> str:
        """Write a content a second time; return the name of the copy. Raises NotFound or NoRoom."""
        with self.open(name) as content:
            return self.put(content)

    def lying(self, day: date | None = None) -> Iterator[tuple[str, float, bool]]:
        """Yield name, time and whether it is unfinished, of every content, or of those of a day."""
        shelves = self.folder.glob("*") if day is None else [self.folder / prefix_of(day)]
        for shelf in shelves:
            for path in shelf.iterdir() if shelf.is_dir() else ():
                name = path.name.removesuffix(PART)
                with suppress(FileNotFoundError):
                    if STORED.fullmatch(name):
                        yield name, path.stat().st_mtime, path.name != name
