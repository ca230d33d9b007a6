"""Lists of tickets, as tuples by keyset: the desk of those who work on them, and the own ones of everybody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Boolean, Select, bindparam, func, literal_column, select, tuple_
from sqlalchemy.orm import Session

from portal.db import actor_of
from portal.paging import read_position, write_position
from portal.parties.queries import sees_all
from portal.policy import Permission
from portal.support.tickets.clock_models import manages
from portal.support.tickets.desk_models import Queue
from portal.support.tickets.installed import CUSTOMER, called, with_relation
from portal.support.tickets.lifecycle import OPEN
from portal.support.tickets.models import Ticket, works
from portal.support.tickets.queries import PERSON
from portal.words import N_

PAGE: Final = 25
COUNT_CAP: Final = 100
SOON: Final = timedelta(minutes=30)  # of what is shown as about to be too late
DESK_VIEWS: Final[Mapping[str, str]] = {
    "mine": N_("Mine"),
    "unassigned": N_("Nobody's"),
    "breaching": N_("Almost too late"),
    "open": N_("All open ones"),
    "all": N_("All"),
}
OWN_VIEWS: Final[Mapping[str, str]] = {"open": N_("Open ones"), "all": N_("All")}
# Written out, not bound: the databases use a partial index only when they can read its condition in the query.
IS_OPEN: Final = literal_column(f"ticket.state IN {tuple(state.value for state in OPEN)}", Boolean)
NOBODYS: Final = literal_column("ticket.assignee_id IS NULL", Boolean)
_BY_TIME: Final = frozenset({"mine", "unassigned", "breaching", "open"})


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What the address of a list says; nonsense in it falls back to the plain list."""

    view: str
    q: str = ""
    queue: str = ""
    priority: str = ""
    item: int | None = None  # of one piece of equipment
    after: str = ""

    @classmethod
    def read(cls, session: Session, view: str, q: str, queue: str, priority: str, after: str) -> "TicketFilter":
        """Return a filter from raw text, with the views that the actor has."""
        desk = works(actor_of(session))
        known = DESK_VIEWS if desk else OWN_VIEWS
        view = view if view in known else next(iter(known))
        clean = q.strip().replace("\x00", "")[:80]
        return cls(view, clean, queue[:20] if desk else "", priority, after=after[:400])


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One line of a list."""

    id: int
    public_id: str
    number: str
    subject: str
    state: str
    kind: str
    priority: str
    sort_at: datetime
    updated_at: datetime
    customer: str
    customer_en: str
    assignee: str | None


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A page of the list and the key after which the next one begins, if there is one."""

    rows: list[TicketRow]
    next_after: str


def tickets(session: Session, wanted: TicketFilter, *, now: datetime, limit: int = PAGE) -> TicketPage:
    """Return one page of tickets the actor sees, in one query: what ends first on the desk, else the newest first.

    A number or a serial number finds its tickets whatever their state.
    """
    actor = actor_of(session)
    by_time = works(actor) and wanted.view in _BY_TIME and not wanted.q
    values: dict[str, Any] = {}
    if wanted.q:
        values["q"] = wanted.q
        values["number"] = wanted.q.upper()
    if wanted.view == "mine" and not wanted.q:
        values["me"] = actor.person_id
    if wanted.view == "breaching" and not wanted.q:
        values["soon"] = now + SOON
    if wanted.queue:
        values["queue"] = wanted.queue
    if wanted.priority:
        values["priority"] = wanted.priority
    if wanted.item is not None:
        values["item"] = wanted.item
    if position := read_position(wanted.after, *((str, int) if by_time else (int,))):
        values["at_id"] = position[-1]
        if by_time and (at := _instant(position[0])) is not None:
            values["at"] = at
    found = session.execute(_list(wanted.view, by_time, not sees_all(session), frozenset(values), limit + 1), values)
    rows = [TicketRow(*row) for row in found]
    more, rows = len(rows) > limit, rows[:limit]
    return TicketPage(rows, _position(rows[-1], by_time) if more else "")


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):  # no instant, or one before the first or after the last year
        return None


def _position(row: TicketRow, by_time: bool) -> str:
    return write_position([row.sort_at.isoformat(), row.id] if by_time else [row.id])


