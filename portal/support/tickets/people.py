"""Who hears of a ticket, and what he hears: notices to both sides."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.db import actor_of, as_actor
from portal.notify.operations import tell
from portal.parties.models import Organisation
from portal.policy import SYSTEM, OrganisationKind, Role
from portal.support.tickets.desk_models import QueueMember
from portal.support.tickets.models import Ticket, TicketFollower

AGENTS = (Role.SUPPORT_AGENT, Role.SUPPORT_LEAD)
WORKERS = (*AGENTS, Role.FIELD_ENGINEER)


def with_roles(session: Session, roles: Iterable[Role], among: Collection[int] | None = None) -> list[int]:
    """Return people of the supplier who have one of these roles and can sign in, in the order of their ids."""
    query = (
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(
            Organisation.kind == OrganisationKind.SUPPLIER.value,
            PersonRole.role.in_([role.value for role in roles]),
            Person.disabled_at.is_(None),
        )
        .distinct()
        .order_by(Person.id)
    )
    if among is not None:
        query = query.where(Person.id.in_(among))
    with as_actor(session, SYSTEM):
        return list(session.scalars(query))


def heads(session: Session) -> list[int]:
    """Return the heads of support."""
    return with_roles(session, (Role.SUPPORT_LEAD,))


def of_queue(session: Session, queue_id: int | None) -> list[int]:
    """Return who works on a queue; without one, or when nobody does, all agents."""
    found: list[int] = []
    if queue_id is not None:
        with as_actor(session, SYSTEM):
            query = select(QueueMember.person_id).where(QueueMember.queue_id == queue_id)
            members = list(session.scalars(query))
        found = with_roles(session, WORKERS, members) if members else []
    return found or with_roles(session, AGENTS)


def house_side(session: Session, ticket: Ticket) -> list[int]:
    """Return who answers for the house: the assignee while he can, else those of the queue."""
    if ticket.assignee_id is not None and with_roles(session, WORKERS, [ticket.assignee_id]):
        return [ticket.assignee_id]
    return of_queue(session, ticket.queue_id)


def customer_side(session: Session, ticket: Ticket) -> list[int]:
    """Return who opened the ticket and who follows it."""
    with as_actor(session, SYSTEM):
        query = select(TicketFollower.person_id).where(TicketFollower.ticket_id == ticket.id)
        followers = session.scalars(query.order_by(TicketFollower.id)).all()
    asker = [ticket.requester_id] if ticket.requester_id is not None else []
    return list(dict.fromkeys([*asker, *followers]))


def tell_people(
    session: Session, ticket: Ticket, people: Iterable[int], kind: str, *, now: datetime, **more: Any
) -> None:
    """Tell people of a ticket, whoever acts excepted; who may not see it any more by then reads no word of it."""
    me = actor_of(session).person_id
    params = {"number": ticket.number, "subject": ticket.subject, **more}
    for person_id in dict.fromkeys(people):
        if person_id != me:
            tell(session, person_id, kind, params, f"/tickets/{ticket.public_id}", now)


def tell_solved(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Tell the customer's side that it is solved; whoever opened it gets a mail of his own, with a question."""
    asker = [ticket.requester_id] if ticket.requester_id is not None else []
    tell_people(session, ticket, asker, "ticket_solved", now=now)
    others = [each for each in customer_side(session, ticket) if each not in asker]
    tell_people(session, ticket, others, "ticket_finished", now=now)
