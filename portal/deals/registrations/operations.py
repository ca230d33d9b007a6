"""What a partner does with registrations: begin, edit, submit, answer, hand in again."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals import operations as approvals
from portal.db import as_actor
from portal.deals.registrations import deciding, drafts, lifecycle, moving
from portal.deals.registrations.deciding import Place
from portal.deals.registrations.drafts import Draft
from portal.deals.registrations.entering import OWN, ask_place, check_may_edit, enter, hold
from portal.deals.registrations.lifecycle import HELD, PLACED, Action, State
from portal.deals.registrations.managing import override, reopen
from portal.deals.registrations.models import Registration
from portal.deals.registrations.places import Key, Situation
from portal.deals.registrations.protecting import Evidence, convert, extend, lost, won
from portal.deals.registrations.withdrawing import undo_until, undo_withdraw, withdraw
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.parameters.queries import values
from portal.parties import staying
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_

__all__ = [
    "Draft", "Evidence", "Place", "answer", "begin", "convert", "edit", "extend", "lost", "needs_approval", "override",
    "reopen", "resubmit", "submit", "undo_until", "undo_withdraw", "withdraw", "won",
]  # fmt: skip


def begin(session: Session, actor: Actor, draft: Draft, *, form_key: str, now: datetime, today: date) -> Registration:
    """Begin a registration for a customer one knows; the same form sent again gives the same one."""
    if not actor.can(Permission.REGISTRATION_EDIT) or actor.organisation_id is None:
        raise NotAllowed
    same = (Registration.organisation_id == actor.organisation_id, Registration.form_key == form_key)
    there = session.scalar(select(Registration).where(*same))
    if there is not None:
        return there
    staying.keep(session, draft.customer_id)
    columns = drafts.columns_of(session, actor.organisation_id, draft, today=today)
    registration = Registration(
        organisation_id=actor.organisation_id, form_key=form_key, person_id=actor.person_id,
        created_by_id=actor.person_id, created_at=now, updated_at=now, **columns,
    )  # fmt: skip
    session.add(registration)
    session.flush()
    record(session, registration, "begin", now=now, after={"customer": columns["customer_name"]})
    return registration


def needs_approval(session: Session, registration: Registration, draft: Draft, *, today: date) -> bool:
    """Return whether saving `draft` would make the decision on a registration void, so that it is decided anew."""
    columns = drafts.columns_of(session, registration.organisation_id, draft, today=today)
    percent = values(session)["registration.value_growth_percent"]
    return drafts.needs_new_decision(registration, columns, percent)


def edit(
    session: Session,
    actor: Actor,
    registration: Registration,
    draft: Draft,
    *,
    version: int,
    now: datetime,
    today: date,
) -> Place | None:
    """Save what was changed; return the place when it had to be handed in anew, None when nothing else follows.

    Customer, line, site, and a value that grew too much are decided anew. A place that is claimed changes nothing.
    """
    check_may_edit(actor, registration)
    if draft.customer_id != registration.customer_id:
        staying.keep(session, draft.customer_id)
    columns = drafts.columns_of(session, registration.organisation_id, draft, today=today)
    identity_id = hold(session, registration, columns["customer_id"])
    moving.expect(registration, version)
    lifecycle.after(registration.state, Action.EDIT)
    if registration.submitted_at is not None:
        _keep_complete(columns)
    percent = values(session)["registration.value_growth_percent"]
    anew = drafts.needs_new_decision(registration, columns, percent)
    other = drafts.is_other_key(registration, columns)
    if other and (anew or registration.state == State.SUBMITTED):
        key = Key(identity_id, columns["product_line"], columns["site_key"])
        return _elsewhere(session, actor, registration, key, columns, now=now, today=today)
    if anew and registration.state == State.APPROVED:
        return _decide_again(session, actor, registration, columns, now=now, today=today)
    moving.move(session, registration, Action.EDIT, now=now, said=_said(registration, columns), **columns)
    if anew and registration.state == State.IN_REVIEW:
        return _amend(session, actor, registration, now=now, today=today)
    return None


def _keep_complete(columns: dict[str, Any]) -> None:
    for name in ("product_line", "closing_month"):
        if not columns[name]:
            raise Invalid(N_("What was handed in once stays filled in."), field=name)


def _said(registration: Registration, columns: dict[str, Any]) -> dict[str, Any]:
    """Return which fields are changed, for the history."""
    return {"fields": sorted(name for name, value in columns.items() if getattr(registration, name) != value)}


def _elsewhere(
    session: Session, actor: Actor, registration: Registration, key: Key, columns: dict[str, Any], *,
    now: datetime, today: date,
) -> Place:  # fmt: skip
    """Hand a registration in anew for another customer, line or site; its old place becomes free."""
    stands = ask_place(session, actor, registration, key, now=now, today=today)
    if stands.kind == "own":
        raise Conflict(OWN)
    if stands.kind == "claimed":
        return Place("claimed", stands.until)
    left, before = Key.of(registration), registration.state
    deciding.call_off(session, registration, actor=actor, now=now)
    action = Action.EDIT if before == State.SUBMITTED else Action.RESET
    place = enter(
        session, actor, registration, action, key, stands, now=now, today=today, said=_said(registration, columns),
        **columns,
    )  # fmt: skip
    if before in (*PLACED, *HELD):
        deciding.advance(session, left, now=now, today=today)
    return place


def _decide_again(
    session: Session, actor: Actor, registration: Registration, columns: dict[str, Any], *, now: datetime, today: date
) -> Place:
    """Hand in an approved registration whose value has grown: it keeps its place and its time of submission."""
    key, stands = Key.of(registration), Situation("free")
    return enter(
        session, actor, registration, Action.RESET, key, stands, now=now, today=today,
        said=_said(registration, columns), submitted_at=registration.submitted_at, **columns,
    )  # fmt: skip


def _amend(session: Session, actor: Actor, registration: Registration, *, now: datetime, today: date) -> Place | None:
    """Let a request be judged anew because its value has grown."""
    request = deciding.request_of(session, registration)
    if request is None:
        return None
    with as_actor(session, SYSTEM):
        registration.asked_minor = registration.value_minor
    facts, title = deciding.facts_of(session, registration), deciding.title_of(session, registration)
    approvals.amend(session, actor, request, facts=facts, title=title, now=now, today=today)
    return deciding.follow(session, registration, request, today=today)


def submit(
    session: Session, actor: Actor, registration: Registration, *, version: int, now: datetime, today: date
) -> Place:
    """Hand a complete draft in; the answer says whether it is decided on, stands in line, or the place is claimed."""
    return _hand_in(session, actor, registration, Action.SUBMIT, version=version, now=now, today=today)


def resubmit(
    session: Session, actor: Actor, registration: Registration, *, version: int, now: datetime, today: date
) -> Place:
    """Hand a refused or expired registration in again, so many times."""
    most = values(session)["registration.resubmissions"]
    if registration.resubmissions >= most:
        raise Conflict(N_("This registration was handed in again %(times)s times; that is all."), times=most)
    more = {"resubmissions": registration.resubmissions + 1, "extensions": 0}
    return _hand_in(session, actor, registration, Action.RESUBMIT, version=version, now=now, today=today, **more)


def _hand_in(
    session: Session, actor: Actor, registration: Registration, action: Action, *, version: int, now: datetime,
    today: date, **changes: Any,
) -> Place:  # fmt: skip
    check_may_edit(actor, registration)
    identity_id = hold(session, registration)
    moving.expect(registration, version)
    lifecycle.after(registration.state, action)
    drafts.check_complete(registration)
    key = Key(identity_id, registration.product_line, registration.site_key)
    stands = ask_place(session, actor, registration, key, now=now, today=today)
    return enter(session, actor, registration, action, key, stands, now=now, today=today, **changes)


def answer(
    session: Session, actor: Actor, registration: Registration, text: str, *, version: int, now: datetime, today: date
) -> Place:
    """Answer the question a registration was returned with; a value that grew too much is judged from the beginning."""
    check_may_edit(actor, registration)
    hold(session, registration)
    moving.expect(registration, version)
    lifecycle.after(registration.state, Action.ANSWER)
    request = deciding.request_of(session, registration)
    if request is None:
        raise Conflict(lifecycle.REFUSALS[State(registration.state)])
    grown = drafts.has_grown(
        registration, registration.value_minor, values(session)["registration.value_growth_percent"]
    )
    cleared: dict[str, Any] = {"reason": "", "reason_note": "", "next_step_on": None}
    moving.move(session, registration, Action.ANSWER, now=now, **cleared)
    more: dict[str, Any] = {"asked_minor": registration.value_minor} if grown else {}
    moving.move(session, registration, Action.TAKE_UP, now=now, **more)
    facts = deciding.facts_of(session, registration) if grown else None
    approvals.answer(session, actor, request, note=text, facts=facts, now=now, today=today)
    return deciding.follow(session, registration, request, today=today)
