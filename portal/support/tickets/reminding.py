"""One tap that reminds whoever is to act: at once, then again after some business hours."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.calendars.nudging import check_nudge, next_nudge
from portal.errors import NotAllowed
from portal.parameters.queries import values
from portal.policy import Actor
from portal.support.tickets.lifecycle import Action, State
from portal.support.tickets.models import Ticket
from portal.support.tickets.people import customer_side, house_side, tell_people
from portal.support.tickets.steps import happened, locked, side_of, step

HOURS = "ticket.nudge_hours"


def nudge(session: Session, actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Remind the house of a ticket, or the customer of one that waits for him; raises Conflict when it is too early."""
    side = side_of(actor, ticket)
    row = locked(session, ticket)
    step(session, row, Action.NUDGE, now=now)
    if (side == "house") is not (row.state == State.WAITING_CUSTOMER):
        raise NotAllowed  # nobody nudges himself
    check_nudge(session, row.nudged_at, values(session)[HOURS], now=now)
    row.nudged_at = now
    happened(session, row, Action.NUDGE.value, now=now, person_id=actor.person_id)
    others = customer_side(session, row) if side == "house" else house_side(session, row)
    tell_people(session, row, others, "ticket_nudged", now=now)
    return row


def free_at(session: Session, ticket: Ticket) -> datetime | None:
    """Return when the next nudge is possible; None for at once."""
    if ticket.nudged_at is None:
        return None
    return next_nudge(session, ticket.nudged_at, values(session)[HOURS])
