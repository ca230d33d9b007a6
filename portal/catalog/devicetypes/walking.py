"""Finding the files of a device-type library: only regular files of its own folders, and never too many."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from portal.catalog.csvrows import Problem

FORMS: Final = {"device-types": "device", "module-types": "module", "rack-types": "rack"}
SUFFIXES: Final = (".yaml", ".yml")
DEPTH_LIMIT: Final = 6
FILE_LIMIT: Final = 20_000
ENTRY_LIMIT: Final = 100_000
SIZE_LIMIT: Final = 512 * 1024
TOTAL_LIMIT: Final = 256 * 1024 * 1024
PATH_LIMIT: Final = 300


class TooMuch(Exception):
    """The folder holds more than one import may read; the message says what."""


class Damaged(Exception):
    """One file cannot be read; `line` is 0 when the whole file is meant."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read; `path` is relative to the library with forward slashes, `form` device, module or rack."""

    path: str
    form: str
    place: Path


@dataclass(slots=True)
class Library:
    """What a folder holds: files to read in the order of their paths, what is damaged already, and how many others.

    `forms` are those whose folders were looked for: of others the library says nothing, not even that they are gone.
    """

    root: Path
    forms: frozenset[str]
    files: list[Found] = field(default_factory=list)
    damaged: list[Problem] = field(default_factory=list)
    others: int = 0
    entries: int = 0


def walk(path: Path) -> Library:
    """Find the files of the library at `path`, or of one of its three folders; raises TooMuch."""
    path = path.resolve()
    one = path.name in FORMS
    library = Library(path.parent if one else path, frozenset((FORMS[path.name],) if one else FORMS.values()))
    tops = [path] if one else [path / name for name in FORMS]
    for top in tops:
        if top.is_symlink():
            library.damaged.append(Problem(top.name, 0, "a link is not followed"))
        elif top.is_dir():
            _descend(library, top, FORMS[top.name], 1)
    library.files.sort(key=lambda found: found.path)
    library.damaged.sort(key=lambda problem: problem.file)
    return library


def _descend(library: Library, folder: Path, form: str, depth: int) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            library.entries += 1
            if library.entries > ENTRY_LIMIT:
                raise TooMuch(f"more than {ENTRY_LIMIT} files and folders")
            path = Path(entry.path).relative_to(library.root).as_posix()
            shown = path if path.isprintable() else path.encode("unicode_escape").decode("ascii")
            wanted = entry.name.casefold().endswith(SUFFIXES)
            if entry.is_symlink():
                library.damaged.append(Problem(shown, 0, "a link is not followed"))
            elif entry.is_dir(follow_symlinks=False):
                if depth >= DEPTH_LIMIT:
                    raise TooMuch(f"folders more than {DEPTH_LIMIT} deep: {shown}")
                _descend(library, Path(entry.path), form, depth + 1)
            elif not wanted:
                library.others += 1
            elif not entry.is_file(follow_symlinks=False):
                library.damaged.append(Problem(shown, 0, "this is no regular file"))
            elif not path.isprintable() or len(path) > PATH_LIMIT:
                library.damaged.append(Problem(shown[:PATH_LIMIT], 0, "the name of the file is no proper text"))
            else:
                library.files.append(Found(shown, form, Path(entry.path)))
                if len(library.files) > FILE_LIMIT:
                    raise TooMuch(f"more than {FILE_LIMIT} device types")


def contents(library: Library) -> Iterator[tuple[Found, bytes | Damaged]]:
    """Yield every file with its bytes, or with why it cannot be read; raises TooMuch."""
    total = 0
    for found in library.files:
        try:
            data = _read(found.place)
        except Damaged as damaged:
            yield found, damaged
            continue
        total += len(data)
        if total > TOTAL_LIMIT:
            raise TooMuch(f"more than {TOTAL_LIMIT // 1024 // 1024} MB of device types")
        yield found, data


def _read(place: Path) -> bytes:
    """Read one file without following a link and without waiting for a device that took its place."""
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Damaged(f"the file cannot be opened: {error.strerror}") from error
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Damaged("this is no regular file")
        data = stream.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise Damaged(f"the file is larger than {SIZE_LIMIT // 1024} KB")
    return data
