"""What managers of the supplier do beside approvals, with a reason: reopen, approve a later one over an earlier."""

from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from portal.deals.registrations import deciding, entering, lifecycle, moving, places
from portal.deals.registrations.deciding import Place
from portal.deals.registrations.lifecycle import HELD, PLACED, Action, State
from portal.deals.registrations.models import Registration
from portal.deals.registrations.places import Key
from portal.errors import Conflict, Invalid, NotAllowed
from portal.limits import bounded
from portal.policy import Actor, Permission, Reach
from portal.words import N_

LONGEST_REASON: Final = 1000


def reopen(
    session: Session, actor: Actor, registration: Registration, reason: str, *, version: int, now: datetime, today: date
) -> Place:
    """Let a closed registration be decided once more; raises Conflict when the place is somebody else's."""
    said = {"reason": _checked(actor, registration, reason)}
    identity_id = entering.hold(session, registration)
    moving.expect(registration, version)
    lifecycle.after(registration.state, Action.REOPEN)
    if registration.identity_id is None:
        raise Conflict(N_("This registration was never submitted; there is nothing to decide."))
    key = Key(identity_id, registration.product_line, registration.site_key)
    deciding.lapse_held(session, key, now=now, today=today)
    stands = places.situation(session, registration.organisation_id, key, today, but=registration.id)
    if stands.kind == "claimed":
        raise Conflict(deciding.CLAIMED, date=stands.until)
    again = {"withdrawn_at": None, "withdrawn_from": ""}
    place = entering.enter(
        session, None, registration, Action.REOPEN, key, stands, now=now, today=today, said=said, **again
    )
    moving.note(session, registration, "registration_reopened", now=now)
    return place


def override(
    session: Session, actor: Actor, registration: Registration, reason: str, *, version: int, now: datetime, today: date
) -> None:
    """Approve a registration over an earlier one of the same customer, line and site, with a reason.

    It may stand in line, be in review, or have been refused because the other one came first. The other one loses its
    protection, or is refused.
    """
    said = {"reason": _checked(actor, registration, reason), "override": True, "person": actor.person_id}
    if registration.identity_id is None:
        raise Conflict(lifecycle.REFUSALS[State(registration.state)])
    key = Key.of(registration)
    requests = [registration.approval_request_id, *places.requests_of(session, key)]
    places.lock(session, [key.identity_id], requests)
    places.refresh(session, registration)
    moving.expect(registration, version)
    for row in places.of_key(session, key, (*PLACED, *HELD), but=registration.id):
        _give_way(session, row, now=now)
    if registration.state == State.REJECTED:
        moving.move(session, registration, Action.REOPEN, now=now, said=said)
    if registration.state == State.IN_REVIEW:
        deciding.call_off(session, registration, actor=None, now=now)
    else:
        moving.move(session, registration, Action.TAKE_UP, now=now, asked_minor=registration.value_minor)
    deciding.approve(session, registration, said=said, now=now, today=today)


def _give_way(session: Session, row: Registration, *, now: datetime) -> None:
    """End a registration that another one is approved over."""
    if row.state in HELD:
        moving.close(session, row, Action.LOSE, now=now, reason="overridden")
        moving.note(session, row, "registration_overridden", now=now)
        return
    deciding.call_off(session, row, actor=None, now=now)
    if row.state == State.RETURNED:
        moving.move(session, row, Action.ANSWER, now=now)
        moving.move(session, row, Action.TAKE_UP, now=now)
    moving.refuse_late(session, row, now=now)


def _checked(actor: Actor, registration: Registration, reason: str) -> str:
    """Return the reason; raises NotAllowed for whoever may not, or for something of one's own."""
    if actor.reach(Permission.REGISTRATION_MANAGE) is not Reach.ALL:
        raise NotAllowed
    own = actor.person_id in (registration.person_id, registration.created_by_id)
    if own or registration.organisation_id == actor.organisation_id:
        raise NotAllowed(N_("Nobody decides on a registration of his own organisation or of his own making."))
    reason = reason.strip()
    if not reason:
        raise Invalid(N_("Say why; it is kept in the history."), field="reason")
    bounded(reason, LONGEST_REASON, field="reason")
    return reason
