"""What every new ticket gets: a number, a queue, somebody who takes it, clocks, and people who hear of it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.deals.operations import next_number
from portal.policy import SYSTEM
from portal.support.knowledge import faults
from portal.support.tickets import clocks
from portal.support.tickets.desk_models import Queue, QueueMember
from portal.support.tickets.lifecycle import OPEN
from portal.support.tickets.models import Ticket
from portal.support.tickets.people import WORKERS, customer_side, house_side, tell_people, with_roles
from portal.support.tickets.routing import Hand, Line, Matter, queue_for, taker
from portal.support.tickets.steps import happened

SERIES = "T"


def begin(session: Session, ticket: Ticket, *, calendar: str, year: int, now: datetime) -> None:
    """Number, route, start and announce a ticket that was added to the session."""
    ticket.number = next_number(session, SERIES, year)
    ticket.sort_at = clocks.NEVER
    _route(session, ticket)
    session.add(ticket)
    session.flush()
    clocks.open_clocks(session, ticket, calendar, now=now)
    happened(session, ticket, "open", now=now, person_id=ticket.created_by_id, details={"number": ticket.number})
    tell_people(session, ticket, house_side(session, ticket), "ticket_opened", now=now)
    tell_people(session, ticket, customer_side(session, ticket), "ticket_begun", now=now)


def matter_of(session: Session, ticket: Ticket) -> Matter:
    """Return what routing looks at."""
    needs = frozenset({ticket.locale, *faults.types(session).path(ticket.fault)})
    return Matter(ticket.product_line, ticket.region, ticket.kind, needs)


def _route(session: Session, ticket: Ticket) -> None:
    matter = matter_of(session, ticket)
    with as_actor(session, SYSTEM), session.no_autoflush:
        queues = session.scalars(select(Queue).where(Queue.archived_at.is_(None)).order_by(Queue.id)).all()
        ticket.queue_id = queue_for(matter, [_line(queue) for queue in queues])
        chosen = next((queue for queue in queues if queue.id == ticket.queue_id), None)
        if chosen is not None and chosen.assigns:
            ticket.assignee_id = taker(matter, hands(session, chosen.id))


def _line(queue: Queue) -> Line:
    lists = (queue.lines, queue.regions, queue.kinds, queue.skills)
    return Line(queue.id, queue.position, *(frozenset(each) for each in lists))


def hands(session: Session, queue_id: int) -> list[Hand]:
    """Return who works on a queue, with how many open tickets; the session acts for the house."""
    members = session.scalars(select(QueueMember).where(QueueMember.queue_id == queue_id)).all()
    there = set(with_roles(session, WORKERS, [member.person_id for member in members]))
    counted = (
        select(Ticket.assignee_id, func.count())
        .where(Ticket.assignee_id.in_(there), Ticket.state.in_([state.value for state in OPEN]))
        .group_by(Ticket.assignee_id)
    )
    busy: dict[int | None, int] = dict(session.execute(counted).all())
    return [
        Hand(member.person_id, busy.get(member.person_id, 0), frozenset(member.skills))
        for member in members
        if member.person_id in there
    ]
