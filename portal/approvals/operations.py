"""What the asking side does: ask, change what is asked, answer a question, withdraw, nudge."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals.clock import number_for
from portal.approvals.definitions import read
from portal.approvals.lifecycle import OPEN, REFUSALS, Action, State, after
from portal.approvals.models import LONGEST_NOTE, ApprovalDefinition, ApprovalRequest
from portal.approvals.people import deciders
from portal.approvals.publishing import in_force
from portal.approvals.rounds import (
    is_asker,
    locked,
    note_down,
    open_step,
    start_clock,
    tell_asker,
    tell_holders,
    words,
)
from portal.approvals.routing import Route, route
from portal.approvals.subjects import Outcome, Thing, Verdict, subject_of
from portal.calendars import nudging
from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.limits import bounded
from portal.parameters.queries import values
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_, Text


def ask(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    thing: Thing,
    organisation_id: int,
    facts: Mapping[str, Any],
    title: Text,
    now: datetime,
    today: date,
) -> ApprovalRequest:
    """Ask for something; the definition in force says who decides, or that nobody needs to.

    Approved by itself, the request is decided and its subject has heard of it when this returns. The caller has
    checked that the actor may ask for this thing; a thing for which a request is open already is a Conflict.
    """
    if not (actor.is_system or (actor.can(Permission.APPROVAL_VIEW) and actor.organisation_id == organisation_id)):
        raise NotAllowed
    _nothing_open(session, kind, thing)
    definition = in_force(session, kind, now=now)
    wanted = route(read(definition.content), facts, values(session))
    request = ApprovalRequest(
        organisation_id=organisation_id,
        kind=kind,
        thing_kind=thing.__tablename__,
        thing_id=thing.id,
        thing_public_id=thing.public_id,
        definition_id=definition.id,
        title=words(title),
        facts=dict(facts),
        route=list(wanted.steps),
        asked_by_id=actor.person_id,
        asked_at=now,
        opened_at=now,
        due_at=now,
    )
    session.add(request)
    session.flush()
    note_down(session, request, "ask", now=now, person_id=actor.person_id)
    record(session, request, "ask", now=now, after={"kind": kind, "thing": thing.public_id, "facts": dict(facts)})
    _begin(session, request, wanted, now=now, today=today)
    return request


def amend(
    session: Session,
    actor: Actor,
    request: ApprovalRequest,
    *,
    facts: Mapping[str, Any],
    title: Text,
    now: datetime,
    today: date,
) -> ApprovalRequest:
    """Note that what is asked for was changed while it is being decided: it is judged anew, from the first step.

    Decisions on what it said before come too late, and whoever changed it counts as one of its makers.
    """
    return _anew(session, actor, request, Action.AMEND, "", facts, title, now=now, today=today)


def answer(
    session: Session,
    actor: Actor,
    request: ApprovalRequest,
    *,
    note: str,
    facts: Mapping[str, Any] | None = None,
    title: Text | None = None,
    now: datetime,
    today: date,
) -> ApprovalRequest:
    """Answer the question with which a request was returned; with other facts it is judged anew from the first step."""
    if facts is not None or title is not None:
        row = locked(session, request)
        said = row.facts if facts is None else facts
        heading = Text(row.title["en"], row.title["zh"]) if title is None else title
        return _anew(session, actor, row, Action.ANSWER, note, said, heading, now=now, today=today)
    row = _begun(session, actor, request, Action.ANSWER)
    _remark(session, row, Action.ANSWER, _text(note), actor, now=now)
    start_clock(session, row, now=now)  # of the same step: what was approved before the question still counts
    row.state, row.version = State.IN_REVIEW.value, row.version + 1
    session.flush()
    tell_holders(session, row, deciders(session, today), "approval_answered", now=now)
    return row


def withdraw(session: Session, actor: Actor, request: ApprovalRequest, *, now: datetime) -> ApprovalRequest:
    """Take a request back before it is decided; the subject's own operation calls this."""
    row = _begun(session, actor, request, Action.WITHDRAW)
    row.state, row.due_at, row.decided_at, row.version = State.WITHDRAWN.value, None, now, row.version + 1
    _remark(session, row, Action.WITHDRAW, "", actor, now=now)
    session.flush()
    return row


