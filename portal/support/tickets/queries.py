"""Reading tickets: one of them, and what its page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, column, or_, select, table
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.db import actor_of, as_actor
from portal.errors import NotFound
from portal.parties.models import Party, Relation
from portal.parties.queries import sees_all
from portal.policy import SYSTEM
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import Message, Note, Ticket, TicketEvent, TicketFollower, TicketLink, TicketRating

PERSON = table("person", column("id"), column("name"), column("organisation_id"), column("public_id"))
MOST_MESSAGES = 200
MOST_EVENTS = 100


def ticket(session: Session, public_id: str, *, for_update: bool = False) -> Ticket:
    """Return one ticket the actor sees; raises NotFound."""
    query = select(Ticket).where(Ticket.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One message or note as a page shows it."""

    id: int
    public_id: str
    body: str
    side: str  # "note" for an internal one
    channel: str
    at: datetime
    author: str
    mine: bool


def messages(session: Session, ticket_id: int, *, limit: int = MOST_MESSAGES) -> list[Line]:
    """Return what was said last, oldest first."""
    me = actor_of(session).person_id
    columns = (Message.id, Message.public_id, Message.body, Message.side, Message.channel, Message.created_at)
    author = case((Message.author_id.is_(None), Message.author_name), else_=PERSON.c.name)
    query = (
        select(*columns, author, Message.author_id)
        .outerjoin(PERSON, PERSON.c.id == Message.author_id)
        .where(Message.ticket_id == ticket_id)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    return [
        Line(number, public_id, body, side, channel, at, name or "", me is not None and author_id == me)
        for number, public_id, body, side, channel, at, name, author_id in reversed(rows)
    ]


def notes(session: Session, ticket_id: int, *, limit: int = MOST_MESSAGES) -> list[Line]:
    """Return the house's notes, oldest first; nobody else gets any."""
    me = actor_of(session).person_id
    query = (
        select(Note.id, Note.public_id, Note.body, Note.created_at, PERSON.c.name, Note.author_id)
        .outerjoin(PERSON, PERSON.c.id == Note.author_id)
        .where(Note.ticket_id == ticket_id)
        .order_by(Note.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    return [Line(row[0], row[1], row[2], "note", "web", row[3], row[4] or "", row[5] == me) for row in reversed(rows)]


def events(session: Session, ticket_id: int) -> Sequence[Row[datetime, str, dict[str, Any], str, bool]]:
    """Return the latest steps that the actor may know of, oldest first: when, what, details, who, whether internal."""
    query = (
        select(TicketEvent.at, TicketEvent.action, TicketEvent.details, PERSON.c.name, TicketEvent.internal)
        .outerjoin(PERSON, PERSON.c.id == TicketEvent.person_id)
        .where(TicketEvent.ticket_id == ticket_id)
        .order_by(TicketEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    return list(reversed(session.execute(query).all()))


def links(session: Session, row: Ticket) -> Sequence[Row[str, str, str, str, str]]:
    """Return linked tickets that the actor sees too: kind, public id, number, subject, state."""
    other = case((TicketLink.ticket_id == row.id, TicketLink.other_id), else_=TicketLink.ticket_id)
    kind = case((TicketLink.ticket_id == row.id, TicketLink.kind), else_="back_" + TicketLink.kind)
    joined = (
        select(kind, Ticket.public_id, Ticket.number, Ticket.subject, Ticket.state)
        .join(Ticket, Ticket.id == other)
        .where(or_(TicketLink.ticket_id == row.id, TicketLink.other_id == row.id))
        .order_by(TicketLink.id)
        .limit(50)
    )
    return session.execute(joined).all()


def merged(session: Session, row: Ticket) -> Sequence[Row[str, str, str]]:
    """Return public id, number and subject of those that were merged into a ticket."""
    columns = (Ticket.public_id, Ticket.number, Ticket.subject)
    return session.execute(select(*columns).where(Ticket.merged_into_id == row.id).order_by(Ticket.id).limit(50)).all()


def clock_rows(session: Session, ticket_id: int) -> dict[str, TicketClock]:
    """Return the clocks of a ticket by kind."""
    return {row.kind: row for row in session.scalars(select(TicketClock).where(TicketClock.ticket_id == ticket_id))}


def follows(session: Session, ticket_id: int) -> bool:
    """Return whether the actor hears of everything in a ticket."""
    its = (TicketFollower.ticket_id == ticket_id, TicketFollower.person_id == actor_of(session).person_id)
    return session.scalar(select(TicketFollower.id).where(*its)) is not None


def last_rating(session: Session, ticket_id: int) -> TicketRating | None:
    """Return the last question how satisfied somebody was; the caller has found the ticket."""
    with as_actor(session, SYSTEM):
        query = select(TicketRating).where(TicketRating.ticket_id == ticket_id)
        return session.scalar(query.order_by(TicketRating.id.desc()).limit(1))


def names(session: Session, *ids: int | None) -> dict[int, tuple[str, str]]:
    """Return name and public id of people whom a ticket in sight names."""
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    query = select(PERSON.c.id, PERSON.c.name, PERSON.c.public_id).where(PERSON.c.id.in_(wanted))
    with as_actor(session, SYSTEM):
        return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def party_names(session: Session, *ids: int | None) -> dict[int, tuple[str, str]]:
    """Return the two names of parties that a ticket in sight names: as the own organisation calls them, if it does."""
    wanted = {each for each in ids if each is not None}
    query = select(Party.id, Party.name, Party.name_en).where(Party.id.in_(wanted))
    own = select(Relation.party_id, Relation.name, Relation.name_en).where(Relation.party_id.in_(wanted))
    called = [] if sees_all(session) else session.execute(own.where(Relation.kind == "customer")).all()
    with as_actor(session, SYSTEM):
        return {row[0]: (row[1], row[2]) for row in [*session.execute(query), *called]}


def party(session: Session, party_id: int) -> Party | None:
    """Return a party that equipment in sight stands at."""
    with as_actor(session, SYSTEM):
        return session.get(Party, party_id)


def people_of(session: Session, organisation_id: int) -> Sequence[Row[str, str]]:
    """Return public id and name of those who sign in for an organisation and can be answered to."""
    query = select(Person.public_id, Person.name).where(
        Person.organisation_id == organisation_id, Person.disabled_at.is_(None)
    )
    with as_actor(session, SYSTEM):
        return session.execute(query.order_by(Person.name, Person.id).limit(100)).all()


def first_message(session: Session, row: Ticket) -> Message:
    """Return with what a ticket began."""
    query = select(Message).where(Message.ticket_id == row.id).order_by(Message.id).limit(1)
    return session.scalars(query).one()


def person_id(session: Session, public_id: str) -> int | None:
    """Return the id behind a public id that a page of ours named; None for nobody."""
    if not public_id:
        return None
    with as_actor(session, SYSTEM):
        return session.scalar(select(Person.id).where(Person.public_id == public_id))
