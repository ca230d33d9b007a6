"""Reading what a telephone needs: who calls, what is open, what was last; leads and whom they go to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.catalog.models import Site
from portal.db import as_actor
from portal.deals.order_models import SalesOrder
from portal.history import HistoryEntry
from portal.parties.models import Party
from portal.policy import SYSTEM
from portal.support.phone.calling import parties_of
from portal.support.phone.lifecycle import WAITING
from portal.support.phone.models import Call, Lead, LeadRoute
from portal.support.tickets.models import Ticket

FEW: Final = 5
PAGE: Final = 25
Rows = Sequence[Any]  # what a page reads by name
CLOSED: Final = ("closed", "merged")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is behind a number: a customer, and the contact persons that have this number."""

    id: int
    public_id: str
    name: str
    name_en: str
    region: str
    contacts: tuple[str, ...]


def callers(session: Session, number_key: str) -> list[Caller]:
    """Return the customers that a number belongs to."""
    found = parties_of(session, number_key)
    named: dict[int, list[str]] = {}
    for party in found:
        named.setdefault(party.employer_id or party.id, []).extend([party.name] if party.employer_id else [])
    with as_actor(session, SYSTEM):
        there = (Party.id.in_(named), Party.archived_at.is_(None))
        rows = session.scalars(select(Party).where(*there).order_by(Party.id).limit(FEW)).all()
    return [
        Caller(row.id, row.public_id, row.name, row.name_en, row.region, tuple(sorted(set(named[row.id]))))
        for row in rows
    ]


def tickets_of(session: Session, parties: Sequence[int]) -> Rows:
    """Return the newest tickets of customers, open ones first."""
    columns = (Ticket.public_id, Ticket.number, Ticket.subject, Ticket.state, Ticket.last_message_at)
    of = (Ticket.customer_id.in_(parties), Ticket.state != "merged")
    is_over = Ticket.state.in_(CLOSED)
    return session.execute(select(*columns).where(*of).order_by(is_over, Ticket.id.desc()).limit(FEW)).all()


def orders_of(session: Session, parties: Sequence[int]) -> Rows:
    """Return number and day of the newest orders for customers: what was bought when, and no price."""
    columns = (SalesOrder.public_id, SalesOrder.number, SalesOrder.placed_at)
    with as_actor(session, SYSTEM):
        query = select(*columns).where(SalesOrder.customer_id.in_(parties))
        return session.execute(query.order_by(SalesOrder.id.desc()).limit(FEW)).all()


def sites_of(session: Session, parties: Sequence[int]) -> Rows:
    """Return where equipment of customers stands."""
    columns = (Site.public_id, Site.name, Site.address)
    of = (Site.party_id.in_(parties), Site.archived_at.is_(None))
    return session.execute(select(*columns).where(*of).order_by(Site.id.desc()).limit(FEW)).all()


def calls_of(session: Session, number_key: str, parties: Sequence[int], *, but: int | None = None) -> Rows:
    """Return the last calls of a number or of its customers, without the present one: when, number, who, what about."""
    mine = [Call.number_key == number_key] if number_key else []
    if parties:
        mine.append(Call.party_id.in_(parties))
    if not mine:
        return []
    columns = (Call.at, Call.number, Person.name, Call.note, Call.id)
    with as_actor(session, SYSTEM):  # the names of colleagues who answered
        query = select(*columns).outerjoin(Person, Person.id == Call.person_id).where(or_(*mine))
        rows = session.execute(query.order_by(Call.id.desc()).limit(FEW + 1)).all()
    return [row for row in rows if row.id != but][:FEW]


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One line of the list of leads."""

    id: int
    public_id: str
    number: str
    state: str
    name: str
    contact: str
    phone: str
    industry: str
    region: str
    assignee: str | None
    due_at: datetime
    escalated_at: datetime | None


def leads(
    session: Session, *, state: str = "", mine: int | None = None, before_id: int | None = None, limit: int = PAGE
) -> list[LeadRow]:
    """Return leads, newest first, one more than `limit` when there are more."""
    columns: list[Any] = [
        Lead.id, Lead.public_id, Lead.number, Lead.state, Lead.name, Lead.contact, Lead.phone, Lead.industry,
        Lead.region, Person.name, Lead.due_at, Lead.escalated_at,
    ]  # fmt: skip
    query = select(*columns).outerjoin(Person, Person.id == Lead.assignee_id)
    query = query.order_by(Lead.id.desc()).limit(limit + 1)
    if state:
        query = query.where(Lead.state == state)
    if mine is not None:
        query = query.where(Lead.assignee_id == mine)
    if before_id is not None:
        query = query.where(Lead.id < before_id)
    with as_actor(session, SYSTEM):  # the page is for those who see all leads; names of colleagues come along
        return [LeadRow(*row) for row in session.execute(query)]


def routes(session: Session) -> Rows:
    """Return whom leads go to: public id, industry, region, name."""
    with as_actor(session, SYSTEM):
        query = select(LeadRoute.public_id, LeadRoute.industry, LeadRoute.region, Person.name)
        query = query.join(Person, Person.id == LeadRoute.person_id)
        return session.execute(query.order_by(LeadRoute.region, LeadRoute.industry, LeadRoute.id).limit(500)).all()


def lead_of_number(session: Session, number_key: str) -> Lead | None:
    """Return the open lead of a number."""
    if not number_key:
        return None
    waiting = [state.value for state in WAITING]
    return session.scalar(select(Lead).where(Lead.phone_key == number_key, Lead.state.in_(waiting)))


def last_calls(session: Session) -> Rows:
    """Return the newest calls: when, number, who answered, what about, whose lead."""
    columns = (Call.at, Call.number, Person.name, Call.note, Call.lead_id)
    with as_actor(session, SYSTEM):  # the page is for those who see all calls; names of colleagues come along
        query = select(*columns).outerjoin(Person, Person.id == Call.person_id)
        return session.execute(query.order_by(Call.id.desc()).limit(PAGE)).all()


def calls_of_lead(session: Session, lead_id: int) -> Rows:
    """Return the calls of a lead, newest first."""
    columns = (Call.at, Call.number, Person.name, Call.note)
    with as_actor(session, SYSTEM):
        query = select(*columns).outerjoin(Person, Person.id == Call.person_id).where(Call.lead_id == lead_id)
        return session.execute(query.order_by(Call.id.desc()).limit(PAGE)).all()


def steps(session: Session, lead_id: int) -> Rows:
    """Return what was done with a lead, oldest first: when, what, who, what was said."""
    of = (HistoryEntry.thing_kind == "lead", HistoryEntry.thing_id == lead_id)
    with as_actor(session, SYSTEM):
        query = select(HistoryEntry.at, HistoryEntry.action, Person.name, HistoryEntry.after)
        query = query.outerjoin(Person, Person.id == HistoryEntry.person_id).where(*of)
        return session.execute(query.order_by(HistoryEntry.id).limit(100)).all()


def name_of(session: Session, person_id: int | None) -> str:
    """Return the name of a colleague; "" for nobody."""
    if person_id is None:
        return ""
    with as_actor(session, SYSTEM):
        return session.scalar(select(Person.name).where(Person.id == person_id)) or ""


def customer_of(session: Session, lead: Lead) -> Party | None:
    """Return the customer that a lead became."""
    return session.get(Party, lead.party_id) if lead.party_id is not None else None


def number_of_lead(session: Session, lead_id: int | None) -> str | None:
    """Return what a lead is called on paper."""
    return None if lead_id is None else session.scalar(select(Lead.number).where(Lead.id == lead_id))
