"""What is done with a ticket: taken, handed over, changed, put aside, solved, closed, reopened, followed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.db import as_actor, insert_into
from portal.errors import Conflict, Invalid, NotFound
from portal.limits import bounded
from portal.policy import SYSTEM, Actor
from portal.support.knowledge import faults
from portal.support.tickets import clocks
from portal.support.tickets.desk_models import Queue
from portal.support.tickets.lifecycle import Action, after
from portal.support.tickets.models import LONGEST_NOTE, LONGEST_SUBJECT, Ticket, TicketFollower
from portal.support.tickets.people import (
    WORKERS,
    customer_side,
    heads,
    house_side,
    of_queue,
    tell_people,
    tell_solved,
    with_roles,
)
from portal.support.tickets.rating import ask_for_rating
from portal.support.tickets.steps import check_works, happened, locked, side_of, step
from portal.support.tickets.triage import IMPACTS, KINDS, priority
from portal.words import N_

STALE: Final = N_("This ticket was changed while your page was open. Look at it again.")
TAKEN: Final = N_("Somebody else has taken this ticket meanwhile.")
WRONG: Final = N_("Choose one of these.")


def assign(session: Session, actor: Actor, ticket: Ticket, person: str, *, seen: int | None, now: datetime) -> Ticket:
    """Give a ticket to somebody who works on tickets (a public id), or to nobody; `seen` is who had it on the page.

    Of two who take it at the same moment the second one hears of it.
    """
    check_works(actor)
    row = locked(session, ticket)
    if row.assignee_id != seen:
        raise Conflict(TAKEN)
    wanted = _worker(session, person) if person else None
    step(session, row, Action.ASSIGN, now=now)
    before = {"assignee": row.assignee_id}
    row.assignee_id = wanted
    happened(session, row, Action.ASSIGN.value, now=now, person_id=actor.person_id, internal=True,
             details={"to": wanted}, before=before)  # fmt: skip
    if wanted is not None:
        tell_people(session, row, [wanted], "ticket_assigned", now=now)
    return row


def hand_over(session: Session, actor: Actor, ticket: Ticket, queue: str, note: str, *, now: datetime) -> Ticket:
    """Put a ticket into another queue, where nobody has it yet; `note` says why."""
    check_works(actor)
    row = locked(session, ticket)
    its = (Queue.public_id == queue, Queue.archived_at.is_(None))
    wanted = session.scalar(select(Queue).where(*its))
    if wanted is None:
        raise Invalid(WRONG, field="queue")
    said = bounded(note.strip(), 500, field="note")
    step(session, row, Action.HAND_OVER, now=now)
    before = {"queue": row.queue_id, "assignee": row.assignee_id}
    row.queue_id, row.assignee_id = wanted.id, None
    details = {"queue_en": wanted.name_en, "queue_zh": wanted.name_zh, "note": said}
    happened(session, row, Action.HAND_OVER.value, now=now, person_id=actor.person_id, internal=True,
             details=details, before=before)  # fmt: skip
    tell_people(session, row, of_queue(session, wanted.id), "ticket_handed", now=now)
    return row


def change(
    session: Session, actor: Actor, ticket: Ticket, wanted: Mapping[str, str], *, version: int, now: datetime
) -> Ticket:
    """Change kind, impact, subject or fault; priority and clocks follow. A page from before a change is a Conflict."""
    check_works(actor)
    row = locked(session, ticket)
    if row.version != version:
        raise Conflict(STALE)
    _check_change(session, wanted)
    step(session, row, Action.CHANGE, now=now)
    before: dict[str, Any] = {key: getattr(row, key) for key in wanted}
    for key, value in wanted.items():
        setattr(row, key, value)
    row.priority = priority(row.kind, row.impact, row.contract)
    if row.kind == "complaint" and before.get("kind") != row.kind:
        _between_us(session, row)
    changed = {key: value for key, value in wanted.items() if before[key] != value}
    if changed:
        clocks.retargeted(session, row, now=now)
        happened(session, row, Action.CHANGE.value, now=now, person_id=actor.person_id, details=changed, before=before)
    return row


def _between_us(session: Session, row: Ticket) -> None:
    """Keep a complaint from the partner who serves the customer, unless he brought it himself: see `owning`."""
    partner = row.partner_organisation_id
    with as_actor(session, SYSTEM):
        brought = session.scalar(select(Person.organisation_id).where(Person.id == row.created_by_id))
    if partner is not None and brought != partner:
        row.partner_organisation_id = None


def _check_change(session: Session, wanted: Mapping[str, str]) -> None:
    known = {"kind": KINDS, "impact": IMPACTS}
    for key, values in known.items():
        if key in wanted and wanted[key] not in values:
            raise Invalid(WRONG, field=key)
    if "subject" in wanted and not bounded(wanted["subject"], LONGEST_SUBJECT, field="subject").strip():
        raise Invalid(N_("This field is required."), field="subject")
    if wanted.get("fault") and faults.types(session).get(wanted["fault"]) is None:
        raise Invalid(WRONG, field="fault")
    if set(wanted) - {"kind", "impact", "subject", "fault", "error_code", "firmware"}:
        raise Invalid(WRONG)


def hold(session: Session, actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Let a ticket wait for parts or an engineer; the clocks go on."""
    return _plain(session, actor, ticket, Action.HOLD, now=now)


