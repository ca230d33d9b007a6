"""Who is decided on next for a place, and what a decision does; the caller has locked the customer before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals import operations as approvals
from portal.approvals.lifecycle import OPEN as ASKED
from portal.approvals.models import ApprovalRequest
from portal.calendars.queries import business_time
from portal.dates import business_date
from portal.db import as_actor
from portal.deals.registrations import moving, places, protection
from portal.deals.registrations.lifecycle import HELD, PLACED, Action, State
from portal.deals.registrations.models import Registration
from portal.deals.registrations.places import Key
from portal.deals.registrations.queries import customer_names
from portal.errors import Conflict
from portal.parameters.queries import values
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM, Actor, Permission, Reach
from portal.words import N_, Text, both_names

KIND: Final = "registration"
CLAIMED: Final = N_("This customer is claimed for this product line and site, protected until %(date)s.")


@dataclass(frozen=True, slots=True)
class Place:
    """What became of a submission: review, waiting (in line), approved, draft, or claimed (nothing was changed)."""

    kind: str
    until: date | None = None


def take_up(session: Session, registration: Registration, *, actor: Actor | None, now: datetime, today: date) -> Place:
    """Begin the decision of a submitted registration that holds its place; without an actor on behalf of its person."""
    moving.move(session, registration, Action.TAKE_UP, now=now, asked_minor=registration.value_minor)
    facts, title = facts_of(session, registration), title_of(session, registration)
    asked = {"kind": KIND, "thing": registration, "organisation_id": registration.organisation_id}
    if actor is not None:
        request = approvals.ask(session, actor, **asked, facts=facts, title=title, now=now, today=today)  # type: ignore[arg-type]
    else:
        with as_actor(session, SYSTEM):
            asker = _asker(registration)
            request = approvals.ask(session, asker, **asked, facts=facts, title=title, now=now, today=today)  # type: ignore[arg-type]
    return follow(session, registration, request, today=today)


def follow(session: Session, registration: Registration, request: ApprovalRequest, *, today: date) -> Place:
    """Keep which request decides on a registration, and by when; return how it stands now."""
    due = business_date(request.due_at, business_time(session).zone) if request.due_at else None
    with as_actor(session, SYSTEM):
        registration.approval_request_id = request.id
        if registration.state == State.IN_REVIEW:
            registration.due_on = due
    if registration.state == State.APPROVED:
        return Place("approved", registration.protected_until)
    return Place("review", registration.due_on or today)


def _asker(registration: Registration) -> Actor:
    """Return whoever a registration is asked for when nobody of its organisation is there."""
    grants = {Permission.APPROVAL_VIEW: Reach.OWN}
    return Actor(person_id=registration.person_id, organisation_id=registration.organisation_id, grants=grants)


def facts_of(session: Session, registration: Registration) -> Mapping[str, Any]:
    """Return what the rules of approval may ask about a registration."""
    of = (Relation.organisation_id == registration.organisation_id, Relation.party_id == registration.customer_id)
    with as_actor(session, SYSTEM):
        noted = session.scalar(select(Relation.region).where(*of, Relation.kind == "customer"))
        region = noted or session.scalar(select(Party.region).where(Party.id == registration.customer_id)) or ""
    facts = {"currency": registration.currency, "product_line": registration.product_line, "region": region}
    # A value nobody has said is unknown, not zero: the rules then ask for more.
    return {**facts, "value_minor": registration.value_minor} if registration.value_band else facts


def title_of(session: Session, registration: Registration) -> Text:
    """Return what a request for approval is called: the customer's name in each reader's script."""
    with as_actor(session, SYSTEM):
        customer = both_names(*customer_names(session, registration))
    return Text(f"{registration.number} {customer.en}", f"{registration.number} {customer.zh}")


def request_of(session: Session, registration: Registration) -> ApprovalRequest | None:
    """Return the request that decides on a registration, when it is still open."""
    with as_actor(session, SYSTEM):
        found = session.get(ApprovalRequest, registration.approval_request_id or 0)
    return found if found is not None and found.state in ASKED else None


def call_off(session: Session, registration: Registration, *, actor: Actor | None, now: datetime) -> None:
    """Take back the request that decides on a registration, if one is open."""
    request = request_of(session, registration)
    if request is None:
        return
    if actor is not None:
        approvals.withdraw(session, actor, request, now=now)
        return
    with as_actor(session, SYSTEM):
        approvals.withdraw(session, _asker(registration), request, now=now)


def advance(session: Session, key: Key, *, now: datetime, today: date) -> Registration | None:
    """Begin the decision of the earliest submission in line when nobody holds the place any more."""
    lapse_held(session, key, now=now, today=today)
    if places.of_key(session, key, (*PLACED, *HELD)):
        return None
    waiting = places.of_key(session, key, (State.SUBMITTED,))
    if not waiting:
        return None
    place = take_up(session, waiting[0], actor=None, now=now, today=today)
    if place.kind == "review":
        moving.note(session, waiting[0], "registration_taken_up", now=now, until=str(place.until))
    return waiting[0]


def lapse_held(session: Session, key: Key, *, now: datetime, today: date) -> None:
    """End protections of a place whose last day is over, should the sweep not have come by yet."""
    for row in places.of_key(session, key, HELD):
        if row.protected_until is not None and protection.is_over(row.protected_until, today):
            unworked = values(session)["pool.days_unworked"]
            moving.lapse(session, row, now=now, today=today, days_unworked=unworked)


def approve(
    session: Session, registration: Registration, *, said: Mapping[str, Any], now: datetime, today: date
) -> None:
    """Protect a registration in review; whoever stands in line behind it hears that he came too late.

    Raises Conflict when another one is protected for the same customer, line and site: the database would refuse it.
    """
    key = Key.of(registration)
    lapse_held(session, key, now=now, today=today)
    held = places.of_key(session, key, HELD, but=registration.id)
    if held:
        raise Conflict(CLAIMED, date=held[0].protected_until)
    days = values(session)["registration.protection_days"]
    moving.protect(session, registration, days=days, now=now, today=today, said=said)
    for late in places.of_key(session, key, (State.SUBMITTED,), but=registration.id):
        moving.move(session, late, Action.TAKE_UP, now=now)
        moving.refuse_late(session, late, now=now)
