"""Catalogue files: CSV rows with their line numbers become plain facts, or a list of what is wrong and where."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from portal.catalog.csvrows import (
    FILE_LIMIT,
    PROBLEM_LIMIT,
    CatalogueErrors,
    Problem,
    Wrong,
    day_of,
    rows,
    sku_of,
    text_of,
    truth_of,
)
from portal.catalog.devicetypes.identity import identity
from portal.catalog.overlay import OVERLAY, CapabilityFact, OverlayFact, checked, read_overlay
from portal.money import LARGEST_MINOR, MINOR_DIGITS

PRICES: Final = "prices.csv"
NOT_PRODUCTS: Final = (PRICES, OVERLAY, "fits.csv")  # the last one is read by whoever compares products
BOOKS: Final = ("list", "registered", "silver", "gold")
OWN_COLUMNS: Final = ("sku", "maker", "name_en", "name_zh", "source", "confirmed", "invented")
OPTIONAL_COLUMNS: Final = ("kind", "model")
PRICE_COLUMNS: Final = ("sku", "currency", "book", "amount_minor", "valid_from", "valid_to")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_IMPORTED_KINDS: Final = ("device", "module", "rack")


@dataclass(frozen=True, slots=True)
class ProductFact:
    """One product as the files say it: its maker and model are who it is, the sku is our number for it."""

    sku: str
    kind: str
    maker: str
    model: str
    name_en: str
    name_zh: str
    invented: bool
    capabilities: Mapping[str, CapabilityFact]


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
    overlay: tuple[OverlayFact, ...] = ()  # of products that stand in none of the files: they come from an import


def read_catalogue(folder: Path) -> CatalogueFacts:
    """Read all files of `folder`; raises CatalogueErrors naming file and line of everything that is wrong."""
    problems: list[Problem] = []
    paths = sorted(folder.glob("*.csv"))[: FILE_LIMIT + 1] if folder.is_dir() else []
    if not paths:
        raise CatalogueErrors((Problem(str(folder), 0, "no catalogue here: *.csv is expected"),))
    if len(paths) > FILE_LIMIT:
        raise CatalogueErrors((Problem(str(folder), 0, f"more than {FILE_LIMIT} files"),))
    products: dict[str, ProductFact] = {}
    for path in paths:
        if path.name not in NOT_PRODUCTS:
            _read_products(path, products, problems)
    books = _read_prices(folder / PRICES, products, problems) if (folder / PRICES).exists() else ()
    overlay = read_overlay(folder / OVERLAY, problems) if (folder / OVERLAY).exists() else ()
    rest = _lay_over(products, overlay)
    if problems:
        raise CatalogueErrors(tuple(problems[:PROBLEM_LIMIT]))
    return CatalogueFacts(products, books, rest)


def _lay_over(products: dict[str, ProductFact], overlay: tuple[OverlayFact, ...]) -> tuple[OverlayFact, ...]:
    """Put each value of the overlay on its product, in front of the column of that name; return what is left."""
    models = {identity(fact.maker, fact.model): sku for sku, fact in products.items()}
    rest = []
    for fact in overlay:
        sku = fact.sku or models.get(identity(fact.maker, fact.model), "")
        if sku in products:
            capabilities = {**products[sku].capabilities, fact.key: fact.capability}
            products[sku] = replace(products[sku], capabilities=capabilities)
        else:
            rest.append(fact)
    return tuple(rest)


def _read_products(path: Path, products: dict[str, ProductFact], problems: list[Problem]) -> None:
    units: dict[str, str] = {}
    models = {identity(fact.maker, fact.model): sku for sku, fact in products.items()}
    for line, row in rows(path, OWN_COLUMNS, units, problems):
        try:
            fact = _product(row, units, path.stem)
            if fact.sku in products:
                raise Wrong(f"the product {fact.sku} stands in the catalogue already")
            other = models.setdefault(identity(fact.maker, fact.model), fact.sku)
            if other != fact.sku:
                raise Wrong(f"{fact.maker} {fact.model} stands in the catalogue already, as {other}")
            products[fact.sku] = fact
        except Wrong as wrong:
            problems.append(Problem(path.name, line, str(wrong)))


def _product(row: Mapping[str, str], units: Mapping[str, str], stem: str) -> ProductFact:
    kind = row.get("kind") or stem
    if not _KIND.fullmatch(kind) or kind in _IMPORTED_KINDS:
        raise Wrong(f"{kind!r} is no kind of product: small letters, digits, - and _, and none of imported types")
    texts = {name: text_of(row, name, longest) for name, longest in (("maker", 80), ("name_en", 200), ("name_zh", 200))}
    sku, source, confirmed = sku_of(row), text_of(row, "source", 300), truth_of(row, "confirmed")
    extra = [name for name in units if name not in OWN_COLUMNS + OPTIONAL_COLUMNS and row[name]]
    return ProductFact(
        sku=sku,
        kind=kind,
        model=text_of(row, "model", 100) if row.get("model") else sku,
        invented=truth_of(row, "invented"),
        capabilities={name: _capability(name, row[name], units[name], source, confirmed) for name in extra},
        **texts,
    )


def _capability(name: str, value: str, unit: str, source: str, confirmed: bool) -> CapabilityFact:
    try:
        return CapabilityFact(checked(value, unit), unit, source, confirmed)
    except Wrong as wrong:
        raise Wrong(f"{name}: {wrong}") from None


def _read_prices(path: Path, products: Mapping[str, ProductFact], problems: list[Problem]) -> tuple[BookFact, ...]:
    books: dict[tuple[str, str, date], BookFact] = {}
    for line, row in rows(path, PRICE_COLUMNS, {}, problems):
        try:
            _price(row, products, books)
        except Wrong as wrong:
            problems.append(Problem(path.name, line, str(wrong)))
    return tuple(books.values())


def _price(
    row: Mapping[str, str], products: Mapping[str, ProductFact], books: dict[tuple[str, str, date], BookFact]
) -> None:
    sku, currency, name, amount = sku_of(row), row["currency"], row["book"], row["amount_minor"]
    if products and sku not in products:
        raise Wrong(f"the product {sku} is in none of the files")
    if currency not in MINOR_DIGITS:
        raise Wrong(f"unknown currency {currency!r}; known are {', '.join(MINOR_DIGITS)}")
    if name not in BOOKS:
        raise Wrong(f"unknown price book {name!r}; known are {', '.join(BOOKS)}")
    if not amount.isascii() or not amount.isdigit() or int(amount) > LARGEST_MINOR:
        raise Wrong(f"{amount!r} is no price in whole minor units")
    first, last = day_of(row, "valid_from"), day_of(row, "valid_to")
    if last < first:
        raise Wrong(f"the price ends ({last}) before it begins ({first})")
    invented = truth_of(row, "invented") if row.get("invented") else True
    book = books.setdefault((name, currency, first), BookFact(name, currency, first, last, invented))
    if (book.valid_to, book.invented) != (last, invented):
        raise Wrong(f"the book {name} {currency} from {first} has another last day or origin in an earlier line")
    if sku in book.amounts:
        raise Wrong(f"the price of {sku} stands in the book {name} {currency} from {first} already")
    book.amounts[sku] = int(amount)
