"""A new ticket that goes on where another one ended, or with a part of it."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.policy import SYSTEM
from portal.support.tickets.beginning import begin
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.lifecycle import Action, after
from portal.support.tickets.models import Ticket, TicketLink

COPIED = (
    "organisation_id", "partner_organisation_id", "customer_id", "requester_id", "contact", "site_id",
    "installed_item_id", "product_id", "product_line", "serial", "firmware", "fault", "error_code", "region", "locale",
    "kind", "impact", "contract", "priority", "channel",
)  # fmt: skip


def followed_up(
    session: Session, row: Ticket, *, form_key: str, author_id: int | None, now: datetime, today: date
) -> Ticket:
    """Return a follow-up of a closed ticket, linked to it."""
    after(row.state, Action.FOLLOW_UP)
    key = key_of(form_key)
    return offspring(session, row, "follow_up", row.subject, form_key=key, author_id=author_id, now=now, today=today)


def key_of(form_key: str) -> str:
    """Return the form key of the follow-up that a message begins: no form that opens a ticket has it."""
    return f"f-{form_key[:38]}"


def offspring(
    session: Session,
    row: Ticket,
    kind: str,
    subject: str,
    *,
    form_key: str,
    author_id: int | None,
    now: datetime,
    today: date,
) -> Ticket:
    """Return a new ticket of the same people about the same equipment, linked to the one it comes from.

    Its number is of the year that `today`, a day of the house, lies in.
    """
    ticket = Ticket(
        **{name: getattr(row, name) for name in COPIED},
        form_key=form_key,
        subject=subject,
        created_by_id=author_id,
        created_at=now,
        updated_at=now,
        last_message_at=now,
    )
    with as_actor(session, SYSTEM):
        calendar = session.scalars(select(TicketClock.calendar).where(TicketClock.ticket_id == row.id)).first() or ""
    begin(session, ticket, calendar=calendar, year=today.year, now=now)
    link = TicketLink(
        ticket_id=ticket.id,
        other_id=row.id,
        organisation_id=ticket.organisation_id,
        kind=kind,
        created_by_id=author_id,
        created_at=now,
    )
    session.add(link)
    session.flush()
    return ticket
