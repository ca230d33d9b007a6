"""The steps of a request: seats are set out, filled and followed by the next step, and people are told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.approvals.definitions import DECIDING_ROLES
from portal.approvals.lifecycle import REFUSALS, State
from portal.approvals.models import ApprovalEvent, ApprovalRequest, ApprovalSeat
from portal.approvals.people import Deciders
from portal.approvals.subjects import subject_of, text_of
from portal.calendars.nudging import counted_hours
from portal.db import as_actor
from portal.errors import Conflict, NotFound
from portal.notify.operations import tell
from portal.policy import SYSTEM, Actor
from portal.words import N_, Text

CHANGED = N_("This request was changed while your page was open. Look at it again before you decide.")


class AlreadyDecided(Conflict):
    """Somebody else was quicker; says who, and what he decided."""


def locked(session: Session, request: ApprovalRequest) -> ApprovalRequest:
    """Return the request as it is now, held until the end of the unit of work."""
    query = select(ApprovalRequest).where(ApprovalRequest.id == request.id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def check_version(session: Session, request: ApprovalRequest, version: int) -> None:
    """Raise Conflict when the request is not the one that was looked at; for a decided one it says who decided."""
    if request.state in (State.APPROVED, State.REFUSED) and request.decided_by_id is not None:
        raise AlreadyDecided(
            N_("%(person)s was quicker: approved.") if request.state == State.APPROVED
            else N_("%(person)s was quicker: refused."),
            person=name_of(session, request.decided_by_id),
        )  # fmt: skip
    if request.state not in (State.IN_REVIEW, State.RETURNED):
        raise Conflict(REFUSALS[State(request.state)])
    if request.version != version:
        raise Conflict(CHANGED)


def open_step(session: Session, request: ApprovalRequest, people: Deciders, *, now: datetime) -> None:
    """Set out the seats of the present step, start its clock, and tell whoever is asked."""
    start_clock(session, request, now=now)
    set_out(session, request, request.route[request.step]["ask"], people)
    session.flush()
    tell_holders(session, request, people, "approval_asked", now=now)


def start_clock(session: Session, request: ApprovalRequest, *, now: datetime) -> None:
    """Let the time of the present step begin."""
    due, version = counted_hours(session, now, int(request.route[request.step]["hours"]))
    request.opened_at, request.due_at, request.calendar_version = now, due, version
    request.escalated_at = request.researched_at = request.nudged_at = request.assigned_to_id = None
    request.research_from = request.research_days = None


def set_out(
    session: Session, request: ApprovalRequest, group: Iterable[str], people: Deciders, *, escalated: bool = False
) -> None:
    """Add seats for roles and persons; a group that names nobody who may decide becomes all deciding roles."""
    by_email = {person.email: person.id for person in people.people.values()}
    named: list[tuple[str | None, int | None]] = []
    for entry in group:
        if entry in DECIDING_ROLES:
            named.append((entry, None))
        elif entry in by_email:
            named.append((None, by_email[entry]))
    for role, person_id in named or [(role, None) for role in DECIDING_ROLES]:
        seat = ApprovalSeat(organisation_id=request.organisation_id, request_id=request.id, step=request.step)
        seat.round, seat.role, seat.person_id, seat.escalated = request.round, role, person_id, escalated
        session.add(seat)


def seats_of(session: Session, request: ApprovalRequest) -> list[ApprovalSeat]:
    """Return the seats of the present step."""
    query = select(ApprovalSeat).where(
        ApprovalSeat.request_id == request.id,
        ApprovalSeat.step == request.step,
        ApprovalSeat.round == request.round,
    )
    return list(session.scalars(query.order_by(ApprovalSeat.id)))


def is_complete(request: ApprovalRequest, seats: Iterable[ApprovalSeat]) -> bool:
    """Return whether the present step needs nobody any more."""
    seats = list(seats)
    if any(seat.approved_at is not None and seat.escalated for seat in seats):
        return True
    plain = [seat.approved_at is not None for seat in seats if not seat.escalated]
    return all(plain) if request.route[request.step]["mode"] == "all" else any(plain)


def holders(seats: Iterable[ApprovalSeat], people: Deciders, request: ApprovalRequest) -> dict[int, int]:
    """Return who holds the request now, and for whom each of them does; whoever it was handed to alone."""
    found: dict[int, int] = {}
    for seat in seats:
        if seat.approved_at is None:
            for person_id, for_id in people.of_seat(seat).items():
                found.setdefault(person_id, for_id)
    taken = {seat.approved_by_id for seat in seats} | {request.asked_by_id}
    found = {person_id: for_id for person_id, for_id in found.items() if person_id not in taken}
    assigned = people.stand_in(request.assigned_to_id) if request.assigned_to_id is not None else None
    return {assigned: found[assigned]} if assigned in found else found


def tell_holders(
    session: Session,
    request: ApprovalRequest,
    people: Deciders,
    kind: str,
    *,
    now: datetime,
    but: int | None = None,
    **more: str,
) -> None:
    """Put a notice into the inbox of everybody who holds the request."""
    path = f"/approvals/{request.public_id}"
    for person_id in holders(seats_of(session, request), people, request):
        if person_id != but:
            tell(session, person_id, kind, {"title": text_of(request.title), **more}, path, now)


def tell_asker(session: Session, request: ApprovalRequest, kind: str, *, now: datetime, **more: Any) -> None:
    """Put a notice into the inbox of whoever asked."""
    if request.asked_by_id is None:
        return
    with as_actor(session, SYSTEM):
        person = session.execute(
            select(Person.id).where(Person.id == request.asked_by_id, Person.disabled_at.is_(None))
        ).first()
    if person is not None:
        params = {"title": text_of(request.title), **more}
        tell(session, request.asked_by_id, kind, params, subject_of(request.kind).path(request), now)


def note_down(
    session: Session,
    request: ApprovalRequest,
    action: str,
    *,
    now: datetime,
    person_id: int | None,
    for_person_id: int | None = None,
    reason: str = "",
    note: str = "",
    internal: bool = False,
) -> None:
    """Append what happened to the request's own history."""
    event = ApprovalEvent(organisation_id=request.organisation_id, request_id=request.id, at=now, action=action)
    event.step, event.reason, event.note, event.internal = request.step, reason, note, internal
    event.person_id = person_id
    event.for_person_id = for_person_id if for_person_id != person_id else None
    session.add(event)


def name_of(session: Session, person_id: int) -> str:
    """Return what somebody is called; who decides is no secret."""
    with as_actor(session, SYSTEM):
        return session.scalar(select(Person.name).where(Person.id == person_id)) or ""


def words(title: Text) -> dict[str, Any]:
    """Return a title as it is stored."""
    return {"en": title.en[:200], "zh": title.zh[:200]}


def is_asker(actor: Actor, request: ApprovalRequest) -> bool:
    """Return whether the actor belongs to the side that asks."""
    return actor.is_system or actor.organisation_id == request.organisation_id
