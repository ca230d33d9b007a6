"""What happens to running clocks when their calendar changes: a sweep counts their ends anew, some tickets at a time.

Every clock says by which version of its calendar it was counted, so nothing has to be remembered of a change: whatever
was counted by an older one comes up, in the order of an index, until all are done.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.calendars.models import Calendar
from portal.support.tickets import clocks
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import Ticket
from portal.support.tickets.steps import happened

MOST: Final = 200  # tickets at once
RETIMED: Final = "retime"


def retime(session: Session, *, now: datetime) -> int:
    """Count the ends of running clocks anew whose calendar changed; return how many tickets. The session is the house.

    What had passed when the calendar was changed stays; the rest is due, and warns, as the calendar says now.
    """
    for key, version, changed_at in session.execute(_changed()).all():
        rows = _tickets(session, key, version)
        if rows:
            for row in rows:
                _retime(session, row, (key, version, changed_at), now=now)
            return len(rows)
    return 0


def _changed() -> Any:
    """Return the query for calendars by which some clock has not been counted yet."""
    return select(Calendar.key, Calendar.version, Calendar.changed_at).where(
        exists().where(*_older(Calendar.key, Calendar.version))
    )


def _older(key: Any, version: Any) -> tuple[Any, ...]:
    runs = TicketClock.running_since.is_not(None)
    return runs, TicketClock.calendar == key, TicketClock.calendar_version < version


def _tickets(session: Session, key: str, version: int) -> Sequence[Ticket]:
    """Lock some tickets with such clocks; what another worker holds, it does."""
    first = select(TicketClock.ticket_id).where(*_older(key, version))
    first = first.order_by(TicketClock.calendar_version, TicketClock.ticket_id).limit(MOST)
    ids = sorted(set(session.scalars(first)))
    query = select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update(skip_locked=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _retime(session: Session, ticket: Ticket, calendar: tuple[str, int, datetime], *, now: datetime) -> None:
    key, version, changed_at = calendar
    moved = clocks.retimed(session, ticket, version, changed_at)
    if moved:
        said = {"calendar": key, **{kind: to.isoformat() for kind, (_from, to) in moved.items()}}
        before = {kind: from_.isoformat() for kind, (from_, _to) in moved.items()}
        happened(session, ticket, RETIMED, now=now, person_id=None, details=said, before=before)
