"""Reading the catalogue: lists of products, one product with its capabilities and list prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from portal.catalog.models import Capability, Price, PriceBook, Product
from portal.catalog.pricing import LIST
from portal.errors import NotFound
from portal.money import Money

PAGE = 25


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One line of the list of products."""

    id: int
    public_id: str
    sku: str
    kind: str
    maker: str
    name_en: str
    name_zh: str
    invented: bool


def products(
    session: Session, *, search: str = "", kind: str = "", after_id: int | None = None, limit: int = PAGE
) -> list[ProductRow]:
    """Return products in the order of the catalogue, one more than `limit` when there are more.

    `search` finds any part of number, maker and names; a catalogue has thousands of rows, not millions.
    """
    columns = (getattr(Product, name) for name in ProductRow.__dataclass_fields__)
    query = select(*columns).where(Product.archived_at.is_(None)).order_by(Product.id).limit(limit + 1)
    if kind:
        query = query.where(Product.kind == kind)
    for word in search.split()[:5]:
        texts = (Product.sku, Product.maker, Product.name_en, Product.name_zh)
        query = query.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    if after_id is not None:
        query = query.where(Product.id > after_id)
    return [ProductRow(*row) for row in session.execute(query)]


def kinds(session: Session) -> list[str]:
    """Return the kinds of products there are, by name."""
    query = select(Product.kind).where(Product.archived_at.is_(None)).distinct().order_by(Product.kind)
    return list(session.scalars(query))


def product(session: Session, public_id: str) -> Product:
    """Return one product, also an archived one, since quotes go on naming it."""
    found = session.scalar(select(Product).where(Product.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def capabilities(session: Session, product_id: int) -> Sequence[Row[str, str, str, str, bool]]:
    """Return key, value, unit, source and whether confirmed of everything known about a product."""
    columns = (Capability.key, Capability.value, Capability.unit, Capability.source, Capability.confirmed)
    return session.execute(select(*columns).where(Capability.product_id == product_id).order_by(Capability.id)).all()


@dataclass(frozen=True, slots=True)
class BookPrice:
    """What a product costs in one book."""

    book: str
    amount: Money
    valid_to: date
    invented: bool


def book_prices(session: Session, product_id: int, *, books: Sequence[str], currency: str, on: date) -> list[BookPrice]:
    """Return the prices of a product on a day in those of `books` that the actor may see, list price first."""
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
    return sorted(found.values(), key=lambda price: price.book != LIST)
