"""How a request stands, for its page and for the page of its thing: who holds it, since when, seen or not."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals.deciding import seat_for
from portal.approvals.four_eyes import check_makers, check_once
from portal.approvals.lifecycle import Action, State, can
from portal.approvals.models import ApprovalRequest, ApprovalSeen
from portal.approvals.operations import next_nudge
from portal.approvals.people import Deciders, deciders
from portal.approvals.queries import median_seconds, names_of
from portal.approvals.rounds import holders, seats_of
from portal.approvals.subjects import subject_of, text_of
from portal.db import actor_of, as_actor
from portal.errors import NotAllowed
from portal.policy import SYSTEM, Actor, Permission
from portal.words import Text


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who is asked, for whom he stands in, and when he first looked."""

    name: str
    on_behalf_of: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What everybody who sees a request may know of how it stands."""

    public_id: str
    kind: str
    state: str
    version: int
    step: Text
    step_number: int
    steps: int
    because: Text
    holders: tuple[Holder, ...]
    since: datetime
    due_at: datetime | None
    overdue: bool
    escalated: bool
    researched: bool
    reason: str  # an English gettext id, of a refusal
    note: str
    automatic: bool
    decided_at: datetime | None
    decided_by: str
    may_nudge: bool
    next_nudge_at: datetime | None  # None: possible at once
    median_seconds: int | None
    path: str  # of the thing


def may_decide(session: Session, actor: Actor, request: ApprovalRequest, people: Deciders) -> tuple[bool, str]:
    """Return whether somebody may decide now, and if he is asked but may not, why: an English gettext id."""
    if request.state != State.IN_REVIEW or not actor.can(Permission.APPROVAL_DECIDE) or actor.person_id is None:
        return False, ""
    if seat_for(session, actor.person_id, request, people) is None:
        return False, ""
    try:
        check_makers(session, actor, request)
        check_once(session, actor, request)
    except NotAllowed as refused:
        return False, refused.message
    return True, ""


def standing(session: Session, request: ApprovalRequest, *, now: datetime, today: date) -> Standing:
    """Return how a request stands."""
    actor = actor_of(session)
    in_review = request.state == State.IN_REVIEW
    with as_actor(session, SYSTEM):
        people = deciders(session, today)
        held = holders(seats_of(session, request), people, request) if in_review else {}
        looks = select(ApprovalSeen.person_id, ApprovalSeen.seen_at).where(
            ApprovalSeen.request_id == request.id, ApprovalSeen.seen_at >= request.opened_at
        )
        seen = {row[0]: row[1] for row in session.execute(looks)}
        others = {request.decided_by_id} if request.decided_by_id is not None else set()
        if request.state == State.RETURNED and request.asked_by_id is not None:
            held = {request.asked_by_id: request.asked_by_id}
        names = names_of(session, {*held, *held.values(), *others})
        free = next_nudge(session, request) if request.nudged_at is not None else None
    own = actor.organisation_id == request.organisation_id
    decides = actor.can(Permission.APPROVAL_DECIDE)
    step = request.route[request.step] if request.route else {"title": {}, "because": {}}
    subject = subject_of(request.kind)
    return Standing(
        public_id=request.public_id,
        kind=request.kind,
        state=request.state,
        version=request.version,
        step=text_of(step["title"]),
        step_number=request.step + 1,
        steps=len(request.route),
        because=text_of(step["because"]),
        holders=tuple(
            Holder(names.get(one, ""), names.get(for_id, "") if for_id != one else "", seen.get(one))
            for one, for_id in held.items()
        ),
        since=request.opened_at,
        due_at=request.due_at,
        overdue=request.due_at is not None and request.due_at <= now,
        escalated=request.escalated_at is not None and in_review,
        researched=request.researched_at is not None and in_review,
        reason=subject.reasons.get(request.reason, ""),
        note=request.note,
        automatic=request.automatic,
        decided_at=request.decided_at,
        decided_by=names.get(request.decided_by_id or 0, ""),
        may_nudge=can(request.state, Action.NUDGE) and (own if in_review else decides and not own),
        next_nudge_at=free if free is not None and free > now else None,
        median_seconds=median_seconds(session, request.kind),
        path=subject.path(request),
    )
