"""Ends that were counted by a calendar follow it: when it changes, a sweep counts them anew, some at a time.

Every such row says by which version of its calendar it was counted, so nothing has to be remembered of a change:
whatever was counted by an older one comes up, in the order of an index, until all are done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from portal.calendars.forgiving import Forgiving, forgiving_time
from portal.calendars.models import Calendar

MOST: Final = 200  # at once
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """What a calendar is called, the version it has now, since when it says so, and what it counts.

    Its hours were read after its version: should they be newer, what they count comes up once more.
    """

    calendar: str
    version: int
    changed_at: datetime
    time: Forgiving


@dataclass(frozen=True, slots=True)
class Counted(Generic[T]):
    """Where it stands by which version of which calendar something was counted."""

    row: type[T]  # what is locked and counted anew
    id: Any  # its id, in the table where the version stands
    version: Any
    calendar: Any  # the column with the key of the calendar, or the key itself
    runs: ColumnElement[bool]  # while this holds, the end may move


def follow(session: Session, counted: Counted[T], recount: Callable[[T, Change], None], *, most: int = MOST) -> int:
    """Count anew some of what an older version of its calendar counted; return how many. The session is the house.

    `recount` leaves the new version in the row, or the row comes up again. Several workers may do this at once.
    """
    for key, version, changed_at in session.execute(_changed(counted)).all():
        rows = _some(session, counted, key, version, most)
        if rows:
            change = Change(key, version, changed_at, forgiving_time(session, key)[0])
            for row in rows:
                recount(row, change)
            return len(rows)
    return 0


def is_current(counted: Counted[Any]) -> ColumnElement[bool]:
    """Return the condition that a row was counted by its calendar as it is: before, nothing follows from its end."""
    return ~exists().where(Calendar.key == counted.calendar, Calendar.version > counted.version)


def newer(session: Session, key: str, version: int) -> Change | None:
    """Return how a calendar changed since a version of it; None when it did not."""
    query = select(Calendar.key, Calendar.version, Calendar.changed_at)
    row = session.execute(query.where(Calendar.key == key, Calendar.version > version)).first()
    return Change(*row, forgiving_time(session, key)[0]) if row is not None else None


def moved(hours: Forgiving, since: datetime, length: timedelta, *, end: datetime, changed_at: datetime) -> datetime:
    """Return the end of `length` since then by changed hours; one that had passed stays, no other moves before it."""
    return end if end <= changed_at else max(hours.after(since, length), changed_at)


def _changed(counted: Counted[Any]) -> Any:
    """Return the query for calendars by which something has not been counted yet."""
    older = exists().where(*_older(counted, Calendar.key, Calendar.version))
    return select(Calendar.key, Calendar.version, Calendar.changed_at).where(older)


def _older(counted: Counted[Any], key: Any, version: Any) -> tuple[Any, ...]:
    return counted.runs, key == counted.calendar, counted.version < version


def _some(session: Session, counted: Counted[T], key: str, version: int, most: int) -> Sequence[T]:
    """Lock some of these rows; what another worker holds, it does, and what it has done is none of them any more."""
    older: tuple[Any, ...] = (counted.runs, counted.version < version)
    if not isinstance(counted.calendar, str):
        older = (*older, counted.calendar == key)
    ids = sorted(
        set(session.scalars(select(counted.id).where(*older).order_by(counted.version, counted.id).limit(most)))
    )
    row: Any = counted.row
    query = select(row).where(row.id.in_(ids)).order_by(row.id).with_for_update(skip_locked=True, of=row)
    if counted.version.class_ is row:
        query = query.where(*older)
    return session.scalars(query.execution_options(populate_existing=True)).all()
