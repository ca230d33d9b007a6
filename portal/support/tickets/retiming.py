"""What happens to running clocks when their calendar changes: a sweep counts them anew, some tickets at a time."""

from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from portal.calendars.following import Change, Counted, follow
from portal.support.tickets import clocks
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import Ticket
from portal.support.tickets.steps import happened

MOST: Final = 200  # clocks at once
RETIMED: Final = "retime"
COUNTED: Final = Counted(
    row=Ticket,
    id=TicketClock.ticket_id,
    version=TicketClock.calendar_version,
    calendar=TicketClock.calendar,
    runs=TicketClock.running_since.is_not(None),
)


def retime(session: Session, *, now: datetime) -> int:
    """Count the ends of running clocks anew whose calendar changed; return how many tickets. The session is the house.

    What had passed when the calendar was changed stays; the rest is due, and warns, as the calendar says now.
    """
    return follow(session, COUNTED, partial(_retime, session, now=now), most=MOST)


def _retime(session: Session, ticket: Ticket, change: Change, *, now: datetime) -> None:
    moved = clocks.retimed(session, ticket, change.version, change.changed_at)
    if moved:
        said = {"calendar": change.calendar, **{kind: to.isoformat() for kind, (_from, to) in moved.items()}}
        before = {kind: from_.isoformat() for kind, (from_, _to) in moved.items()}
        happened(session, ticket, RETIMED, now=now, person_id=None, details=said, before=before)
