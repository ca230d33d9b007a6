"""The list of products: one page by keyset, its capped count and its filters, at a cost that does not grow."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, literal_column, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.catalog.filters import ProductFilter
from portal.catalog.index_models import ProductEntry, ProductShelf, ProductTrait, ProductWord
from portal.catalog.models import Price, PriceBook, Product
from portal.catalog.search_words import asked_words
from portal.paging import read_position, write_position

PAGE: Final = 25
MOST_COUNTED: Final = 1000
LAST_CHARACTER: Final = "\U0010ffff"
KEYS: Final[dict[str, InstrumentedAttribute[Any]]] = {
    "shelf": ProductEntry.shelf_key, "number": ProductEntry.number_key, "price": Price.amount_minor,
    "name_en": ProductEntry.name_en_key, "name_zh": ProductEntry.name_zh_key,
}  # fmt: skip

SHELVES: Final = select(ProductShelf.standing, ProductShelf.kind, ProductShelf.maker, ProductShelf.products)


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One line of the list; `price_minor` is what the reader pays, None where there is no price for him today."""

    id: int
    public_id: str
    sku: str
    kind: str
    maker: str
    name_en: str
    name_zh: str
    invented: bool
    confirmed: bool
    brief: list[list[str]]
    price_minor: int | None
    key: Any  # of the order, to go on from


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A page of the list, how many there are (at most MOST_COUNTED + 1), and where the next page begins."""

    rows: list[ProductRow]
    count: int
    next_after: str


@dataclass(frozen=True, slots=True)
class Shelves:
    """What there is to filter by: products by kind and by maker, and whether other standings hold any."""

    kinds: dict[str, int]
    makers: dict[str, int]
    standings: dict[str, int]


@dataclass(frozen=True, slots=True)
class Prices:
    """Which prices the reader sees: a book in a currency on a day."""

    book: str
    currency: str
    on: date


def shelves(session: Session, standing: str) -> Shelves:
    """Return what can be filtered by among products of one standing; reads a row per kind and maker."""
    kinds: Counter[str] = Counter()
    makers: Counter[str] = Counter()
    standings: Counter[str] = Counter()
    for at, kind, maker, count in session.execute(SHELVES):
        standings[at] += count
        if at == standing:
            kinds[kind] += count
            makers[maker] += count
    return Shelves(dict(kinds), dict(sorted(makers.items(), key=lambda item: item[0].casefold())), dict(standings))


def products_page(
    session: Session, wanted: ProductFilter, prices: Prices, locale: str, *, limit: int = PAGE
) -> ProductPage:
    """Return one page of products in one query."""
    sort = f"name_{locale}" if wanted.sort == "name" else wanted.sort
    values = _values(wanted) | {"book": prices.book, "currency": prices.currency, "on": prices.on}
    if position := read_position(wanted.after, int if wanted.sort == "price" else str, int):
        values |= zip(("at_key", "at_id"), position, strict=True)
    facets = tuple((part.facet.key, part.facet.mode) for part in wanted.facets)
    found = session.execute(_list(sort, frozenset(values), facets, limit + 1), values).all()
    rows = [ProductRow(*row[:12]) for row in found[:limit]]
    return ProductPage(rows, found[0][12] if found else 0, _position(rows[-1]) if len(found) > limit else "")


def _values(wanted: ProductFilter) -> dict[str, Any]:
    """Return what a filter compares with, by the names of its parameters."""
    values: dict[str, Any] = {"standing": wanted.standing}
    values |= {name: value for name in ("kind", "maker") if (value := getattr(wanted, name))}
    values |= {name: value == "yes" for name in ("confirmed", "invented") if (value := getattr(wanted, name))}
    prices = {"low": wanted.low_minor, "high": wanted.high_minor}
    values |= {name: minor for name, minor in prices.items() if minor is not None}
    values |= {f"fact_{place}": part.compared for place, part in enumerate(wanted.facets)}
    return values | word_values(wanted.q)


@lru_cache(maxsize=256)
def _list(
    sort: str, given: frozenset[str], facets: tuple[tuple[str, str], ...], limit: int
) -> Select[*tuple[Any, ...]]:
    """Build the query for one order and what it compares with, once; the limit is no parameter, so plans know it."""
    key = KEYS[sort]
    conditions = _conditions(given, facets)
    by_price = sort == "price" or bool(given & {"low", "high"})
    counted = _priced(select(literal_column("1")), by_price=by_price).where(*conditions)
    counted = counted.limit(literal_column(str(MOST_COUNTED + 1)))
    query = _priced(
        select(
            ProductEntry.product_id, Product.public_id, Product.sku, ProductEntry.kind, ProductEntry.maker,
            Product.name_en, Product.name_zh, ProductEntry.invented, ProductEntry.confirmed, ProductEntry.brief,
            Price.amount_minor, key,
            select(func.count()).select_from(counted.subquery()).scalar_subquery(),
        ),
        by_price=by_price,
    ).join(Product, Product.id == ProductEntry.product_id)  # fmt: skip
    query = query.where(*conditions)
    if "at_id" in given:
        here = tuple_(bindparam("at_key", type_=key.type), bindparam("at_id", type_=ProductEntry.product_id.type))
        query = query.where(tuple_(key, ProductEntry.product_id) > here)
    return query.order_by(key, ProductEntry.product_id).limit(literal_column(str(limit)))


def _priced(query: Select[*tuple[Any, ...]], *, by_price: bool) -> Select[*tuple[Any, ...]]:
    """Join the reader's price; only where it decides must there be one."""
    book = (
        select(PriceBook.id)
        .where(
            PriceBook.book == bindparam("book"),
            PriceBook.currency == bindparam("currency"),
            PriceBook.valid_from <= bindparam("on"),
            PriceBook.valid_to >= bindparam("on"),
        )
        .order_by(PriceBook.valid_from.desc())
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    fits = and_(Price.product_id == ProductEntry.product_id, Price.price_book_id == book)
    return query.select_from(ProductEntry).join(Price, fits, isouter=not by_price)


def _conditions(given: frozenset[str], facets: tuple[tuple[str, str], ...]) -> list[ColumnElement[bool]]:
    columns = ("standing", "kind", "maker", "confirmed", "invented")
    found = [getattr(ProductEntry, name) == bindparam(name) for name in columns if name in given]
    if "low" in given:
        found.append(Price.amount_minor >= bindparam("low"))
    if "high" in given:
        found.append(Price.amount_minor <= bindparam("high"))
    found += word_conditions(given)
    return found + [_trait(key, mode, f"fact_{place}") for place, (key, mode) in enumerate(facets)]


def word_values(text: str) -> dict[str, str]:
    """Return the parameters of a search: for every typed word where its beginnings start and end."""
    words = asked_words(text)
    if text and not words:
        return {"from_0": LAST_CHARACTER, "to_0": ""}  # signs only: nothing begins with them
    starts = {f"from_{place}": word for place, word in enumerate(words)}
    return starts | {f"to_{place}": word + LAST_CHARACTER for place, word in enumerate(words)}


def word_conditions(given: Collection[str]) -> list[ColumnElement[bool]]:
    """Return conditions under which an entry is found by every word that `word_values` gave parameters for."""
    places = sorted(name.removeprefix("from_") for name in given if name.startswith("from_"))
    return [
        ProductEntry.product_id.in_(
            select(ProductWord.product_id).where(
                ProductWord.word >= bindparam(f"from_{place}"), ProductWord.word < bindparam(f"to_{place}")
            )
        )
        for place in places
    ]


def _trait(key: str, mode: str, name: str) -> ColumnElement[bool]:
    having = select(ProductTrait.product_id).where(ProductTrait.key == literal(key))
    if mode == "word":
        having = having.where(ProductTrait.word == bindparam(name))
    elif mode == "least":
        having = having.where(ProductTrait.number >= bindparam(name))
    else:
        having = having.where(ProductTrait.number <= bindparam(name))
    return ProductEntry.product_id.in_(having)


def _position(row: ProductRow) -> str:
    return write_position([row.key, row.id])
