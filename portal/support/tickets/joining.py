"""Tickets that belong together: merged into one, split in two, linked."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.db import as_actor, insert_into
from portal.errors import Conflict, Invalid, NotFound
from portal.files.operations import copy
from portal.files.queries import uploads_of
from portal.files.stores import Store
from portal.limits import bounded
from portal.policy import SYSTEM, Actor
from portal.support.tickets.following_up import offspring
from portal.support.tickets.lifecycle import Action, after
from portal.support.tickets.models import LONGEST_SUBJECT, Message, Ticket, TicketFollower, TicketLink
from portal.support.tickets.people import customer_side, tell_people
from portal.support.tickets.steps import check_works, happened, locked_by_id, side_of, step
from portal.words import N_

ITSELF: Final = N_("A ticket cannot be joined with itself.")
OTHERS: Final = N_("Only tickets of the same organisation and the same partner can be merged; link them instead.")
COPIED: Final = ("author_id", "author_name", "side", "channel", "body", "created_at")


def find(session: Session, reference: str) -> Ticket:
    """Return the ticket with this number or public id that the actor sees; raises NotFound."""
    wanted = reference.strip()[:40].replace("\x00", "")
    query = select(Ticket).where(or_(Ticket.number == wanted.upper(), Ticket.public_id == wanted))
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def merge(session: Session, actor: Actor, ticket: Ticket, survivor: Ticket, *, now: datetime) -> Ticket:
    """Merge a ticket into another one and return the survivor; what was said stays where it was said. It is final."""
    check_works(actor)
    row, kept = _both(session, ticket, survivor)
    if (row.organisation_id, row.partner_organisation_id) != (kept.organisation_id, kept.partner_organisation_id):
        raise Conflict(OTHERS)
    after(kept.state, Action.ABSORB)
    listeners = customer_side(session, row)
    with session.no_autoflush:  # state and survivor are written together
        row.merged_into_id = kept.id
        step(session, row, Action.MERGE, now=now)
    step(session, kept, Action.ABSORB, now=now)
    for person_id in listeners:
        if person_id != kept.requester_id:
            _let_follow(session, kept, person_id, now=now)
    happened(session, row, Action.MERGE.value, now=now, person_id=actor.person_id, details={"into": kept.number})
    happened(session, kept, Action.ABSORB.value, now=now, person_id=actor.person_id, details={"from": row.number})
    tell_people(session, row, listeners, "ticket_merged", now=now, survivor=kept.number)
    return kept


def split(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    messages: Sequence[str],
    subject: str,
    *,
    form_key: str,
    store: Store,
    now: datetime,
    today: date,
) -> Ticket:
    """Make a ticket of its own from copies of some messages (public ids) with their files.

    The same form again gives the same one. Notes of the house are no messages: they stay where they are.
    """
    check_works(actor)
    row = locked_by_id(session, ticket.id)
    its = (Ticket.organisation_id == row.organisation_id, Ticket.form_key == form_key)
    if (there := session.scalar(select(Ticket).where(*its))) is not None:
        return there
    chosen = session.scalars(
        select(Message).where(Message.ticket_id == row.id, Message.public_id.in_(messages)).order_by(Message.id)
    ).all()
    if not chosen:
        raise Invalid(N_("Choose what the new ticket is about."), field="messages")
    title = " ".join(bounded(subject, LONGEST_SUBJECT, field="subject").split()) or row.subject
    step(session, row, Action.SPLIT, now=now)
    author = actor.person_id
    made = offspring(session, row, "split", title, form_key=form_key, author_id=author, now=now, today=today)
    files = uploads_of(session, Message.__tablename__, [message.id for message in chosen])
    for place, message in enumerate(chosen):
        said = {name: getattr(message, name) for name in COPIED}
        copied = Message(ticket_id=made.id, organisation_id=made.organisation_id, form_key=f"split-{place}", **said)
        session.add(copied)
        session.flush()
        for file in files.get(message.id, ()):
            copy(session, actor, file, copied, store=store, now=now)
    happened(session, row, Action.SPLIT.value, now=now, person_id=actor.person_id, details={"into": made.number})
    return made


def link(session: Session, actor: Actor, ticket: Ticket, other: Ticket, kind: str, *, now: datetime) -> None:
    """Note that two tickets that the actor sees belong together; a second time changes nothing."""
    side_of(actor, ticket)
    row, there = _both(session, ticket, other)
    side_of(actor, there)
    if kind not in ("related", "duplicate"):
        raise Invalid(N_("Choose one of these."), field="kind")
    step(session, row, Action.LINK, now=now)
    one = and_(TicketLink.ticket_id == row.id, TicketLink.other_id == there.id)
    back = and_(TicketLink.ticket_id == there.id, TicketLink.other_id == row.id)
    if session.scalar(select(TicketLink.id).where(or_(one, back)).limit(1)) is not None:
        return
    session.add(
        TicketLink(
            ticket_id=row.id,
            other_id=there.id,
            organisation_id=row.organisation_id,
            kind=kind,
            created_by_id=actor.person_id,
            created_at=now,
        )
    )
    both = row.organisation_id == there.organisation_id
    happened(session, row, Action.LINK.value, now=now, person_id=actor.person_id, internal=not both,
             details={"to": there.number})  # fmt: skip


def _both(session: Session, one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    """Return both tickets, locked in the order of their ids; raises Invalid when they are the same."""
    if one.id == other.id:
        raise Invalid(ITSELF, field="other")
    held = {each: locked_by_id(session, each) for each in sorted((one.id, other.id))}
    return held[one.id], held[other.id]


def _let_follow(session: Session, ticket: Ticket, person_id: int, *, now: datetime) -> None:
    values = {
        "ticket_id": ticket.id,
        "organisation_id": ticket.organisation_id,
        "person_id": person_id,
        "created_at": now,
    }
    with as_actor(session, SYSTEM):
        session.execute(insert_into(session, TicketFollower).values(values).on_conflict_do_nothing())
