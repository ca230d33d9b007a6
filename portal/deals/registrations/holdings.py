"""Who works on a customer: given to a person, within the cap for the supplier's own account managers."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.db import as_actor
from portal.deals.registrations import places, protection
from portal.deals.registrations.models import CustomerHolding, PoolEntry
from portal.errors import Conflict, NotAllowed, NotFound
from portal.history import record
from portal.parameters.queries import Values, values
from portal.parties.models import Organisation
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, allows
from portal.words import N_


def assign(
    session: Session, actor: Actor, *, person_id: int, customer_id: int, source: str = "assigned", now: datetime,
    today: date,
) -> CustomerHolding:  # fmt: skip
    """Give a customer to a person of the supplier or of a partner; the cap counts for the supplier's own people."""
    if not actor.can(Permission.CUSTOMER_TRANSFER):
        raise NotAllowed
    with as_actor(session, SYSTEM):
        person = session.get(Person, person_id)
    if person is None:
        raise NotFound
    if not allows(actor, Permission.CUSTOMER_TRANSFER, person):
        raise NotAllowed
    places.lock(session, [customer_id])
    with as_actor(session, SYSTEM):
        if holds(session, person.organisation_id, customer_id):
            raise Conflict(N_("Somebody of this organisation works on this customer already."))
        if is_internal(session, person.organisation_id):
            check_cap(session, person_id, values(session), today=today)
        holding = CustomerHolding(
            organisation_id=person.organisation_id, person_id=person_id, customer_id=customer_id, source=source,
            since=today, worked_on=today,
        )  # fmt: skip
        session.add(holding)
        waits = select(PoolEntry).where(PoolEntry.customer_id == customer_id, PoolEntry.left_on.is_(None))
        for entry in session.scalars(waits):
            entry.left_on = today
        session.flush()
    record(session, holding, "assign", now=now, after={"person": person_id})
    return holding


def check_cap(session: Session, person_id: int, set_: Values, *, today: date) -> None:
    """Raise Conflict when an account manager has taken on as many open customers lately as the cap allows.

    The house asks; the person's row is locked, so that two customers at one moment do not pass the cap together.
    """
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    since = protection.months_back(today, set_["registration.holding_months"])
    cap = set_["registration.holding_cap"]
    if open_customers(session, person_id, since=since) >= cap:
        raise Conflict(N_("The cap of %(cap)s open customers is reached; sign or release one first."), cap=cap)


def open_customers(session: Session, person_id: int, *, since: date) -> int:
    """Return how many customers a person has taken on since a day, works on still, and has not signed."""
    of = (CustomerHolding.person_id == person_id, CustomerHolding.since > since)
    current = (CustomerHolding.ended_on.is_(None), CustomerHolding.signed_on.is_(None))
    return session.scalar(select(func.count(CustomerHolding.id)).where(*of, *current)) or 0


def holds(session: Session, organisation_id: int, customer_id: int) -> bool:
    """Return whether somebody of an organisation works on a customer; the house asks."""
    of = (CustomerHolding.organisation_id == organisation_id, CustomerHolding.customer_id == customer_id)
    query = select(CustomerHolding.id).where(*of, CustomerHolding.ended_on.is_(None))
    return session.scalar(query) is not None


def is_internal(session: Session, organisation_id: int) -> bool:
    """Return whether an organisation is the supplier; the house asks."""
    kind = session.scalar(select(Organisation.kind).where(Organisation.id == organisation_id))
    return kind == OrganisationKind.SUPPLIER
