"""Reading quotes: the list as tuples by keyset, one quote, its documents and revisions."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, literal_column, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import prepared
from portal.deals.models import QUOTE_STATES, Quote, QuoteDocument
from portal.errors import NotFound
from portal.paging import read_position, write_position
from portal.parties.models import Party, Relation, name_key

PAGE: Final = 25
LONGEST_POSITION: Final = 1200  # a name of 200 characters outside the basic plane, packed
NUMBER: Final = re.compile(r"(?:Q-(\d{4})-)?0*(\d{1,9})", re.IGNORECASE)
SORTS: Final = ("newest", "total", "customer")  # each stands in an index behind the organisation
COLUMNS: Final[dict[str, InstrumentedAttribute[Any] | None]] = {
    "newest": None, "total": Quote.gross_minor, "customer": Quote.customer_key,
}  # fmt: skip
KINDS: Final[dict[str, tuple[type, ...]]] = {"newest": (int,), "total": (int, int), "customer": (str, int)}
OWNER: Final = Party.__table__.alias("owner")  # the name of the own or, for internal people, any organisation
CUSTOMER: Final = Relation.__table__.alias("customer")  # what the owner of a document calls whom it is made out to
LAST_CHARACTER: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One line of the list."""

    id: int
    public_id: str
    number: str | None
    revision: int
    state: str
    customer_name: str
    customer_key: str
    title: str
    currency: str
    gross_minor: int
    valid_until: date | None
    updated_at: datetime
    organisation: str
    organisation_en: str
    customer_name_en: str | None  # while the customer is still called as the quote says


@dataclass(frozen=True, slots=True)
class QuoteFilter:
    """What the address of the list says; nonsense in it falls back to the plain list."""

    state: str = ""
    sort: str = "newest"
    q: str = ""
    after: str = ""

    @classmethod
    def read(cls, state: str, sort: str, q: str, after: str) -> "QuoteFilter":
        """Return a filter from raw text."""
        return cls(
            state if state in QUOTE_STATES else "",
            sort if sort in SORTS else "newest",
            q.strip().replace("\x00", "")[:100],
            after[:LONGEST_POSITION],
        )


@dataclass(frozen=True, slots=True)
class QuotePage:
    """A page of the list and the key after which the next one begins, if there is one."""

    rows: list[QuoteRow]
    next_after: str


def still_called(document: Any) -> ColumnElement[bool]:
    """Return the condition on the customer of a list's row: a document keeps the name that it was made out to.

    So a party that was renamed or merged since is not shown on documents that name another.
    """
    own = and_(CUSTOMER.c.organisation_id == document.organisation_id, CUSTOMER.c.kind == "customer")
    return and_(own, CUSTOMER.c.party_id == document.customer_id, CUSTOMER.c.name == document.customer_name)


def quotes(session: Session, wanted: QuoteFilter, *, limit: int = PAGE) -> QuotePage:
    """Return one page of quotes the actor may see, in one query."""
    number = NUMBER.fullmatch(wanted.q) if wanted.q else None
    by_customer = wanted.sort == "customer" or (bool(wanted.q) and number is None)
    sort = "customer" if by_customer else wanted.sort
    values: dict[str, Any] = {}
    if wanted.state:
        values["state"] = wanted.state
    if number:
        values["numbers"] = _numbers(number)
    elif wanted.q:
        values["low"] = name_key(wanted.q)
        values["high"] = values["low"] + LAST_CHARACTER
    if position := read_position(wanted.after, *KINDS[sort]):
        values |= zip(("at_id", "at_key"), reversed(position), strict=False)
    found = prepared.rows(session, _list(sort, frozenset(values), limit + 1), values)
    rows = [QuoteRow(*row) for row in found]
    more = len(rows) > limit
    rows = rows[:limit]
    return QuotePage(rows, _position(rows[-1], sort) if more else "")


@lru_cache(maxsize=256)
def _list(sort: str, given: frozenset[str], limit: int) -> Select[*tuple[Any, ...]]:
    """Build the query for one sort and the values given to it, once; the limit is no parameter, so plans know it."""
    query: Select[*tuple[Any, ...]] = select(
        Quote.id, Quote.public_id, Quote.number, Quote.revision, Quote.state, Quote.customer_name, Quote.customer_key,
        Quote.title, Quote.currency, Quote.gross_minor, Quote.valid_until, Quote.updated_at, OWNER.c.name,
        OWNER.c.name_en, CUSTOMER.c.name_en,
    ).join(OWNER, OWNER.c.id == Quote.organisation_id).outerjoin(CUSTOMER, still_called(Quote))  # fmt: skip
    if "state" in given:
        query = query.where(Quote.state == prepared.unseen("state", Quote.state))
    if "numbers" in given:
        query = query.where(Quote.number.in_(bindparam("numbers", expanding=True)))
    if "low" in given:
        key = Quote.customer_key
        query = query.where(key >= prepared.unseen("low", key), key < prepared.unseen("high", key))
    column, ascending = COLUMNS[sort], sort == "customer"
    keys: list[Any] = [Quote.id] if column is None else [column, Quote.id]
    if "at_id" in given:
        here, there = tuple_(*keys), prepared.place(*keys)
        query = query.where(here > there if ascending else here < there)
    return query.order_by(*(key.asc() if ascending else key.desc() for key in keys)).limit(literal_column(str(limit)))


def _numbers(match: re.Match[str]) -> list[str]:
    """Return the full numbers that a typed one may mean: of its year, or of any of the last years."""
    year, digits = match[1], int(match[2])
    years = [int(year)] if year else range(2024, 2044)
    return [f"Q-{y}-{digits:06d}" for y in years]


def _position(row: QuoteRow, sort: str) -> str:
    column = COLUMNS[sort]
    return write_position([row.id] if column is None else [getattr(row, column.key), row.id])


def quote(session: Session, public_id: str, *, for_update: bool = False) -> Quote:
    """Return one quote the actor may see; raises NotFound."""
    query = select(Quote).where(Quote.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def relatives(session: Session, row: Quote) -> list[Quote]:
    """Return the other revisions of a quote, oldest first, the open draft among them."""
    query = select(Quote).where(Quote.id != row.id, or_(Quote.predecessor_id == row.id, Quote.id == row.predecessor_id))
    if row.number is not None:
        query = select(Quote).where(Quote.id != row.id, or_(Quote.number == row.number, Quote.predecessor_id == row.id))
    return list(session.scalars(query.order_by(Quote.revision)))


def documents(session: Session, quote_id: int) -> list[QuoteDocument]:
    """Return the documents of a quote, without their content."""
    query = select(QuoteDocument).where(QuoteDocument.quote_id == quote_id).order_by(QuoteDocument.locale)
    return list(session.scalars(query))


def document_content(session: Session, quote_id: int, locale: str) -> tuple[bytes, str]:
    """Return content and hash of a finished document; raises NotFound."""
    row = session.execute(
        select(QuoteDocument.content, QuoteDocument.sha256).where(
            QuoteDocument.quote_id == quote_id, QuoteDocument.locale == locale, QuoteDocument.state == "ready"
        )
    ).first()
    if row is None or row[0] is None:
        raise NotFound
    return row[0], row[1]


def open_draft(session: Session, configuration_id: int) -> Quote | None:
    """Return the newest draft made from a configuration, locked, or None."""
    query = select(Quote).where(Quote.configuration_id == configuration_id, Quote.state == "draft")
    return session.scalar(query.order_by(Quote.id.desc()).limit(1).with_for_update())
