"""One step in the life of a registration: the table is asked, the row changed by the house, the act written down."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.deals.registrations import lifecycle, protection
from portal.deals.registrations.lifecycle import Action, State
from portal.deals.registrations.models import Registration
from portal.deals.registrations.queries import customer_names
from portal.errors import Conflict
from portal.history import record
from portal.notify.operations import tell
from portal.policy import SYSTEM
from portal.words import N_, both_names

DECISIVE: Final = frozenset(
    {Action.SUBMIT, Action.EDIT, Action.RESET, Action.RESUBMIT, Action.UNDO_WITHDRAW, Action.REOPEN}
)
CHANGED: Final = N_("Somebody else changed this registration while your page was open. Look at it again.")


def move(
    session: Session,
    registration: Registration,
    action: Action,
    *,
    now: datetime,
    target: State | None = None,
    said: Mapping[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Do `action` with a registration together with `changes`; raises Conflict when its state forbids it.

    The house writes, for the people who decide do not own the row; the history names who acts. `target` is for taking
    back a withdrawal, which alone leads to where the row came from.
    """
    before = registration.state
    state = lifecycle.after(before, action)
    state = target or state
    with as_actor(session, SYSTEM):
        for name, value in changes.items():
            setattr(registration, name, value)
        registration.state, registration.standing = state.value, lifecycle.standing(state).value
        registration.updated_at = now
        registration.version += 1
    record(
        session,
        registration,
        action.value,
        now=now,
        before={"state": before},
        after={"state": state.value, **_facts(registration, action), **(said or {})},
    )


def _facts(registration: Registration, action: Action) -> Mapping[str, Any]:
    """Return what a registration was handed in for, so that its past can be told and replayed under other rules."""
    if action not in DECISIVE:
        return {}
    value = registration.value_minor if registration.value_band else None
    key = (registration.identity_id, registration.product_line, registration.site_key)
    return {"facts": [registration.customer_id, *key, value]}


def expect(registration: Registration, version: int) -> None:
    """Raise Conflict unless the reader saw the registration as it is."""
    if registration.version != version:
        raise Conflict(CHANGED)


def note(session: Session, registration: Registration, kind: str, *, now: datetime, **params: Any) -> None:
    """Tell the person whose project it is."""
    if registration.person_id is None:
        return
    with as_actor(session, SYSTEM):
        customer = both_names(*customer_names(session, registration))
    facts = {"number": registration.number, "customer": customer, **params}
    tell(session, registration.person_id, kind, facts, path_of(registration), now)


def path_of(registration: Registration) -> str:
    """Return where a registration is shown, relative to the portal's address."""
    return f"/registrations/{registration.public_id}"


def protect(
    session: Session, registration: Registration, *, days: int, now: datetime, today: date, said: Mapping[str, Any]
) -> None:
    """Approve: the protection runs from today for `days`."""
    until = protection.ends_on(today, days)
    move(
        session, registration, Action.APPROVE, now=now, said={"until": until.isoformat(), **said}, decided_at=now,
        protected_from=today, protected_until=until, next_step_on=protection.next_step(until, today), reason="",
        reason_note="", due_on=None,
    )  # fmt: skip
    if said.get("person") is None or said.get("override"):  # else the approval itself tells who asked
        note(session, registration, "registration_approved", now=now, until=until.isoformat())


def refuse(
    session: Session, registration: Registration, reason: str, text: str, *, now: datetime,
    said: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Refuse with a reason of the table; whoever asked is told by the approval itself."""
    move(
        session, registration, Action.REFUSE, now=now, said={"reason": reason, **(said or {})},
        decided_at=now, reason=reason, reason_note=text, due_on=None, next_step_on=None,
    )  # fmt: skip


def refuse_late(session: Session, registration: Registration, *, now: datetime) -> None:
    """Refuse because another one came first; nobody decided on this one, so it is told here."""
    refuse(session, registration, "duplicate", "", now=now)
    note(session, registration, "registration_refused", now=now)


def close(
    session: Session, registration: Registration, action: Action, *, now: datetime, reason: str = "", text: str = ""
) -> None:
    """End a protected registration: won or lost."""
    move(
        session, registration, action, now=now, said={"reason": reason} if reason else None, reason=reason,
        reason_note=text, next_step_on=None,
    )  # fmt: skip


def lapse(session: Session, registration: Registration, *, now: datetime, today: date, days_unworked: int) -> None:
    """End a protection whose last day is over: expired, or lost when it had led to a quote but to no order."""
    assert registration.protected_until is not None
    if registration.state == State.APPROVED:
        pool_on = protection.ends_on(registration.protected_until, days_unworked)
        move(session, registration, Action.EXPIRE, now=now, next_step_on=max(pool_on, today))
        note(session, registration, "registration_expired", now=now)
    else:
        close(session, registration, Action.LOSE, now=now, reason="lapsed")
        note(session, registration, "registration_lapsed", now=now)
