"""Taking a registration back before it is approved, and taking that back for a while."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from portal.deals.registrations import deciding, entering, lifecycle, moving
from portal.deals.registrations.deciding import Place
from portal.deals.registrations.lifecycle import PLACED, Action, State
from portal.deals.registrations.models import Registration
from portal.deals.registrations.places import Key
from portal.errors import Conflict
from portal.parameters.queries import values
from portal.policy import Actor
from portal.words import N_

FINAL: Final = N_("This withdrawal is final by now; begin a new registration instead.")


def withdraw(
    session: Session, actor: Actor, registration: Registration, *, version: int, now: datetime, today: date
) -> None:
    """Withdraw a registration that is not approved yet; whoever stands in line behind it is decided on next."""
    entering.check_may_edit(actor, registration)
    entering.hold(session, registration)
    moving.expect(registration, version)
    take_back(session, registration, actor=actor, reason="", now=now, today=today)


def take_back(
    session: Session, registration: Registration, *, actor: Actor | None, reason: str, now: datetime, today: date
) -> None:
    """Withdraw a locked registration, by its organisation or (without an actor) by the house."""
    before = registration.state
    lifecycle.after(before, Action.WITHDRAW)
    deciding.call_off(session, registration, actor=actor, now=now)
    moving.move(
        session, registration, Action.WITHDRAW, now=now, said={"reason": reason} if reason else None, withdrawn_at=now,
        withdrawn_from=before, reason=reason, due_on=None, next_step_on=None,
    )  # fmt: skip
    if before in PLACED:
        deciding.advance(session, Key.of(registration), now=now, today=today)


def undo_until(session: Session, registration: Registration) -> datetime | None:
    """Return until when a withdrawal may be taken back; None for what is not withdrawn."""
    if registration.state != State.WITHDRAWN or registration.withdrawn_at is None:
        return None
    return registration.withdrawn_at + timedelta(hours=values(session)["registration.withdraw_hours"])


def undo_withdraw(session: Session, actor: Actor, registration: Registration, *, now: datetime, today: date) -> Place:
    """Take a withdrawal back: a draft again, or in line where it stood before, with its old time of submission.

    The place may be somebody else's by now: then it waits, or hears until when that one is protected.
    """
    entering.check_may_edit(actor, registration)
    identity_id = entering.hold(session, registration)
    lifecycle.after(registration.state, Action.UNDO_WITHDRAW)
    until = undo_until(session, registration)
    if until is None or now > until:
        raise Conflict(FINAL)
    back: dict[str, Any] = {"withdrawn_at": None, "withdrawn_from": "", "reason": "", "reason_note": ""}
    if lifecycle.undone(registration.withdrawn_from) is State.DRAFT:
        moving.move(session, registration, Action.UNDO_WITHDRAW, now=now, target=State.DRAFT, **back)
        return Place("draft")
    key = Key(identity_id, registration.product_line, registration.site_key)
    stands = entering.ask_place(session, actor, registration, key, now=now, today=today)
    return entering.enter(
        session, actor, registration, Action.UNDO_WITHDRAW, key, stands, now=now, today=today, **back,
        submitted_at=registration.submitted_at,
    )  # fmt: skip