def take_up(session: Session, actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Go on with a ticket that waited."""
    return _plain(session, actor, ticket, Action.TAKE_UP, now=now)


def _plain(session: Session, actor: Actor, ticket: Ticket, action: Action, *, now: datetime) -> Ticket:
    check_works(actor)
    row = locked(session, ticket)
    step(session, row, action, now=now)
    happened(session, row, action.value, now=now, person_id=actor.person_id)
    return row


def solve(session: Session, actor: Actor, ticket: Ticket, solution: str, *, now: datetime) -> Ticket:
    """Say that a ticket is solved, without a message: a customer who found the cure, an engineer back from the site."""
    side = side_of(actor, ticket)
    row = locked(session, ticket)
    said = bounded(solution.strip().replace("\x00", ""), LONGEST_NOTE, field="solution")
    step(session, row, Action.SOLVE, now=now)
    row.solution, row.solved_by_id = said, actor.person_id
    happened(session, row, Action.SOLVE.value, now=now, person_id=actor.person_id)
    ask_for_rating(session, row, now=now)
    if side == "house":
        tell_solved(session, row, now=now)
    else:
        tell_people(session, row, house_side(session, row), "ticket_helped", now=now)
    return row


def close(session: Session, actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Close a ticket for good; what is said later begins a follow-up."""
    side = side_of(actor, ticket)
    row = locked(session, ticket)
    step(session, row, Action.CLOSE, now=now)
    happened(session, row, Action.CLOSE.value, now=now, person_id=actor.person_id)
    others = customer_side(session, row) if side == "house" else house_side(session, row)
    tell_people(session, row, others, "ticket_closed", now=now)
    return row


def reopen(session: Session, actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Open a solved ticket again: it did not help."""
    side = side_of(actor, ticket)
    row = locked(session, ticket)
    step(session, row, Action.REOPEN, now=now)
    happened(session, row, Action.REOPEN.value, now=now, person_id=actor.person_id)
    others = customer_side(session, row) if side == "house" else house_side(session, row)
    tell_people(session, row, others, "ticket_reopened", now=now)
    return row


def follow(session: Session, actor: Actor, ticket: Ticket, *, now: datetime) -> None:
    """Hear of everything that happens in a ticket; a second time changes nothing."""
    side_of(actor, ticket)
    row = locked(session, ticket)
    after(row.state, Action.FOLLOW)
    values = {
        "ticket_id": row.id,
        "organisation_id": row.organisation_id,
        "person_id": actor.person_id,
        "created_at": now,
    }
    with as_actor(session, SYSTEM):
        session.execute(insert_into(session, TicketFollower).values(values).on_conflict_do_nothing())
    happened(session, row, Action.FOLLOW.value, now=now, person_id=actor.person_id, internal=True)


def unfollow(session: Session, actor: Actor, ticket: Ticket) -> None:
    """Hear no more of a ticket."""
    with as_actor(session, SYSTEM):
        its = (TicketFollower.ticket_id == ticket.id, TicketFollower.person_id == actor.person_id)
        session.execute(delete(TicketFollower).where(*its))


def escalate(session: Session, actor: Actor, ticket: Ticket, reason: str, *, now: datetime) -> Ticket:
    """Ask the head of support for help with a ticket."""
    check_works(actor)
    row = locked(session, ticket)
    said = bounded(reason.strip(), 500, field="reason")
    step(session, row, Action.ESCALATE, now=now)
    row.escalated_at = now
    happened(session, row, Action.ESCALATE.value, now=now, person_id=actor.person_id, internal=True,
             details={"reason": said})  # fmt: skip
    tell_people(session, row, heads(session), "ticket_escalated", now=now)
    return row


def _worker(session: Session, public_id: str) -> int:
    """Return somebody who works on tickets; anybody else is refused."""
    with as_actor(session, SYSTEM):
        found = session.scalar(select(Person.id).where(Person.public_id == public_id))
    if found is None or not with_roles(session, WORKERS, [found]):
        raise NotFound
    return found
