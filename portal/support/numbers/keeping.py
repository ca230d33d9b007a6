"""Keeping the numbers in step: the worker reads what changed, writes facts, and counts the days that they touch."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from portal.dates import business_date
from portal.db import Base, insert_into
from portal.support.matching.models import Deflection
from portal.support.numbers.deriving import derive
from portal.support.numbers.models import Counting, SupportChange, SupportDay, UncountedDay
from portal.support.numbers.noticing import WATCHED
from portal.support.numbers.recounting import recount
from portal.support.phone.models import Call
from portal.support.tickets.models import Ticket

AT_ONCE: Final = 500  # changes that are read in one go
COUNTED: Final = 30  # days that are counted in one go, so that others may write in between
WHOLE: Final[tuple[type[Base], ...]] = (Ticket, Deflection, Call)
_PLAIN: Final = {"synchronize_session": False}


def keep(session: Session, *, zone: str, now: datetime, today: date) -> int:
    """Bring facts and counts up to date, a piece at a time, as the house; return how much more waits.

    Facts and the counts that they change are written together, so that a chart shows as many as its list holds; only
    after very many changes at once the days are counted a little later.
    """
    row = _counting(session, zone, now, today)
    if row is None:  # another worker is at it
        return 0
    if row.zone != zone:
        start_over(session)
        row.zone = zone
    changes = session.execute(select(SupportChange.id, SupportChange.kind, SupportChange.row_id)
                              .order_by(SupportChange.id).limit(AT_ONCE)).all()  # fmt: skip
    rows: dict[str, set[int]] = defaultdict(set)
    for _id, kind, row_id in changes:
        rows[kind].add(row_id)
    days = derive(session, sorted(rows["ticket"]), zone=zone, today=today) if rows["ticket"] else set()
    days |= _days_of(session, rows["deflection"], rows["call"], zone)
    days |= {row.counted_to + timedelta(days=each) for each in range(1, (today - row.counted_to).days + 1)}
    _queue(session, days)
    done = [each.id for each in changes]
    session.execute(delete(SupportChange).where(SupportChange.id.in_(done)), execution_options=_PLAIN)
    waits = _count_some(session, zone) if len(changes) < AT_ONCE else AT_ONCE
    row.counted_to, row.counted_at = max(row.counted_to, today), now
    return waits


def keep_all(session: Session, *, zone: str, now: datetime, today: date) -> None:
    """Bring everything up to date."""
    while keep(session, zone=zone, now=now, today=today):
        session.flush()


def start_over(session: Session) -> None:
    """Let everything be counted anew; the worker does it piece by piece."""
    session.execute(delete(SupportChange), execution_options=_PLAIN)
    for model in WHOLE:
        kind = WATCHED[model][0]
        its = model.__table__.c.id
        session.execute(insert(SupportChange).from_select(["kind", "row_id"], select(literal(kind), its).order_by(its)))
    _queue(session, session.scalars(select(SupportDay.day).distinct()))


def is_behind(session: Session) -> bool:
    """Return whether days wait to be counted, so that charts and lists may differ for a moment."""
    return session.scalar(select(UncountedDay.day).limit(1)) is not None


def _counting(session: Session, zone: str, now: datetime, today: date) -> Counting | None:
    """Return how far the counting has come, held until the end of the unit of work; None when somebody holds it."""
    first = {"id": 1, "zone": zone, "counted_to": today, "counted_at": now}
    session.execute(insert_into(session, Counting).values(first).on_conflict_do_nothing())
    return session.scalar(select(Counting).where(Counting.id == 1).with_for_update(skip_locked=True))


def _days_of(session: Session, deflections: Collection[int], calls: Collection[int], zone: str) -> set[date]:
    found: set[date] = set()
    if deflections:
        found |= set(session.scalars(select(Deflection.day).where(Deflection.id.in_(deflections)).distinct()))
    if calls:
        found |= {business_date(at, zone) for at in session.scalars(select(Call.at).where(Call.id.in_(calls)))}
    return found


def _queue(session: Session, days: Iterable[date]) -> None:
    rows = [{"day": each} for each in sorted(days)]
    if rows:
        session.execute(insert_into(session, UncountedDay).on_conflict_do_nothing(), rows)


def _count_some(session: Session, zone: str) -> int:
    """Count days that wait, the latest first; return how many still wait."""
    query = select(UncountedDay.day).order_by(UncountedDay.day.desc())
    days = session.scalars(query.limit(COUNTED + 1)).all()
    for day in days[:COUNTED]:
        recount(session, day, zone=zone)
    counted = delete(UncountedDay).where(UncountedDay.day.in_(days[:COUNTED]))
    session.execute(counted, execution_options=_PLAIN)
    return max(len(days) - COUNTED, 0)
