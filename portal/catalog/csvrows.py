"""CSV files as rows with their lines: bounded, never followed out of their folder, nothing that a spreadsheet runs."""

import csv
import io
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from portal.errors import Invalid
from portal.words import N_

ROW_LIMIT: Final = 20_000
SIZE_LIMIT: Final = 8 * 1024 * 1024
FILE_LIMIT: Final = 200
PROBLEM_LIMIT: Final = 100
HEADER = re.compile(r"([a-z][a-z0-9_]{0,59})(?:\[([^\[\]]{1,20})\])?")
SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,59}")
_HARMLESS = re.compile(r"[+-]?[0-9][0-9.]*(?: ?[^\W\d_][\w .,/°-]*)?")  # a number such as -40, a name such as -48V DC
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
_RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r")
Row = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file; line 0 speaks of the whole file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        """Return the line people search for."""
        return f"{self.file}:{self.line}: {self.message}"


class CatalogueErrors(Invalid):
    """The files cannot be loaded; `problems` says all that was found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            N_("The catalogue was not loaded. %(count)s errors, the first: %(first)s"),
            count=len(problems),
            first=str(problems[0]),
        )
        self.problems = problems


class Wrong(Exception):
    """What is wrong with the row at hand."""


def rows(path: Path, needed: tuple[str, ...], units: dict[str, str], problems: list[Problem]) -> Iterator[Row]:
    """Yield rows by column name with their line; fills `units` from the header, notes what cannot be read."""
    try:
        reader = csv.reader(io.StringIO(_content(path)), strict=True)
        header = [cell.strip() for cell in next(reader, [])]
    except Wrong as wrong:
        problems.append(Problem(path.name, 0, str(wrong)))
        return
    except csv.Error as error:
        problems.append(Problem(path.name, 1, f"this is not CSV: {error}"))
        return
    matches = [HEADER.fullmatch(title) for title in header]
    names = [match[1] if match else "" for match in matches]
    wrong_title = next(
        (title for title, name in zip(header, names, strict=True) if not name or names.count(name) > 1), None
    )
    if wrong_title is not None:
        problems.append(Problem(path.name, 1, f"the column {wrong_title!r} has no proper name, or stands here twice"))
        return
    if gap := [name for name in needed if name not in names]:
        problems.append(Problem(path.name, 1, f"missing columns: {', '.join(gap)}"))
        return
    units.update({match[1]: match[2] or "" for match in matches if match})
    yield from _body(path, reader, names, problems)


def _content(path: Path) -> str:
    if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
        raise Wrong("this link leads out of the folder")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Wrong("this is no regular file")
        with path.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
        if len(data) > SIZE_LIMIT:
            raise Wrong(f"the file is larger than {SIZE_LIMIT // 1024 // 1024} MB")
        text = data.decode("utf-8-sig")
    except (UnicodeDecodeError, OSError):
        raise Wrong("the file is not readable UTF-8 text") from None
    if "\0" in text:
        raise Wrong("the file is not readable UTF-8 text")
    return text


def _body(path: Path, reader: Iterator[list[str]], names: list[str], problems: list[Problem]) -> Iterator[Row]:
    line = 1
    try:
        for cells in reader:
            line = getattr(reader, "line_num", line + 1)
            if len(problems) >= PROBLEM_LIMIT:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if line > ROW_LIMIT:
                problems.append(Problem(path.name, line, f"more than {ROW_LIMIT} lines"))
                return
            if len(cells) != len(names):
                problems.append(Problem(path.name, line, f"{len(cells)} cells where {len(names)} columns are named"))
                continue
            if formula := next((cell for cell in cells if is_formula(cell)), None):
                problems.append(Problem(path.name, line, f"{formula[:40]!r} would be run by a spreadsheet"))
                continue
            yield line, dict(zip(names, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        problems.append(Problem(path.name, line + 1, f"this is not CSV: {error}"))


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet would take a cell for a formula; numbers and names that begin with one are none."""
    text = cell.strip(" ")
    return text.startswith(_RUN_BY_SPREADSHEETS) and not _HARMLESS.fullmatch(text)


def sku_of(row: Mapping[str, str]) -> str:
    """Return the product number of a row."""
    if not SKU.fullmatch(row["sku"]):
        raise Wrong(f"{row['sku']!r} is no product number")
    return row["sku"]


def text_of(row: Mapping[str, str], name: str, longest: int) -> str:
    """Return a text that must be there."""
    text = row[name]
    if not text or len(text) > longest:
        raise Wrong(f"{name} is empty" if not text else f"{name} is longer than {longest} characters")
    if not text.isprintable():
        raise Wrong(f"{name} holds characters that nobody sees")
    return text


def truth_of(row: Mapping[str, str], name: str) -> bool:
    """Return a yes or no."""
    text = row[name].lower()
    if text not in _YES | _NO:
        raise Wrong(f"{name} must be yes or no, not {row[name]!r}")
    return text in _YES


def day_of(row: Mapping[str, str], name: str) -> date:
    """Return a day."""
    try:
        return date.fromisoformat(row[name])
    except ValueError:
        raise Wrong(f"{name} is no date like 2026-01-31: {row[name]!r}") from None
