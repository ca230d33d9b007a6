"""Reading parties: customers that the own organisation knows as it knows them, and their contacts."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select, tuple_
from sqlalchemy.orm import Session

from portal.db import actor_of, as_actor
from portal.errors import NotFound
from portal.parties.merging_models import PartyMerge
from portal.parties.models import Organisation, Party, Relation, name_key
from portal.policy import SYSTEM, Permission, Reach

PAGE = 25
HIGHEST = "\U0010ffff"
MOST_CONTACTS = 100


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One line of the list of customers."""

    id: int
    public_id: str
    name: str
    name_en: str
    name_key: str
    phone: str
    email: str
    address: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: behind this name and row."""

    name_key: str
    id: int


@dataclass(frozen=True, slots=True)
class Card:
    """What the actor's organisation knows of a party; what the house knows for those who see all."""

    name: str
    name_en: str
    phone: str
    email: str
    address: str
    industry: str
    region: str
    size: str
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Called:
    """A customer by the name that goes onto documents."""

    id: int
    name: str
    name_en: str
    name_key: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person to talk to, as the actor's organisation noted him."""

    public_id: str
    name: str
    phone: str
    email: str


def sees_all(session: Session) -> bool:
    """Return whether the session's actor sees parties as the house does."""
    return actor_of(session).reach(Permission.PARTY_VIEW) is Reach.ALL


def customers(
    session: Session, *, search: str = "", after: Position | None = None, limit: int = PAGE
) -> list[CustomerRow]:
    """Return known customers by name, one more than `limit` when there are more; `search` is how the name begins.

    Who sees his own relations only reads names from them, in the order of their index; to those who see all parties a
    customer of several organisations is one line under the name that the house gives it.
    """
    query, key, party_id = _of_the_house() if sees_all(session) else _of_ones_own()
    prefix = name_key(search)
    if prefix:
        query = query.where(key >= prefix, key < prefix + HIGHEST)
    if after is not None:
        query = query.where(tuple_(key, party_id) > tuple_(after.name_key, after.id))
    return [CustomerRow(*row) for row in session.execute(query.order_by(key, party_id).limit(limit + 1))]


def _of_the_house() -> tuple[Select[Any], Any, Any]:
    columns: list[Any] = [getattr(Party, field.name) for field in fields(CustomerRow)]
    query = select(*columns).where(_is_known(), Party.kind == "organisation", Party.archived_at.is_(None))
    return query, Party.name_key, Party.id


def _of_ones_own() -> tuple[Select[Any], Any, Any]:
    """Select from relations; the session narrows them, and the party behind one needs no condition of its own."""
    party = Party.__table__.c
    own: dict[str, Any] = {"id": Relation.party_id, "public_id": party.public_id}
    columns: list[Any] = [
        own[field.name] if field.name in own else getattr(Relation, field.name) for field in fields(CustomerRow)
    ]
    query = select(*columns).join(Party.__table__, party.id == Relation.party_id)
    query = query.where(Relation.kind == "customer", Relation.party_kind == "organisation", party.archived_at.is_(None))
    return query, Relation.name_key, Relation.party_id


def customer(session: Session, public_id: str) -> Party:
    """Return one customer that the actor's organisation knows; any other looks like a missing one."""
    found = session.scalar(select(Party).where(Party.public_id == public_id, Party.kind == "organisation", _is_known()))
    if found is None:
        raise NotFound
    return found


def now_called(session: Session, public_id: str) -> str | None:
    """Return the public id of the party that a merged one became part of, for those who knew it."""
    actor = actor_of(session)
    with as_actor(session, SYSTEM):
        merged = session.scalar(select(Party).where(Party.public_id == public_id, Party.merged_into_id.is_not(None)))
        if merged is None:
            return None
        query = select(PartyMerge).where(PartyMerge.merged_id == merged.id, PartyMerge.undone_at.is_(None))
        merge = session.scalar(query.order_by(PartyMerge.id.desc()).limit(1))
        knew = merge is not None and actor.organisation_id in merge.knew
        survivor = session.get(Party, merged.merged_into_id)
    return survivor.public_id if survivor and (knew or actor.reach(Permission.PARTY_VIEW) is Reach.ALL) else None


