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
from portal.support.tickets.terms import hours_of, targets_of, versioned_hours

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)  # sorts behind everything


def open_clocks(session: Session, ticket: Ticket, calendar: str, *, now: datetime) -> None:
    """Start the clocks of a new ticket; it was flushed before."""
    (hours, version), targets = _means(session, ticket, calendar)
    _keep(session, ticket, {}, sla.opened(hours, targets, _whole(now)), calendar, version)


def answered(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Note that the house said something; the ticket is in its new state already."""
    rows, calendar = _rows(session, ticket)
    (hours, version), targets = _means(session, ticket, calendar)
    state = State(ticket.state)
    _keep(session, ticket, rows, sla.answered(_clocks(rows), hours, targets, state, _whole(now)), calendar, version)


def moved(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Let the clocks run, pause or stop as the ticket's state says."""
    rows, calendar = _rows(session, ticket)
    hours, version = versioned_hours(session, calendar)
    clocks = sla.moved(_clocks(rows), hours, State(ticket.state), _whole(now))
    _keep(session, ticket, rows, clocks, calendar, version)


def retargeted(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Set the clocks to the targets of the ticket's priority and contract."""
    rows, calendar = _rows(session, ticket)
    (hours, version), targets = _means(session, ticket, calendar)
    changed = {kind: sla.retarget(clock, hours, targets[kind], _whole(now)) for kind, clock in _clocks(rows).items()}
    _keep(session, ticket, rows, changed, calendar, version)


def retimed(
    session: Session, ticket: Ticket, version: int, changed_at: datetime
) -> dict[str, tuple[datetime, datetime]]:
    """Count the running clocks by their calendar as it is since `changed_at`; return which ends moved, from and to.

    `version` is the calendar's, read before its hours: when these are newer still, the clocks come up once more.
    """
    rows, calendar = _rows(session, ticket)
    hours = hours_of(session, calendar)
    before = _clocks(rows)
    after = {kind: sla.retime(clock, hours, _whole(changed_at)) for kind, clock in before.items()}
    _keep(session, ticket, rows, after, calendar, version)
    for row in rows.values():
        row.calendar_version = version
    ends = ((kind, clock.due_at, after[kind].due_at) for kind, clock in before.items())
    return {kind: (old, new) for kind, old, new in ends if old and new and old != new}


def _means(session: Session, ticket: Ticket, calendar: str) -> tuple[tuple[sla.Hours, int], sla.Targets]:
    return versioned_hours(session, calendar), targets_of(session, ticket.contract, ticket.priority)


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


def _keep(
    session: Session, ticket: Ticket, rows: Mapping[str, TicketClock], clocks: sla.Clocks, calendar: str, version: int
) -> None:
    for kind, clock in clocks.items():
        row = rows.get(kind)
        if row is None:
            row = TicketClock(ticket_id=ticket.id, kind=kind, calendar=calendar)
            session.add(row)
        if row.warn_at != clock.warn_at:
            row.warned_at = None
        if row.due_at != clock.due_at:  # it has time again
            row.breached_at = None
        if clock.since != row.running_since:  # counted just now; others by what they were counted before
            row.calendar_version = version
        row.target_seconds, row.used_seconds = _seconds(clock.target), _seconds(clock.used)
        row.started_at, row.running_since = clock.started_at, clock.since
        row.warn_at, row.due_at = clock.warn_at, clock.due_at
        row.paused_at, row.stopped_at = clock.paused_at, clock.stopped_at
    ticket.sort_at = sla.next_end(clocks) or NEVER


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _whole(now: datetime) -> datetime:
    return now.replace(microsecond=0)
