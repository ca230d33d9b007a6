"""The index on disk: one folder for each time it was built, and the name of the present one; opened by many readers."""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import tantivy

from portal.search.analysing import VERSION

CURRENT: Final = "current"  # holds the name of the folder that is read and written
ABOUT: Final = "about.json"
MOST_REMEMBERED: Final = 200_000  # words whose number of documents a reader remembers until the index changes


class Unavailable(Exception):
    """There is no index, or an old one: it is being built. Pages say so and work without it."""


def schema() -> tantivy.Schema:
    """Return the fields of a document; `words` are analysed already, `card` is what ranking and pages read of it."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    for name in ("facts", "audience", "kind", "row"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("card", stored=True)
    return builder.build()


@dataclass(frozen=True, slots=True)
class About:
    """What an index was built of: it is old when any of it is different now."""

    version: int
    kinds: Mapping[str, int]

    @classmethod
    def read(cls, folder: Path) -> "About":
        """Return what the index in `folder` says of itself; raises OSError or ValueError."""
        said = json.loads((folder / ABOUT).read_text("utf-8"))
        return cls(int(said["version"]), {str(kind): int(number) for kind, number in said["kinds"].items()})

    def write(self, folder: Path) -> None:
        """Let the index in `folder` say this of itself."""
        write_whole(folder / ABOUT, json.dumps({"version": self.version, "kinds": dict(self.kinds)}))


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that whoever reads it, even after a crash, finds the old or the new text, never half."""
    beside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def present(folder: Path) -> Path | None:
    """Return where the present index lies, None while there is none."""
    try:
        name = (folder / CURRENT).read_text("utf-8").strip()
    except OSError:
        return None
    found = folder / name
    return found if name.startswith(f"v{VERSION}-") and (found / "meta.json").is_file() else None


@dataclass(slots=True)
class View:
    """The index as it was at one commit."""

    schema: tantivy.Schema
    searcher: tantivy.Searcher
    documents: int
    _frequencies: dict[str, int] = field(default_factory=dict)

    def frequency(self, word: str) -> int:
        """Return in how many documents a word stands."""
        found = self._frequencies.get(word)
        if found is None:
            if len(self._frequencies) >= MOST_REMEMBERED:
                self._frequencies.clear()
            found = self._frequencies[word] = self.searcher.doc_freq("words", word)
        return found


class Reader:
    """One process's eyes on the index in a folder: it follows every commit and every new building by itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: tuple[Any, ...] = ()
        self._index: tantivy.Index | None = None
        self._view: View | None = None

    def view(self) -> View:
        """Return the index as it is now; raises `Unavailable`."""
        seen = self._look()
        view = self._view
        if view is not None and seen == self._seen:
            return view
        with self._lock:
            return self._opened(self._look())

    def _look(self) -> tuple[Any, ...]:
        """Return what changes with every commit and every building: two looks at the file system."""
        path = self._folder / CURRENT
        try:
            pointer = path.stat().st_mtime_ns
            known = self._seen  # one look: another thread may write it
            name = known[1] if known and known[0] == pointer else path.read_text("utf-8").strip()
            meta = (self._folder / name / "meta.json").stat()
        except OSError as error:
            raise Unavailable from error
        if not name.startswith(f"v{VERSION}-"):
            raise Unavailable
        return (pointer, name, meta.st_mtime_ns, meta.st_ino)

    def _opened(self, seen: tuple[Any, ...]) -> View:
        if self._view is not None and seen == self._seen:
            return self._view
        try:
            if self._index is None or self._seen[:2] != seen[:2]:
                self._index = tantivy.Index.open(str(self._folder / seen[1]))
                self._index.config_reader("manual")
            self._index.reload()
        except (ValueError, OSError) as error:  # removed or swapped while we looked
            self._index = None
            raise Unavailable from error
        searcher = self._index.searcher()
        self._view, self._seen = View(self._index.schema, searcher, searcher.num_docs), seen
        return self._view


_readers: dict[Path, Reader] = {}


def reader_of(folder: Path) -> Reader:
    """Return this process's reader of the index in `folder`."""
    found = _readers.get(folder)
    return found if found is not None else _readers.setdefault(folder, Reader(folder))
