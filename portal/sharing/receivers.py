"""With whom a thing may be shared: who can receive it, and whom a form offers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.db import as_actor
from portal.parties.models import Organisation, Party, Relation
from portal.policy import SYSTEM, OrganisationKind, Permission, Role, grants_of

MOST_OFFERED: Final = 200  # of a kind in a form
MOST_TOLD: Final = 50  # people of one organisation who get a notice and a mail


@dataclass(frozen=True, slots=True)
class Receiver:
    """A person who can open what is shared with him or with his organisation."""

    id: int
    public_id: str
    name: str
    email: str
    locale: str
    organisation_id: int
    organisation: str
    organisation_kind: OrganisationKind
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """Whom the form of sharing offers."""

    colleagues: Sequence[Receiver]
    managers: Sequence[Receiver]
    organisations: Sequence[Row[int, str, str]]  # id, public id and name
    outside: Sequence[Receiver]  # people of those organisations


def _people() -> Select[Any]:
    """Build the query of people who can sign in, with what decides whether they may see configurations."""
    roles = (
        select(func.aggregate_strings(PersonRole.role, ","))
        .where(PersonRole.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )
    return (
        select(
            Person.id, Person.public_id, Person.name, Person.email, Person.locale, Organisation.id, Party.name,
            Organisation.kind, roles,
        )
        .join(Organisation, Organisation.id == Person.organisation_id)
        .join(Party, Party.id == Organisation.id)
        .where(Person.disabled_at.is_(None), Organisation.archived_at.is_(None))
        .order_by(Person.name, Person.id)
        .limit(MOST_OFFERED)
    )  # fmt: skip


def _read(session: Session, query: Select[Any]) -> list[Receiver]:
    """Return those whose roles let them see configurations; the house looks, for most are not the actor's to see."""
    with as_actor(session, SYSTEM):
        rows = session.execute(query).all()
    found = []
    for row in rows:
        kind, roles = OrganisationKind(row[7]), tuple(Role(role) for role in (row[8] or "").split(",") if role)
        if Permission.CONFIGURATION_VIEW in grants_of(kind, roles):
            found.append(Receiver(row[0], row[1], row[2], row[3], row[4], row[5], row[6], kind, roles))
    return found


def partners_in_business(owner_id: int) -> Any:
    """Return the condition on organisations: customers that the owner knows, or distributors that know him as theirs.

    Both sides must sign in: a relation is what makes one of them the business of the other.
    """
    customers = select(Relation.party_id).where(Relation.organisation_id == owner_id, Relation.kind == "customer")
    distributors = select(Relation.organisation_id).where(Relation.party_id == owner_id, Relation.kind == "customer")
    return or_(
        and_(Organisation.kind == OrganisationKind.CUSTOMER.value, Organisation.id.in_(customers)),
        and_(Organisation.kind == OrganisationKind.PARTNER.value, Organisation.id.in_(distributors)),
    )


def person_for(session: Session, owner_id: int, person_id: int) -> Receiver | None:
    """Return the person if the owner may share with him: a colleague, an internal person, a business partner."""
    near = or_(
        Organisation.id == owner_id,
        Organisation.kind == OrganisationKind.SUPPLIER.value,
        partners_in_business(owner_id),
    )
    return next(iter(_read(session, _people().where(Person.id == person_id, near))), None)


def organisation_for(session: Session, owner_id: int, organisation_id: int) -> str | None:
    """Return the name of the organisation if a thing of the owner may be shared with all of it."""
    query = (
        select(Party.name)
        .join(Organisation, Organisation.id == Party.id)
        .where(
            Organisation.id == organisation_id,
            Organisation.id != owner_id,
            Organisation.archived_at.is_(None),
            partners_in_business(owner_id),
        )
    )
    with as_actor(session, SYSTEM):
        return session.scalar(query)


def kind_of(session: Session, organisation_id: int) -> OrganisationKind:
    """Return on which side of the table an organisation sits."""
    with as_actor(session, SYSTEM):
        return OrganisationKind(
            session.scalars(select(Organisation.kind).where(Organisation.id == organisation_id)).one()
        )


def people_of(session: Session, organisation_id: int) -> list[Receiver]:
    """Return the people of an organisation who can open what is shared with it."""
    return _read(session, _people().where(Organisation.id == organisation_id))[:MOST_TOLD]


def person_now(session: Session, person_id: int) -> Receiver | None:
    """Return a person as he is now, if he can still sign in and see configurations."""
    return next(iter(_read(session, _people().where(Person.id == person_id))), None)


def people_with(session: Session, ids: Collection[int]) -> list[Receiver]:
    """Return those of these people who can sign in and see configurations."""
    return _read(session, _people().where(Person.id.in_(ids))) if ids else []


def offered(session: Session, owner_id: int, *, without: int | None) -> Offered:
    """Return whom a person of the owner is offered to share with; `without` is himself."""
    people, kind = _people().where(Person.id != without), Organisation.kind
    managers = select(PersonRole.person_id).where(PersonRole.role == Role.CHANNEL_MANAGER.value)
    house = people.where(kind == OrganisationKind.SUPPLIER.value, Person.id.in_(managers))
    near = partners_in_business(owner_id)
    with as_actor(session, SYSTEM):
        organisations = session.execute(
            select(Organisation.id, Party.public_id, Party.name)
            .join(Party, Party.id == Organisation.id)
            .where(Organisation.archived_at.is_(None), Organisation.id != owner_id, near)
            .order_by(Party.name_key, Party.id)
            .limit(MOST_OFFERED)
        ).all()
    return Offered(
        _read(session, people.where(Organisation.id == owner_id)),
        [one for one in _read(session, house) if one.organisation_id != owner_id],
        organisations,
        _read(session, people.where(near, Organisation.id != owner_id)),
    )
