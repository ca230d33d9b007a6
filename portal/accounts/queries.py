"""Reading accounts: the person behind a sign-in, lists of people and invitations."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, literal_column, select
from sqlalchemy.orm import Session

from portal import prepared
from portal.accounts.models import Invitation, Person, PersonRole, SignIn
from portal.accounts.tokens import hash_of
from portal.db import ScopedSession
from portal.errors import NotFound
from portal.notify.models import Notice
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM, Actor, Grants, OrganisationKind, Role, grants_of
from portal.web import Viewer

PAGE = 25
UNREAD_CAP = 100


def _live_sign_in() -> Select[*tuple[Any, ...]]:
    """Build the query behind every page, once: the person of a live sign-in, organisation, roles, unread notices."""
    unread = (
        select(func.count())
        .select_from(
            select(Notice.id)
            .where(Notice.person_id == Person.id, Notice.read_at.is_(None))
            .limit(literal_column(str(UNREAD_CAP)))
            .correlate(Person)
            .subquery()
        )
        .scalar_subquery()
    )
    roles = (
        select(func.aggregate_strings(PersonRole.role, ","))
        .where(PersonRole.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )
    return (
        select(
            Person.id, Person.public_id, Person.name, Person.email, Person.locale, Person.time_zone, Person.theme,
            Organisation.id, Organisation.kind, Party.name, Party.name_en, Organisation.currency, Organisation.tier,
            Organisation.tax_bps, roles, unread,
        )
        .join(SignIn, SignIn.person_id == Person.id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .join(Party, Party.id == Organisation.id)
        .where(
            SignIn.token_hash == bindparam("token_hash"),
            SignIn.ended_at.is_(None),
            SignIn.expires_at > bindparam("now"),
            Person.disabled_at.is_(None),
            Organisation.archived_at.is_(None),
        )
    )  # fmt: skip


LIVE_SIGN_IN: Final = _live_sign_in()


def load_viewer(session: ScopedSession, token: str, now: datetime) -> Viewer | None:
    """Return the person behind a live sign-in in one query, or None when it ended or he was disabled."""
    assert session.actor is SYSTEM  # nobody is known yet, so nothing narrows this query
    found = prepared.rows(session, LIVE_SIGN_IN, {"token_hash": hash_of(token), "now": now})
    if not found:
        return None
    row = found[0]
    kind, held, grants = _rights(row[8], row[14] or "")
    actor = Actor(person_id=row[0], organisation_id=row[7], grants=grants)
    return Viewer(
        actor=actor,
        token=token,
        person_id=row[0],
        public_id=row[1],
        name=row[2],
        email=row[3],
        locale=row[4],
        time_zone=row[5],
        theme=row[6],
        roles=held,
        organisation_id=row[7],
        organisation_kind=kind,
        organisation_name=row[9],
        organisation_name_en=row[10],
        currency=row[11],
        tier=row[12],
        tax_bps=row[13],
        unread=row[15] or 0,
    )


@lru_cache(maxsize=512)
def _rights(kind: str, roles: str) -> tuple[OrganisationKind, tuple[Role, ...], Grants]:
    """Return kind, roles and what they allow, worked out once for all who hold the same ones."""
    held = tuple(sorted(Role(role) for role in roles.split(",") if role))
    return OrganisationKind(kind), held, MappingProxyType(grants_of(OrganisationKind(kind), held))


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of a list of people."""

    id: int
    public_id: str
    name: str
    email: str
    organisation: str
    roles: tuple[str, ...]
    disabled_at: datetime | None


def people(session: Session, *, before_id: int | None, limit: int = PAGE) -> list[PersonRow]:
    """Return people the actor may see, newest first, one more than `limit` when there are more."""
    roles = (
        select(func.aggregate_strings(PersonRole.role, ","))
        .where(PersonRole.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )
    query = (
        select(Person.id, Person.public_id, Person.name, Person.email, Party.name, roles, Person.disabled_at)
        .join(Party, Party.id == Person.organisation_id)
        .order_by(Person.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        query = query.where(Person.id < before_id)
    return [
        PersonRow(r[0], r[1], r[2], r[3], r[4], tuple(sorted((r[5] or "").split(","))), r[6])
        for r in session.execute(query)
    ]


def open_invitations(session: Session, *, now: datetime) -> list[Row[tuple[str, str, str, datetime]]]:
    """Return the newest hundred open invitations the actor may see."""
    return list(
        session.execute(
            select(Invitation.public_id, Invitation.email, Invitation.name, Invitation.expires_at)
            .where(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now)
            .order_by(Invitation.id.desc())
            .limit(100)
        )
    )


def person(session: Session, public_id: str) -> Person:
    """Return one person the actor may see."""
    found = session.scalar(select(Person).where(Person.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def roles_of(session: Session, person_id: int) -> list[str]:
    """Return the roles of a person the actor may see."""
    return sorted(session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id)))


def invitation(session: Session, public_id: str) -> Invitation:
    """Return one invitation the actor may see."""
    found = session.scalar(select(Invitation).where(Invitation.public_id == public_id))
    if found is None:
        raise NotFound
    return found
