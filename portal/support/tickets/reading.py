"""Reading a conversation: what was said, with its files; who has read how far; and whether anything is new."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.db import as_actor
from portal.errors import NotFound
from portal.files.models import Upload
from portal.files.queries import uploads_of
from portal.policy import SYSTEM, Actor, Permission, Reach
from portal.prepared import send, wire_of
from portal.support.tickets.conversation_models import TicketRead
from portal.support.tickets.linking import linked
from portal.support.tickets.models import Message, Note, Ticket, TicketEvent, works

PAGE: Final = 60
MOST_NEW: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said, as a page shows it; a note is one of the house among itself."""

    id: int
    public_id: str
    is_note: bool
    author: str
    author_id: int | None
    side: str
    channel: str
    text: Markup
    at: datetime
    files: Sequence[Upload] = field(default=())


@dataclass(frozen=True, slots=True)
class Mark:
    """That somebody has read up to a message."""

    person: str
    message_id: int
    read_at: datetime


def said(session: Session, actor: Actor, ticket: Ticket, *, before: str = "") -> tuple[list[Entry], str]:
    """Return the newest part of a conversation in its order, and the message before which there is more (or "").

    `before` is the public id of a message: the part that ends there.
    """
    query = select(Message).where(Message.ticket_id == ticket.id)
    if before:
        query = query.where(Message.id < _message(session, ticket, before).id)
    rows = list(session.scalars(query.order_by(Message.id.desc()).limit(PAGE + 1)))
    more = rows[PAGE - 1].public_id if len(rows) > PAGE else ""
    rows = rows[:PAGE]
    notes: Sequence[Note] = ()
    if works(actor):
        among = select(Note).where(Note.ticket_id == ticket.id)
        if more:
            among = among.where(Note.created_at >= rows[-1].created_at)
        if before:
            among = among.where(Note.created_at < _message(session, ticket, before).created_at)
        notes = session.scalars(among.order_by(Note.id.desc()).limit(MOST_NEW)).all()
    return _entries(session, rows, notes), more


def said_since(session: Session, actor: Actor, ticket_id: int, since: datetime) -> list[Entry]:
    """Return what was said from an instant on, the oldest first, at most two hundred."""
    query = select(Message).where(Message.ticket_id == ticket_id, Message.created_at >= since)
    rows = session.scalars(query.order_by(Message.id.desc()).limit(MOST_NEW)).all()
    notes: Sequence[Note] = ()
    if works(actor):
        among = select(Note).where(Note.ticket_id == ticket_id, Note.created_at >= since)
        notes = session.scalars(among.order_by(Note.id.desc()).limit(MOST_NEW)).all()
    return _entries(session, rows, notes)


def _entries(session: Session, messages: Sequence[Message], notes: Sequence[Note]) -> list[Entry]:
    authors = [row.author_id for row in messages] + [row.author_id for row in notes]
    names = _names(session, {author for author in authors if author is not None})
    of_messages = uploads_of(session, "ticket_message", [row.id for row in messages])
    of_notes = uploads_of(session, "ticket_note", [row.id for row in notes])
    found = [
        Entry(
            row.id, row.public_id, False, names.get(row.author_id or 0, row.author_name), row.author_id, row.side,
            row.channel, linked(row.body), row.created_at, of_messages.get(row.id, ()),
        )
        for row in messages
    ]  # fmt: skip
    found += [
        Entry(
            row.id, row.public_id, True, names.get(row.author_id or 0, ""), row.author_id, "house", "web",
            linked(row.body), row.created_at, of_notes.get(row.id, ()),
        )
        for row in notes
    ]  # fmt: skip
    return sorted(found, key=lambda entry: (entry.at, entry.is_note, entry.id))


def _names(session: Session, people: Collection[int]) -> dict[int, str]:
    """Return the names of people who speak in a conversation that the actor reads."""
    if not people:
        return {}
    with as_actor(session, SYSTEM):
        rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
        return {row.id: row.name for row in rows}


def marks(session: Session, actor: Actor, ticket_id: int) -> list[Mark]:
    """Return how far the others have read."""
    others = (TicketRead.ticket_id == ticket_id, TicketRead.person_id != actor.person_id)
    columns = (TicketRead.person_id, TicketRead.message_id, TicketRead.read_at)
    rows = session.execute(select(*columns).where(*others).order_by(TicketRead.read_at)).all()
    names = _names(session, [row.person_id for row in rows])
    return [Mark(names.get(row.person_id, ""), row.message_id, row.read_at) for row in rows]


def _message(session: Session, ticket: Ticket, public_id: str) -> Message:
    found = session.scalar(select(Message).where(Message.ticket_id == ticket.id, Message.public_id == public_id))
    if found is None:
        raise NotFound
    return found


message = _message


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a conversation stands for one reader; two alike tags mean that nothing is new for him."""

    ticket_id: int
    state: str
    newest: int  # message; 0 for none
    tag: str


def standing(session: Session, actor: Actor, public_id: str) -> Standing:
    """Return where a conversation stands, in one query of looks into indexes; raises NotFound out of sight.

    Every open page asks this every few seconds, so the statement is written once and sent as it is: what the session
    would add to it stands in it already, taken from the same `visible_to`.
    """
    reach = actor.reach(Permission.TICKET_VIEW)
    if reach is Reach.NONE:
        raise NotFound
    connection = wire_of(session)
    sql, order = _stands(connection.dialect.name, reach, works(actor))
    given = {"public_id": public_id, "own": actor.organisation_id}
    found = send(connection, sql, tuple(given[name] for name in order) if order else given)
    if not found:
        raise NotFound
    row = found[0]
    return Standing(row[0], row[1], row[2] or 0, "-".join(str(value or 0) for value in row[1:]))


@cache
def _stands(dialect: str, reach: Reach, for_house: bool) -> tuple[str, tuple[str, ...]]:
    """Return the statement in the words of a database, and its parameters in their order where they have no names."""
    own: Any = bindparam("own", type_=BigInteger())
    reader = Actor(person_id=None, organisation_id=own, grants={Permission.TICKET_VIEW: reach})
    seen = Ticket.visible_to(reader)
    events = () if for_house else (TicketEvent.internal.is_(False),)
    columns = [Ticket.id, Ticket.state, _newest(Message), _sum_of_marks(), _newest(TicketEvent, *events)]
    if for_house:
        columns.append(_newest(Note))
    query = select(*columns).where(Ticket.public_id == bindparam("public_id"))
    engine = sqlite.dialect() if dialect == "sqlite" else psycopg.dialect()  # type: ignore[no-untyped-call]
    compiled = (query if seen is True else query.where(seen)).compile(dialect=engine)  # type: ignore[arg-type]
    return str(compiled), tuple(compiled.positiontup or ())


def _newest(table: Any, *which: Any) -> Any:
    return select(func.max(table.id)).where(table.ticket_id == Ticket.id, *which).correlate(Ticket).scalar_subquery()


def _sum_of_marks() -> Any:
    """Marks only go forward, so their sum changes with every one of them."""
    its = select(func.sum(TicketRead.message_id)).where(TicketRead.ticket_id == Ticket.id)
    return its.correlate(Ticket).scalar_subquery()
