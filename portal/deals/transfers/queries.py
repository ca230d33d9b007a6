"""Reading transfers: the list, one of them, who held a customer when, and the giver's papers that went along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.db import actor_of, as_actor
from portal.deals.models import Quote, QuoteDocument
from portal.deals.order_models import OrderDocument, SalesOrder
from portal.deals.transfers.models import CustomerTransfer, TransferLedger, TransferredCustomer
from portal.errors import NotFound
from portal.parties.models import Party
from portal.policy import SYSTEM, Permission, Reach

PAGE: Final = 25
MOST_PAPERS: Final = 500
GIVER, RECEIVER = (Party.__table__.alias(name) for name in ("giver", "receiver"))
FROM, TO, MAKER = (Person.__table__.alias(name) for name in ("from_person", "to_person", "maker"))


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One line of the list."""

    id: int
    public_id: str
    title: str
    title_en: str | None
    customers: int
    made_at: datetime
    undone_at: datetime | None
    giver: str
    giver_en: str
    receiver: str
    receiver_en: str
    to_person: str


@dataclass(frozen=True, slots=True)
class Held:
    """That somebody held a customer, from when until when; None for today."""

    transfer_id: str
    organisation: str
    organisation_en: str
    person: str
    since: date
    until: date | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A finished document of a frozen paper that went along with a customer."""

    kind: str
    number: str
    title: str
    locale: str
    document_id: str


def transfers(session: Session, *, before_id: int | None, limit: int = PAGE) -> list[TransferRow]:
    """Return transfers that the actor may see, newest first, one more than `limit` when there are more."""
    row = CustomerTransfer
    query: Select[Any] = select(
        row.id, row.public_id, row.title, row.title_en, row.customers, row.made_at, row.undone_at, GIVER.c.name,
        GIVER.c.name_en, RECEIVER.c.name, RECEIVER.c.name_en, TO.c.name,
    )  # fmt: skip
    query = query.join(GIVER, GIVER.c.id == row.from_organisation_id)
    query = (
        query.join(RECEIVER, RECEIVER.c.id == row.to_organisation_id)
        .join(TO, TO.c.id == row.to_person_id)
        .order_by(row.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        query = query.where(row.id < before_id)
    return [TransferRow(*found) for found in session.execute(query)]


def transfer(session: Session, public_id: str) -> CustomerTransfer:
    """Return one transfer the actor may see; raises NotFound."""
    found = session.scalar(select(CustomerTransfer).where(CustomerTransfer.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def ends_of(session: Session, made: CustomerTransfer) -> Any:
    """Return the names of both sides and of whoever did it; organisations also in the other script."""
    query = (
        select(
            GIVER.c.name.label("giver"),
            GIVER.c.name_en.label("giver_en"),
            FROM.c.name.label("from_person"),
            RECEIVER.c.name.label("receiver"),
            RECEIVER.c.name_en.label("receiver_en"),
            TO.c.name.label("to_person"),
            MAKER.c.name.label("maker"),
        )
        .select_from(CustomerTransfer)
        .join(GIVER, GIVER.c.id == CustomerTransfer.from_organisation_id)
        .join(RECEIVER, RECEIVER.c.id == CustomerTransfer.to_organisation_id)
        .join(TO, TO.c.id == CustomerTransfer.to_person_id)
        .join(MAKER, MAKER.c.id == CustomerTransfer.made_by_id)
        .outerjoin(FROM, FROM.c.id == CustomerTransfer.from_person_id)
    )
    return session.execute(query.where(CustomerTransfer.id == made.id)).one()


def customers_of(session: Session, made: CustomerTransfer) -> Sequence[Any]:
    """Return both names and the address of each customer; no address of one that the reader does not see (any more)."""
    row = TransferredCustomer
    query = select(row.name, row.name_en, Party.public_id)
    query = query.outerjoin(Party, Party.id == row.customer_id)  # the session narrows it
    return session.execute(query.where(row.transfer_id == made.id).order_by(row.id)).all()


def holders(session: Session, party: Party) -> list[Held]:
    """Return who held a customer when, as far as transfers say and the reader may know; the latest first."""
    row, made = TransferredCustomer, CustomerTransfer
    columns = (
        made.public_id, made.made_at, row.from_organisation_id, row.to_organisation_id, GIVER.c.name, GIVER.c.name_en,
        FROM.c.name, row.since, row.handed_on, RECEIVER.c.name, RECEIVER.c.name_en, TO.c.name, row.ended_on,
    )  # fmt: skip
    query: Select[Any] = (
        select(*columns)
        .join(made, made.id == row.transfer_id)
        .join(GIVER, GIVER.c.id == row.from_organisation_id)
        .join(RECEIVER, RECEIVER.c.id == row.to_organisation_id)
        .join(TO, TO.c.id == row.to_person_id)
        .outerjoin(FROM, FROM.c.id == row.from_person_id)
        .where(row.customer_id == party.id, made.undone_at.is_(None))
        .order_by(row.id)
    )
    found, last = list[Held](), 0
    for key, at, giver_id, receiver_id, giver, giver_en, by, since, on, *receiver, to, until in session.execute(query):
        if not found or found[-1].until != on or giver_id != last:
            found.append(Held(key, giver, giver_en, by or "", since, on, at))
        name, name_en = receiver
        found.append(Held(key, name, name_en, to, on, until, at))
        last = receiver_id
    return found[::-1]


def papers(session: Session, made: CustomerTransfer) -> list[PaperRow]:
    """Return the finished documents of quotes and orders that went along, for the giver; nothing after an undo.

    What was issued later, by the receiver, is not among them.
    """
    if not _reads_papers(session, made):
        return []
    found: list[PaperRow] = []
    with as_actor(session, SYSTEM):
        moved = session.get_one(TransferLedger, made.id).moved
        for kind, thing, frozen, document, owner in _FROZEN:
            ids = [key[0] for key, *_more in moved.get(kind, ())][:MOST_PAPERS]
            query = select(thing.number, thing.title, document.locale, document.public_id)
            query = query.join(document, owner == thing.id).where(thing.id.in_(ids), document.state == "ready")
            query = query.where(frozen <= made.made_at).order_by(thing.id, document.locale)
            found += [PaperRow(kind, *row) for row in session.execute(query)]
    return found


def paper_content(session: Session, made: CustomerTransfer, document_id: str) -> tuple[bytes, str, str]:
    """Return content, hash and file name of one of the giver's papers; raises NotFound."""
    row = next((row for row in papers(session, made) if row.document_id == document_id), None)
    if row is None:
        raise NotFound
    document: Any = next(each[3] for each in _FROZEN if each[0] == row.kind)
    with as_actor(session, SYSTEM):
        query = select(document.content, document.sha256).where(document.public_id == document_id)
        content, digest = session.execute(query).one()
    return content, digest, f"{row.number}-{row.locale}.pdf"


def _reads_papers(session: Session, made: CustomerTransfer) -> bool:
    actor = actor_of(session)
    own = actor.organisation_id == made.from_organisation_id and actor.can(Permission.QUOTE_VIEW)
    between = made.from_organisation_id != made.to_organisation_id and made.undone_at is None
    return between and (own or actor.reach(Permission.QUOTE_VIEW) is Reach.ALL)


# Table of what is frozen, when it was, its documents, and their column that names it.
_FROZEN: Final[tuple[tuple[str, Any, Any, Any, Any], ...]] = (
    ("quote", Quote, Quote.issued_at, QuoteDocument, QuoteDocument.quote_id),
    ("sales_order", SalesOrder, SalesOrder.placed_at, OrderDocument, OrderDocument.order_id),
)
