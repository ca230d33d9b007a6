"""What people do with parties: get to know a customer, note a contact person."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Invalid, NotAllowed
from portal.history import record
from portal.parties.models import Party, Relation, name_key
from portal.parties.queries import is_known_name
from portal.policy import Actor, Permission
from portal.words import N_


def add_customer(
    session: Session,
    actor: Actor,
    *,
    name: str,
    name_en: str = "",
    contact: str = "",
    reach: str = "",
    address: str = "",
    now: datetime,
) -> Party:
    """Note a new customer of the actor's organisation, with a contact person where one is named.

    `reach` is a phone number or a mail address; it belongs to the contact, or to the customer when nobody is named.
    Raises Invalid when the organisation has a customer of that name.
    """
    organisation_id = _own_organisation(actor)
    if is_known_name(session, organisation_id, name_key(name)):
        raise Invalid(N_("You know a customer of this name already; search for it in the list."), field="name")
    customer = Party(
        kind="organisation", name=name, name_en=name_en, name_key=name_key(name), address=address, created_at=now
    )
    if not contact:
        _set_reach(customer, reach)
    session.add(customer)
    session.flush()
    know(session, organisation_id, customer, now=now)
    record(session, customer, "add customer", now=now, after={"name": name})
    if contact:
        add_contact(session, actor, customer, name=contact, reach=reach, now=now)
    return customer


def add_contact(session: Session, actor: Actor, customer: Party, *, name: str, reach: str = "", now: datetime) -> Party:
    """Note a person to talk to at a customer; only the organisation that notes him sees him."""
    organisation_id = _own_organisation(actor)
    contact = Party(kind="contact", name=name, name_key=name_key(name), employer_id=customer.id, created_at=now)
    _set_reach(contact, reach)
    session.add(contact)
    session.flush()
    know(session, organisation_id, contact, now=now)
    record(session, contact, "add contact", now=now, after={"name": name, "employer": customer.public_id})
    return contact


def know(session: Session, organisation_id: int, party: Party, *, now: datetime) -> Relation:
    """Write down that an organisation knows a party as customer (a contact: as the person at its customer), once."""
    there = select(Relation).where(
        Relation.organisation_id == organisation_id, Relation.party_id == party.id, Relation.kind == "customer"
    )
    found = session.scalar(there)
    if found is None:
        found = Relation(organisation_id=organisation_id, party_id=party.id, kind="customer", created_at=now)
        session.add(found)
        session.flush()
    return found


def _own_organisation(actor: Actor) -> int:
    if not actor.can(Permission.PARTY_EDIT) or actor.organisation_id is None:
        raise NotAllowed
    return actor.organisation_id


def _set_reach(party: Party, reach: str) -> None:
    """Put a phone number or mail address where it belongs."""
    if "@" in reach:
        party.email = reach.lower()
    else:
        party.phone = reach
