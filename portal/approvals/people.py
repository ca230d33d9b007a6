"""Who may decide today: people with a deciding role, who of them is away, and who then stands in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.approvals.definitions import DECIDING_ROLES
from portal.approvals.models import Absence, ApprovalSeat
from portal.db import as_actor
from portal.parties.models import Organisation
from portal.policy import SYSTEM, OrganisationKind


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody of the supplier who may decide."""

    id: int
    public_id: str
    name: str
    email: str
    locale: str
    organisation_id: int
    roles: frozenset[str]


@dataclass(frozen=True)
class Deciders:
    """All who may decide, and who of them is away: to whom his seats go, None for nobody in particular."""

    people: Mapping[int, Decider]
    away: Mapping[int, int | None] = field(default_factory=dict)

    def stand_in(self, person_id: int) -> int | None:
        """Return who decides in place of somebody: himself when he is there, else a delegate who is."""
        if person_id not in self.people:
            return None
        if person_id not in self.away:
            return person_id
        delegate = self.away[person_id]
        return delegate if delegate in self.people and delegate not in self.away else None

    def of_role(self, role: str) -> dict[int, int]:
        """Return who decides for a role: person to the one for whom he does (himself, or somebody who is away)."""
        found: dict[int, int] = {}
        for person in self.people.values():
            there = self.stand_in(person.id) if role in person.roles else None
            if there is not None and (there == person.id or there not in found):
                found[there] = person.id
        return found

    def of_seat(self, seat: ApprovalSeat) -> dict[int, int]:
        """Return who may take a seat and for whom; a seat whose people are all gone falls to everybody who decides."""
        if seat.role is not None:
            found = self.of_role(seat.role)
        else:
            assert seat.person_id is not None
            there = self.stand_in(seat.person_id)
            found = {} if there is None else {there: seat.person_id}
        return found or self.everybody()

    def everybody(self) -> dict[int, int]:
        """Return all who are there; when nobody is, all."""
        there = {person_id: person_id for person_id in self.people if person_id not in self.away}
        return there or {person_id: person_id for person_id in self.people}

    def reach_of(self, person_id: int) -> tuple[set[str], set[int], set[str], set[int]]:
        """Return the roles and persons somebody may act for, then the roles that nobody holds and whoever is covered.

        Seats of roles that nobody holds, and of persons who are not covered, are anybody's.
        """
        mine_roles = {role for role in DECIDING_ROLES if person_id in self.of_role(role)}
        covered = {other for other in self.people if self.stand_in(other) is not None}
        mine_people = {other for other in covered if self.stand_in(other) == person_id}
        orphans = {role for role in DECIDING_ROLES if not self.of_role(role)}
        own = self.people.get(person_id)
        if own is not None:  # whoever is away may still decide when he looks in
            mine_roles |= own.roles
            mine_people.add(person_id)
        return mine_roles, mine_people, orphans, covered


def deciders(session: Session, today: date) -> Deciders:
    """Return who may decide today; two queries, on behalf of the house."""
    with as_actor(session, SYSTEM):
        columns = (Person.id, Person.public_id, Person.name, Person.email, Person.locale, Person.organisation_id)
        rows = session.execute(
            select(*columns, PersonRole.role)
            .join(PersonRole, PersonRole.person_id == Person.id)
            .join(Organisation, Organisation.id == Person.organisation_id)
            .where(
                PersonRole.role.in_(DECIDING_ROLES),
                Person.disabled_at.is_(None),
                Organisation.kind == OrganisationKind.SUPPLIER.value,
                Organisation.archived_at.is_(None),
            )
            .order_by(Person.id)
        ).all()
        absent = select(Absence.person_id, Absence.delegate_id).where(
            Absence.ended_at.is_(None), Absence.starts_on <= today, Absence.ends_on >= today
        )
        away = {row[0]: row[1] for row in session.execute(absent.order_by(Absence.id))}
    return Deciders(_people(rows), away)


def _people(rows: Sequence[Any]) -> dict[int, Decider]:
    roles: dict[int, set[str]] = {}
    for row in rows:
        roles.setdefault(row[0], set()).add(row[6])
    return {row[0]: Decider(row[0], row[1], row[2], row[3], row[4], row[5], frozenset(roles[row[0]])) for row in rows}
