"""How customers fall into the public pool: unworked, given back, or when a claim ends and nothing came of it.

The house calls all of this, with the customers locked.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from portal.db import insert_into, new_public_id
from portal.deals.registrations import places
from portal.deals.registrations.models import IS_OPEN, CustomerHolding, PoolEntry, Registration
from portal.deals.registrations.protection import ClaimRules
from portal.history import record
from portal.notify.operations import tell
from portal.parameters.queries import Values, values

PATH: Final = "/registrations/pool"


def fall_in(session: Session, customer_id: int, reason: str, organisation_id: int | None, *, today: date) -> bool:
    """Put a customer into the pool unless somebody works on it; the house asks, with the customer locked."""
    if session.scalar(select(_is_worked(customer_id))):
        return False
    new = insert_into(session, PoolEntry).values(
        customer_id=customer_id, reason=reason, from_organisation_id=organisation_id, entered_on=today,
        public_id=new_public_id(),
    )  # fmt: skip
    session.execute(new.on_conflict_do_nothing())
    return True


def rules_of(set_: Values) -> ClaimRules:
    """Return the rules of claims in force."""
    return ClaimRules(set_["pool.claim_days"], set_["pool.activity_days"], set_["pool.hard_days"])


def end_claims(session: Session, *, now: datetime, today: date, limit: int) -> int:
    """End claims whose last day is over: back into the pool, or kept when a registration came of them."""
    due = (CustomerHolding.ended_on.is_(None), CustomerHolding.ends_on < today)
    return _each(session, due, CustomerHolding.ends_on, "unworked", now=now, today=today, limit=limit)


def let_go(session: Session, *, now: datetime, today: date, limit: int) -> int:
    """Let customers of the supplier's own people fall into the pool that nobody has worked on for so long."""
    since = today - timedelta(days=values(session)["pool.days_unworked"])
    idle = (
        CustomerHolding.ended_on.is_(None), CustomerHolding.ends_on.is_(None), CustomerHolding.signed_on.is_(None),
        CustomerHolding.worked_on < since,
    )  # fmt: skip
    return _each(session, idle, CustomerHolding.worked_on, "unworked", now=now, today=today, limit=limit)


def _each(
    session: Session, due: Sequence[ColumnElement[bool]], order: Any, reason: str, *, now: datetime, today: date,
    limit: int,
) -> int:  # fmt: skip
    query = select(CustomerHolding).where(*due).order_by(order, CustomerHolding.id).limit(limit)
    found = session.scalars(query).all()
    if not found:
        return 0
    places.lock(session, [holding.customer_id for holding in found])
    ended = 0
    for holding in found:
        session.refresh(holding, with_for_update=True)
        if holding.ended_on is not None or not session.scalar(
            select(exists().where(CustomerHolding.id == holding.id, *due))
        ):
            continue
        is_over = end(session, holding, reason, today=today)
        record(session, holding, "end", now=now, after={"reason": reason})
        if is_over:
            tell(session, holding.person_id, "pool_ended", {}, PATH, now)
        ended += 1
    session.flush()
    return ended


def end(session: Session, holding: CustomerHolding, reason: str, *, today: date) -> bool:
    """End a holding; with an open registration of its organisation it goes on instead, without an end: not over."""
    holding.version += 1
    if session.scalar(select(_registered(holding.customer_id, holding.organisation_id))):
        holding.ends_on, holding.worked_on = None, today
        return False
    holding.ended_on = today
    session.flush()
    fall_in(session, holding.customer_id, reason, holding.organisation_id, today=today)
    return True


def _registered(customer_id: int, organisation_id: int | None = None) -> ColumnElement[bool]:
    found = exists().where(Registration.identity_id == customer_id, IS_OPEN)
    return found if organisation_id is None else found.where(Registration.organisation_id == organisation_id)


def _is_worked(customer_id: int) -> ColumnElement[bool]:
    held = exists().where(CustomerHolding.customer_id == customer_id, CustomerHolding.ended_on.is_(None))
    return _registered(customer_id) | held
