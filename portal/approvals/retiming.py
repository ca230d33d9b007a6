"""What happens to waiting steps when the calendar changes: a sweep counts their ends anew, some requests at a time."""

from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import and_, literal_column
from sqlalchemy.orm import Session

from portal.approvals.clock import Clock
from portal.approvals.lifecycle import State
from portal.approvals.models import ApprovalRequest
from portal.approvals.rounds import note_down
from portal.approvals.subjects import subject_of
from portal.calendars.following import MOST, Change, Counted, follow, newer
from portal.calendars.queries import SUPPLIER
from portal.history import record

RETIMED: Final = "retime"
COUNTED: Final = Counted(  # with the condition of its index, word for word
    row=ApprovalRequest,
    id=ApprovalRequest.id,
    version=ApprovalRequest.calendar_version,
    calendar=SUPPLIER,
    runs=and_(
        ApprovalRequest.state == literal_column(f"'{State.IN_REVIEW.value}'"), ApprovalRequest.escalated_at.is_(None)
    ),
)


def retime(session: Session, *, now: datetime) -> int:
    """Count the ends of waiting steps anew when the calendar changed; return how many. The session is the house.

    What was escalated or decided stays as it is; an end that comes to lie before the change is the change itself, and
    is escalated next.
    """
    return follow(session, COUNTED, partial(_retime, session, now=now), most=MOST)


def catch_up(session: Session, request: ApprovalRequest, *, now: datetime) -> None:
    """Count the end of one locked request by the calendar as it is, before somebody goes on from it."""
    change = newer(session, SUPPLIER, request.calendar_version)
    if change is not None and request.escalated_at is None:
        _retime(session, request, change, now=now)


def _retime(session: Session, request: ApprovalRequest, change: Change, *, now: datetime) -> None:
    clock, before = clock_of(request), request.due_at
    if clock is None or before is None:
        request.calendar_version = change.version
        return
    clock = clock.moved(change.time, change.changed_at)
    if clock.due_at != before and not subject_of(request.kind).moved(session, request, clock.due_at):
        return  # somebody is at work on what is asked for: next time
    request.due_at, request.research_from = clock.due_at, clock.research_from
    request.calendar_version = change.version
    if clock.due_at != before:
        note_down(session, request, RETIMED, now=now, person_id=None)
        session.flush()
        said = {"calendar": change.calendar, "step": request.step, "due": clock.due_at.isoformat()}
        record(session, request, RETIMED, now=now, before={"due": before.isoformat()}, after=said)


def clock_of(request: ApprovalRequest) -> Clock | None:
    """Return the clock of the present step; None where it is not known from when its time for research counts."""
    if request.due_at is None or (request.researched_at is not None and request.research_from is None):
        return None
    hours, days = int(request.route[request.step]["hours"]), request.research_days or 0
    return Clock(request.opened_at, hours, request.due_at, request.research_from, days)
