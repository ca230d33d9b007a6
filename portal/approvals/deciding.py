"""What the deciding side does: approve, refuse, return with a question, take time for research, hand on, look."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.approvals import four_eyes
from portal.approvals.clock import number_for, seconds_between
from portal.approvals.lifecycle import Action, after
from portal.approvals.models import LONGEST_NOTE, ApprovalRequest, ApprovalSeat, ApprovalSeen
from portal.approvals.people import Deciders, deciders
from portal.approvals.retiming import catch_up
from portal.approvals.rounds import (
    check_version,
    is_complete,
    locked,
    note_down,
    open_step,
    seats_of,
    tell_asker,
    tell_holders,
)
from portal.approvals.subjects import Outcome, Verdict, subject_of
from portal.calendars.forgiving import forgiving_time
from portal.db import as_actor, insert_into
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.formats import in_both
from portal.history import record
from portal.limits import bounded
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_, Text

TOLD = {
    Verdict.APPROVED: "approval_approved", Verdict.REFUSED: "approval_refused", Verdict.RETURNED: "approval_returned",
}  # fmt: skip
NOT_YOURS = N_("This request does not wait for you.")


def decide(
    session: Session,
    actor: Actor,
    request: ApprovalRequest,
    decision: Verdict,
    *,
    reason: str = "",
    note: str = "",
    version: int,
    now: datetime,
    today: date,
) -> ApprovalRequest:
    """Approve, refuse or return a request; of two people who decide at once exactly one does.

    Raises NotAllowed for whoever is not asked or asked for it himself, AlreadyDecided for whoever comes too late,
    Conflict for a request that was changed since, Invalid for a refusal without reason or a return without question.
    """
    row, people, seat = _held(session, actor, request, version, today=today)
    note = _checked(row, decision, reason, note.strip())
    for_id = people.of_seat(seat).get(actor.person_id or 0, seat.person_id)
    if decision is Verdict.APPROVED:
        after(row.state, Action.APPROVE)
        seat.approved_by_id, seat.approved_at = actor.person_id, now
        if not _is_last(session, row):
            _log(session, row, Action.ENDORSE, actor, for_id, "", note, now=now)
            row.version += 1
            _go_on(session, row, people, now=now)
            return row
    action = {Verdict.APPROVED: Action.APPROVE, Verdict.REFUSED: Action.REFUSE}.get(decision, Action.RETURN)
    row.state, row.due_at, row.reason, row.note = after(row.state, action).value, None, reason, note
    row.version += 1
    if decision is not Verdict.RETURNED:
        row.decided_at, row.decided_by_id = now, actor.person_id
        row.took_seconds = seconds_between(session, row.asked_at, now)
    else:
        row.nudged_at = None
    _log(session, row, action, actor, for_id, reason, note, now=now)
    session.flush()
    with as_actor(session, SYSTEM):
        outcome = Outcome(decision, reason, note, actor.person_id)
        subject_of(row.kind).decided(session, row, outcome, now=now, today=today)
    tell_asker(session, row, TOLD[decision], now=now, note=note, reason=_why(row))
    return row


def _why(row: ApprovalRequest) -> Text:
    """Return why a request was refused, as whoever asked reads it: the reason, and what was written to it."""
    message = subject_of(row.kind).reasons.get(row.reason)
    said = in_both(message) if message else Text("", "")
    return Text(*(": ".join(filter(None, (each, row.note))) for each in (said.en, said.zh)))


def research(
    session: Session, actor: Actor, request: ApprovalRequest, *, note: str, version: int, now: datetime, today: date
) -> ApprovalRequest:
    """Add the set business days to the clock of the present step, once; the note stays on the deciding side."""
    row, _people, _seat = _held(session, actor, request, version, today=today)
    after(row.state, Action.RESEARCH)
    if row.researched_at is not None:
        raise Conflict(N_("Time for research was added already; it is possible once."))
    catch_up(session, row, now=now)
    assert row.due_at is not None
    time, row.calendar_version = forgiving_time(session)
    row.research_from, row.research_days = max(row.due_at, now), number_for(session, row.kind, "research_days")
    row.due_at = time.days_after(row.research_from, row.research_days)
    row.researched_at, row.escalated_at = now, None  # at the new end it is escalated again
    subject_of(row.kind).moved(session, row, row.due_at)
    _log(session, row, Action.RESEARCH, actor, None, "", _bounded(note.strip()), now=now, internal=True)
    session.flush()
    return row


def reassign(
    session: Session,
    actor: Actor,
    request: ApprovalRequest,
    public_id: str,
    *,
    version: int,
    now: datetime,
    today: date,
) -> ApprovalRequest:
    """Hand a request to another person who may decide on it; the group it came from may still decide."""
    row = locked(session, request)
    check_version(session, row, version)
    people = deciders(session, today)
    if not actor.can(Permission.APPROVAL_MANAGE):
        row, people, _seat = _held(session, actor, row, version, today=today)
    after(row.state, Action.REASSIGN)
    chosen = next((person for person in people.people.values() if person.public_id == public_id), None)
    if chosen is None or chosen.id == actor.person_id:
        raise NotFound
    judge = Actor(chosen.id, chosen.organisation_id)
    four_eyes.check_makers(session, judge, row)
    four_eyes.check_once(session, judge, row)
    seats = seats_of(session, row)
    known = any(seat.person_id == chosen.id or seat.role in chosen.roles for seat in seats if seat.approved_at is None)
    if not known and row.route[row.step]["mode"] == "all":
        raise Conflict(N_("All of a group are asked here; nobody else can stand in."))
    if not known:
        its = {"organisation_id": row.organisation_id, "request_id": row.id, "step": row.step, "round": row.round}
        session.add(ApprovalSeat(**its, person_id=chosen.id))
    row.assigned_to_id = chosen.id
    _log(session, row, Action.REASSIGN, actor, None, "", chosen.name, now=now)
    session.flush()
    tell_holders(session, row, people, "approval_handed", now=now)
    return row


def seen(session: Session, actor: Actor, request: ApprovalRequest, *, now: datetime) -> None:
    """Note that somebody who decides looked at a request; the first time counts."""
    if not actor.can(Permission.APPROVAL_DECIDE) or actor.person_id is None:
        raise NotAllowed
    if request.organisation_id == actor.organisation_id:
        return
    with as_actor(session, SYSTEM):
        its = {"request_id": request.id, "person_id": actor.person_id, "organisation_id": request.organisation_id}
        mark = insert_into(session, ApprovalSeen).values(**its, seen_at=now)
        keys = [ApprovalSeen.request_id, ApprovalSeen.person_id]
        again = ApprovalSeen.seen_at < request.opened_at  # a step that waits anew is seen anew
        session.execute(mark.on_conflict_do_update(index_elements=keys, set_={"seen_at": now}, where=again))


def _held(
    session: Session, actor: Actor, request: ApprovalRequest, version: int, *, today: date
) -> tuple[ApprovalRequest, Deciders, ApprovalSeat]:
    """Return the request locked, and the seat that the actor may take in its present step."""
    if not actor.can(Permission.APPROVAL_DECIDE) or actor.person_id is None:
        raise NotAllowed
    row = locked(session, request)
    four_eyes.check_makers(session, actor, row)
    check_version(session, row, version)
    after(row.state, Action.APPROVE)
    four_eyes.check_once(session, actor, row)
    people = deciders(session, today)
    seat = seat_for(session, actor.person_id, row, people)
    if seat is None:
        raise NotAllowed(NOT_YOURS)
    return row, people, seat


def seat_for(session: Session, person_id: int, request: ApprovalRequest, people: Deciders) -> ApprovalSeat | None:
    """Return the seat somebody may take now; one of the step before one of an escalation."""
    free = [seat for seat in seats_of(session, request) if seat.approved_at is None]
    free.sort(key=lambda seat: (seat.escalated, seat.person_id != person_id, seat.id))
    own = people.people.get(person_id)
    for seat in free:
        is_own = own is not None and (seat.person_id == person_id or seat.role in own.roles)
        if is_own or person_id in people.of_seat(seat):
            return seat
    return None


def _is_last(session: Session, row: ApprovalRequest) -> bool:
    """Return whether with this approval nothing is left to do."""
    session.flush()
    return is_complete(row, seats_of(session, row)) and row.step + 1 >= len(row.route)


def _go_on(session: Session, row: ApprovalRequest, people: Deciders, *, now: datetime) -> None:
    """Wait for the rest of the step, or open the next one."""
    if is_complete(row, seats_of(session, row)):
        row.step += 1
        open_step(session, row, people, now=now)
        assert row.due_at is not None
        subject_of(row.kind).moved(session, row, row.due_at)
    else:
        row.assigned_to_id = None
    session.flush()


def _checked(row: ApprovalRequest, decision: Verdict, reason: str, note: str) -> str:
    """Return the note; raises Invalid for a reason that is none, and for silence where words are needed."""
    reasons = subject_of(row.kind).reasons
    if decision is Verdict.REFUSED and reason not in reasons:
        raise Invalid(N_("Choose a reason."), field="reason")
    if decision is not Verdict.REFUSED and reason:
        raise Invalid(N_("Only a refusal has a reason."), field="reason")
    if decision is Verdict.RETURNED and not note:
        raise Invalid(N_("Please write what is missing."), field="note")
    return _bounded(note)


def _bounded(note: str) -> str:
    bounded(note, LONGEST_NOTE, field="note")
    return note


def _log(
    session: Session,
    row: ApprovalRequest,
    action: Action,
    actor: Actor,
    for_id: int | None,
    reason: str,
    note: str,
    *,
    now: datetime,
    internal: bool = False,
) -> None:
    note_down(
        session, row, action.value, now=now, person_id=actor.person_id, for_person_id=for_id, reason=reason, note=note,
        internal=internal,
    )  # fmt: skip
    record(session, row, action.value, now=now, after={"step": row.step, "reason": reason, "state": row.state})
