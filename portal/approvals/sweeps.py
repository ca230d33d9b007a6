"""What happens to requests by itself: at the end of their clock they are escalated."""

from datetime import date, datetime

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from portal.approvals.lifecycle import Action, State
from portal.approvals.models import ApprovalRequest
from portal.approvals.people import deciders
from portal.approvals.retiming import COUNTED
from portal.approvals.rounds import note_down, set_out, tell_asker, tell_holders
from portal.calendars.following import is_current
from portal.history import record

MOST = 100  # at once


def escalate(session: Session, *, now: datetime, today: date) -> int:
    """Ask the escalation group of every step whose clock ended, besides those who were asked; return how many.

    The session acts for the house. Several workers may do this at once: a guarded update takes each request.
    """
    overdue = (
        ApprovalRequest.state == State.IN_REVIEW.value,
        ApprovalRequest.due_at <= now,
        ApprovalRequest.escalated_at.is_(None),
        is_current(COUNTED),  # else its end may move yet
    )
    query = select(ApprovalRequest.id).where(*overdue).order_by(ApprovalRequest.due_at, ApprovalRequest.id).limit(MOST)
    ids = session.scalars(query).all()
    people = deciders(session, today) if ids else None
    moved = 0
    for request_id in ids:
        take = update(ApprovalRequest).where(ApprovalRequest.id == request_id, *overdue).values(escalated_at=now)
        done = session.execute(take, execution_options={"synchronize_session": False})
        if not isinstance(done, CursorResult) or done.rowcount != 1 or people is None:
            continue
        request = session.get_one(ApprovalRequest, request_id, populate_existing=True)
        request.assigned_to_id = None
        set_out(session, request, request.route[request.step]["escalate"], people, escalated=True)
        note_down(session, request, Action.ESCALATE.value, now=now, person_id=None)
        session.flush()
        record(session, request, Action.ESCALATE.value, now=now, after={"step": request.step})
        tell_holders(session, request, people, "approval_escalated", now=now)
        tell_asker(session, request, "approval_late", now=now)
        moved += 1
    return moved
