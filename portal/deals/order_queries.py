"""Reading orders: the list as tuples by keyset, one order with its lines, documents and expected items."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row, Select, func, literal_column, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import prepared
from portal.catalog.models import InstalledItem, Site
from portal.deals.models import Quote
from portal.deals.order_models import OrderDocument, SalesOrder, SalesOrderLine
from portal.deals.queries import CUSTOMER, OWNER, still_called
from portal.errors import NotFound
from portal.paging import read_position, write_position
from portal.parties.models import Party, name_key
from portal.parties.noting import further_addresses
from portal.parties.queries import card, contacts

PAGE: Final = 25
NUMBER: Final = re.compile(r"O-(\d{4})-0*(\d{1,9})", re.IGNORECASE | re.ASCII)
SEARCHED: Final[dict[str, InstrumentedAttribute[str]]] = {
    "customer": SalesOrder.customer_key, "purchase": SalesOrder.purchase_key,
}  # fmt: skip
LAST_CHARACTER: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the list."""

    id: int
    public_id: str
    number: str
    customer_name: str
    customer_key: str
    purchase_number: str
    purchase_key: str
    currency: str
    gross_minor: int
    wanted_on: date
    placed_on: date
    organisation: str
    organisation_en: str
    customer_name_en: str | None  # while the customer is still called as the order says


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the address of the list says; nonsense in it falls back to the plain list."""

    q: str = ""
    by: str = "customer"  # what `q` is the beginning of, unless it is an order number
    after: str = ""

    @classmethod
    def read(cls, q: str, by: str, after: str) -> "OrderFilter":
        """Return a filter from raw text."""
        return cls(q.strip().replace("\x00", "")[:100], by if by in SEARCHED else "customer", after[:1200])


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A page of the list and the key after which the next one begins, if there is one."""

    rows: list[OrderRow]
    next_after: str


def orders(session: Session, wanted: OrderFilter, *, limit: int = PAGE) -> OrderPage:
    """Return one page of orders the actor may see, in one query: newest first, or by the key that is searched."""
    number = NUMBER.fullmatch(wanted.q) if wanted.q else None
    values: dict[str, Any] = {}
    sort = ""
    if number:
        values["number"] = f"O-{number[1]}-{int(number[2]):06d}"
    elif wanted.q:
        sort = wanted.by
        values["low"] = name_key(wanted.q)
        values["high"] = values["low"] + LAST_CHARACTER
    if position := read_position(wanted.after, *((str, int) if sort else (int,))):
        values |= zip(("at_id", "at_key"), reversed(position), strict=False)
    found = prepared.rows(session, _list(sort, frozenset(values), limit + 1), values)
    rows = [OrderRow(*row) for row in found]
    more, rows = len(rows) > limit, rows[:limit]
    return OrderPage(rows, _position(rows[-1], sort) if more else "")


@lru_cache(maxsize=64)
def _list(sort: str, given: frozenset[str], limit: int) -> Select[*tuple[Any, ...]]:
    """Build the query for one sort and the values given to it, once."""
    columns = [getattr(SalesOrder, name) for name in OrderRow.__dataclass_fields__ if hasattr(SalesOrder, name)]
    query: Select[*tuple[Any, ...]] = (
        select(*columns, OWNER.c.name, OWNER.c.name_en, CUSTOMER.c.name_en)
        .join(OWNER, OWNER.c.id == SalesOrder.organisation_id)
        .outerjoin(CUSTOMER, still_called(SalesOrder))
    )
    if "number" in given:
        query = query.where(SalesOrder.number == prepared.unseen("number", SalesOrder.number))
    key = SEARCHED.get(sort)
    if key is None:
        if "at_id" in given:
            query = query.where(SalesOrder.id < prepared.unseen("at_id", SalesOrder.id))
        query = query.order_by(SalesOrder.id.desc())
    else:
        query = query.where(key >= prepared.unseen("low", key), key < prepared.unseen("high", key))
        if "at_id" in given:
            query = query.where(tuple_(key, SalesOrder.id) > prepared.place(key, SalesOrder.id))
        query = query.order_by(key, SalesOrder.id)
    return query.limit(literal_column(str(limit)))


def _position(row: OrderRow, sort: str) -> str:
    return write_position([getattr(row, SEARCHED[sort].key), row.id] if sort else [row.id])


def order(session: Session, public_id: str) -> SalesOrder:
    """Return one order the actor may see; raises NotFound."""
    found = session.scalar(select(SalesOrder).where(SalesOrder.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def order_lines(session: Session, order_id: int) -> list[SalesOrderLine]:
    """Return the lines of an order in their order."""
    query = select(SalesOrderLine).where(SalesOrderLine.order_id == order_id).order_by(SalesOrderLine.position)
    return list(session.scalars(query))


def documents(session: Session, order_id: int) -> list[OrderDocument]:
    """Return the documents of an order, without their content."""
    query = select(OrderDocument).where(OrderDocument.order_id == order_id).order_by(OrderDocument.locale)
    return list(session.scalars(query))


def document_content(session: Session, order_id: int, locale: str) -> tuple[bytes, str]:
    """Return content and hash of a finished document; raises NotFound."""
    ready = (OrderDocument.order_id == order_id, OrderDocument.locale == locale, OrderDocument.state == "ready")
    row = session.execute(select(OrderDocument.content, OrderDocument.sha256).where(*ready)).first()
    if row is None or row[0] is None:
        raise NotFound
    return row[0], row[1]


def items_by_state(session: Session, order_id: int) -> Sequence[Row[str, int]]:
    """Return how many pieces of an order are expected, installed and removed, of those that carry serial numbers."""
    query = (
        select(InstalledItem.state, func.count(InstalledItem.id))
        .join(SalesOrderLine, SalesOrderLine.id == InstalledItem.order_line_id)
        .where(SalesOrderLine.order_id == order_id)
        .group_by(InstalledItem.state)
        .order_by(InstalledItem.state)
    )
    return session.execute(query).all()


def newer_revision(session: Session, quote: Quote) -> Quote | None:
    """Return the issued revision that replaced a quote, when the actor may see it."""
    query = select(Quote).where(Quote.number == quote.number, Quote.state == "issued", Quote.id != quote.id)
    return session.scalar(query.order_by(Quote.revision.desc()).limit(1))


def addresses_for(session: Session, quote: Quote) -> list[str]:
    """Return where goods may be sent: the customer's address, its known sites, the own organisation's."""
    customer = session.scalar(select(Party).where(Party.id == quote.customer_id))
    own = session.scalar(select(Party.address).where(Party.id == quote.organisation_id))
    sites = select(Site.address).where(Site.party_id == quote.customer_id, Site.archived_at.is_(None))
    known = [card(session, customer).address if customer else "", *further_addresses(session, quote.customer_id or 0)]
    found = [*known, *session.scalars(sites.order_by(Site.id.desc()).limit(20)), own]
    return list(dict.fromkeys(address for address in found if address))


def contacts_for(session: Session, quote: Quote) -> list[str]:
    """Return whom one may call at the customer, as name and phone."""
    people = contacts(session, quote.customer_id or 0)[:20]
    return [", ".join(part for part in (row.name, row.phone) if part) for row in people]
