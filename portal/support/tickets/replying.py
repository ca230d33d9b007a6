"""Saying something in a ticket: messages for everybody who sees it, notes of the house among itself."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import Conflict, Invalid
from portal.limits import bounded
from portal.policy import Actor
from portal.support.tickets import articles, clocks
from portal.support.tickets.following_up import followed_up, key_of
from portal.support.tickets.lifecycle import Action, State
from portal.support.tickets.models import LONGEST_BODY, LONGEST_NOTE, Message, Note, Ticket, TicketLink
from portal.support.tickets.people import customer_side, house_side, tell_people, tell_solved
from portal.support.tickets.rating import ask_for_rating
from portal.support.tickets.steps import check_works, happened, locked, locked_by_id, side_of, step
from portal.words import N_

THEN: Final = {"answer": Action.ANSWER, "ask": Action.ASK, "hold": Action.HOLD, "solve": Action.SOLVE}
EMPTY: Final = N_("Please write something.")
TAKEN: Final = N_("This form was sent before with other words; load the page again.")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody writes. `then` is what the house does with it; `form_key` makes a repeated sending one message."""

    body: str
    form_key: str
    then: str = "answer"
    has_files: bool = False  # then there may be no words
    channel: str = "web"
    author_name: str = ""  # of somebody without an account


def reply(session: Session, actor: Actor, ticket: Ticket, said: Said, *, now: datetime, today: date) -> Message:
    """Say something in a ticket and return the message; the same form again gives the same message.

    A word of the customer's side reopens a solved ticket. In a closed one it begins a follow-up, or goes to the one
    that was begun before; in a merged one it goes to the survivor: the returned message says in its `ticket_id` where.
    """
    return say(session, ticket, said, side=side_of(actor, ticket), author_id=actor.person_id, now=now, today=today)


def say(
    session: Session, ticket: Ticket, said: Said, *, side: str, author_id: int | None, now: datetime, today: date
) -> Message:
    """Say something on behalf of one side; the caller has checked that it may, for example by a mail's address."""
    row = _surviving(session, locked(session, ticket))
    if side != "house":
        row = _going_on(session, row)
    if (there := _there(session, row, said, author_id)) is not None:
        return there
    body = _checked(said)
    linked = articles.checked(session, row, body) if side == "house" else []
    if row.state == State.CLOSED and side != "house":
        row = followed_up(session, row, form_key=said.form_key, author_id=author_id, now=now, today=today)
    action = THEN.get(said.then, Action.ANSWER) if side == "house" else Action.WRITE
    was = State(row.state)
    step(session, row, action, now=now)
    message = Message(
        ticket_id=row.id,
        organisation_id=row.organisation_id,
        form_key=said.form_key,
        author_id=author_id,
        author_name=said.author_name[:120],
        side=side,
        channel=said.channel,
        body=body,
        created_at=now,
    )
    session.add(message)
    row.last_message_at = now
    if side == "house":
        _answered(session, row, action, body, author_id, now=now)
    else:
        _written(session, row, was, author_id, now=now)
    session.flush()
    articles.count(session, row, linked, author_id, today=today)
    return message


def note(session: Session, actor: Actor, ticket: Ticket, body: str, form_key: str, *, now: datetime) -> Note:
    """Write down something for the house alone; the same form again gives the same note."""
    check_works(actor)
    row = locked(session, ticket)
    there = session.scalar(select(Note).where(Note.ticket_id == row.id, Note.form_key == form_key))
    if there is not None:
        return there
    said = bounded(body.strip(), LONGEST_NOTE, field="body")
    if not said:
        raise Invalid(EMPTY, field="body")
    step(session, row, Action.NOTE, now=now)
    written = Note(ticket_id=row.id, form_key=form_key, author_id=actor.person_id, body=said, created_at=now)
    session.add(written)
    happened(session, row, Action.NOTE.value, now=now, person_id=actor.person_id, internal=True)
    if row.assignee_id is not None:
        tell_people(session, row, [row.assignee_id], "ticket_noted", now=now)
    return written


def _surviving(session: Session, row: Ticket) -> Ticket:
    """Return where a ticket goes on: of a merged one the survivor."""
    while row.merged_into_id is not None:
        row = locked_by_id(session, row.merged_into_id)
    return row


def _going_on(session: Session, row: Ticket) -> Ticket:
    """Return where a closed ticket goes on already: its latest follow-up, and the follow-up of that."""
    while row.state == State.CLOSED:
        begun = select(func.max(TicketLink.ticket_id)).where(
            TicketLink.other_id == row.id, TicketLink.kind == "follow_up"
        )
        latest = session.scalar(begun)
        if latest is None:
            break
        row = _surviving(session, locked_by_id(session, latest))
    return row


def _there(session: Session, row: Ticket, said: Said, author_id: int | None) -> Message | None:
    """Return the message that this form was before, here or in the follow-up that it began."""
    query = (
        select(Message)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.form_key == said.form_key, Ticket.organisation_id == row.organisation_id)
    )
    found = session.scalar(
        query.where((Message.ticket_id == row.id) | (Ticket.form_key == key_of(said.form_key))).limit(1)
    )
    if found is not None and (found.author_id != author_id or found.body != _plain(said.body)):
        raise Conflict(TAKEN)
    return found


def _checked(said: Said) -> str:
    if not said.form_key or len(said.form_key) > 40:
        raise Invalid(TAKEN)
    body = bounded(_plain(said.body), LONGEST_BODY, field="body")
    if not body and not said.has_files:
        raise Invalid(EMPTY, field="body")
    return body


def _plain(text: str) -> str:
    return text.strip().replace("\x00", "")


def _answered(
    session: Session, row: Ticket, action: Action, body: str, author_id: int | None, *, now: datetime
) -> None:
    row.first_answered_at = row.first_answered_at or now
    clocks.answered(session, row, now=now)
    if row.assignee_id is None and row.state != State.SOLVED:
        row.assignee_id = author_id  # whoever answers has it
    if action is Action.SOLVE:
        row.solution, row.solved_by_id = body[:LONGEST_NOTE], author_id
        ask_for_rating(session, row, now=now)
    happened(session, row, action.value, now=now, person_id=author_id)
    if action is Action.SOLVE:
        tell_solved(session, row, now=now)
    else:
        kind = "ticket_asked" if action is Action.ASK else "ticket_answered"
        tell_people(session, row, customer_side(session, row), kind, now=now)


def _written(session: Session, row: Ticket, was: State, author_id: int | None, *, now: datetime) -> None:
    again = was is State.SOLVED
    happened(session, row, (Action.REOPEN if again else Action.WRITE).value, now=now, person_id=author_id)
    tell_people(session, row, house_side(session, row), "ticket_reopened" if again else "ticket_written", now=now)
    others = [each for each in customer_side(session, row) if each != author_id]
    tell_people(session, row, others, "ticket_colleague", now=now)
