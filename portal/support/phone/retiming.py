"""What happens to leads that wait for a call when the calendar changes: a sweep counts their ends anew."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import and_, literal_column, update
from sqlalchemy.orm import Session

from portal.calendars.following import Change, Counted, follow, moved
from portal.calendars.queries import SUPPLIER
from portal.history import record
from portal.support.phone.lifecycle import LeadState
from portal.support.phone.models import Lead

RETIMED: Final = "retime"
COUNTED: Final = Counted(  # with the condition of its index, word for word
    row=Lead,
    id=Lead.id,
    version=Lead.calendar_version,
    calendar=SUPPLIER,
    runs=and_(Lead.state == literal_column(f"'{LeadState.NEW.value}'"), Lead.escalated_at.is_(None)),
)


def retime(session: Session, *, now: datetime) -> int:
    """Count anew by when leads should be called back, when the calendar changed; return how many. For the house.

    One that everybody was told of stays, and one that was made before its hours were noted.
    """
    return follow(session, COUNTED, partial(_retime, session, now=now))


def _retime(session: Session, lead: Lead, change: Change, *, now: datetime) -> None:
    before, due_at = lead.due_at, lead.due_at
    if lead.waits_from is not None and lead.answer_hours is not None:
        length = timedelta(hours=lead.answer_hours)
        due_at = moved(change.time, lead.waits_from, length, end=before, changed_at=change.changed_at)
    # By a statement, so that its version stays: whoever has its page open may still save.
    said = update(Lead).where(Lead.id == lead.id).values(due_at=due_at, calendar_version=change.version)
    session.execute(said, execution_options={"synchronize_session": False})
    if due_at != before:
        after = {"calendar": change.calendar, "due": due_at.isoformat()}
        record(session, lead, RETIMED, now=now, before={"due": before.isoformat()}, after=after)
