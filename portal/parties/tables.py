"""Reading an uploaded list, CSV or Excel workbook, as rows of texts: bounded before anything is unpacked. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook  # type: ignore[import-untyped]
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

from portal.errors import Invalid
from portal.words import N_

MOST_BYTES: Final = 5_000_000
MOST_ROWS: Final = 5_000
MOST_LINES: Final = 20_000
MOST_COLUMNS: Final = 40
LONGEST_CELL: Final = 2_000
MOST_UNPACKED: Final = 60_000_000
MOST_PARTS: Final = 300
EXACT_DIGITS: Final = 15  # more of them a spreadsheet does not keep in a number
DELIMITERS: Final = (",", ";", "\t")
FORMULA: Final = "\0formula"  # stands for a cell that a spreadsheet would compute
ROUNDED: Final = "\0rounded"  # stands for a number that has lost digits

TOO_LARGE: Final = N_("The file is larger than 5 MB. Split it and import the parts one after the other.")
TOO_MANY: Final = N_("The list has more than %(most)d rows. Split it and import the parts one after the other.")
EMPTY: Final = N_("The file holds no rows below its titles.")
NO_TABLE: Final = N_("This is neither a CSV file nor an Excel workbook (.xlsx). Save the list as one of them.")
DAMAGED: Final = N_("The workbook is damaged or protected. Save it again as .xlsx without a password.")
TOO_WIDE: Final = N_("The list has more than %(most)d columns.")
LONG_CELL: Final = N_("Line %(line)d has a cell of more than %(most)d characters.")


@dataclass(frozen=True, slots=True)
class Table:
    """Titles and the rows below them with the line each stands on."""

    titles: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_table(content: bytes) -> Table:
    """Return what a file says, known by its content; raises Invalid with a sentence about what is wrong."""
    if len(content) > MOST_BYTES:
        raise _refused(TOO_LARGE)
    lines = _workbook_lines(content) if content.startswith(b"PK") else _csv_lines(_text(content))
    titles: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in lines:
        bare = tuple(cell.strip() for cell in cells)
        if not any(bare):
            continue
        if number > MOST_LINES or len(rows) >= MOST_ROWS:
            raise _refused(TOO_MANY, most=MOST_ROWS)
        if any(len(cell) > LONGEST_CELL for cell in bare):
            raise _refused(LONG_CELL, line=number, most=LONGEST_CELL)
        if titles is None:
            titles = _titles(bare)
        else:
            rows.append((number, bare))
    if titles is None or not rows:
        raise _refused(EMPTY)
    return Table(titles, tuple(rows))


def _titles(cells: tuple[str, ...]) -> tuple[str, ...]:
    if len(cells) > MOST_COLUMNS:
        raise _refused(TOO_WIDE, most=MOST_COLUMNS)
    return tuple(cell if "\0" not in cell else "" for cell in cells)


def _text(content: bytes) -> str:
    """Return the text of a CSV file as the spreadsheets of both languages write it."""
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _refused(NO_TABLE)


def _csv_lines(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [FORMULA if cell.startswith(("=", "@")) else cell for cell in cells]
    except csv.Error:
        raise _refused(NO_TABLE) from None


def _workbook_lines(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the lines of the first sheet; gaps between rows count as lines, so a far away cell costs nothing."""
    _look_into(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), 1):
            if number > MOST_LINES:
                raise _refused(TOO_MANY, most=MOST_ROWS)
            yield number, _without_tail(_cell(cell) for cell in cells)
    except (BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, IndexError, TypeError, OSError):
        raise _refused(DAMAGED) from None


def _look_into(content: bytes) -> None:
    """Refuse what unpacks to too much, and XML that declares things of its own, before a reader sees it."""
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise _refused(TOO_LARGE)
            if "xl/workbook.xml" not in packed.namelist():
                raise _refused(NO_TABLE)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _declares(packed.read(part)):
                    raise _refused(DAMAGED)
    except (BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError):
        raise _refused(DAMAGED) from None


def _declares(content: bytes) -> bool:
    plain = content.replace(b"\0", b"")  # also in two bytes a sign
    return b"<!DOCTYPE" in plain or b"<!ENTITY" in plain


def _without_tail(cells: Iterable[str]) -> list[str]:
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    return found


def _cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if getattr(cell, "data_type", "") == "f":
        return FORMULA
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) >= 10**EXACT_DIGITS:
        return ROUNDED
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value)


def _refused(message: str, **params: Any) -> Invalid:
    return Invalid(message, field="file", **params)
