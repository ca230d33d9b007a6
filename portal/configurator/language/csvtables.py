"""CSV tables beside the rules: the header names columns and units, cells become words or base units."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portal.configurator.language.documents import read_text
from portal.configurator.language.errors import Fault, Report
from portal.configurator.language.parts import Column, Table
from portal.configurator.language.units import unit_dimension, whole

SIZE_LIMIT = 2 * 1024 * 1024
ROW_LIMIT = 20_000
COLUMN_LIMIT = 40
CELL_LIMIT = 1_000
FORMULA = ("=", "+", "-", "@")  # beginnings that spreadsheet programs execute

_HEADER = re.compile(r"([a-z][a-z0-9_]*)(?:\[([^\[\]]+)\])?")

Row = tuple[str | int | None, ...]


WHOLE_FILE = frozenset({"missing-file", "outside", "size", "encoding", "shape"})


class RowFault(Fault):
    """A finding whose line is known."""

    def __init__(self, line: int, code: str, what: str = "") -> None:
        super().__init__(code, what)
        self.line = line


@dataclass(frozen=True)
class Source:
    """Where a table comes from: its file inside a root folder, its key columns, the cells its rows must have."""

    path: Path
    root: Path
    name: str
    keys: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)


def read_table(key: str, source: Source, report: Report) -> Table | None:
    """Read a table; rows without the cells of `where` are left out. Problems go to the report."""
    name, keys, where = source.name, source.keys, source.where
    try:
        lines = _lines(read_text(source.path, source.root, SIZE_LIMIT))
        columns = _columns(lines)
        _check_names(columns, [*keys, *where])
    except RowFault as fault:
        report.add(name, fault.line, key, fault.code, fault.what)
        return None
    except Fault as fault:
        report.add(name, 0 if fault.code in WHOLE_FILE else 1, key, fault.code, fault.what)
        return None
    rows: list[Row] = []
    seen: set[Row] = set()
    places = [place for place, column in enumerate(columns) if column.name in keys]
    for line, cells in lines[1:]:
        try:
            row = _row(cells, columns)
            if not _wanted(row, columns, where):
                continue
            found = tuple(row[place] for place in places)
            if places and (None in found or found in seen):
                raise Fault("duplicate" if found in seen else "missing", ", ".join(str(cell) for cell in found))
            seen.add(found)
            rows.append(row)
        except Fault as fault:
            report.add(name, line, key, fault.code, fault.what)
    return Table(key, keys, tuple(columns), tuple(rows))


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Split into rows with their line numbers, skipping blank lines; a row of several lines is named by its first."""
    reader = csv.reader(io.StringIO(text), strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if len(rows) > ROW_LIMIT or len(cells) > COLUMN_LIMIT or any(len(cell) > CELL_LIMIT for cell in cells):
                raise RowFault(
                    line, "size", f"at most {ROW_LIMIT} rows, {COLUMN_LIMIT} columns, {CELL_LIMIT} letters a cell"
                )
            if any(cell.strip() for cell in cells):
                rows.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error:
        raise RowFault(line, "quote") from None
    if not rows:
        raise Fault("empty", "the table")
    return rows


def _columns(lines: list[tuple[int, list[str]]]) -> list[Column]:
    columns: list[Column] = []
    for title in lines[0][1]:
        match = _HEADER.fullmatch(title)
        if match is None:
            raise Fault("name", title)
        if match[2] is not None:
            unit_dimension(match[2])
        if any(column.name == match[1] for column in columns):
            raise Fault("duplicate", match[1])
        columns.append(Column(match[1], match[2]))
    return columns


def _check_names(columns: list[Column], wanted: list[str]) -> None:
    for name in wanted:
        if all(column.name != name for column in columns):
            raise Fault("undefined", name)


def _row(cells: list[str], columns: list[Column]) -> Row:
    if len(cells) != len(columns):
        raise Fault("columns")
    return tuple(_cell(cell, column) for cell, column in zip(cells, columns, strict=True))


def _cell(text: str, column: Column) -> str | int | None:
    """Read a cell; an empty one is a gap."""
    if not text:
        return None
    if column.unit is not None:
        return whole(text, column.unit)
    if text.startswith(FORMULA):
        raise Fault("formula", text[:40])
    return text


def _wanted(row: Row, columns: list[Column], where: Mapping[str, str]) -> bool:
    cells = {column.name: cell for column, cell in zip(columns, row, strict=True)}
    return all(str(cells[name]) == value for name, value in where.items())
