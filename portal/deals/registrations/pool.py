"""The public pool: customers nobody works on, who may look at them, and claims that end by themselves."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.deals.registrations import falling, inquiries, places, protection
from portal.deals.registrations.falling import rules_of
from portal.deals.registrations.holdings import check_cap, holds, is_internal
from portal.deals.registrations.models import CustomerHolding, HoldingActivity, PoolEntry
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.parameters.queries import values
from portal.parties.models import Party
from portal.parties.operations import know
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_

PAGE: Final = 25
GONE: Final = N_("Somebody else claimed this customer a moment ago.")


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the pool: what it says before a customer is opened."""

    id: int
    public_id: str
    industry: str
    region: str
    size: str
    entered_on: date


@dataclass(frozen=True, slots=True)
class PoolCustomer:
    """A customer of the pool that was opened."""

    public_id: str
    name: str
    name_en: str
    industry: str
    region: str
    size: str
    entered_on: date


def offers(session: Session, actor: Actor, *, before_id: int | None = None, limit: int = PAGE) -> list[Offer]:
    """Return customers of the pool without their names, the newest first, one more than `limit` when there are more."""
    _check(actor)
    query = (
        select(PoolEntry.id, PoolEntry.public_id, Party.industry, Party.region, Party.size, PoolEntry.entered_on)
        .join(Party, Party.id == PoolEntry.customer_id)
        .where(PoolEntry.left_on.is_(None))
        .order_by(PoolEntry.id.desc())
    )
    if before_id is not None:
        query = query.where(PoolEntry.id < before_id)
    with as_actor(session, SYSTEM):
        return [Offer(*row) for row in session.execute(query.limit(limit + 1))]


def look(session: Session, actor: Actor, public_id: str, *, now: datetime, today: date) -> PoolCustomer:
    """Open a customer of the pool: its name, so many a day and person; raises TooMany or NotFound."""
    _check(actor)
    entry = _waiting(session, public_id)
    limit = values(session)["pool.views_a_day"]
    about = f"pool {entry.id}"
    inquiries.count(
        session, actor, "pool_view", about, limit=limit, customer_id=entry.customer_id, now=now, today=today
    )
    with as_actor(session, SYSTEM):
        party = session.get_one(Party, entry.customer_id)
    return PoolCustomer(
        entry.public_id, party.name, party.name_en, party.industry, party.region, party.size, entry.entered_on
    )


def claim(session: Session, actor: Actor, public_id: str, *, now: datetime, today: date) -> CustomerHolding:
    """Take a customer out of the pool for a while; from then on the organisation knows it.

    Raises TooMany beyond the day's claims, Conflict when somebody was quicker or the holding cap is reached.
    """
    _check(actor)
    assert actor.organisation_id is not None
    assert actor.person_id is not None
    set_, entry = values(session), _waiting(session, public_id)
    limit, about = set_["pool.claims_a_day"], f"pool {entry.id}"
    inquiries.count(
        session, actor, "pool_claim", about, limit=limit, customer_id=entry.customer_id, now=now, today=today
    )
    places.lock(session, [entry.customer_id])
    with as_actor(session, SYSTEM):
        session.refresh(entry, with_for_update=True)
        if entry.left_on is not None or holds(session, actor.organisation_id, entry.customer_id):
            raise Conflict(GONE)
        if is_internal(session, actor.organisation_id):
            check_cap(session, actor.person_id, set_, today=today)
        entry.left_on = today
        holding = CustomerHolding(
            organisation_id=actor.organisation_id, person_id=actor.person_id, customer_id=entry.customer_id,
            source="claim", since=today, ends_on=protection.claim_end(today, rules_of(set_)), worked_on=today,
        )  # fmt: skip
        session.add(holding)
        session.flush()
        know(session, actor.organisation_id, session.get_one(Party, entry.customer_id), now=now)
    record(session, holding, "claim", now=now, after={"until": str(holding.ends_on)})
    return holding


def release(session: Session, actor: Actor, holding: CustomerHolding, *, now: datetime, today: date) -> None:
    """Give a customer back before the claim is over; it falls into the pool unless it is registered."""
    _own(actor, holding)
    places.lock(session, [holding.customer_id])
    _refresh(session, holding)
    with as_actor(session, SYSTEM):
        falling.end(session, holding, "released", today=today)
    record(session, holding, "release", now=now)


def note_activity(
    session: Session,
    actor: Actor,
    holding: CustomerHolding,
    note: str,
    *,
    happened_on: date,
    now: datetime,
    today: date,
) -> HoldingActivity:
    """Note that something was done for a customer; a claim lasts a little longer for it, up to its hard end."""
    _own(actor, holding)
    _refresh(session, holding)
    if not holding.since <= happened_on <= today:
        raise Invalid(N_("Name a day since the customer is yours, today at the latest."), field="happened_on")
    if not note.strip() or len(note) > 1000:
        raise Invalid(N_("Say in a few words what was done."), field="note")
    with as_actor(session, SYSTEM):
        if holding.source == "claim" and holding.ends_on is not None:
            rules = rules_of(values(session))
            holding.ends_on = protection.after_activity(holding.since, holding.ends_on, happened_on, rules)
        holding.worked_on = max(holding.worked_on, happened_on)
        holding.version += 1
    done = HoldingActivity(
        organisation_id=holding.organisation_id, holding_id=holding.id, happened_on=happened_on, note=note.strip(),
        created_by_id=actor.person_id, created_at=now,
    )  # fmt: skip
    session.add(done)
    session.flush()
    record(session, holding, "activity", now=now, after={"on": str(happened_on), "until": str(holding.ends_on)})
    return done


def _waiting(session: Session, public_id: str) -> PoolEntry:
    with as_actor(session, SYSTEM):
        found = session.scalar(select(PoolEntry).where(PoolEntry.public_id == public_id, PoolEntry.left_on.is_(None)))
    if found is None:
        raise NotFound
    return found


def _check(actor: Actor) -> None:
    if not actor.can(Permission.POOL_CLAIM) or actor.organisation_id is None or actor.person_id is None:
        raise NotAllowed


def _own(actor: Actor, holding: CustomerHolding) -> None:
    """Raise NotAllowed unless the customer is the actor's own organisation's."""
    _check(actor)
    if holding.organisation_id != actor.organisation_id:
        raise NotAllowed


def _refresh(session: Session, holding: CustomerHolding) -> None:
    with as_actor(session, SYSTEM):
        session.refresh(holding, with_for_update=True)
    if holding.ended_on is not None:
        raise Conflict(N_("This customer is not yours any more."))
