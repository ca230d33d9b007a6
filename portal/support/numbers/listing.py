"""The rows behind a number: exactly the tickets, calls and deflections that were counted, a page at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, literal, select, tuple_
from sqlalchemy.orm import Session

from portal.paging import read_position, write_position
from portal.parties.models import Party
from portal.support.matching.models import Deflection
from portal.support.numbers.counting import OLDEST, opened_between, total
from portal.support.numbers.figures import spread
from portal.support.numbers.models import TicketFacts
from portal.support.numbers.periods import Span
from portal.support.numbers.reading import Scope
from portal.support.numbers.recounting import midnights, open_at
from portal.support.phone.models import Call
from portal.support.tickets.models import Ticket

PAGE: Final = 25
CUSTOMER: Final = Party.__table__.alias("customer")
ON: Final = {
    "contacts": TicketFacts.opened_on, "tickets": TicketFacts.opened_on, "repeats": TicketFacts.opened_on,
    "answered": TicketFacts.answered_on, "solved": TicketFacts.solved_on, "rated": TicketFacts.rated_on,
    "open": TicketFacts.opened_on,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets: what they are counted for on these days; "open" means at the end of the last one."""

    what: str
    span: Span
    scope: Scope
    channel: str = ""
    priority: str = ""
    kept: bool | None = None
    points: int = 0
    band: int | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a page and the position after which the next one begins, if there is one."""

    rows: Sequence[Any]
    next_after: str


def count_of(wanted: Wanted, counts: Counter[str], last: Counter[str]) -> int:
    """Return how many tickets the counts of the days say; `last` are those of the last day."""
    if wanted.what == "open":
        return last[f"open:{wanted.band}"] if wanted.band is not None else total(last, "open")
    if wanted.what == "contacts":
        return total(counts, f"contact:{wanted.channel}" if wanted.channel else "contact")
    if wanted.what == "rated":
        return total(counts, f"rated:{wanted.points}" if wanted.points else "rated")
    if wanted.what in ("answered", "solved"):
        found = spread(counts, wanted.what, wanted.priority)
        return found.count if wanted.kept is None else found.kept if wanted.kept else found.late
    return counts[{"tickets": "ticket", "repeats": "repeat"}[wanted.what]]


def tickets(session: Session, wanted: Wanted, *, limit: int = PAGE) -> Listed:
    """Return tickets, the latest first; of the backlog the oldest first."""
    oldest_first = wanted.what == "open"
    rows: list[Any] = []
    for by, part in _parts(wanted):
        query = _tickets(by).where(*part, *wanted.scope.tickets())
        query = _placed(query, by, TicketFacts.ticket_id, wanted.after, oldest_first)
        rows += session.execute(query.limit(limit + 1 - len(rows))).all()
        if len(rows) > limit:
            break
    return _page(rows, limit, lambda row: [row.day.isoformat(), row.ticket_id])


Part = tuple[Any, Sequence[ColumnElement[bool]]]  # the column that sorts, and the conditions


def _parts(wanted: Wanted) -> list[Part]:
    """Return where the rows are, one after the other in the order of the list, each in the order of an index."""
    on = ON[wanted.what]
    if wanted.what == "open":
        young, old = open_at(wanted.span.ends)
        oldest: Part = (TicketFacts.lingering_from, old)  # the day on which they were opened
        if wanted.band is None:
            return [oldest, (on, young)]
        if wanted.band == OLDEST:
            return [oldest]
        least, most = opened_between(wanted.span.ends, wanted.band)
        return [(on, (*young, on >= least, on <= most))]
    found: list[ColumnElement[bool]] = [on >= wanted.span.begins, on <= wanted.span.ends]
    if wanted.what == "contacts":
        found.append(TicketFacts.origin == "own")
        if wanted.channel:
            found.append(TicketFacts.channel == wanted.channel)
    if wanted.what in ("tickets", "repeats"):
        found.append(TicketFacts.origin != "split")
    if wanted.what == "repeats":
        found.append(TicketFacts.is_repeat.is_(True))
    if wanted.points:
        found.append(TicketFacts.points == wanted.points)
    if wanted.priority:
        found.append(TicketFacts.priority == wanted.priority)
    if wanted.kept is not None:
        kept = TicketFacts.answer_kept if wanted.what == "answered" else TicketFacts.solve_kept
        found.append(kept.is_(wanted.kept))
    return [(on, found)]


def _tickets(on: Any) -> Select[*tuple[Any, ...]]:
    facts = (
        TicketFacts.ticket_id, on.label("day"), TicketFacts.opened_at, TicketFacts.answer_minutes,
        TicketFacts.answer_kept, TicketFacts.solve_minutes, TicketFacts.solve_kept, TicketFacts.points,
        TicketFacts.opened_on,
    )  # fmt: skip
    ticket = (Ticket.public_id, Ticket.number, Ticket.subject, Ticket.state, Ticket.priority, Ticket.channel)
    customer = (CUSTOMER.c.name.label("customer"), CUSTOMER.c.name_en.label("customer_en"))
    return (
        select(*facts, *ticket, *customer)
        .join(Ticket, Ticket.id == TicketFacts.ticket_id)
        .join(CUSTOMER, CUSTOMER.c.id == Ticket.customer_id)
    )


def calls(session: Session, span: Span, scope: Scope, zone: str, *, after: str, limit: int = PAGE) -> Listed:
    """Return telephone calls, the latest first."""
    begins, over = midnights(span.begins, span.ends, zone)
    columns = (Call.id, Call.at, Call.number, Call.note, CUSTOMER.c.name.label("customer"),
               CUSTOMER.c.name_en.label("customer_en"))  # fmt: skip
    query = select(*columns).outerjoin(CUSTOMER, CUSTOMER.c.id == Call.party_id)
    query = query.where(Call.at >= begins, Call.at < over)
    if scope.organisation_id:
        query = query.where(Call.party_id == scope.organisation_id)
    query = _placed(query, Call.at, Call.id, after, False)
    rows = session.execute(query.limit(limit + 1)).all() if scope.has_calls else []
    return _page(rows, limit, lambda row: [row.at.isoformat(), row.id])


def deflections(
    session: Session, span: Span, scope: Scope, *, state: str, article_id: int, after: str, limit: int = PAGE
) -> Listed:
    """Return who helped himself, the latest first; of one article, or of all of them and of solved cases."""
    columns = (
        Deflection.id, Deflection.day, Deflection.at, Deflection.state, Deflection.product_line, Deflection.fault,
        Deflection.case_kind, Deflection.case_id, CUSTOMER.c.name.label("customer"),
        CUSTOMER.c.name_en.label("customer_en"),
    )  # fmt: skip
    query = select(*columns).join(CUSTOMER, CUSTOMER.c.id == Deflection.organisation_id)
    query = query.where(Deflection.day >= span.begins, Deflection.day <= span.ends, *scope.deflections())
    if state:
        query = query.where(Deflection.state == state)
    if article_id:
        query = query.where(and_(Deflection.case_kind == "article", Deflection.case_id == article_id))
    query = _placed(query, Deflection.day, Deflection.id, after, False)
    rows = session.execute(query.limit(limit + 1)).all() if scope.has_deflections else []
    return _page(rows, limit, lambda row: [row.day.isoformat(), row.id])


def _placed(
    query: Select[*tuple[Any, ...]], by: Any, key: Any, after: str, oldest_first: bool
) -> Select[*tuple[Any, ...]]:
    """Order by day or instant and id, and begin after a position."""
    if (position := read_position(after, str, int)) and (at := _read(by, position[0])) is not None:
        here, there = tuple_(by, key), tuple_(literal(at, by.type), literal(position[1], key.type))
        query = query.where(here > there if oldest_first else here < there)
    return query.order_by(by, key) if oldest_first else query.order_by(by.desc(), key.desc())


def _read(by: Any, text: str) -> date | datetime | None:
    try:
        if by.type.python_type is date:
            return date.fromisoformat(text)
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _page(rows: Sequence[Any], limit: int, place: Any) -> Listed:
    more, shown = len(rows) > limit, rows[:limit]
    return Listed(shown, write_position(place(shown[-1])) if more else "")
