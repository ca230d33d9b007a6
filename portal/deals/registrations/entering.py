"""Handing a registration in: whoever comes first with everything holds the place, the others stand in line."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from portal.deals.operations import next_number
from portal.deals.registrations import deciding, inquiries, moving, places
from portal.deals.registrations.deciding import Place
from portal.deals.registrations.identities import identity_of
from portal.deals.registrations.lifecycle import Action, State
from portal.deals.registrations.models import Registration
from portal.deals.registrations.places import Key, Situation
from portal.errors import Conflict, NotAllowed
from portal.parameters.queries import values
from portal.policy import Actor, Permission, allows
from portal.words import N_

SERIES: Final = "R"
OWN: Final = N_("Your organisation has registered this customer, product line and site already.")


def check_may_edit(actor: Actor, registration: Registration) -> None:
    """Raise NotAllowed unless the actor may change this registration."""
    if not allows(actor, Permission.REGISTRATION_EDIT, registration):
        raise NotAllowed


def hold(session: Session, registration: Registration, customer_id: int | None = None) -> int:
    """Lock all that a step of a registration may touch, and read it again; return its customer's identity.

    `customer_id` is another customer that it is going to be for.
    """
    identity_id = identity_of(session, customer_id or registration.customer_id)
    places.lock(session, [identity_id, registration.identity_id or identity_id], [registration.approval_request_id])
    places.refresh(session, registration)
    return identity_id


def ask_place(
    session: Session, actor: Actor, registration: Registration, key: Key, *, now: datetime, today: date
) -> Situation:
    """Return how a place stands for the organisation of a registration; it counts as a question for that customer."""
    deciding.lapse_held(session, key, now=now, today=today)
    limit = values(session)["registration.probes_a_day"]
    about = about_customer(registration.customer_id)
    line = key.product_line
    inquiries.count(
        session,
        actor,
        "probe",
        about,
        limit=limit,
        customer_id=key.identity_id,
        product_line=line,
        now=now,
        today=today,
    )
    return places.situation(session, registration.organisation_id, key, today, but=registration.id)


def about_customer(customer_id: int) -> str:
    """Return how a customer one knows is written down as asked about: once a day, however often."""
    return f"customer {customer_id}"


def enter(
    session: Session,
    actor: Actor | None,
    registration: Registration,
    action: Action,
    key: Key,
    stands: Situation,
    *,
    now: datetime,
    today: date,
    said: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Place:
    """Put a registration in line for its place, and begin its decision when nobody stands before it.

    A claimed place changes nothing and is an answer, not an error: so the question stays counted. Raises Conflict
    for a second registration of one's own. Without an actor it is asked for on behalf of its person.
    """
    if stands.kind == "own":
        raise Conflict(OWN)
    if stands.kind == "claimed":
        return Place("claimed", stands.until)
    usual = {
        "identity_id": key.identity_id,
        "number": registration.number or next_number(session, SERIES, today.year),
        "submitted_at": now,
        "reason": "",
        "reason_note": "",
        "due_on": stands.until,
        "next_step_on": None,
        "protected_from": None,
        "protected_until": None,
    }
    moving.move(session, registration, action, now=now, said=said, **{**usual, **changes})
    if registration.state != State.SUBMITTED:
        return Place("draft")
    if stands.kind == "deciding":
        return Place("waiting", stands.until)
    return deciding.take_up(session, registration, actor=actor, now=now, today=today)
