"""Reading a whole library: every file by itself, then duplicates between files, and one digest over all."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from portal.catalog.csvrows import Problem
from portal.catalog.devicetypes.documents import Document, read_document
from portal.catalog.devicetypes.facts import Fact, facts_of, texts_of
from portal.catalog.devicetypes.identity import identity
from portal.catalog.devicetypes.plaintext import plain_text
from portal.catalog.devicetypes.traps import traps_of
from portal.catalog.devicetypes.vocabulary import Vocabulary, check_words, vocabulary_of
from portal.catalog.devicetypes.walking import Damaged, Found, contents, walk

Who = tuple[str, str, str]
"""Form and identity: what may stand in one library only once."""


@dataclass(frozen=True, slots=True)
class TypeRead:
    """One file as it was read."""

    document: Document
    facts: tuple[Fact, ...]
    traps: frozenset[str]
    description: str

    @property
    def who(self) -> Who:
        """Return form, maker and model as they are compared."""
        return (self.document.form, *identity(self.document.maker, self.document.model))


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A file that was left out because another one describes the same model."""

    path: str
    kept: str
    same: bool  # whether both say the same


@dataclass(frozen=True, slots=True)
class LibraryRead:
    """Everything a library says; `types` in the order of their paths, without the duplicates."""

    types: tuple[TypeRead, ...]
    duplicates: tuple[Duplicate, ...]
    damaged: tuple[Problem, ...]
    others: int
    digest: str
    forms: frozenset[str]  # what it speaks of at all

    @property
    def files(self) -> int:
        """How many files there are to read, damaged ones counted."""
        return len(self.types) + len(self.duplicates) + len(self.damaged)


def read_library(path: Path) -> LibraryRead:
    """Read the library at `path`; raises TooMuch for a folder beyond all measure, nothing for damaged files."""
    library = walk(path)
    vocabulary = vocabulary_of(library.root)
    read: list[TypeRead] = []
    damaged = list(library.damaged)
    whole = hashlib.sha256()
    for found, data in contents(library):
        try:
            if isinstance(data, Damaged):
                raise data
            whole.update(f"{found.path}\0{hashlib.sha256(data).hexdigest()}\n".encode())
            read.append(read_type(found, data, vocabulary))
        except Damaged as wrong:
            damaged.append(Problem(found.path, wrong.line, str(wrong)))
    types, duplicates = _without_duplicates(read)
    damaged.sort(key=lambda problem: problem.file)
    return LibraryRead(
        _with_shared_slugs(types), duplicates, tuple(damaged), library.others, whole.hexdigest(), library.forms
    )


def read_type(found: Found, data: bytes, vocabulary: Vocabulary) -> TypeRead:
    """Read one file; raises Damaged."""
    document = read_document(found, data)
    check_words(document, vocabulary)
    texts = texts_of(document)
    facts = facts_of(document, texts)
    said = "\n".join(document.texts[key] for key in ("description", "comments") if key in document.texts)
    return TypeRead(document, facts, traps_of(document, facts, texts), plain_text(said))


def _without_duplicates(read: Iterable[TypeRead]) -> tuple[list[TypeRead], tuple[Duplicate, ...]]:
    """Of several files about one model .yaml wins over .yml, a slug over none, then the first path."""
    groups: dict[Who, list[TypeRead]] = defaultdict(list)
    for entry in read:
        groups[entry.who].append(entry)
    kept, duplicates = [], []
    for group in groups.values():
        first, *rest = sorted(group, key=_rank)
        kept.append(first)
        for entry in rest:
            same = (entry.facts, entry.description) == (first.facts, first.description)
            duplicates.append(Duplicate(entry.document.path, first.document.path, same))
    kept.sort(key=lambda entry: entry.document.path)
    return kept, tuple(sorted(duplicates, key=lambda duplicate: duplicate.path))


def _rank(entry: TypeRead) -> tuple[bool, bool, str]:
    path = entry.document.path
    return not path.casefold().endswith(".yaml"), not entry.document.texts.get("slug"), path


def _with_shared_slugs(types: list[TypeRead]) -> tuple[TypeRead, ...]:
    """Mark the types that share their slug with another model."""
    slugs: dict[tuple[str, str], int] = defaultdict(int)
    for entry in types:
        slugs[entry.document.form, entry.document.texts.get("slug", "")] += 1
    shared = {key for key, count in slugs.items() if key[1] and count > 1}
    return tuple(
        replace(entry, traps=entry.traps | {"slug-twice"})
        if (entry.document.form, entry.document.texts.get("slug", "")) in shared
        else entry
        for entry in types
    )
