"""Catalogue files: CSV rows with their line numbers become plain facts, or a list of what is wrong and where."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from portal.errors import Invalid
from portal.money import LARGEST_MINOR, MINOR_DIGITS
from portal.words import N_

PRICES: Final = "prices.csv"
BOOKS: Final = ("list", "registered", "silver", "gold")
OWN_COLUMNS: Final = ("sku", "maker", "name_en", "name_zh", "source", "confirmed", "invented")
PRICE_COLUMNS: Final = ("sku", "currency", "book", "amount_minor", "valid_from", "valid_to")
ROW_LIMIT: Final = 20_000
PROBLEM_LIMIT: Final = 100
_HEADER = re.compile(r"([a-z][a-z0-9_]{0,59})(?:\[([^\[\]]{1,20})\])?")
_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,59}")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


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


@dataclass(frozen=True, slots=True)
class ProductFact:
    """One product as the files say it; `capabilities` maps key to (value, unit)."""

    sku: str
    kind: str
    maker: str
    name_en: str
    name_zh: str
    invented: bool
    source: str
    confirmed: bool
    capabilities: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class BookFact:
    """One price book: a circle of buyers, a currency, from the first to the last day, and its prices by sku."""

    book: str
    currency: str
    valid_from: date
    valid_to: date
    invented: bool
    amounts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogueFacts:
    """Everything the files of one folder say."""

    products: Mapping[str, ProductFact]
    books: tuple[BookFact, ...]


class _Wrong(Exception):
    """What is wrong with the row at hand."""


Row = tuple[int, dict[str, str]]


def read_catalogue(folder: Path) -> CatalogueFacts:
    """Read all files of `folder`; raises CatalogueErrors naming file and line of everything that is wrong."""
    problems: list[Problem] = []
    paths = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    if not paths:
        raise CatalogueErrors((Problem(str(folder), 0, "no catalogue here: *.csv is expected"),))
    products: dict[str, ProductFact] = {}
    for path in paths:
        if path.name != PRICES:
            _read_products(path, products, problems)
    books = _read_prices(folder / PRICES, products, problems) if (folder / PRICES).exists() else ()
    if problems:
        raise CatalogueErrors(tuple(problems[:PROBLEM_LIMIT]))
    return CatalogueFacts(products, books)


def _read_products(path: Path, products: dict[str, ProductFact], problems: list[Problem]) -> None:
    units: dict[str, str] = {}
    for line, row in _rows(path, OWN_COLUMNS, units, problems):
        try:
            fact = _product(row, units, path.stem)
            if fact.sku in products:
                raise _Wrong(f"the product {fact.sku} stands in the catalogue already")
            products[fact.sku] = fact
        except _Wrong as wrong:
            problems.append(Problem(path.name, line, str(wrong)))


def _product(row: Mapping[str, str], units: Mapping[str, str], stem: str) -> ProductFact:
    kind = row.get("kind") or stem
    if not _KIND.fullmatch(kind):
        raise _Wrong(f"{kind!r} is no kind of product: small letters, digits, - and _")
    texts = {name: _text(row, name, longest) for name, longest in (("maker", 80), ("name_en", 200), ("name_zh", 200))}
    extra = [name for name in units if name not in OWN_COLUMNS and name != "kind" and row[name]]
    too_long = next((name for name in extra if len(row[name]) > 200), None)
    if too_long:
        raise _Wrong(f"{too_long} is longer than 200 characters")
    return ProductFact(
        sku=_sku(row),
        kind=kind,
        source=_text(row, "source", 300),
        confirmed=_truth(row, "confirmed"),
        invented=_truth(row, "invented"),
        capabilities={name: (row[name], units[name]) for name in extra},
        **texts,
    )


def _read_prices(path: Path, products: Mapping[str, ProductFact], problems: list[Problem]) -> tuple[BookFact, ...]:
    books: dict[tuple[str, str, date], BookFact] = {}
    for line, row in _rows(path, PRICE_COLUMNS, {}, problems):
        try:
            _price(row, products, books)
        except _Wrong as wrong:
            problems.append(Problem(path.name, line, str(wrong)))
    return tuple(books.values())


def _price(
    row: Mapping[str, str], products: Mapping[str, ProductFact], books: dict[tuple[str, str, date], BookFact]
) -> None:
    sku, currency, name, amount = _sku(row), row["currency"], row["book"], row["amount_minor"]
    if products and sku not in products:
        raise _Wrong(f"the product {sku} is in none of the files")
    if currency not in MINOR_DIGITS:
        raise _Wrong(f"unknown currency {currency!r}; known are {', '.join(MINOR_DIGITS)}")
    if name not in BOOKS:
        raise _Wrong(f"unknown price book {name!r}; known are {', '.join(BOOKS)}")
    if not amount.isascii() or not amount.isdigit() or int(amount) > LARGEST_MINOR:
        raise _Wrong(f"{amount!r} is no price in whole minor units")
    first, last = _day(row, "valid_from"), _day(row, "valid_to")
    if last < first:
        raise _Wrong(f"the price ends ({last}) before it begins ({first})")
    invented = _truth(row, "invented") if row.get("invented") else True
    book = books.setdefault((name, currency, first), BookFact(name, currency, first, last, invented))
    if (book.valid_to, book.invented) != (last, invented):
        raise _Wrong(f"the book {name} {currency} from {first} has another last day or origin in an earlier line")
    if sku in book.amounts:
        raise _Wrong(f"the price of {sku} stands in the book {name} {currency} from {first} already")
    book.amounts[sku] = int(amount)


def _rows(path: Path, needed: tuple[str, ...], units: dict[str, str], problems: list[Problem]) -> Iterator[Row]:
    """Yield rows by column name with their line; fills `units` from the header, notes what cannot be read."""
    try:
        reader = csv.reader(io.StringIO(path.read_text("utf-8-sig")), strict=True)
        header = [cell.strip() for cell in next(reader, [])]
    except (UnicodeDecodeError, OSError, csv.Error):
        problems.append(Problem(path.name, 0, "the file is not readable UTF-8 text"))
        return
    matches = [_HEADER.fullmatch(title) for title in header]
    names = [match[1] if match else "" for match in matches]
    wrong = next((title for title, name in zip(header, names, strict=True) if not name or names.count(name) > 1), None)
    if wrong is not None:
        problems.append(Problem(path.name, 1, f"the column {wrong!r} has no proper name, or stands here twice"))
        return
    if gap := [name for name in needed if name not in names]:
        problems.append(Problem(path.name, 1, f"missing columns: {', '.join(gap)}"))
        return
    units.update({match[1]: match[2] or "" for match in matches if match})
    yield from _body(path, reader, names, problems)


def _body(path: Path, reader: Iterator[list[str]], names: list[str], problems: list[Problem]) -> Iterator[Row]:
    line = 1
    try:
        for cells in reader:
            line = getattr(reader, "line_num", line + 1)
            if not any(cell.strip() for cell in cells):
                continue
            if line > ROW_LIMIT:
                problems.append(Problem(path.name, line, f"more than {ROW_LIMIT} lines"))
                return
            if len(cells) != len(names):
                problems.append(Problem(path.name, line, f"{len(cells)} cells where {len(names)} columns are named"))
                continue
            yield line, dict(zip(names, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        problems.append(Problem(path.name, line + 1, f"this is not CSV: {error}"))


def _sku(row: Mapping[str, str]) -> str:
    if not _SKU.fullmatch(row["sku"]):
        raise _Wrong(f"{row['sku']!r} is no product number")
    return row["sku"]


def _text(row: Mapping[str, str], name: str, longest: int) -> str:
    text = row[name]
    if not text or len(text) > longest:
        raise _Wrong(f"{name} is empty" if not text else f"{name} is longer than {longest} characters")
    return text


def _truth(row: Mapping[str, str], name: str) -> bool:
    text = row[name].lower()
    if text not in _YES | _NO:
        raise _Wrong(f"{name} must be yes or no, not {row[name]!r}")
    return text in _YES


def _day(row: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(row[name])
    except ValueError:
        raise _Wrong(f"{name} is no date like 2026-01-31: {row[name]!r}") from None
