"""Reading a partner's own offers: the list by keyset, one offer, its relatives, documents and what it earns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.deals.models import Quote, QuoteLine
from portal.deals.queries import CUSTOMER, still_called
from portal.deals.resale_models import Resale, ResaleDocument, ResaleLine
from portal.errors import NotFound
from portal.policy import SYSTEM

PAGE: Final = 25
PAID: Final = func.coalesce(QuoteLine.special_unit_minor, QuoteLine.unit_minor)


@dataclass(frozen=True, slots=True)
class ResaleRow:
    """One line of the list."""

    id: int
    public_id: str
    number: str | None
    revision: int
    state: str
    customer_name: str
    title: str
    currency: str
    gross_minor: int
    valid_until: date | None
    updated_at: datetime
    customer_name_en: str | None  # while the customer is still called as the offer says


def resales(session: Session, *, before_id: int | None, limit: int = PAGE) -> list[ResaleRow]:
    """Return offers of the own organisation, newest first, one more than `limit` when there are more."""
    query: Select[*tuple[Any, ...]] = select(
        Resale.id, Resale.public_id, Resale.number, Resale.revision, Resale.state, Resale.customer_name, Resale.title,
        Resale.currency, Resale.gross_minor, Resale.valid_until, Resale.updated_at, CUSTOMER.c.name_en,
    ).outerjoin(CUSTOMER, still_called(Resale)).order_by(Resale.id.desc()).limit(limit + 1)  # fmt: skip
    if before_id is not None:
        query = query.where(Resale.id < before_id)
    return [ResaleRow(*row) for row in session.execute(query)]


def resale(session: Session, public_id: str, *, for_update: bool = False) -> Resale:
    """Return one offer the actor may see; raises NotFound."""
    query = select(Resale).where(Resale.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def resales_of(session: Session, quote: Quote) -> Sequence[Resale]:
    """Return the offers made from a quote, newest first."""
    return session.scalars(select(Resale).where(Resale.quote_id == quote.id).order_by(Resale.id.desc())).all()


def relatives(session: Session, row: Resale) -> Sequence[Resale]:
    """Return the other revisions of an offer, oldest first, the open draft among them."""
    kin = or_(Resale.predecessor_id == row.id, Resale.id == row.predecessor_id)
    if row.number is not None:
        kin = or_(kin, (Resale.number == row.number) & (Resale.organisation_id == row.organisation_id))
    return session.scalars(select(Resale).where(Resale.id != row.id, kin).order_by(Resale.revision)).all()


def documents(session: Session, resale_id: int) -> Sequence[ResaleDocument]:
    """Return the documents of an offer, without their content."""
    query = select(ResaleDocument).where(ResaleDocument.resale_id == resale_id).order_by(ResaleDocument.locale)
    return session.scalars(query).all()


def document_content(session: Session, resale_id: int, locale: str) -> tuple[bytes, str]:
    """Return content and hash of a finished document; raises NotFound."""
    row = session.execute(
        select(ResaleDocument.content, ResaleDocument.sha256).where(
            ResaleDocument.resale_id == resale_id, ResaleDocument.locale == locale, ResaleDocument.state == "ready"
        )
    ).first()
    if row is None or row[0] is None:
        raise NotFound
    return row[0], row[1]


@dataclass(frozen=True, slots=True)
class Earned:
    """What an offer is sold and was bought for, before tax; for the partner's eyes only."""

    quote: Quote
    bought: dict[int, int]  # what the partner pays for one piece, by position
    listed: dict[int, int]
    losing: tuple[ResaleLine, ...]  # lines sold below their purchase price
    bought_net_minor: int
    margin_minor: int
    margin_bps: int  # of the sales price


def earned(session: Session, row: Resale, lines: Sequence[ResaleLine]) -> Earned:
    """Compare an offer with the quote it was made from, also when that went to another partner with its customer."""
    with as_actor(session, SYSTEM):  # an offer exists for issued quotes only, and those never change
        quote = session.scalars(select(Quote).where(Quote.id == row.quote_id)).one()
        found = session.execute(
            select(QuoteLine.position, PAID, QuoteLine.list_unit_minor).where(QuoteLine.quote_id == row.quote_id)
        ).all()
    bought, listed = {each[0]: each[1] for each in found}, {each[0]: each[2] for each in found}
    losing = tuple(line for line in lines if line.net_minor < bought[line.position] * line.quantity)
    net = sum(bought[line.position] * line.quantity for line in lines)
    margin = row.net_minor - net
    share = margin * 10_000 // row.net_minor if row.net_minor else 0
    return Earned(quote, bought, listed, losing, net, margin, share)
