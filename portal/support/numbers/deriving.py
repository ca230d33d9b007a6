"""The facts of tickets, made anew from what the database holds of them."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2b
from types import SimpleNamespace
from typing import Any, Final, cast

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from portal.dates import business_date
from portal.support.numbers.counting import OLDEST, Facts, changed_days
from portal.support.numbers.models import FOREVER, NO_QUEUE, TicketFacts
from portal.support.numbers.spreading import minutes_of
from portal.support.phone.models import Call
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import Ticket, TicketLink, TicketRating

AGAIN: Final = timedelta(days=7)  # a matter that comes back so soon after it was solved comes again
NOTED_DURING: Final = timedelta(hours=1)  # how long before a ticket the call may be in which it was written down
FIRST, SOLUTION = aliased(TicketClock), aliased(TicketClock)
COLUMNS: Final = tuple(TicketFacts.__table__.columns.keys())


def derive(session: Session, ids: Sequence[int], *, zone: str, today: date) -> set[date]:
    """Write the facts of these tickets, and of those that they make repeats; return the days that count otherwise."""
    known = {row.ticket_id: row for row in session.scalars(select(TicketFacts).where(TicketFacts.ticket_id.in_(ids)))}
    before: dict[int, Facts] = {key: _copy(row) for key, row in known.items()}
    more = _more(session, ids)
    for ticket in session.execute(_tickets(ids)):
        row = known.get(ticket.id)
        if row is None:
            row = known[ticket.id] = TicketFacts(ticket_id=ticket.id, is_repeat=False)
            session.add(row)
        for name, value in _facts(ticket, more, zone).items():
            setattr(row, name, value)
    session.flush()
    abouts = {about for row in known.values() for about in (row.about, _about_of(before, row)) if about is not None}
    related = session.scalars(select(TicketFacts).where(TicketFacts.about.in_(abouts))).all() if abouts else []
    for row in related:
        if row.ticket_id not in known:
            known[row.ticket_id], before[row.ticket_id] = row, _copy(row)
    _mark_repeats(known.values())
    session.flush()
    return {day for key, row in known.items() for day in changed_days(before.get(key), row, today)}


def _copy(row: TicketFacts) -> Facts:
    return cast(Facts, SimpleNamespace(**{name: getattr(row, name) for name in COLUMNS}))


def _about_of(before: Mapping[int, Any], row: TicketFacts) -> int | None:
    return before[row.ticket_id].about if row.ticket_id in before else None


def _tickets(ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    columns = (
        Ticket.id, Ticket.organisation_id, Ticket.partner_organisation_id, Ticket.customer_id, Ticket.product_line,
        Ticket.queue_id, Ticket.priority, Ticket.channel, Ticket.serial, Ticket.fault, Ticket.reopened,
        Ticket.created_at, Ticket.first_answered_at, Ticket.solved_at, Ticket.closed_at, Ticket.rating,
        FIRST.used_seconds.label("answer_used"), FIRST.target_seconds.label("answer_target"),
        SOLUTION.used_seconds.label("solve_used"), SOLUTION.target_seconds.label("solve_target"),
    )  # fmt: skip
    return (
        select(*columns)
        .outerjoin(FIRST, and_(FIRST.ticket_id == Ticket.id, FIRST.kind == "first_response"))
        .outerjoin(SOLUTION, and_(SOLUTION.ticket_id == Ticket.id, SOLUTION.kind == "solution"))
        .where(Ticket.id.in_(ids))
        .order_by(Ticket.id)
    )


def _more(session: Session, ids: Sequence[int]) -> SimpleNamespace:
    """Return what stands on other rows: when tickets were rated, which were split off, and calls of their customers."""
    rated = (TicketRating.ticket_id.in_(ids), TicketRating.rated_at.is_not(None))
    last = select(TicketRating.ticket_id, func.max(TicketRating.rated_at)).where(*rated)
    split = select(TicketLink.ticket_id).where(TicketLink.ticket_id.in_(ids), TicketLink.kind == "split")
    return SimpleNamespace(
        rated={row[0]: row[1] for row in session.execute(last.group_by(TicketRating.ticket_id))},
        split=set(session.scalars(split)),
        calls=_calls(session, ids),
    )


def _calls(session: Session, ids: Sequence[int]) -> Mapping[int | None, Sequence[datetime]]:
    """Return the calls of customers around the tickets that were opened for them on the telephone."""
    spoken = select(Ticket.customer_id, Ticket.created_at).where(Ticket.id.in_(ids), Ticket.channel == "phone")
    rows = session.execute(spoken).all()
    found: dict[int | None, list[datetime]] = defaultdict(list)
    if rows:
        begins, ends = min(row[1] for row in rows) - NOTED_DURING, max(row[1] for row in rows)
        whose = (Call.party_id.in_({row[0] for row in rows}), Call.at >= begins, Call.at <= ends)
        for party_id, at in session.execute(select(Call.party_id, Call.at).where(*whose)):
            found[party_id].append(at)
    return found


def _facts(ticket: Any, more: SimpleNamespace, zone: str) -> dict[str, Any]:
    def day(at: datetime | None) -> date | None:
        return business_date(at, zone) if at is not None else None

    opened, ended = business_date(ticket.created_at, zone), day(ticket.solved_at or ticket.closed_at) or FOREVER
    answered = ticket.first_answered_at is not None and ticket.answer_used is not None
    solved = ticket.solved_at is not None and ticket.solve_used is not None
    rated = day(more.rated.get(ticket.id)) if ticket.rating is not None else None
    answered_on = day(ticket.first_answered_at) if answered else None
    return {
        "organisation_id": ticket.organisation_id,
        "partner_organisation_id": ticket.partner_organisation_id,
        "product_line": ticket.product_line,
        "queue_id": ticket.queue_id or NO_QUEUE,
        "priority": ticket.priority,
        "channel": ticket.channel,
        "origin": _origin(ticket, more),
        "about": _about(ticket),
        "was_reopened": ticket.reopened > 0,
        "opened_at": ticket.created_at,
        "opened_on": opened,
        "ended_on": ended,
        "lingering_from": opened if (ended - opened).days > OLDEST else None,
        "answered_on": answered_on,
        "answer_minutes": minutes_of(ticket.answer_used) if answered else None,
        "answer_kept": ticket.answer_used < ticket.answer_target if answered else None,
        "solved_at": ticket.solved_at if solved else None,
        "solved_on": day(ticket.solved_at) if solved else None,
        "solve_minutes": minutes_of(ticket.solve_used) if solved else None,
        "solve_kept": ticket.solve_used < ticket.solve_target if solved else None,
        "rated_on": rated,
        "points": ticket.rating if rated else None,
        "last_on": max(each for each in (opened, ended, answered_on, rated) if each is not None),
    }


def _origin(ticket: Any, more: SimpleNamespace) -> str:
    if ticket.id in more.split:
        return "split"
    calls = more.calls.get(ticket.customer_id, ()) if ticket.channel == "phone" else ()
    during = any(ticket.created_at - NOTED_DURING <= at <= ticket.created_at for at in calls)
    return "call" if during else "own"


def _about(ticket: Any) -> int | None:
    """Return a number that tickets about the same device and fault of the same people share."""
    if not ticket.serial and not ticket.fault:
        return None
    words = f"{ticket.organisation_id}\n{ticket.customer_id}\n{ticket.serial}\n{ticket.fault}"
    return int.from_bytes(blake2b(words.encode(), digest_size=8).digest(), "big", signed=True)


def _mark_repeats(rows: Iterable[TicketFacts]) -> None:
    """Say which tickets came again: within days after the same was solved, or reopened themselves."""
    rows = list(rows)
    solved: dict[int, list[datetime]] = defaultdict(list)
    for row in rows:
        if row.about is not None and row.solved_at is not None:
            solved[row.about].append(row.solved_at)
    for times in solved.values():
        times.sort()
    for row in rows:
        times = solved.get(row.about, []) if row.about is not None else []
        came = bisect_right(times, row.opened_at) - bisect_left(times, row.opened_at - AGAIN)
        row.is_repeat = row.was_reopened or came > 0
