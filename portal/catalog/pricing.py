"""What products cost: the list price and the price of a buyer's own book on one day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.catalog.models import Price, PriceBook, Product
from portal.db import ScopedSession
from portal.errors import Conflict, Invalid
from portal.money import MINOR_DIGITS
from portal.policy import Permission
from portal.words import N_

LIST: Final = "list"
REGISTERED: Final = "registered"  # the price of a registered deal, whatever the tier
TIER_BOOKS: Final = {"gold": "gold", "silver": "silver", "": LIST}
NAMED: Final = 5  # products that an error names before it counts the rest


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A product with its prices for one piece, in minor units of one currency, and the last day they hold."""

    product_id: int
    sku: str
    kind: str
    maker: str
    name_en: str
    name_zh: str
    invented: bool
    list_minor: int
    unit_minor: int
    currency: str
    book: str  # where `unit_minor` comes from
    valid_to: date


def book_of(tier: str) -> str:
    """Return the price book of partners of `tier`; without a tier a partner buys at list prices."""
    return TIER_BOOKS[tier]


def prices(session: Session, skus: Collection[str], *, currency: str, book: str, on: date) -> dict[str, UnitPrice]:
    """Return the prices of `skus` on a day in one query.

    Who may not see partner prices gets list prices whatever `book` says: the session hides the other books.
    Raises Invalid for unknown or archived products and currencies, Conflict for products without a valid price.
    """
    if currency not in MINOR_DIGITS:
        raise Invalid(N_("There are no prices in %(currency)s."), currency=currency)
    wanted = sorted(set(skus))
    if not wanted:
        return {}
    assert isinstance(session, ScopedSession)
    assert session.actor is not None
    book = book if session.actor.can(Permission.PRICE_PARTNER) else LIST
    books = _books(currency, book, on).subquery()
    rows = session.execute(
        select(Product.id, Product.sku, Product.kind, Product.maker, Product.name_en, Product.name_zh, Product.invented,
               books.c.book, books.c.valid_to, Price.amount_minor)
        .select_from(Product)
        .outerjoin(books, books.c.newest == 1)
        .outerjoin(Price, and_(Price.price_book_id == books.c.id, Price.product_id == Product.id))
        .where(Product.sku.in_(wanted), Product.archived_at.is_(None))
    ).all()  # fmt: skip
    found: dict[str, dict[str, tuple[int, date]]] = {}
    facts = {row[1]: row[:7] for row in rows}
    for row in rows:
        if row.amount_minor is not None:
            found.setdefault(row.sku, {})[row.book] = (row.amount_minor, row.valid_to)
    priced = [sku for sku, own in found.items() if {LIST, book} <= own.keys()]
    _refuse_gaps(wanted, facts.keys(), priced, currency, on)
    return {sku: _unit_price(facts[sku], found[sku], book, currency) for sku in wanted}


def _books(currency: str, book: str, on: date) -> Select[int, str, date, int]:
    """Select the books that hold on that day; of several for the same buyers the newest counts."""
    newest = func.row_number().over(partition_by=PriceBook.book, order_by=PriceBook.valid_from.desc()).label("newest")
    return select(PriceBook.id, PriceBook.book, PriceBook.valid_to, newest).where(
        PriceBook.currency == currency,
        or_(PriceBook.book == LIST, PriceBook.book == book),
        PriceBook.valid_from <= on,
        PriceBook.valid_to >= on,
    )


def _unit_price(
    fact: tuple[int, str, str, str, str, str, bool], found: dict[str, tuple[int, date]], book: str, currency: str
) -> UnitPrice:
    list_minor, list_to = found[LIST]
    unit_minor, unit_to = found[book]
    return UnitPrice(*fact, list_minor, unit_minor, currency, book, min(list_to, unit_to))


def _refuse_gaps(wanted: list[str], known: Collection[str], priced: Collection[str], currency: str, on: date) -> None:
    if unknown := [sku for sku in wanted if sku not in known]:
        raise Invalid(N_("Not in the catalogue: %(skus)s."), skus=_named(unknown))
    if gaps := [sku for sku in wanted if sku not in priced]:
        raise Conflict(
            N_("No valid %(currency)s price on %(day)s for: %(skus)s."),
            currency=currency,
            day=on.isoformat(),
            skus=_named(gaps),
        )


def _named(skus: list[str]) -> str:
    rest = len(skus) - NAMED
    return ", ".join(skus[:NAMED]) + (f" (+{rest})" if rest > 0 else "")
