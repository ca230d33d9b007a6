"""The report of an import: what was read, what every trap caught in which files, what changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from portal.catalog.devicetypes.library import LibraryRead
from portal.catalog.devicetypes.origin import Origin
from portal.catalog.devicetypes.traps import TRAPS

NAMED: Final = 1  # files that a line of the printed report names
UNSOLD: Final = "no price, lifecycle, region or compatibility stands in a file: none is made up; not for sale as such"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import found and did; `caught` maps each trap's code to the files it was met in."""

    origin: Origin
    library: LibraryRead
    caught: dict[str, tuple[str, ...]]
    counts: dict[str, int]
    facts: dict[str, int]  # by origin: stated, default, hint

    @property
    def is_unchanged(self) -> bool:
        """Whether the database said the same already."""
        return not any(self.counts[name] for name in ("added", "changed", "archived", "gone"))

    def lines(self) -> Iterator[str]:
        """Yield the report for the console."""
        library, counts = self.library, self.counts
        named = ", ".join(filter(None, (self.origin.name, self.origin.revision[:12], self.origin.licence)))
        yield f"Source    {named}; content {library.digest[:12]}"
        left_out = f"{len(library.damaged)} damaged, {len(library.duplicates)} duplicates left out"
        others = f"; {library.others} other files not read" if library.others else ""
        yield f"Files     {len(library.types)} of {library.files} imported, {left_out}{others}"
        kept = f", {counts['kept']} kept because their file is damaged" if counts["kept"] else ""
        yield (
            f"Products  {counts['added']} added, {counts['changed']} changed, {counts['archived']} archived, "
            f"{counts['unchanged']} unchanged{kept}"
        )
        yield (
            f"Facts     {sum(self.facts.values())}: {self.facts['stated']} stated, "
            f"{self.facts['default']} defaults of the schema, {self.facts['hint']} quoted hints without a value"
        )
        if self.is_unchanged:
            yield "Nothing to change."
        yield ""
        yield "Trap  Files  What it was and what was done"
        for code, trap in TRAPS.items():
            files = self.caught.get(code, ())
            if files:
                yield f"{trap.number:>4}  {len(files):>5}  {trap.done} ({_few(files)})"
        yield f"  12  {len(library.types):>5}  {UNSOLD}"
        for duplicate in library.duplicates:
            same = "says the same" if duplicate.same else "says something else"
            yield f"{duplicate.path}:0: left out, {duplicate.kept} describes the same model and {same}"

    def summary(self) -> dict[str, Any]:
        """Return the figures alone, to be kept with the source."""
        return {
            "counts": dict(self.counts),
            "facts": dict(self.facts),
            "traps": {code: len(files) for code, files in self.caught.items()},
            "damaged": len(self.library.damaged),
            "duplicates": len(self.library.duplicates),
        }

    def whole(self) -> dict[str, Any]:
        """Return everything, file by file."""
        library = self.library
        return {
            "source": {"name": self.origin.name, "revision": self.origin.revision, "licence": self.origin.licence},
            "digest": library.digest,
            "files": library.files,
            "imported": len(library.types),
            "other_files": library.others,
            "products": dict(self.counts),
            "facts": dict(self.facts),
            "damaged": [{"file": p.file, "line": p.line, "message": p.message} for p in library.damaged],
            "duplicates": [{"file": d.path, "kept": d.kept, "same": d.same} for d in library.duplicates],
            "traps": {
                code: {"number": trap.number, "done": trap.done, "files": list(self.caught.get(code, ()))}
                for code, trap in TRAPS.items()
            },
            "types": [
                {"file": entry.document.path, "maker": entry.document.maker, "model": entry.document.model,
                 "sha256": entry.document.digest, "facts": len(entry.facts), "traps": sorted(entry.traps),
                 "unknown_keys": list(entry.document.unknown)}
                for entry in library.types
            ],
        }  # fmt: skip


def report_of(library: LibraryRead, origin: Origin, counts: dict[str, int]) -> ImportReport:
    """Count what was found."""
    caught: dict[str, list[str]] = {}
    facts = dict.fromkeys(("stated", "default", "hint"), 0)
    for entry in library.types:
        for code in entry.traps:
            caught.setdefault(code, []).append(entry.document.path)
        for fact in entry.facts:
            facts[fact.origin] += 1
    if library.duplicates:
        caught["duplicate"] = [duplicate.path for duplicate in library.duplicates]
    return ImportReport(origin, library, {code: tuple(files) for code, files in caught.items()}, counts, facts)


def _few(files: tuple[str, ...]) -> str:
    rest = len(files) - NAMED
    return ", ".join(files[:NAMED]) + (f", +{rest}" if rest > 0 else "")
