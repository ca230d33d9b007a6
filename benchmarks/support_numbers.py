"""The numbers for the head of support on many tickets: the page, its lists, and what keeping them costs.

    python benchmarks/support_numbers.py                          1,000,000 tickets, 548 a day, on both databases
    python benchmarks/support_numbers.py --rows 50000 --only sqlite

Tickets and their facts are written by the database itself; the days are counted by the portal. "plain" is the same page
without counts of days: figures by one pass over the facts of the period.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # called as a file: the project is the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from sqlalchemy import insert, select, text, update

from benchmarks import common
from benchmarks.common import Timing, percentile, timed
from portal import migrate
from portal.config import Settings
from portal.db import Database, ScopedSession
from portal.policy import SYSTEM
from portal.support.numbers import keeping, listing
from portal.support.numbers.counting import added, counts_of
from portal.support.numbers.figures import figures
from portal.support.numbers.listing import Wanted
from portal.support.numbers.models import SupportChange, TicketFacts, UncountedDay
from portal.support.numbers.noticing import changed
from portal.support.numbers.periods import Period, Span
from portal.support.numbers.reading import Scope, days_of
from portal.support.numbers.recounting import COUNTED
from portal.support.tickets.models import Ticket
from tests.factories.world import World
from tests.postgres_cluster import PostgresCluster

ZONE = "Asia/Shanghai"
A_DAY = 548  # tickets: a million in five years
SAMPLES = 7
LINES = ("cameras", "recorders", "switches", "ups", "fsu")
PRIORITIES = ("urgent", "high", "medium", "low")


def fill(database: Database, folder: Path, rows: int) -> World:
    """Write tickets of five years and what is counted of them; one in fifty lingers, some are open."""
    world = World.build(database, Settings(instance=folder, database_url=str(database.url), secret_key="bench"))
    today = datetime.now(UTC).date()
    whose = [world.organisations["hospital"], world.organisations["north"], world.organisations["south"]]
    at = 0
    while at < rows:
        many = range(at, min(at + 20_000, rows))
        made = [_ticket(number, rows, today, whose) for number in many]
        with database.writing(SYSTEM) as session:
            session.execute(insert(Ticket), [each[0] for each in made])
            session.execute(insert(TicketFacts), [each[1] for each in made])
        at = many.stop
    with database.writing(SYSTEM) as session:
        days = [{"day": today - timedelta(days=each)} for each in range(rows // A_DAY + 1)]
        session.execute(insert(UncountedDay), days)
    return world


def _ticket(number: int, rows: int, today: date, whose: list[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    mixed = (number * 2_654_435_761) & 0xFFFFFFFF
    opened_on = today - timedelta(days=(rows - number) // A_DAY)
    at = datetime(opened_on.year, opened_on.month, opened_on.day, mixed % 9 + 1, mixed % 60, tzinfo=UTC)
    took = 40 + mixed % 160 if mixed % 50 == 0 else mixed // 7 % 6
    ended = opened_on + timedelta(days=took)
    is_over = ended <= today
    is_rated = is_over and mixed % 3 == 0
    organisation = whose[0 if mixed % 10 == 0 else 1 + mixed % 2]
    line, priority = LINES[mixed % 5], PRIORITIES[(mixed >> 4) % 4]
    answer, solve = mixed % 700, mixed % 5000
    solved_at = at + timedelta(days=took) if is_over else None
    ticket = {
        "id": number + 1, "number": f"B-{number:07d}", "form_key": f"b{number}",
        "state": "closed" if is_over else "open",
        "kind": "fault", "subject": "Bench", "impact": "part", "priority": priority, "organisation_id": organisation,
        "customer_id": organisation, "product_line": line, "created_at": at, "updated_at": at, "last_message_at": at,
        "sort_at": at, "solved_at": solved_at, "closed_at": solved_at, "first_answered_at": at,
    }  # fmt: skip
    facts = {
        "ticket_id": number + 1, "organisation_id": organisation, "product_line": line, "queue_id": 1 + mixed % 4,
        "priority": priority, "channel": ("web", "mail", "phone")[mixed % 3], "origin": "own", "about": mixed % 300_000,
        "is_repeat": mixed % 9 == 0, "was_reopened": False, "opened_at": at, "opened_on": opened_on,
        "ended_on": ended if is_over else date(9999, 12, 31), "answered_on": opened_on, "answer_minutes": answer,
        "answer_kept": answer < 600, "solved_at": solved_at, "solved_on": ended if is_over else None,
        "lingering_from": None if is_over and took <= 31 else opened_on,
        "solve_minutes": solve if is_over else None, "solve_kept": solve < 4500 if is_over else None,
        "rated_on": ended if is_rated else None, "points": 1 + mixed % 5 if is_rated else None,
        "last_on": ended if is_over else date(9999, 12, 31),
    }  # fmt: skip
    return ticket, facts


def measure(database: Database, name: str, rows: int) -> list[tuple[object, ...]]:
    """Return one line for each thing that is measured."""
    today, now = datetime.now(UTC).date(), datetime.now(UTC)
    found: list[tuple[object, ...]] = []
    started = time.perf_counter()
    database.write(SYSTEM, lambda session: keeping.keep(session, zone=ZONE, now=now, today=today))
    first = time.perf_counter() - started
    while database.write(SYSTEM, lambda session: keeping.keep(session, zone=ZONE, now=now, today=today)):
        pass
    seconds = time.perf_counter() - started
    found.append((name, rows, f"counting {rows // A_DAY} days anew, s", round(seconds, 1), "", round(first, 2)))
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    period = Period.read("90", today)
    middle = Span(today - timedelta(days=rows // A_DAY // 2), today - timedelta(days=rows // A_DAY // 2 - 89))

    def page(session: ScopedSession, scope: Scope, span: Span, before: Span) -> None:
        for each in (span, before):
            days = days_of(session, scope, each, ZONE)
            figures(added(days.values()), days[each.ends], len(each))

    def plain(session: ScopedSession) -> None:
        for each in (period.span, period.before):
            within = (TicketFacts.opened_on >= each.begins, TicketFacts.opened_on <= each.ends)
            for row in session.execute(select(*COUNTED).where(*within)):
                list(counts_of(row))

    def listed(session: ScopedSession, **more: Any) -> None:
        listing.tickets(session, Wanted(**{"scope": Scope(), "span": period.span, **more}))

    cases: dict[str, Callable[[ScopedSession], None]] = {
        "page, 90 days": lambda session: page(session, Scope(), period.span, period.before),
        "page, one line and queue": lambda session: page(session, Scope("ups", 2), period.span, period.before),
        "page, a tenth of all tickets": lambda session: page(
            session, Scope(organisation_id=ID[name]), period.span, period.before
        ),
        "plain page, 90 days": plain,
        "list: solved too late": lambda session: listed(session, what="solved", kept=False),
        "list: a line and queue, repeats": lambda session: listed(session, what="repeats", scope=Scope("ups", 2)),
        "list: open, half-way back": lambda session: listed(session, what="open", span=middle),
        "list: older than 30 days": lambda session: listed(session, what="open", span=middle, band=31),
    }
    for label, call in cases.items():
        found.append((name, rows, label, *_times(database, call)))
    times = [timed(lambda at=at: _sweep(database, rows - 40 * at, now, today)) for at in range(1, 8)]  # type: ignore[misc]
    found.append((name, rows, "worker: 20 tickets changed", *_summed(times)))
    return found


def _times(database: Database, call: Callable[[ScopedSession], None]) -> tuple[float, ...]:
    with database.reading(SYSTEM) as session:
        call(session)
        return _summed([timed(lambda: call(session)) for _each in range(SAMPLES)])


def _summed(times: list[Timing]) -> tuple[float, ...]:
    walls = [each.wall for each in times]
    return percentile(walls, 0.5), percentile([each.cpu for each in times], 0.5), percentile(walls, 0.95)


ID: dict[str, int] = {}


def _sweep(database: Database, last: int, now: datetime, today: date) -> None:
    with database.writing(SYSTEM) as session:
        ids = range(last - 20, last)
        session.execute(update(Ticket).where(Ticket.id.in_(ids)).values(priority="high", solved_at=now, closed_at=now),
                        execution_options={"synchronize_session": False})  # fmt: skip
        changed(session, "ticket", ids)
        while keeping.keep(session, zone=ZONE, now=now, today=today):
            session.flush()
        assert session.scalar(select(SupportChange.id).limit(1)) is None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    wanted = parser.parse_args()
    found: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder, PostgresCluster() as cluster:
        addresses = {"sqlite": f"sqlite:///{folder}/numbers.db", "postgresql": cluster.new_database()}
        for name, address in addresses.items():
            if wanted.only in (None, name):
                database = Database(str(address))
                migrate.upgrade(database)
                ID[name] = fill(database, Path(folder), wanted.rows).organisations["hospital"]
                found += measure(database, name, wanted.rows)
                database.dispose()
    print(common.table(("database", "tickets", "what", "median ms", "cpu ms", "p95 ms"), found))


if __name__ == "__main__":
    main()
