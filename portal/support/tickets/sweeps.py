"""What happens to tickets by itself: warnings, breaches with the head of support, the closing of solved ones."""

from datetime import datetime
from typing import Final

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from portal.calendars.following import is_current
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.lifecycle import Action, State
from portal.support.tickets.models import Ticket
from portal.support.tickets.people import customer_side, heads, house_side, tell_people
from portal.support.tickets.retiming import COUNTED
from portal.support.tickets.steps import happened, locked_by_id, step

MOST: Final = 200  # at once


def warn(session: Session, *, now: datetime) -> int:
    """Tell whoever has a ticket that one of its clocks ends soon; return how many clocks."""
    due = (
        TicketClock.running_since.is_not(None),
        TicketClock.warned_at.is_(None),
        TicketClock.warn_at <= now,
        TicketClock.breached_at.is_(None),
        is_current(COUNTED),  # else its ends may move yet
    )
    query = select(TicketClock.id, TicketClock.ticket_id, TicketClock.kind, TicketClock.due_at).where(*due)
    moved = 0
    for clock_id, ticket_id, kind, due_at in session.execute(query.order_by(TicketClock.warn_at).limit(MOST)).all():
        take = update(TicketClock).where(TicketClock.id == clock_id, *due).values(warned_at=now)
        if not _took(session.execute(take, execution_options={"synchronize_session": False})):
            continue
        moved += 1
        if due_at is not None and due_at > now:  # else the breach says it
            ticket = session.get_one(Ticket, ticket_id)
            tell_people(session, ticket, house_side(session, ticket), "ticket_warning", now=now, clock=kind)
    return moved


def breach(session: Session, *, now: datetime) -> int:
    """Note that a clock ran out, and tell the head of support and whoever has the ticket; return how many clocks."""
    runs = (TicketClock.running_since.is_not(None), TicketClock.breached_at.is_(None))
    due = (*runs, TicketClock.due_at <= now, is_current(COUNTED))
    query = select(TicketClock.id, TicketClock.ticket_id, TicketClock.kind, TicketClock.due_at).where(*due)
    moved = 0
    for clock_id, ticket_id, kind, due_at in session.execute(query.order_by(TicketClock.due_at).limit(MOST)).all():
        ticket = locked_by_id(session, ticket_id)  # in the order in which every step takes its locks
        values = {"breached_at": due_at, "breaches": TicketClock.breaches + 1}
        take = update(TicketClock).where(TicketClock.id == clock_id, *due).values(values)
        if not _took(session.execute(take, execution_options={"synchronize_session": False})):
            continue
        moved += 1
        ticket.escalated_at = now
        happened(session, ticket, "breach", now=now, person_id=None, internal=True, details={"clock": kind})
        people = [*house_side(session, ticket), *heads(session)]
        tell_people(session, ticket, people, "ticket_breached", now=now, clock=kind)
    return moved


def close_solved(session: Session, *, now: datetime) -> int:
    """Close solved tickets that nobody answered for some days; return how many."""
    due = (Ticket.state == State.SOLVED.value, Ticket.closes_at <= now)
    query = select(Ticket).where(*due).order_by(Ticket.closes_at, Ticket.id).limit(MOST)
    rows = session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
    for row in rows:
        step(session, row, Action.CLOSE, now=now)
        happened(session, row, Action.CLOSE.value, now=now, person_id=None)
        tell_people(session, row, customer_side(session, row), "ticket_closed", now=now)
    return len(rows)


def _took(result: object) -> bool:
    return isinstance(result, CursorResult) and result.rowcount == 1
