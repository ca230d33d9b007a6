"""A solved ticket as a case: what was asked and what helped, without the names of whom it happened to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.catalog.models import Site
from portal.db import as_actor
from portal.parties.models import Organisation, Party, Relation
from portal.policy import SYSTEM
from portal.support.redacting import redacted
from portal.support.tickets.models import Message, Ticket

MOST_NAMES: Final = 500  # of one organisation
LONGEST_ASKED: Final = 4_000


@dataclass(frozen=True, slots=True)
class Case:
    """What a solved ticket teaches."""

    title: str
    asked: str
    solution: str


def cases(session: Session, tickets: Sequence[Ticket]) -> dict[int, Case]:
    """Return the cases of tickets by their id, in a handful of queries; the caller may see the tickets."""
    if not tickets:
        return {}
    with as_actor(session, SYSTEM):
        first = first_messages(session, [ticket.id for ticket in tickets])
        names = _names(session, tickets)
    found = {}
    for ticket in tickets:
        known = names[ticket.id], {ticket.contact, ticket.serial}
        asked = first.get(ticket.id, "")[:LONGEST_ASKED]
        found[ticket.id] = Case(*(redacted(text, *known) for text in (ticket.subject, asked, ticket.solution)))
    return found


def as_article(session: Session, ticket: Ticket) -> tuple[str, str]:
    """Return title and Markdown with which an article begins."""
    case = cases(session, [ticket])[ticket.id]
    headings = ("What happens", "What helps") if ticket.locale == "en" else ("现象", "解决办法")
    parts = zip(headings, (case.asked, case.solution), strict=True)
    return case.title, "\n\n".join(f"## {heading}\n\n{text}" for heading, text in parts if text)


def first_messages(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """Return what each ticket began with; the caller may see the tickets."""
    first = select(func.min(Message.id)).where(Message.ticket_id.in_(ids)).group_by(Message.ticket_id)
    query = select(Message.ticket_id, Message.body).where(Message.id.in_(first))
    return dict(session.execute(query).all())


def _names(session: Session, tickets: Sequence[Ticket]) -> dict[int, set[str]]:
    """Return how the people, organisations and sites of each ticket are called, by anybody."""
    own = {ticket.organisation_id for ticket in tickets}
    partners = {each.partner_organisation_id for each in tickets if each.partner_organisation_id is not None}
    parties = own | partners | {ticket.customer_id for ticket in tickets}
    of_party: dict[int, set[str]] = {party: set() for party in parties}
    called = select(Party.id, Party.name, Party.name_en).where(Party.id.in_(parties))
    relations = select(Relation.party_id, Relation.name, Relation.name_en).where(Relation.party_id.in_(parties))
    for query in (called, relations.limit(MOST_NAMES)):
        for party_id, name, name_en in session.execute(query):
            of_party[party_id] |= {name, name_en}
    house = select(Organisation.id).where(Organisation.kind == "supplier")
    people = select(Person.organisation_id, Person.name).where(
        Person.organisation_id.in_(own | partners) | Person.organisation_id.in_(house)
    )
    everybody: set[str] = set()
    for organisation_id, name in session.execute(people.limit(MOST_NAMES * 4)):
        of_party.setdefault(organisation_id, set()).add(name)
        if organisation_id not in parties:
            everybody.add(name)
    contacts = select(Party.employer_id, Party.name).where(Party.employer_id.in_(parties)).limit(MOST_NAMES * 4)
    for employer_id, name in session.execute(contacts):
        of_party[employer_id or 0].add(name)
    sites = select(Site.party_id, Site.name).where(Site.party_id.in_(parties)).limit(MOST_NAMES)
    for party_id, name in session.execute(sites):
        of_party[party_id].add(name)
    return {
        ticket.id: everybody
        | of_party[ticket.organisation_id]
        | of_party[ticket.customer_id]
        | of_party.get(ticket.partner_organisation_id or 0, set())
        for ticket in tickets
    }
