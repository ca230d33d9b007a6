"""Who writes a mail: people by the address they sign in with, and what they may do now."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.parties.models import Organisation
from portal.policy import Actor, OrganisationKind, Role, grants_of


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who can sign in."""

    person_id: int
    public_id: str
    email: str
    name: str
    locale: str
    time_zone: str
    actor: Actor


def by_address(session: Session, email: str) -> Sender | None:
    """Return whose address this is; the house asks."""
    return _one(session, Person.email == email.lower())


def by_public_id(session: Session, public_id: str) -> Sender | None:
    """Return the person with this id; the house asks."""
    return _one(session, Person.public_id == public_id)


def _one(session: Session, who: ColumnElement[bool]) -> Sender | None:
    roles = (
        select(func.aggregate_strings(PersonRole.role, ","))
        .where(PersonRole.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )
    columns = (Person.id, Person.public_id, Person.email, Person.name, Person.locale, Person.time_zone)
    query = (
        select(*columns, Organisation.id, Organisation.kind, roles)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(who, Person.disabled_at.is_(None), Organisation.archived_at.is_(None))
    )
    row = session.execute(query).first()
    if row is None:
        return None
    held = [Role(role) for role in (row[8] or "").split(",") if role]
    grants = grants_of(OrganisationKind(row[7]), held)
    actor = Actor(person_id=row[0], organisation_id=row[6], grants=grants)
    return Sender(row[0], row[1], row[2], row[3], row[4], row[5], actor)