def nudge(session: Session, actor: Actor, request: ApprovalRequest, *, now: datetime, today: date) -> ApprovalRequest:
    """Remind whoever holds the request: at once, and then again after the set business hours.

    Under review the asking side nudges those who decide; returned, those who decide nudge whoever asked.
    """
    row = locked(session, request)
    after(row.state, Action.NUDGE)
    waits_for_asker = row.state == State.RETURNED
    may = actor.can(Permission.APPROVAL_DECIDE) if waits_for_asker else is_asker(actor, row)
    if not may:
        raise NotAllowed
    nudging.check_nudge(session, row.nudged_at, number_for(session, row.kind, "nudge_hours"), now=now)
    row.nudged_at = now
    _remark(session, row, Action.NUDGE, "", actor, now=now)
    session.flush()
    if waits_for_asker:
        tell_asker(session, row, "approval_nudged", now=now)
    else:
        tell_holders(session, row, deciders(session, today), "approval_nudged", now=now)
    return row


def next_nudge(session: Session, request: ApprovalRequest) -> datetime | None:
    """Return when the next nudge is possible; None for at once."""
    return nudging.next_nudge(session, request.nudged_at, number_for(session, request.kind, "nudge_hours"))


def _anew(
    session: Session,
    actor: Actor,
    request: ApprovalRequest,
    action: Action,
    said: str,
    facts: Mapping[str, Any],
    title: Text,
    *,
    now: datetime,
    today: date,
) -> ApprovalRequest:
    row = _begun(session, actor, request, action)
    said = _text(said) if action is Action.ANSWER else said
    with as_actor(session, SYSTEM):
        definition = session.get_one(ApprovalDefinition, row.definition_id)  # as it was when this was asked
    wanted = route(read(definition.content), facts, values(session))
    before = row.facts
    row.facts, row.title = dict(facts), words(title)
    _remark(session, row, action, said, actor, now=now, before=before, after_=dict(facts))
    row.state, row.step, row.round, row.version = State.IN_REVIEW.value, 0, row.round + 1, row.version + 1
    row.route, row.due_at = list(wanted.steps), now
    _begin(session, row, wanted, now=now, today=today)
    return row


def _begin(session: Session, request: ApprovalRequest, wanted: Route, *, now: datetime, today: date) -> None:
    """Open the first step, or approve at once where the definition says so."""
    if wanted.automatic is None:
        open_step(session, request, deciders(session, today), now=now)
        return
    request.state, request.due_at, request.decided_at = State.APPROVED.value, None, now
    request.automatic, request.note = True, wanted.automatic.en[:LONGEST_NOTE]
    note_down(session, request, "automatic", now=now, person_id=None, note=request.note)
    session.flush()
    record(session, request, "approve", now=now, after={"automatic": True})
    with as_actor(session, SYSTEM):
        subject_of(request.kind).decided(session, request, Outcome(Verdict.APPROVED), now=now, today=today)


def _nothing_open(session: Session, kind: str, thing: Thing) -> None:
    """Raise Conflict while a request about this thing is open; of two at once the database refuses one."""
    its = (ApprovalRequest.kind == kind, ApprovalRequest.thing_kind == thing.__tablename__)
    query = select(ApprovalRequest.state).where(*its, ApprovalRequest.thing_id == thing.id)
    state = session.scalar(query.where(ApprovalRequest.state.in_(OPEN)).limit(1))
    if state is not None:
        raise Conflict(REFUSALS[State(state)])


def _begun(session: Session, actor: Actor, request: ApprovalRequest, action: Action) -> ApprovalRequest:
    """Return the request, locked, when the actor's side may do this with it in its state."""
    row = locked(session, request)
    if not is_asker(actor, row):
        raise NotAllowed
    after(row.state, action)
    return row


def _text(said: str) -> str:
    said = said.strip()
    if not said:
        raise Invalid(N_("Please write an answer."), field="note")
    bounded(said, LONGEST_NOTE, field="note")
    return said


def _remark(
    session: Session,
    request: ApprovalRequest,
    action: Action,
    said: str,
    actor: Actor,
    *,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after_: Mapping[str, Any] | None = None,
) -> None:
    note_down(session, request, action.value, now=now, person_id=actor.person_id, note=said)
    record(session, request, action.value, now=now, before=before, after=after_)
