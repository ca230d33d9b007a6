"""Who works on leads, and to whom one goes."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.db import as_actor
from portal.parties.models import Organisation
from portal.policy import GRANTS, SYSTEM, OrganisationKind, Permission
from portal.support.phone.models import LeadRoute

WORKING_ROLES = tuple(
    role.value for role, grants in GRANTS[OrganisationKind.SUPPLIER].items() if Permission.LEAD_WORK in grants
)


def workers(session: Session) -> dict[int, tuple[str, str]]:
    """Return everybody who may work on leads: person to public id and name; the house asks."""
    with as_actor(session, SYSTEM):
        query = (
            select(Person.id, Person.public_id, Person.name)
            .join(Organisation, Organisation.id == Person.organisation_id)
            .where(
                Organisation.kind == OrganisationKind.SUPPLIER.value,
                Organisation.archived_at.is_(None),
                Person.disabled_at.is_(None),
                Person.id.in_(select(PersonRole.person_id).where(PersonRole.role.in_(WORKING_ROLES))),
            )
            .order_by(Person.name, Person.id)
        )
        return {row.id: (row.public_id, row.name) for row in session.execute(query)}


def best_route(routes: Iterable[tuple[str, str, int]], industry: str, region: str, able: Iterable[int]) -> int | None:
    """Return to whom the closest route leads; pure.

    A route fits when each of its industry and region is empty or the lead's. Both named beat one, a region beats an
    industry (whoever is near can go there), and whoever may not work on leads any more takes none.
    """
    there = set(able)
    fitting = [
        ((bool(own_region) * 2 + bool(own_industry)), person)
        for own_industry, own_region, person in routes
        if own_industry in ("", industry) and own_region in ("", region) and person in there
    ]
    return max(fitting)[1] if fitting else None


def assignee_for(session: Session, industry: str, region: str) -> int | None:
    """Return who gets a lead of this industry and region; None: everybody who works on leads is told."""
    with as_actor(session, SYSTEM):
        rows = session.execute(select(LeadRoute.industry, LeadRoute.region, LeadRoute.person_id).order_by(LeadRoute.id))
        routes = [(row.industry, row.region, row.person_id) for row in rows]
    return best_route(routes, industry, region, workers(session))