def contact(session: Session, customer_id: int, public_id: str) -> Party:
    """Return a contact of a customer that the actor's organisation noted."""
    mine = (Party.employer_id == customer_id, Party.public_id == public_id, Party.archived_at.is_(None))
    found = session.scalar(select(Party).where(*mine))
    if found is None:
        raise NotFound
    return found


def relation(session: Session, party_id: int, *, for_update: bool = False) -> Relation | None:
    """Return what the actor's own organisation knows of a customer or contact."""
    own = Relation.organisation_id == actor_of(session).organisation_id
    query = select(Relation).where(own, Relation.party_id == party_id, Relation.kind == "customer")
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def card(session: Session, party: Party) -> Card:
    """Return what the actor may read of a party that he sees."""
    own = None if sees_all(session) else relation(session, party.id)
    if own is None:
        return _card_of(party)
    if own.address and own.phone and own.email:
        return _card_of(own)
    return _card_of(own, party if signs_in(session, party) else None)  # it says itself how it is reached


def signs_in(session: Session, party: Party) -> bool:
    """Return whether a party has people of its own in the portal."""
    with as_actor(session, SYSTEM):
        return session.scalar(select(Organisation.id).where(Organisation.id == party.id)) is not None


def _card_of(row: Party | Relation, fallback: Party | None = None) -> Card:
    values = {field.name: getattr(row, field.name) for field in fields(Card)}
    if fallback is not None:
        values |= {key: values[key] or getattr(fallback, key) for key in ("name_en", "phone", "email", "address")}
    return Card(**values)


def name_of(session: Session, party: Party) -> tuple[str, str]:
    """Return what the actor's organisation calls a party, in both scripts."""
    own = None if sees_all(session) else relation(session, party.id)
    return (own.name, own.name_en) if own is not None else (party.name, party.name_en)


def called(session: Session, party_id: int) -> Called:
    """Return what the actor's organisation calls one of its customers; raises NotFound for any other."""
    found = session.scalar(select(Party).where(Party.id == party_id, Party.kind == "organisation"))
    if found is None:
        raise NotFound
    name, name_en = name_of(session, found)
    return Called(found.id, name, name_en, name_key(name))


def is_known_name(session: Session, organisation_id: int | None, key: str) -> bool:
    """Return whether an organisation knows a customer of that name (in the form of `name_key`) already."""
    return known_by_name(session, organisation_id, key) is not None


def known_by_name(session: Session, organisation_id: int | None, key: str) -> int | None:
    """Return the key of an organisation's customer of that name (in the form of `name_key`)."""
    own = (Relation.organisation_id == organisation_id, Relation.kind == "customer")
    same = (Relation.party_kind == "organisation", Relation.name_key == key)
    return session.scalar(select(Relation.party_id).where(*own, *same).limit(1))


def _is_known(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether somebody whom the actor may look at knows the party as a customer."""
    return exists().where(Relation.party_id == Party.id, Relation.kind == "customer", *more)


def contacts(session: Session, customer_id: int) -> list[ContactRow]:
    """Return a customer's contacts that the actor's organisation knows."""
    party = Party.__table__.c
    there = (party.employer_id == customer_id, party.archived_at.is_(None))
    query: Select[Any]
    if sees_all(session):
        columns: tuple[Any, ...] = (Party.public_id, Party.name, Party.phone, Party.email)
        query = select(*columns).where(Party.employer_id == customer_id, Party.archived_at.is_(None))
        query = query.order_by(Party.id)
    else:
        query = select(party.public_id, Relation.name, Relation.phone, Relation.email)
        query = query.join(Party.__table__, party.id == Relation.party_id)
        query = query.where(*there, Relation.kind == "customer").order_by(party.id)
    return [ContactRow(*row) for row in session.execute(query.limit(MOST_CONTACTS)).all()]
