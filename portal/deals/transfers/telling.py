"""Who hears of a transfer: whoever held the customers, whoever gets them, and both again when it is taken back."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.configurator.models import Configuration
from portal.db import as_actor
from portal.deals.registrations.models import Registration
from portal.deals.transfers.models import CustomerTransfer
from portal.deals.transfers.preview import Plan
from portal.notify.operations import tell
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor, Role
from portal.words import both_names


def whom(session: Session, seen: Plan) -> set[int]:
    """Return who held something of the customers, asked before it moves; the giver's owners when nobody did."""
    people = {row.person_id for row in seen.holdings.values()}
    people |= {row.to_person_id for row in seen.last.values()}
    for thing in (Registration, Configuration):
        ids = seen.gathered.ids(thing.__tablename__)
        people |= {each for each in session.scalars(select(thing.person_id).where(thing.id.in_(ids))) if each}
    people |= {seen.wish.from_person_id} if seen.wish.from_person_id else set()
    mine = select(Person.id).where(Person.organisation_id == seen.wish.giver_id, Person.disabled_at.is_(None))
    found = set(session.scalars(mine.where(Person.id.in_(people)))) - {seen.receiver.id}
    if found:
        return found
    owners = mine.join(PersonRole, PersonRole.person_id == Person.id).where(PersonRole.role == Role.OWNER.value)
    return set(session.scalars(owners)) - {seen.receiver.id}


def tell_made(
    session: Session, actor: Actor, made: CustomerTransfer, seen: Plan, givers: Iterable[int], *, now: datetime
) -> None:
    """Tell both sides, but not whoever did it."""
    _tell(session, actor, made, [seen.receiver.id], "transfer_received", _path(session, made, seen), now)
    path = _path(session, made, seen) if seen.within else "/customers"
    _tell(session, actor, made, givers, "transfer_given", path, now)


def tell_undone(
    session: Session, actor: Actor, made: CustomerTransfer, givers: Iterable[int], *, now: datetime
) -> None:
    """Tell both sides that everything is as it was before."""
    _tell(session, actor, made, {made.to_person_id, *givers}, "transfer_undone", "/customers", now)


def _path(session: Session, made: CustomerTransfer, seen: Plan) -> str:
    if made.customers > 1:
        return "/customers"
    with as_actor(session, SYSTEM):
        return f"/customers/{session.get_one(Party, seen.wish.customers[0]).public_id}"


def _tell(
    session: Session, actor: Actor, made: CustomerTransfer, people: Iterable[int], kind: str, path: str, now: datetime
) -> None:
    with as_actor(session, SYSTEM):
        by = session.scalar(select(Person.name).where(Person.id == actor.person_id)) or ""
        params = {"person": by, "customer": both_names(made.title, made.title_en), "count": made.customers}
        for person_id in sorted(set(people) - {actor.person_id}):
            many = made.customers > 1 and kind != "transfer_undone"
            tell(session, person_id, f"{kind}_book" if many else kind, params, path, now)
