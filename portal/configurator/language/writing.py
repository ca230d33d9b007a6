"""A rule set back to files: YAML and CSV that read as the same content; comments of the first files are not in it."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from decimal import Inexact
from pathlib import Path
from typing import Any

import yaml

from portal.configurator.language.authored import Flow, amount, document
from portal.configurator.language.errors import RuleErrors
from portal.configurator.language.parts import Scalar, Table
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet

FILES = {
    "10-product.yaml": (
        *("format", "key", "title", "completion", "sections", "groups", "settings", "tables", "repeated"),
        *("start", "templates", "pictures"),
    ),
    "20-attributes.yaml": ("attributes",),
    "30-rules.yaml": ("rules", "advice"),
    "40-lines.yaml": ("lines", "accessories"),
    "50-examples.yaml": ("examples",),
}
PART = 200 * 1024  # bytes of one YAML file, with room to the reader's limit
WIDTH = 110


class CannotWrite(Exception):
    """The content cannot be written to files without loss; the message says why."""


def write_ruleset(ruleset: RuleSet, folder: Path, heading: str = "") -> tuple[str, ...]:
    """Write a rule set into a new or empty folder and return the names of its files.

    They are read back first in another place: content that would change is not written at all.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotWrite(f"{folder} is not an empty folder")
    texts = files_of(ruleset, heading)
    with tempfile.TemporaryDirectory() as trial:
        _put(texts, Path(trial))
        try:
            again = read_ruleset(Path(trial))
        except RuleErrors as errors:
            raise CannotWrite(str(errors.errors[0])) from errors
    if again.content_hash != ruleset.content_hash:
        raise CannotWrite("the files would not read as the same content")
    folder.mkdir(parents=True, exist_ok=True)
    _put(texts, folder)
    return tuple(texts)


def files_of(ruleset: RuleSet, heading: str = "") -> dict[str, str]:
    """Return the text of every file by its name."""
    try:
        whole = document(ruleset)
        texts = {f"{table.key}.csv": _csv(table) for table in ruleset.tables}
    except Inexact as lossy:
        raise CannotWrite("a number is no whole decimal of its unit") from lossy
    for name, keys in FILES.items():
        parts = {key: whole[key] for key in keys if whole.get(key)}
        texts |= _yaml_files(name, parts, heading) if parts else {}
    return texts


def _put(texts: Mapping[str, str], folder: Path) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _yaml_files(name: str, parts: Mapping[str, Any], heading: str) -> dict[str, str]:
    """Return one file, or numbered ones when it would be too large for the reader."""
    note = "".join(f"# {line}\n" for line in heading.splitlines())
    chunks = list(_chunks(parts))
    texts = [note + _dump(chunk) for chunk in chunks]
    if len(texts) == 1:
        return {name: texts[0]}
    return {f"{Path(name).stem}-{number:02}.yaml": text for number, text in enumerate(texts, start=1)}


def _chunks(parts: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Split the named parts of a document so that none is too large."""
    chunk: dict[str, Any] = {}
    size = 0
    for kind, value in parts.items():
        for key, entry in value.items() if isinstance(value, dict) and kind != "title" else [("", value)]:
            length = len(_dump({kind: {key: entry}}).encode())
            if chunk and size + length > PART:
                yield chunk
                chunk, size = {}, 0
            size += length
            if key:
                chunk.setdefault(kind, {})[key] = entry
            else:
                chunk[kind] = entry
    yield chunk


class _Dumper(yaml.SafeDumper):
    """Short mappings on one line, no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out: anchors are not part of the format."""
        return True


_Dumper.add_representer(
    Flow, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)
)


def _dump(parts: Mapping[str, Any]) -> str:
    return yaml.dump(
        dict(parts), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=WIDTH, default_flow_style=False
    )


def _csv(table: Table) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(f"{column.name}[{column.unit}]" if column.unit else column.name for column in table.columns)
    units = [column.unit for column in table.columns]
    for row in table.rows:
        writer.writerow(_cell(cell, unit) for cell, unit in zip(row, units, strict=True))
    return stream.getvalue()


def _cell(cell: Scalar | None, unit: str | None) -> str:
    if cell is None:
        return ""
    return amount(cell, unit) if isinstance(cell, int) and unit is not None else str(cell)
