"""The counts of one day, made anew from the facts of tickets, deflections and calls."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from portal.support.matching.models import Deflection
from portal.support.numbers.counting import AGES, OLDEST, counts_of
from portal.support.numbers.models import EVERY_LINE, EVERY_QUEUE, SupportDay, TicketFacts
from portal.support.phone.models import Call

Places = dict[tuple[str, int], Counter[str]]
ONE_DAY: Final = timedelta(days=1)
COUNTED: Final = (
    TicketFacts.product_line, TicketFacts.queue_id, TicketFacts.priority, TicketFacts.channel, TicketFacts.origin,
    TicketFacts.is_repeat, TicketFacts.opened_on, TicketFacts.ended_on, TicketFacts.answered_on,
    TicketFacts.answer_minutes, TicketFacts.answer_kept, TicketFacts.solved_on, TicketFacts.solve_minutes,
    TicketFacts.solve_kept, TicketFacts.rated_on, TicketFacts.points,
)  # fmt: skip


def recount(session: Session, day: date, *, zone: str) -> None:
    """Write the counts of a day: of every product line and queue, of each of them, and of all."""
    places: Places = defaultdict(Counter)
    _count_tickets(session, day, places)
    _count_backlog(session, day, places)
    _count_deflections(session, day, places)
    if calls := _calls(session, day, zone):
        places[EVERY_LINE, EVERY_QUEUE]["call"] += calls
    options = {"synchronize_session": False}
    session.execute(delete(SupportDay).where(SupportDay.day == day), execution_options=options)
    rows = [
        {"product_line": line, "queue_id": queue, "day": day, "counts": dict(counts)}
        for (line, queue), counts in sorted(places.items())
    ]
    if rows:
        session.execute(insert(SupportDay), rows)


def _add(places: Places, line: str, queue: int, key: str, count: int) -> None:
    for place in ((line, queue), (line, EVERY_QUEUE), (EVERY_LINE, queue), (EVERY_LINE, EVERY_QUEUE)):
        places[place][key] += count


def _count_tickets(session: Session, day: date, places: Places) -> None:
    on = (TicketFacts.opened_on, TicketFacts.answered_on, TicketFacts.solved_on, TicketFacts.rated_on)
    for facts in session.execute(select(*COUNTED).where(or_(*(each == day for each in on)))):
        for its, key in counts_of(facts):
            if its == day:
                _add(places, facts.product_line, facts.queue_id, key, 1)


def open_at(day: date) -> tuple[tuple[ColumnElement[bool], ...], ...]:
    """Return the conditions on tickets that were open at the end of a day: on younger ones, and on the oldest.

    The younger ones were opened within some weeks; the oldest are looked for among those that took so long.
    """
    least = day - timedelta(days=OLDEST)
    still = TicketFacts.ended_on > day
    young = (TicketFacts.opened_on > least, TicketFacts.opened_on <= day, still)
    return young, (TicketFacts.lingering_from <= least, still)


def _count_backlog(session: Session, day: date, places: Places) -> None:
    young, old = open_at(day)
    bands = [(TicketFacts.opened_on > day - timedelta(days=AGES[i + 1]), AGES[i]) for i in range(len(AGES) - 1)]
    by_band: Any = case(*bands, else_=OLDEST)
    for band, where in ((by_band, young), (None, old)):
        place = (TicketFacts.product_line, TicketFacts.queue_id)
        columns = place if band is None else (*place, band)
        query = select(*columns, func.count()).where(*where).group_by(*columns)
        for line, queue, *rest in session.execute(query):
            _add(places, line, queue, f"open:{OLDEST if band is None else rest[0]}", rest[-1])


def _count_deflections(session: Session, day: date, places: Places) -> None:
    """Count those who helped themselves; they stand in no queue."""
    columns = (Deflection.product_line, Deflection.state, Deflection.case_kind, Deflection.case_id)
    query = select(*columns, func.count()).where(Deflection.day == day).group_by(*columns)
    for line, state, kind, case_id, count in session.execute(query):
        for place in {(line, EVERY_QUEUE), (EVERY_LINE, EVERY_QUEUE)}:
            places[place][f"deflected:{state}"] += count
            if kind == "article":
                places[place][f"article:{state}:{case_id}"] += count


def midnights(begins: date, ends: date, zone: str) -> tuple[datetime, datetime]:
    """Return the instants at which the first of these days begins and the last one is over."""
    first, over = (datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC) for day in (begins, ends + ONE_DAY))
    return first, over


def _calls(session: Session, day: date, zone: str) -> int:
    begins, over = midnights(day, day, zone)
    return session.scalar(select(func.count(Call.id)).where(Call.at >= begins, Call.at < over)) or 0
