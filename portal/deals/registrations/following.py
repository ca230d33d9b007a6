"""What quotes and orders do to the registration of the same customer and product line; called by their operations."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.models import RuleRevision
from portal.db import as_actor
from portal.deals.models import Quote
from portal.deals.registrations import moving, places, protection
from portal.deals.registrations.lifecycle import Action, State
from portal.deals.registrations.models import IS_OPEN, CustomerHolding, Registration
from portal.deals.registrations.product_lines import line_of_rules
from portal.policy import SYSTEM


def subject_of(quote: Quote) -> dict[str, Any]:
    """Return what a quote says about the registration that may stand behind it."""
    return {
        "organisation_id": quote.organisation_id,
        "customer_id": quote.customer_id,
        "rule_revision_id": quote.rule_revision_id,
    }


def quote_issued(
    session: Session,
    *,
    organisation_id: int,
    customer_id: int | None,
    rule_revision_id: int,
    now: datetime,
    today: date,
) -> None:
    """Convert the approved registration behind a quote that was just issued, if there is one."""
    row = _behind(session, organisation_id, customer_id, rule_revision_id, (State.APPROVED,), today)
    if row is not None:
        moving.move(session, row, Action.CONVERT, now=now)


def order_placed(
    session: Session,
    *,
    organisation_id: int,
    customer_id: int | None,
    rule_revision_id: int,
    now: datetime,
    today: date,
) -> None:
    """Close the protected registration behind an order as won, and count its customer as signed."""
    held = (State.APPROVED, State.CONVERTED)
    row = _behind(session, organisation_id, customer_id, rule_revision_id, held, today)
    if row is not None:
        if row.state == State.APPROVED:
            moving.move(session, row, Action.CONVERT, now=now)
        moving.close(session, row, Action.WIN, now=now)
    if customer_id is not None:
        sign(session, organisation_id, customer_id, today=today)


def sign(session: Session, organisation_id: int, customer_id: int, *, today: date) -> None:
    """Note that a customer signed: it does not count for the holding cap any more, and never falls into the pool."""
    of = (CustomerHolding.organisation_id == organisation_id, CustomerHolding.customer_id == customer_id)
    with as_actor(session, SYSTEM):
        found = session.scalars(select(CustomerHolding).where(*of, CustomerHolding.ended_on.is_(None))).first()
        if found is not None and found.signed_on is None:
            found.signed_on, found.worked_on, found.ends_on = today, today, None
            found.version += 1


def _behind(
    session: Session, organisation_id: int, customer_id: int | None, rule_revision_id: int, states: Sequence[State],
    today: date,
) -> Registration | None:  # fmt: skip
    """Return the organisation's protected registration of a customer and line, locked; the latest of several sites."""
    with as_actor(session, SYSTEM):
        rules = session.scalar(select(RuleRevision.key).where(RuleRevision.id == rule_revision_id))
        line = line_of_rules(rules or "")
        if customer_id is None or not line:
            return None
        same = (
            Registration.organisation_id == organisation_id,
            Registration.customer_id == customer_id,
            Registration.product_line == line,
            IS_OPEN,
            Registration.state.in_(states),
        )
        query = select(Registration).where(*same).order_by(Registration.id.desc()).limit(1)
        found = session.scalar(query)
        if found is None or found.identity_id is None:
            return None
        places.lock(session, [found.identity_id])
        places.refresh(session, found)
    over = found.protected_until is None or protection.is_over(found.protected_until, today)
    return None if over or found.state not in states else found
