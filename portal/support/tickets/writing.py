"""Writing in a conversation: drafts, sending with files, marks of what was read, calling a person."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import IO, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import insert_into
from portal.errors import Conflict, NotAllowed
from portal.files import operations as files
from portal.files.models import Upload
from portal.files.queries import uploads
from portal.files.stores import Store
from portal.limits import bounded
from portal.policy import Actor
from portal.support.tickets.conversation_models import TARGETS, TicketDraft, TicketRead, takes_part
from portal.support.tickets.lifecycle import LIFE, Action, State
from portal.support.tickets.models import LONGEST_BODY, Message, Note, Ticket, TicketEvent
from portal.support.tickets.people import house_side, tell_people
from portal.support.tickets.replying import Said, note, reply
from portal.support.tickets.steps import happened, locked, side_of, step
from portal.words import N_

CALLED: Final = "call person"
BETWEEN_CALLS: Final = timedelta(minutes=10)
CALLED_ALREADY: Final = N_("A person was called a moment ago and will answer here.")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it comes with a form."""

    stream: IO[bytes]
    name: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody sends: words, files, to whom and what then."""

    body: str
    form_key: str
    target: str = "reply"
    then: str = "answer"
    files: Sequence[Sent] = field(default=())


def attach(
    session: Session, actor: Actor, thing: Message | Note | TicketDraft, sent: Sequence[Sent], *, store: Store,
    now: datetime,
) -> list[Upload]:  # fmt: skip
    """Keep files with a message, a note or a draft. Raises Refused or NoRoom."""
    return [files.keep(session, actor, thing, each.stream, each.name, store=store, now=now) for each in sent]


def send(
    session: Session, actor: Actor, ticket: Ticket, letter: Letter, *, store: Store, now: datetime, today: date
) -> Message | Note:
    """Say something, with the files of the draft and those that come along; the draft is over with it."""
    locked(session, ticket)  # of two sendings at one moment the second one finds no draft any more
    draft = draft_of(session, actor, ticket)
    kept = uploads(session, draft) if draft is not None else []
    row: Message | Note
    if letter.target == "note":
        row = note(session, actor, ticket, letter.body, letter.form_key, now=now)
    else:
        words = Said(letter.body, letter.form_key, letter.then, has_files=bool(kept or letter.files))
        row = reply(session, actor, ticket, words, now=now, today=today)
    session.flush()
    if row.created_at != now:
        return row  # the same form again: it brought its files the first time, and what was said never changes
    for each in kept:
        files.move(actor, each, row)
    attach(session, actor, row, letter.files, store=store, now=now)
    session.flush()
    if draft is not None:
        session.delete(draft)
    if isinstance(row, Message):
        mark_read(session, actor, row, now=now)
    return row


def draft_of(session: Session, actor: Actor, ticket: Ticket) -> TicketDraft | None:
    """Return what the actor is writing in a ticket."""
    mine = (TicketDraft.person_id == actor.person_id, TicketDraft.ticket_id == ticket.id)
    return session.scalar(select(TicketDraft).where(*mine))


def save_draft(
    session: Session, actor: Actor, ticket: Ticket, body: str | None, target: str = "", *, now: datetime
) -> TicketDraft:
    """Keep what the actor is writing, word by word as it stands; None keeps the words that were there."""
    if not takes_part(actor):
        raise NotAllowed
    side_of(actor, ticket)
    draft = draft_of(session, actor, ticket)
    if draft is None:
        its = {"ticket_id": ticket.id, "person_id": actor.person_id, "organisation_id": ticket.organisation_id}
        new = insert_into(session, TicketDraft).values(**its, saved_at=now)
        session.execute(new.on_conflict_do_nothing())  # two files, or words and a file, may begin it at one moment
        draft = draft_of(session, actor, ticket)
        assert draft is not None
    if body is not None:
        draft.body = bounded(body.replace("\x00", ""), LONGEST_BODY, field="body")
    if target in TARGETS:
        draft.target = target
    draft.saved_at = now
    session.flush()
    return draft


def mark_read(session: Session, actor: Actor, row: Message, *, now: datetime) -> bool:
    """Note that the actor has read up to a message; never back. Who only looks on leaves no mark."""
    if actor.person_id is None or not takes_part(actor):
        return False
    mine = (TicketRead.ticket_id == row.ticket_id, TicketRead.person_id == actor.person_id)
    there = session.scalar(select(TicketRead).where(*mine))
    if there is not None:
        if there.message_id >= row.id:
            return False
        there.message_id, there.read_at = row.id, now
        return True
    values = {"ticket_id": row.ticket_id, "person_id": actor.person_id, "message_id": row.id, "read_at": now}
    session.execute(insert_into(session, TicketRead).values(**values).on_conflict_do_nothing())
    return True


def call_person(session: Session, actor: Actor, ticket: Ticket, *, now: datetime) -> None:
    """Let a ticket wait for a person: whoever answers for the house hears of it at once, whatever state it was in."""
    side = side_of(actor, ticket)
    if side == "house":
        raise NotAllowed
    row = locked(session, ticket)
    recent = select(TicketEvent.id).where(
        TicketEvent.ticket_id == row.id, TicketEvent.action == CALLED, TicketEvent.at > now - BETWEEN_CALLS
    )
    if session.scalar(recent.limit(1)) is not None:
        raise Conflict(CALLED_ALREADY)
    if not LIFE.can(row.state, Action.NUDGE):
        step(session, row, Action.REOPEN, now=now)  # a solved one is open again; a closed one says what to do
    elif row.state == State.WAITING_CUSTOMER:
        step(session, row, Action.TAKE_UP, now=now)
    happened(session, row, CALLED, now=now, person_id=actor.person_id)
    tell_people(session, row, house_side(session, row), "ticket_person_called", now=now)
