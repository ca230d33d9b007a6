"""Reading the catalogue: products by a few words, one product with all that is known of it and what it costs."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, literal, literal_column, select, union_all
from sqlalchemy.orm import Session

from portal.catalog.fits import Asked, Search, Traits, searches
from portal.catalog.index_models import ProductEntry, ProductTrait
from portal.catalog.listing import word_conditions, word_values
from portal.catalog.models import (
    Capability,
    DeviceFact,
    DeviceType,
    Price,
    PriceBook,
    Product,
    SourceRevision,
)
from portal.catalog.pricing import LIST
from portal.errors import NotFound
from portal.money import Money

FEW_FITTING = 6


@dataclass(frozen=True, slots=True)
class ProductHit:
    """A product as a search names it."""

    public_id: str
    sku: str
    maker: str
    name_en: str
    name_zh: str


def products(session: Session, *, search: str, limit: int) -> list[ProductHit]:
    """Return products that are found by every word of `search`, those for sale first."""
    columns = (getattr(Product, name) for name in ProductHit.__dataclass_fields__)
    values = word_values(search)
    query = (
        select(*columns)
        .join(ProductEntry, ProductEntry.product_id == Product.id)
        .where(ProductEntry.standing != "archived", *word_conditions(values))
        .order_by(ProductEntry.standing.desc(), ProductEntry.shelf_key, ProductEntry.product_id)
        .limit(limit)
    )
    return [ProductHit(*row) for row in session.execute(query, values)]


def names_of(session: Session, skus: Collection[str]) -> dict[str, Row[str, str, str]]:
    """Return sku, English and Chinese name of those of `skus` that are products, by sku."""
    query = select(Product.sku, Product.name_en, Product.name_zh).where(Product.sku.in_(skus))
    return {row[0]: row for row in session.execute(query)}


def product(session: Session, public_id: str) -> Product:
    """Return one product, also an archived one, since quotes go on naming it."""
    found = session.scalar(select(Product).where(Product.public_id == public_id))
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """One value of our own catalogue, with its source and whether it was confirmed."""

    key: str
    value: str
    unit: str
    source: str
    confirmed: bool


def capabilities(session: Session, product_id: int) -> list[CapabilityRow]:
    """Return everything that our own catalogue says about a product."""
    columns = (Capability.key, Capability.value, Capability.unit, Capability.source, Capability.confirmed)
    query = select(*columns).where(Capability.product_id == product_id).order_by(Capability.id)
    return [CapabilityRow(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact of an imported file, as the file says it."""

    key: str
    value: str
    unit: str
    origin: str
    place: str
    quote: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """An imported device type that speaks of a product, with its facts and where it comes from."""

    source: str
    revision: str
    licence: str
    path: str
    part_number: str
    description: str
    notices: list[str]
    facts: list[FactRow]


def sheets(session: Session, product_id: int) -> list[Sheet]:
    """Return the current imported device types of a product, one for each source, in one query."""
    query = (
        select(
            DeviceType.id, SourceRevision.name, SourceRevision.revision, SourceRevision.licence, DeviceType.path,
            DeviceType.part_number, DeviceType.description, DeviceType.notices, DeviceFact.key, DeviceFact.value,
            DeviceFact.unit, DeviceFact.origin, DeviceFact.place, DeviceFact.quote,
        )
        .join(SourceRevision, SourceRevision.id == DeviceType.source_revision_id)
        .outerjoin(DeviceFact, DeviceFact.device_type_id == DeviceType.id)
        .where(DeviceType.product_id == product_id, DeviceType.superseded_at.is_(None))
        .order_by(DeviceType.id, DeviceFact.id)
    )  # fmt: skip
    found: dict[int, Sheet] = {}
    for key, source, revision, licence, path, part_number, description, notices, *fact in session.execute(query):
        sheet = Sheet(source, revision, licence, path, part_number, description, notices, [])
        sheet = found.setdefault(key, sheet)
        if fact[0] is not None:
            sheet.facts.append(FactRow(*fact))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class BookPrice:
    """What a product costs in one book."""

    book: str
    amount: Money
    valid_to: date
    invented: bool


def book_prices(session: Session, product_id: int, *, books: Sequence[str], currency: str, on: date) -> list[BookPrice]:
    """Return the prices of a product on a day in those of `books` that the actor may see, in that order."""
    query = (
        select(PriceBook.book, Price.amount_minor, PriceBook.valid_to, PriceBook.invented)
        .join(Price, Price.price_book_id == PriceBook.id)
        .where(
            Price.product_id == product_id,
            PriceBook.currency == currency,
            PriceBook.book.in_(books),
            PriceBook.valid_from <= on,
            PriceBook.valid_to >= on,
        )
        .order_by(PriceBook.valid_from)
    )
    rows = session.execute(query)
    found = {row.book: BookPrice(row.book, Money(row.amount_minor, currency), *row[2:]) for row in rows}
    return [found[book] for book in dict.fromkeys((LIST, *books)) if book in found]


@dataclass(frozen=True, slots=True)
class Fitting:
    """Products that fit with one, under a title; `more` says that there are others, `missing` what keeps it unsaid."""

    title: str
    because: str
    kind: str
    products: list[ProductHit]
    more: bool
    missing: tuple[str, ...]


def fitting(session: Session, product: Product) -> list[Fitting]:
    """Return what a product fits with, by the rules of `portal.catalog.fits`, in two queries."""
    wanted = searches(product.kind, _traits(session, product.id))
    parts = [select(*_found(place, search, product.id)) for place, search in enumerate(wanted) if not search.missing]
    found: dict[int, list[ProductHit]] = defaultdict(list)
    if parts:
        for row in session.execute(union_all(*parts)):
            found[row[0]].append(ProductHit(*row[1:]))
    return [
        Fitting(search.title, search.because, search.kind, found[place][:FEW_FITTING],
                len(found[place]) > FEW_FITTING, search.missing)
        for place, search in enumerate(wanted)
        if search.missing or found[place]
    ]  # fmt: skip


def _found(place: int, search: Search, product_id: int) -> Sequence[ColumnElement[Any]]:
    columns = (getattr(Product, name) for name in ProductHit.__dataclass_fields__)
    hits = (
        select(literal(place).label("place"), *columns)
        .join(ProductEntry, ProductEntry.product_id == Product.id)
        .where(
            ProductEntry.standing == "sold",
            ProductEntry.kind == search.kind,
            ProductEntry.product_id != product_id,
            *map(_having, search.asked),
        )
        .order_by(ProductEntry.shelf_key, ProductEntry.product_id)
        .limit(literal_column(str(FEW_FITTING + 1)))
        .subquery()
    )
    return list(hits.c)


def _having(asked: Asked) -> ColumnElement[bool]:
    having = select(ProductTrait.product_id).where(
        ProductTrait.product_id == ProductEntry.product_id, ProductTrait.key == asked.key
    )
    if asked.least is not None:
        having = having.where(ProductTrait.number >= asked.least)
    if asked.most is not None:
        having = having.where(ProductTrait.number <= asked.most)
    if asked.words:
        having = having.where(ProductTrait.word.in_(sorted(asked.words)))
    return having.exists()


def _traits(session: Session, product_id: int) -> Traits:
    numbers: dict[str, int] = {}
    words: dict[str, set[str]] = defaultdict(set)
    query = select(ProductTrait.key, ProductTrait.word, ProductTrait.number)
    for key, word, number in session.execute(query.where(ProductTrait.product_id == product_id)):
        if number is None:
            words[key].add(word)
        else:
            numbers[key] = number
    return Traits(numbers, {key: frozenset(said) for key, said in words.items()})
