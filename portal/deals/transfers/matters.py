"""Tickets that go along with a customer: what the giver filed for it and what he serves, unless it is over.

A ticket that the giver owns goes with everything in it: words, files, steps, returns, visits. One of a customer that
signs in stays the customer's own; the receiver takes the giver's place beside it. Support lies above, so its tables are
meant by their names here.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Person
from portal.db import Base
from portal.deals.transfers.tables import table_of
from portal.parties.known import batches
from portal.parties.references import BATCH

# A solved ticket is not over: one word of the customer opens it again.
LIVE: Final = ("new", "open", "waiting_customer", "waiting_us", "solved")
PLANNED: Final = ("planned", "under_way")
PARTS: Final = (  # table, its column, what it is part of; whatever is added later belongs to the same ticket
    ("ticket_message", "ticket_id", "ticket"),
    ("ticket_event", "ticket_id", "ticket"),
    ("ticket_link", "ticket_id", "ticket"),
    ("ticket_follower", "ticket_id", "ticket"),
    ("ticket_rating", "ticket_id", "ticket"),
    ("rma", "ticket_id", "ticket"),
    ("visit", "ticket_id", "ticket"),
    ("spare_part", "visit_id", "visit"),
    ("visit_document", "visit_id", "visit"),
)
FILES: Final = tuple(("upload", "thing_kind", name) for name in ("ticket", "ticket_message", "rma", "visit"))
NEWEST: Final = "ticket_message"


def owned(connection: Connection, giver: int, customers: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return the keys of the giver's tickets for these customers that are not over."""
    return _tickets(connection, customers, table_of("ticket").c.organisation_id == giver)


def served(connection: Connection, giver: int, customers: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return the keys of these customers' own tickets beside which the giver stands."""
    ticket = table_of("ticket")
    beside = and_(ticket.c.partner_organisation_id == giver, ticket.c.organisation_id != giver)
    return _tickets(connection, customers, beside)


def _tickets(connection: Connection, customers: Sequence[int], which: Any) -> list[tuple[Any, ...]]:
    ticket, found = table_of("ticket"), list[tuple[Any, ...]]()
    for some in batches(sorted(set(customers)), BATCH):
        query = select(ticket.c.id).where(ticket.c.customer_id.in_(some), ticket.c.state.in_(LIVE), which)
        found += [(row[0],) for row in connection.execute(query)]
    return sorted(found)


def answered_to(connection: Connection, giver: int, keys: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return those of these tickets that answer a person of the giver."""
    ticket, person, found = table_of("ticket"), Person.__table__, list[tuple[Any, ...]]()
    for some in batches(sorted(key[0] for key in keys), BATCH):
        query = select(ticket.c.id).join(person, person.c.id == ticket.c.requester_id)
        query = query.where(ticket.c.id.in_(some), person.c.organisation_id == giver)
        found += [(row[0],) for row in connection.execute(query)]
    return sorted(found)


def planned_visits(connection: Connection, keys: list[tuple[Any, ...]]) -> int:
    """Return how many visits are planned for these tickets."""
    visit, count = table_of("visit"), 0
    for some in batches(sorted({key[0] for key in keys}), BATCH):
        query = select(func.count()).where(visit.c.ticket_id.in_(some), visit.c.state.in_(PLANNED))
        count += connection.execute(query).scalar_one()
    return count


def lock(connection: Connection, name: str, keys: list[tuple[Any, ...]]) -> None:
    """Let nobody else change these rows of a table until the end of the transaction."""
    its = table_of(name).c.id
    for some in batches(sorted({key[0] for key in keys}), BATCH):
        connection.execute(select(its).where(its.in_(some)).order_by(its).with_for_update()).all()


def follow(connection: Connection, tickets: list[int], organisation: int) -> None:
    """Let what people are just writing in these tickets belong to whom the tickets do."""
    draft = table_of("ticket_draft")
    for some in batches(sorted(tickets), BATCH):
        connection.execute(draft.update().where(draft.c.ticket_id.in_(some)).values(organisation_id=organisation))


def newest(connection: Connection) -> dict[str, int]:
    """Return the newest message, to tell what is said later."""
    return {NEWEST: connection.execute(select(func.max(table_of(NEWEST).c.id))).scalar() or 0}


def spoken_since(connection: Connection, tickets: list[int], last: int, organisation: int) -> str:
    """Return the number of a ticket in which people of an organisation said something since, or nothing."""
    message, ticket, person = table_of(NEWEST), table_of("ticket"), Person.__table__
    for some in batches(sorted(tickets), BATCH):
        query = select(ticket.c.number).join(message, message.c.ticket_id == ticket.c.id)
        query = query.join(person, person.c.id == message.c.author_id).where(person.c.organisation_id == organisation)
        said = connection.execute(query.where(ticket.c.id.in_(some), message.c.id > last).limit(1)).scalar()
        if said:
            return str(said)
    return ""


def things(session: Session, ids: list[int]) -> list[Any]:
    """Return tickets, for the history; the session acts for the house."""
    ticket = next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table_of("ticket"))
    return [
        row
        for some in batches(sorted(ids), BATCH)
        for row in session.scalars(select(ticket).where(ticket.id.in_(some)))
    ]


def notice(session: Session, ids: list[int]) -> None:
    """Write tickets as they are, so that search and numbers notice them as they notice every other step."""
    for row in things(session, ids):
        flag_modified(row, "updated_at")
    session.flush()
