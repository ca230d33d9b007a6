"""What happens to questions that wait for an engineer when the calendar changes: a sweep counts their ends anew."""

from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import literal_column
from sqlalchemy.orm import Session

from portal.calendars.following import Change, Counted, follow, moved
from portal.calendars.queries import SUPPLIER
from portal.configurator.engineering_clock import TIME_LIMIT
from portal.configurator.engineering_models import EngineerQuestion
from portal.history import record

RETIMED: Final = "retime"
COUNTED: Final = Counted(  # with the condition of its index, word for word
    row=EngineerQuestion,
    id=EngineerQuestion.id,
    version=EngineerQuestion.calendar_version,
    calendar=SUPPLIER,
    runs=EngineerQuestion.state == literal_column("'open'"),
)


def retime(session: Session, *, now: datetime) -> int:
    """Count anew by when open questions should be answered, when the calendar changed; return how many. For the house.

    What was overdue when the calendar was changed stays so.
    """
    return follow(session, COUNTED, partial(_retime, session, now=now))


def _retime(session: Session, question: EngineerQuestion, change: Change, *, now: datetime) -> None:
    before = question.due_at
    question.due_at = moved(change.time, question.asked_at, TIME_LIMIT, end=before, changed_at=change.changed_at)
    question.calendar_version = change.version
    if question.due_at != before:
        session.flush()
        said = {"calendar": change.calendar, "due": question.due_at.isoformat()}
        record(session, question, RETIMED, now=now, before={"due": before.isoformat()}, after=said)
