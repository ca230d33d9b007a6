"""What every step of a ticket does: find and lock it, move its state and clocks, write down what happened."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import NotAllowed, NotFound
from portal.history import record
from portal.parameters.queries import values
from portal.policy import Actor, Permission
from portal.support.tickets import clocks
from portal.support.tickets.lifecycle import Action, State, after
from portal.support.tickets.models import Ticket, TicketEvent, works

SPOKEN: Final = frozenset({Action.WRITE.value, Action.ANSWER.value, Action.NOTE.value})  # the conversation shows them


def side_of(actor: Actor, ticket: Ticket) -> str:
    """Return for whom somebody speaks in a ticket: "house", "customer" or "partner"; raises NotAllowed."""
    if works(actor):
        return "house"
    if actor.can(Permission.TICKET_OPEN):
        if ticket.organisation_id == actor.organisation_id:
            return "customer"
        if ticket.partner_organisation_id == actor.organisation_id:
            return "partner"
    raise NotAllowed


def check_works(actor: Actor) -> None:
    """Raise NotAllowed for whoever does not answer for the house."""
    if not works(actor):
        raise NotAllowed


def locked(session: Session, ticket: Ticket) -> Ticket:
    """Return the ticket as it is now, held until the end of the unit of work; raises NotFound."""
    return locked_by_id(session, ticket.id)


def locked_by_id(session: Session, ticket_id: int) -> Ticket:
    """Return the ticket with this id, held until the end of the unit of work; raises NotFound."""
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def step(session: Session, row: Ticket, action: Action, *, now: datetime) -> State:
    """Move a locked ticket by an action: state, dates, clocks; raises Conflict for what its state does not allow."""
    before, state = State(row.state), after(row.state, action)
    days = values(session)["ticket.close_days"] if state is State.SOLVED else 0
    row.state, row.updated_at, row.version = state.value, now, row.version + 1
    if before is State.SOLVED and state is not State.SOLVED:
        row.closes_at = None
        if state is State.OPEN:
            row.solved_at, row.reopened = None, row.reopened + 1
    if state is State.SOLVED and before is not State.SOLVED:
        row.solved_at, row.closes_at = now, now + timedelta(days=days)
    if state in (State.CLOSED, State.MERGED) and before is not state:
        row.closed_at = now
    if state is not before:
        clocks.moved(session, row, now=now)
    return state


def happened(
    session: Session,
    ticket: Ticket,
    action: str,
    *,
    now: datetime,
    person_id: int | None,
    internal: bool = False,
    details: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Write down a step: for the ticket's page and for the history."""
    said = dict(details or {})
    session.flush()
    if action not in SPOKEN:
        session.add(
            TicketEvent(
                ticket_id=ticket.id,
                organisation_id=ticket.organisation_id,
                at=now,
                person_id=person_id,
                action=action,
                internal=internal,
                details=said,
            )
        )
    record(session, ticket, action, now=now, before=before, after={"state": ticket.state, **said})
