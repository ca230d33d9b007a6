"""What people do with parties: get to know a customer, note a contact person, correct what they know of them."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotFound
from portal.history import record
from portal.parties.comparing import ask_to_compare
from portal.parties.identity.matching import index
from portal.parties.models import Party, Relation, name_key
from portal.parties.noting import add_note, noting_organisation
from portal.parties.queries import Card, card, relation, sees_all, signs_in
from portal.parties.similar import check_name, check_new
from portal.parties.words import TABLES
from portal.policy import SYSTEM, Actor
from portal.words import N_

CHANGED: Final = N_(
    "Somebody else saved this customer in the meantime. What is saved now stands beside what you typed; "
    "look at both and save again."
)


@dataclass(frozen=True, slots=True)
class Details:
    """What can be changed of a customer."""

    name: str
    name_en: str
    phone: str
    email: str
    address: str
    industry: str = ""
    region: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What can be changed of a contact."""

    name: str
    phone: str
    email: str


class Changed(Conflict):
    """Somebody saved the matter after the form was opened; `saved` is what stands there now."""

    def __init__(self, saved: Any) -> None:
        super().__init__(CHANGED)
        self.saved = saved


def add_customer(
    session: Session,
    actor: Actor,
    *,
    name: str,
    name_en: str = "",
    contact: str = "",
    reach: str = "",
    address: str = "",
    credit_code: str = "",
    now: datetime,
) -> Party:
    """Note a new customer of the actor's organisation, with a contact person where one is named.

    `reach` is a phone number or a mail address; it belongs to the contact, or to the customer when nobody is named.
    Raises Duplicate when it certainly is one that the organisation knows.
    """
    organisation_id = noting_organisation(actor)
    check_new(session, organisation_id, name=name, credit_code=credit_code)
    details = Details(name, name_en, *(("", "") if contact else reach_of(reach)), address)
    customer = new_party(details, now=now)
    session.add(customer)
    session.flush()
    session.add(new_relation(organisation_id, customer, details, now=now))
    session.flush()
    record(session, customer, "add customer", now=now, after={"name": name})
    if credit_code:
        add_note(session, actor, customer, kind="credit_code", text=credit_code, now=now)
    index(session, customer)
    ask_to_compare(session, [customer.id], now=now)
    if contact:
        add_contact(session, actor, customer, name=contact, reach=reach, now=now)
    return customer


def check_new_customer(session: Session, actor: Actor, name: str, credit_code: str = "") -> None:
    """Raise Duplicate or Invalid when a customer of this name and code could not be noted."""
    check_new(session, noting_organisation(actor), name=name, credit_code=credit_code)


def new_party(details: Details, *, now: datetime) -> Party:
    """Return a party that the house does not know yet."""
    return Party(kind="organisation", name_key=name_key(details.name), created_at=now, **asdict(details))


def new_relation(organisation_id: int, party: Party, details: Details, *, now: datetime) -> Relation:
    """Return what an organisation knows of a customer from now on."""
    its = {"organisation_id": organisation_id, "party_id": party.id, "kind": "customer", "created_at": now}
    return Relation(**its, name_key=name_key(details.name), **asdict(details))


def edit_customer(
    session: Session, actor: Actor, customer: Party, details: Details, *, version: int, now: datetime
) -> None:
    """Change what the actor's organisation knows of a customer, or for the house what the house calls it.

    Nobody else's page changes by it. Raises Changed when somebody saved it since the form was opened.
    """
    noting_organisation(actor)
    check_name(details.name)
    for table, known in TABLES.items():
        if getattr(details, table) and getattr(details, table) not in known:
            raise Invalid(N_("Choose one of the list."), field=table)
    row = _own(session, customer)
    if row.version != version:
        raise Changed(card(session, customer))
    before = _write(row, details)
    if isinstance(row, Relation) and is_only_ours(session, customer):
        _write(customer, details)
    session.flush()
    after = {key: value for key, value in asdict(details).items() if key in before}
    if before:
        record(session, customer, "edit customer", now=now, before=before, after=after)
        index(session, customer)
        ask_to_compare(session, [customer.id], now=now)


def _own(session: Session, party: Party) -> Any:
    """Return the row that the actor may change, locked: his organisation's relation, for the house the party."""
    if sees_all(session):
        query = select(Party).where(Party.id == party.id).with_for_update()
        return session.scalars(query.execution_options(populate_existing=True)).one()
    found = relation(session, party.id, for_update=True)
    if found is None:
        raise NotFound
    return found


def _write(row: Party | Relation, details: Any) -> dict[str, str]:
    """Write what differs; return what stood there before."""
    given = {field.name: getattr(details, field.name) for field in fields(details)}
    before = {key: getattr(row, key) for key, value in given.items() if getattr(row, key) != value}
    for key in before:
        setattr(row, key, given[key])
    if "name" in before:
        row.name_key = name_key(row.name)
    row.version += 1 if before else 0
    return before


def is_only_ours(session: Session, party: Party) -> bool:
    """Return whether the house knows a party through this organisation alone, so that its words are the house's too."""
    with as_actor(session, SYSTEM):
        knowing = set(session.scalars(select(Relation.organisation_id).where(Relation.party_id == party.id).limit(2)))
    return len(knowing) == 1 and not signs_in(session, party)


def add_contact(session: Session, actor: Actor, customer: Party, *, name: str, reach: str = "", now: datetime) -> Party:
    """Note a person to talk to at a customer; only the organisation that notes him sees him."""
    organisation_id = noting_organisation(actor)
    phone, email = reach_of(reach)
    contact = Party(
        kind="contact", name=name, name_key=name_key(name), employer_id=customer.id, phone=phone, email=email,
        created_at=now,
    )  # fmt: skip
    session.add(contact)
    session.flush()
    know(session, organisation_id, contact, now=now)
    record(session, contact, "add contact", now=now, after={"name": name, "employer": customer.public_id})
    return contact


def edit_contact(
    session: Session, actor: Actor, contact: Party, details: ContactDetails, *, version: int, now: datetime
) -> None:
    """Change what is known of a contact; raises Changed when somebody saved it since the form was opened."""
    noting_organisation(actor)
    row = _own(session, contact)
    if row.version != version:
        saved: Card = card(session, contact)
        raise Changed(saved)
    before = _write(row, details)
    if isinstance(row, Relation) and is_only_ours(session, contact):
        _write(contact, details)
    session.flush()
    if before:
        after = {key: getattr(details, key) for key in before}
        record(session, contact, "edit contact", now=now, before=before, after=after)
        index(session, contact)


def remove_contact(session: Session, actor: Actor, contact: Party, *, now: datetime) -> None:
    """Take a contact off the customer's page; documents that name him stay as they are."""
    noting_organisation(actor)
    if sees_all(session) or is_only_ours(session, contact):
        contact.archived_at = now
    else:
        session.delete(_own(session, contact))
    session.flush()
    index(session, contact)
    record(session, contact, "remove contact", now=now, before={"name": contact.name})


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
        index(session, party)
    return found


def reach_of(reach: str) -> tuple[str, str]:
    """Return (phone, mail address) of one field that takes either."""
    return ("", reach.lower()) if "@" in reach else (reach, "")
