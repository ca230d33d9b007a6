"""How a database says that it holds the demo world: an entry of its history, out of everybody's reach."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.history import HistoryEntry

KIND: Final = "demo_world"  # no table has this name, so no operation writes such an entry


def is_demo(session: Session) -> bool:
    """Return whether this database was filled with the demo world; the session acts for the house."""
    return session.scalar(select(HistoryEntry.id).where(HistoryEntry.thing_kind == KIND).limit(1)) is not None


def mark(session: Session, *, now: datetime) -> None:
    """Say that this database holds the demo world."""
    entry = HistoryEntry(at=now, thing_kind=KIND, thing_id=1, action="load", before=None, after=None)
    session.add(entry)
    session.flush()
