"""Noticing what changes the numbers: a row written with the change itself, read by the worker."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from portal.db import Base, ScopedSession
from portal.support.matching.models import Deflection
from portal.support.numbers.models import SupportChange
from portal.support.phone.models import Call
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import Ticket, TicketLink, TicketRating

# The rows that are counted, and which column says what to count anew.
WATCHED: Final[Mapping[type[Base], tuple[str, str]]] = {
    Ticket: ("ticket", "id"),
    TicketClock: ("ticket", "ticket_id"),
    TicketRating: ("ticket", "ticket_id"),
    TicketLink: ("ticket", "ticket_id"),
    Deflection: ("deflection", "id"),
    Call: ("call", "id"),
}


def changed(session: Session, kind: str, ids: Iterable[int]) -> None:
    """Let these rows be counted anew, if and only if the present transaction commits.

    What the session flushes is noticed by itself; statements that write many rows at once call this.
    """
    rows = [{"kind": kind, "row_id": each} for each in sorted(set(ids))]
    if rows:
        session.execute(insert(SupportChange), rows)


def _notice(session: Session, _flush: Any) -> None:
    found = {
        (kind, getattr(row, column))
        for row in chain(session.new, session.dirty, session.deleted)
        if (watched := WATCHED.get(type(row))) and (row not in session.dirty or session.is_modified(row))
        for kind, column in (watched,)
    }
    if found:
        rows = [{"kind": kind, "row_id": row_id} for kind, row_id in sorted(found)]
        session.connection().execute(insert(SupportChange), rows)


event.listen(ScopedSession, "after_flush", _notice)
