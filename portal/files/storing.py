"""The folder of this machine in which contents lie: files under random names, written whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from portal.db import new_public_id
from portal.errors import NotFound
from portal.files.refusing import NoRoom

STORED: Final = re.compile(r"[0-9a-z]{32}")
PART: Final = ".part"
FULL_DISK: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
PIECE: Final = 1 << 20


def new_name() -> str:
    """Return a random name for a content."""
    return new_public_id() + new_public_id()


def checked(name: str) -> str:
    """Return a name of a content; one that is none of ours leads nowhere."""
    if not STORED.fullmatch(name):
        raise NotFound
    return name


@dataclass(frozen=True, slots=True)
class LocalStore:
    """Contents in a folder of this machine, in shelves of the first two letters of their names."""

    folder: Path

    def path_of(self, name: str) -> Path:
        """Return where a content lies."""
        return self.folder / checked(name)[:2] / name

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

    def lying(self) -> Iterator[tuple[str, float, bool]]:
        """Yield name, time and whether it is unfinished, of every content."""
        if not self.folder.is_dir():
            return
        for shelf in self.folder.iterdir():
            if not shelf.is_dir():
                continue
            for path in shelf.iterdir():
                name = path.name.removesuffix(PART)
                with suppress(FileNotFoundError):
                    if STORED.fullmatch(name):
                        yield name, path.stat().st_mtime, path.name != name
