"""The clocks of one ticket in the database: opened, answered, moved and set to other targets."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.support.tickets import sla
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.lifecycle import State
from portal.support.tickets.models import Ticket
from portal.support.tickets.terms import hours_of, targets_of

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)  # sorts behind everything


def open_clocks(session: Session, ticket: Ticket, calendar: str, *, now: datetime) -> None:
    """Start the clocks of a new ticket; it was flushed before."""
    hours, targets = hours_of(session, calendar), targets_of(session, ticket.contract, ticket.priority)
    _keep(session, ticket, {}, sla.opened(hours, targets, _whole(now)), calendar)


def answered(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Note that the house said something; the ticket is in its new state already."""
    rows, calendar = _rows(session, ticket)
    hours, targets = hours_of(session, calendar), targets_of(session, ticket.contract, ticket.priority)
    state = State(ticket.state)
    _keep(session, ticket, rows, sla.answered(_clocks(rows), hours, targets, state, _whole(now)), calendar)


def moved(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Let the clocks run, pause or stop as the ticket's state says."""
    rows, calendar = _rows(session, ticket)
    hours = hours_of(session, calendar)
    _keep(session, ticket, rows, sla.moved(_clocks(rows), hours, State(ticket.state), _whole(now)), calendar)


def retargeted(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Set the clocks to the targets of the ticket's priority and contract."""
    rows, calendar = _rows(session, ticket)
    hours, targets = hours_of(session, calendar), targets_of(session, ticket.contract, ticket.priority)
    changed = {kind: sla.retarget(clock, hours, targets[kind], _whole(now)) for kind, clock in _clocks(rows).items()}
    _keep(session, ticket, rows, changed, calendar)


def _rows(session: Session, ticket: Ticket) -> tuple[dict[str, TicketClock], str]:
    rows = {row.kind: row for row in session.scalars(select(TicketClock).where(TicketClock.ticket_id == ticket.id))}
    return rows, rows[sla.SOLUTION].calendar


def _clocks(rows: Mapping[str, TicketClock]) -> dict[str, sla.Clock]:
    return {kind: clock_of(row) for kind, row in rows.items()}


def clock_of(row: TicketClock) -> sla.Clock:
    """Return a stored clock as `sla` counts with it."""
    return sla.Clock(
        target=timedelta(seconds=row.target_seconds),
        started_at=row.started_at,
        used=timedelta(seconds=row.used_seconds),
        since=row.running_since,
        warn_at=row.warn_at,
        due_at=row.due_at,
        paused_at=row.paused_at,
        stopped_at=row.stopped_at,
    )


def _keep(session: Session, ticket: Ticket, rows: Mapping[str, TicketClock], clocks: sla.Clocks, calendar: str) -> None:
    for kind, clock in clocks.items():
        row = rows.get(kind)
        if row is None:
            row = TicketClock(ticket_id=ticket.id, kind=kind, calendar=calendar)
            session.add(row)
        if row.warn_at != clock.warn_at:
            row.warned_at = None
        if row.due_at != clock.due_at:  # it has time again
            row.breached_at = None
        row.target_seconds, row.used_seconds = _seconds(clock.target), _seconds(clock.used)
        row.started_at, row.running_since = clock.started_at, clock.since
        row.warn_at, row.due_at = clock.warn_at, clock.due_at
        row.paused_at, row.stopped_at = clock.paused_at, clock.stopped_at
    ticket.sort_at = sla.next_end(clocks) or NEVER


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _whole(now: datetime) -> datetime:
    return now.replace(microsecond=0)