@lru_cache(maxsize=256)
def _list(view: str, by_time: bool, own: bool, given: frozenset[str], limit: int) -> Select[*tuple[Any, ...]]:
    """Build the query for one view and the values given to it, once."""
    names = [name for name in TicketRow.__dataclass_fields__ if hasattr(Ticket, name)]
    columns: list[Any] = [getattr(Ticket, name) for name in names]
    query: Select[*tuple[Any, ...]] = (
        select(*columns, *called(own), PERSON.c.name)
        .join(CUSTOMER, CUSTOMER.c.id == Ticket.customer_id)
        .outerjoin(PERSON, PERSON.c.id == Ticket.assignee_id)
    )
    if own:
        query = with_relation(query, Ticket.customer_id)
    if "q" in given:
        query = query.where((Ticket.number == bindparam("number")) | (Ticket.serial == bindparam("q")))
    elif view != "all":
        query = query.where(IS_OPEN)
    if "me" in given:
        query = query.where(Ticket.assignee_id == bindparam("me"))
    if view == "unassigned" and "q" not in given:
        query = query.where(NOBODYS)
    if "soon" in given:
        query = query.where(Ticket.sort_at <= bindparam("soon"))
    if "queue" in given:
        its = select(Queue.id).where(Queue.public_id == bindparam("queue")).scalar_subquery()
        query = query.where(Ticket.queue_id == its)
    if "priority" in given:
        query = query.where(Ticket.priority == bindparam("priority"))
    if "item" in given:
        query = query.where(Ticket.installed_item_id == bindparam("item"))
    if not by_time:
        if "at_id" in given:
            query = query.where(Ticket.id < bindparam("at_id"))
        return query.order_by(Ticket.id.desc()).limit(literal_column(str(limit)))
    if "at" in given:
        there = tuple_(bindparam("at", type_=Ticket.sort_at.type), bindparam("at_id", type_=Ticket.id.type))
        query = query.where(tuple_(Ticket.sort_at, Ticket.id) > there)
    return query.order_by(Ticket.sort_at, Ticket.id).limit(literal_column(str(limit)))


def desk_counts(session: Session, *, now: datetime) -> dict[str, int]:
    """Return how many tickets are the actor's own, nobody's and almost too late, counting no further than the cap."""
    me = actor_of(session).person_id
    some = {
        "mine": select(Ticket.id).where(IS_OPEN, Ticket.assignee_id == me),
        "unassigned": select(Ticket.id).where(IS_OPEN, NOBODYS),
        "breaching": select(Ticket.id).where(IS_OPEN, Ticket.sort_at <= now + SOON),
    }
    columns = [
        select(func.count()).select_from(query.limit(COUNT_CAP).subquery()).scalar_subquery().label(view)
        for view, query in some.items()
    ]
    row = session.execute(select(*columns).select_from(select(literal_column("1")).subquery())).one()
    return dict(row._mapping)


def waiting_for_me(session: Session, limit: int) -> list[TicketRow]:
    """Return the open tickets of the own organisation that wait for its answer or for a rating, newest first."""
    query = _list("all", False, not sees_all(session), frozenset(), limit)
    waits = query.where(Ticket.state.in_(("waiting_customer", "solved")), Ticket.rating.is_(None))
    return [TicketRow(*row) for row in session.execute(waits)]


def for_home(session: Session, *, now: datetime, limit: int) -> dict[str, list[TicketRow]]:
    """Return what waits for the actor, for the first page; cards without a row are left out.

    Those who work on tickets see their own and nobody's, their heads what is almost too late; everybody else what
    waits for his answer or his rating.
    """
    actor = actor_of(session)
    if not works(actor):
        cards = {"my_tickets": waiting_for_me(session, limit)} if actor.can(Permission.TICKET_OPEN) else {}
    else:
        wanted = {"my_tickets": "mine", "loose_tickets": "unassigned"}
        if manages(actor):
            wanted = {"late_tickets": "breaching", **wanted}
        cards = {key: tickets(session, TicketFilter(view), now=now, limit=limit).rows for key, view in wanted.items()}
    return {key: rows for key, rows in cards.items() if rows}
