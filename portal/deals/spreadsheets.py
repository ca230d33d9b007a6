"""Tables as Excel workbook and as CSV: numbers are numbers, texts are texts whatever they begin with.

The only formulas are ours; a text that looks like one is written as text and marked so (quote prefix in a workbook, an
apostrophe in CSV).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]

from portal.money import MINOR_DIGITS
from portal.notify.mail import without_controls

CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIKE_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
LONGEST: Final = 32_000  # characters of a cell


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a currency, with the formula that makes them where one does (`{row}` is the row's number)."""

    minor: int
    currency: str
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Percent:
    """Basis points."""

    basis_points: int


Cell = str | int | date | Amount | Percent | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    title: str
    width: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: facts above, the table, sums below it, texts at the end; `kind` of a row: line, group or sum."""

    name: str
    title: str
    company: str  # of the sender; no person is named in a file's properties
    created: datetime
    facts: Sequence[tuple[str, Cell]]
    columns: Sequence[Column]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    texts: Sequence[tuple[str, Cell]] = ()


def workbook(sheet: Sheet) -> bytes:
    """Write the workbook row by row, so that its size costs no memory."""
    out = io.BytesIO()
    book = Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {"title": _text(sheet.title), "company": _text(sheet.company), "author": "", "created": _naive(sheet.created)}
    )
    page = book.add_worksheet(sheet.name)
    writer = _Writer(book, page)
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, column.width)
    page.set_paper(9)  # A4
    page.set_landscape()
    page.fit_to_pages(1, 0)
    row = writer.put(0, [sheet.title], "title") + 1
    for label, value in sheet.facts:
        row = writer.put(row, [label, value], "fact")
    row += 1
    page.repeat_rows(row)
    row = writer.put(row, [column.title for column in sheet.columns], "head")
    for kind, cells in sheet.rows:
        row = writer.put(row, cells, kind)
    row += 1
    for label, value in sheet.texts:
        row = writer.put(row, [label, value], "fact")
    book.close()
    return out.getvalue()


def lines_csv(columns: Iterable[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a table as CSV that spreadsheets open in every language: UTF-8 with its mark, a dot in amounts."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_defused(title) for title in columns])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


class _Writer:
    """Writes cells with the format of their kind."""

    def __init__(self, book: Any, page: Any) -> None:
        self._book, self._page = book, page
        self._formats: dict[tuple[str, str], Any] = {}

    def put(self, row: int, cells: Sequence[Cell], kind: str) -> int:
        """Write one row and return the number of the next."""
        for column, cell in enumerate(cells):
            self._cell(row, column, cell, kind)
        return row + 1

    def _cell(self, row: int, column: int, cell: Cell, kind: str) -> None:
        if cell is None:
            return
        if isinstance(cell, str):
            text = _text(cell)
            style = "text" if _is_like_formula(cell) else ""
            self._page.write_string(row, column, text, self._format(kind, style))
        elif isinstance(cell, Amount):
            digits = MINOR_DIGITS[cell.currency]
            value = cell.minor / 10**digits
            style = self._format(kind, "#,##0" + (f".{'0' * digits}" if digits else ""))
            if cell.formula:
                self._page.write_formula(row, column, cell.formula.format(row=row + 1), style, value)
            else:
                self._page.write_number(row, column, value, style)
        elif isinstance(cell, Percent):
            self._page.write_number(row, column, cell.basis_points / 10_000, self._format(kind, "0.##%"))
        elif isinstance(cell, date):
            self._page.write_datetime(row, column, cell, self._format(kind, "yyyy-mm-dd"))
        else:
            self._page.write_number(row, column, cell, self._format(kind, "0"))

    def _format(self, kind: str, style: str) -> Any:
        if (kind, style) not in self._formats:
            self._formats[kind, style] = self._new_format(kind, style)
        return self._formats[kind, style]

    def _new_format(self, kind: str, style: str) -> Any:
        made = self._book.add_format({"valign": "top", "text_wrap": kind in ("line", "head")})
        if kind in ("title", "head", "group", "sum"):
            made.set_bold()
        if kind == "title":
            made.set_font_size(14)
        if kind == "head":
            made.set_bottom(1)
        if style == "text":
            made.set_quote_prefix()
        elif style:
            made.set_num_format(style)
            made.set_align("left" if kind == "fact" else "right")
        return made


def cell_name(row: int, column: int) -> str:
    """Return the address of a cell, `E12`."""
    return str(xl_rowcol_to_cell(row, column))


def _text(text: str) -> str:
    """Return a text that may stand in a cell."""
    return without_controls(text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]


def _defused(text: str) -> str:
    """Return a text that a spreadsheet cannot take for a formula."""
    return f"'{_text(text)}" if _is_like_formula(text) else _text(text)


def _is_like_formula(text: str) -> bool:
    return text.startswith(LIKE_FORMULAS) or text.lstrip().startswith(LIKE_FORMULAS)


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _defused(cell)
    if isinstance(cell, Amount):
        digits = MINOR_DIGITS[cell.currency]
        whole, rest = divmod(abs(cell.minor), 10**digits)
        return f"{'-' if cell.minor < 0 else ''}{whole}" + (f".{rest:0{digits}d}" if digits else "")
    if isinstance(cell, Percent):
        return f"{cell.basis_points / 100:g}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)
