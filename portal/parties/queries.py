"""Reading parties: customers that the own organisation knows, and their contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, select, tuple_
from sqlalchemy.orm import Session

from portal.db import ScopedSession
from portal.errors import NotFound
from portal.parties.models import Party, Relation, name_key
from portal.policy import Permission, Reach

PAGE = 25
HIGHEST = "\U0010ffff"


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


def customers(
    session: Session, *, search: str = "", after: Position | None = None, limit: int = PAGE
) -> list[CustomerRow]:
    """Return known customers by name, one more than `limit` when there are more; `search` is how the name begins.

    Who sees his own relations only is led by them, so the party needs no condition of its own; to those who see all
    parties a customer of several organisations is one line.
    """
    assert isinstance(session, ScopedSession)
    assert session.actor is not None
    sees_all = session.actor.reach(Permission.PARTY_VIEW) is Reach.ALL
    party: Any = Party if sees_all else Party.__table__.c
    query = select(*(getattr(party, name) for name in CustomerRow.__dataclass_fields__))
    if sees_all:
        query = query.where(_is_known())
    else:
        query = query.join(Relation, and_(Relation.party_id == party.id, Relation.kind == "customer"))
    query = query.where(party.kind == "organisation", party.archived_at.is_(None))
    prefix = name_key(search)
    if prefix:
        query = query.where(party.name_key >= prefix, party.name_key < prefix + HIGHEST)
    if after is not None:
        query = query.where(tuple_(party.name_key, party.id) > tuple_(after.name_key, after.id))
    rows = session.execute(query.order_by(party.name_key, party.id).limit(limit + 1))
    return [CustomerRow(*row) for row in rows]


def customer(session: Session, public_id: str) -> Party:
    """Return one customer that the actor's organisation knows; any other looks like a missing one."""
    found = session.scalar(select(Party).where(Party.public_id == public_id, Party.kind == "organisation", _is_known()))
    if found is None:
        raise NotFound
    return found


def is_known_name(session: Session, organisation_id: int | None, key: str) -> bool:
    """Return whether an organisation knows a customer of that name (in the form of `name_key`) already."""
    own = Relation.organisation_id == organisation_id
    same = (Party.name_key == key, Party.kind == "organisation", Party.archived_at.is_(None), _is_known(own))
    return session.scalar(select(Party.id).where(*same).limit(1)) is not None


def _is_known(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether somebody whom the actor may look at knows the party as a customer."""
    return exists().where(Relation.party_id == Party.id, Relation.kind == "customer", *more)


def contacts(session: Session, customer_id: int) -> Sequence[Row[str, str, str, str]]:
    """Return public id, name, phone and mail address of a customer's contacts that the actor's organisation knows."""
    query = (
        select(Party.public_id, Party.name, Party.phone, Party.email)
        .where(Party.employer_id == customer_id, Party.archived_at.is_(None))
        .order_by(Party.id)
        .limit(100)
    )
    return session.execute(query).all()
