"""A whole index from documents: into a folder of its own, which takes the place of the present one when it is done."""

import contextlib
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import tantivy

from portal.search.analysing import VERSION
from portal.search.documents import Document
from portal.search.index import CURRENT, About, present, schema, write_whole
from portal.search.writing import written

MEMORY: Final = 128_000_000  # of the writer, in bytes: what it holds before it writes a segment
PARTS_KEPT: Final = 2  # the present folder and the one before: a reader may just have opened that


def build(folder: Path, documents: Iterable[Document], kinds: Mapping[str, int]) -> Path:
    """Write an index of all `documents` and return its folder, which is not the present one yet."""
    place = folder / f"v{VERSION}-{secrets.token_hex(6)}"
    place.mkdir(parents=True)
    index = tantivy.Index(schema(), path=str(place))
    writer = index.writer(MEMORY, 1)
    for document in documents:
        writer.add_document(written(document))
    writer.commit()
    writer.wait_merging_threads()
    About(VERSION, kinds).write(place)
    return place


def swap(folder: Path, place: Path) -> None:
    """Make the index in `place` the present one for every reader, and remove those that nobody reads any more."""
    before = present(folder)
    write_whole(folder / CURRENT, place.name)
    kept = {place, before}
    for other in folder.glob("v*-*"):
        if other not in kept:
            with contextlib.suppress(OSError):
                shutil.rmtree(other)
