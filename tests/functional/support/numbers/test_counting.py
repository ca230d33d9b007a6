"""What is kept of each day equals what the rows say, whatever happened and however late; and so do the lists."""

import os
import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import delete, select

from portal.db import ScopedSession
from portal.policy import SYSTEM
from portal.support.numbers import keeping, listing
from portal.support.numbers.counting import AGES, added
from portal.support.numbers.listing import Wanted, count_of
from portal.support.numbers.models import ORIGINS, Counting, SupportChange, SupportDay, TicketFacts
from portal.support.numbers.periods import Span
from portal.support.numbers.reading import Days, Scope, days_of
from portal.support.tickets.desk_models import Queue
from portal.support.tickets.triage import CHANNELS, PRIORITIES
from portal.wiring import SWEEPS, Moment
from tests.factories.support import Desk
from tests.functional.support.numbers.happening import ZONE, Happening
from tests.functional.support.numbers.reference import Rows

STEPS = int(os.environ.get("PORTAL_NUMBERS_STEPS", "35"))
SEED = int(os.environ.get("PORTAL_NUMBERS_SEED", "9"))


def scopes(session: ScopedSession, desk: Desk) -> list[Scope]:
    queues = session.scalars(select(Queue.id)).all()
    ids = [desk.world.organisations[key] for key in ("hospital", "north")]
    whole = [Scope(), Scope(line="cameras"), *(Scope(queue_id=each) for each in queues), Scope("cameras", queues[0])]
    return [*whole, *(Scope(organisation_id=each) for each in ids), Scope("cameras", 0, ids[0])]


def without_noughts(counts: Counter[str]) -> Counter[str]:
    return Counter({key: count for key, count in counts.items() if count})


def test_days_and_lists_equal_the_rows(desk: Desk) -> None:
    first = desk.now
    happening = Happening(desk, random.Random(SEED))
    happening.go_on(STEPS)
    happening.of_each()
    happening.counted()
    with desk.world.database.reading(SYSTEM) as session:
        assert session.scalar(select(SupportChange.id)) is None
        rows = Rows.read(session, ZONE)
        span = Span(rows.day(first) - timedelta(days=3), happening.today)
        for scope in scopes(session, desk):
            days = days_of(session, scope, span, ZONE)
            for day in span.days():
                said = {"line": scope.line, "queue": scope.queue_id, "organisation": scope.organisation_id}
                assert without_noughts(days[day]) == rows.counts(day, **said), (scope, day)
            _check_lists(session, scope, span, days)
        seen = added(days_of(session, Scope(), span, ZONE).values())
        assert seen["ticket"] > seen["repeat"] > 0
        assert seen["call"]
        assert set(session.scalars(select(TicketFacts.origin))) == set(ORIGINS)
        assert any(key.startswith("rated") for key in seen)
        assert any(key.startswith("open:31") for key in seen)


def _check_lists(session: ScopedSession, scope: Scope, span: Span, days: Days) -> None:
    """Walk the lists behind the numbers of all days, and behind those of a few of them."""
    middle = span.begins + (span.ends - span.begins) / 2
    few = Span(middle, middle + timedelta(days=2))
    for part in (span, few) if scope == Scope() else (span,):
        counts, last = added(days[day] for day in part.days()), days[part.ends]
        wanted = [Wanted(what, part, scope) for what in listing.ON]
        wanted += [Wanted("contacts", part, scope, channel=each) for each in CHANNELS]
        wanted += [Wanted("open", part, scope, band=each) for each in AGES]
        wanted += [Wanted("rated", part, scope, points=each) for each in (1, 5)]
        wanted += [Wanted("solved", part, scope, priority=each, kept=False) for each in PRIORITIES]
        wanted += [Wanted("answered", part, scope, kept=each) for each in (True, False)]
        for each in wanted:
            assert len(_walked(session, each)) == count_of(each, counts, last), each
        assert len(listing.calls(session, part, scope, ZONE, after="", limit=500).rows) == counts["call"]
        found = listing.deflections(session, part, scope, state="counted", article_id=0, after="", limit=500)
        assert len(found.rows) == counts["deflected:counted"]


def _walked(session: ScopedSession, wanted: Wanted) -> list[int]:
    """Return the tickets of a list, page by page; each once and in the order of the list."""
    found, after = [], ""
    while True:
        page = listing.tickets(session, Wanted(**{**wanted_values(wanted), "after": after}), limit=3)
        found += page.rows
        after = page.next_after
        if not after:
            break
    ids = [row.ticket_id for row in found]
    assert len(set(ids)) == len(ids)
    keys = [(row.day, row.ticket_id) for row in found]
    assert all((one < two) == (wanted.what == "open") for one, two in pairwise(keys))
    return ids


def wanted_values(wanted: Wanted) -> dict[str, object]:
    return {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}


def test_counting_anew_gives_the_same(desk: Desk) -> None:
    happening = Happening(desk, random.Random(3))
    happening.go_on(12)
    happening.counted()
    before = _kept(desk)
    assert before
    with desk.world.database.writing(SYSTEM) as session:
        session.execute(delete(SupportDay))
        session.execute(delete(TicketFacts))
        session.add(
            SupportDay(product_line="*", queue_id=-1, day=happening.today - timedelta(days=900), counts={"ticket": 7})
        )
        keeping.start_over(session)
    happening.counted()
    assert _kept(desk) == before


def _kept(desk: Desk) -> dict[tuple[object, ...], Counter[str]]:
    with desk.world.database.reading(SYSTEM) as session:
        rows = session.scalars(select(SupportDay)).all()
        return {(row.product_line, row.queue_id, row.day): Counter(row.counts) for row in rows}


def test_another_zone_counts_other_days(desk: Desk) -> None:
    zone = "Asia/Shanghai"
    happening = Happening(desk, random.Random(5))
    happening.go_on(8)
    happening.counted()
    with desk.world.database.writing(SYSTEM) as session:
        keeping.keep_all(session, zone=zone, now=desk.now, today=Rows.read(session, zone).day(desk.now))
    with desk.world.database.reading(SYSTEM) as session:
        rows = Rows.read(session, zone)
        span = Span(rows.day(desk.now) - timedelta(days=20), rows.day(desk.now))
        days = days_of(session, Scope(), span, zone)
        assert {day: without_noughts(days[day]) for day in span.days()} == {
            day: rows.counts(day) for day in span.days()
        }


def test_the_worker_counts_and_two_of_them_do_not_disturb_each_other(desk: Desk, database_kind: str) -> None:
    moment = Moment(desk.now, desk.now.date(), ZONE)
    desk.open("hospital.customer", "swept")
    for sweep in SWEEPS:
        desk.world.database.write(SYSTEM, lambda session, sweep=sweep: sweep(session, moment))
    whole = ("*", -1, moment.today)
    assert _kept(desk)[whole]["contact:web"] == 1
    desk.later(minutes=1)
    desk.open("hospital.customer", "later")
    if database_kind == "postgresql":  # in SQLite one writes at a time
        with desk.world.database.writing(SYSTEM) as held:
            held.scalars(select(Counting).with_for_update()).one()
            assert _swept(desk, moment) == 0
            assert _kept(desk)[whole]["contact:web"] == 1
    _swept(desk, moment)
    assert _kept(desk)[whole]["contact:web"] == 2


def _swept(desk: Desk, moment: Moment) -> int:
    said = {"zone": moment.zone, "now": moment.now, "today": moment.today}
    return desk.world.database.write(SYSTEM, lambda session: keeping.keep(session, **said))
