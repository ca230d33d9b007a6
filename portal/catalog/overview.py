"""The state of the catalogue in figures, for whoever keeps it: sources, kinds, prices that are missing, open values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from portal.catalog.models import Capability, DeviceFact, DeviceType, Price, PriceBook, Product, SourceRevision


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source of imported facts as it stands now; `hints` are sentences that may hold a value."""

    name: str
    revision: str
    licence: str
    imported_at: datetime
    types: int
    facts: int
    defaults: int
    hints: int


@dataclass(frozen=True, slots=True)
class KindState:
    """How many products of a kind there are and what they lack."""

    kind: str
    listed: int
    not_for_sale: int
    unpriced: int  # listed ones without a list price today in any currency
    values: int
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class BookState:
    """One price book on a day; `lacking` listed products stand in it without a price."""

    book: str
    currency: str
    valid_from: date
    valid_to: date
    prices: int
    lacking: int
    state: str  # coming, valid, replaced (a newer book of the same buyers holds today), expired


def sources(session: Session) -> list[SourceState]:
    """Return all sources by name, each with its newest import."""
    newest = select(func.max(SourceRevision.id)).group_by(SourceRevision.name)
    found = session.scalars(select(SourceRevision).where(SourceRevision.id.in_(newest)).order_by(SourceRevision.name))
    current = DeviceType.superseded_at.is_(None)
    per_source = select(DeviceType.source, func.count()).where(current).group_by(DeviceType.source)
    types = {source: count for source, count in session.execute(per_source)}  # noqa: C416 - rows are typed as unpacked
    facts: dict[str, dict[str, int]] = {}
    counted = (
        select(DeviceType.source, DeviceFact.origin, func.count())
        .join(DeviceFact, DeviceFact.device_type_id == DeviceType.id)
        .where(current)
        .group_by(DeviceType.source, DeviceFact.origin)
    )
    for source, origin, count in session.execute(counted):
        facts.setdefault(source, {})[origin] = count
    return [
        SourceState(
            row.name, row.revision, row.licence, row.imported_at, types.get(row.name, 0),
            sum(facts.get(row.name, {}).values()), facts.get(row.name, {}).get("default", 0),
            facts.get(row.name, {}).get("hint", 0),
        )
        for row in found
    ]  # fmt: skip


def kinds(session: Session, today: date) -> list[KindState]:
    """Return all kinds of products that are not archived, by name."""
    priced = _priced(today)
    unpriced = func.sum(case((Product.listed & Product.id.not_in(priced), 1), else_=0))
    listed = func.sum(case((Product.listed, 1), else_=0))
    rows = session.execute(
        select(Product.kind, func.count(), listed, unpriced)
        .where(Product.archived_at.is_(None))
        .group_by(Product.kind)
        .order_by(Product.kind)
    ).all()
    values = {
        kind: (count, open_ones)
        for kind, count, open_ones in session.execute(
            select(Product.kind, func.count(), func.sum(case((Capability.confirmed, 0), else_=1)))
            .join(Capability, Capability.product_id == Product.id)
            .where(Product.archived_at.is_(None))
            .group_by(Product.kind)
        )
    }
    return [
        KindState(kind, sold, count - sold, lacking, *values.get(kind, (0, 0))) for kind, count, sold, lacking in rows
    ]


def books(session: Session, today: date) -> list[BookState]:
    """Return all price books by buyers, currency and first day."""
    per_book = (
        select(Price.price_book_id, func.count())
        .join(Product, Product.id == Price.product_id)
        .where(Product.listed, Product.archived_at.is_(None))
        .group_by(Price.price_book_id)
    )
    prices = {book_id: count for book_id, count in session.execute(per_book)}  # noqa: C416 - as above
    listed = session.scalar(select(func.count()).where(Product.listed, Product.archived_at.is_(None))) or 0
    order = (PriceBook.book, PriceBook.currency, PriceBook.valid_from)
    found = list(session.scalars(select(PriceBook).order_by(*order)))
    # Of several books for the same buyers on one day the newest holds: the last one in this order.
    holding = {(book.book, book.currency): book.id for book in found if book.valid_from <= today <= book.valid_to}
    return [
        BookState(
            book.book, book.currency, book.valid_from, book.valid_to, prices.get(book.id, 0),
            listed - prices.get(book.id, 0), _state(book, today, set(holding.values())),
        )
        for book in found
    ]  # fmt: skip


def gaps(states: Sequence[BookState], today: date) -> list[str]:
    """Return sentences about circles of buyers that have no valid book today, or none after the present one."""
    circles: dict[tuple[str, str], list[BookState]] = {}
    for state in states:
        circles.setdefault((state.book, state.currency), []).append(state)
    sentences = []
    for (book, currency), own in circles.items():
        if not any(state.valid_from <= today <= state.valid_to for state in own):
            sentences.append(f"{book} {currency}: no book holds today")
        covered = own[0].valid_to
        for state in own[1:]:
            if (state.valid_from - covered).days > 1:
                sentences.append(f"{book} {currency}: no book between {covered} and {state.valid_from}")
            covered = max(covered, state.valid_to)
    return sentences


def unsold(session: Session, today: date, limit: int) -> list[tuple[str, str, str]]:
    """Return number, kind and name of listed products without a list price today."""
    query = (
        select(Product.sku, Product.kind, Product.name_en)
        .where(Product.listed, Product.archived_at.is_(None), Product.id.not_in(_priced(today)))
        .order_by(Product.sku)
        .limit(limit)
    )
    return [(row.sku, row.kind, row.name_en) for row in session.execute(query)]


def _priced(today: date) -> Select[int]:
    return (
        select(Price.product_id)
        .join(PriceBook, PriceBook.id == Price.price_book_id)
        .where(PriceBook.book == "list", PriceBook.valid_from <= today, PriceBook.valid_to >= today)
    )


def _state(book: PriceBook, today: date, holding: set[int]) -> str:
    if book.valid_from > today:
        return "coming"
    if book.valid_to < today:
        return "expired"
    return "valid" if book.id in holding else "replaced"
