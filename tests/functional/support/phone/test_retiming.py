"""A changed calendar moves by when a lead should be called back; whoever has its page open may still save."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.history import HistoryEntry
from portal.policy import SYSTEM
from portal.support.phone import leads, retiming, sweeps
from portal.support.phone.leads import Known
from portal.support.phone.models import Lead
from tests.factories.calendars import close_days, open_always
from tests.factories.world import World

MANAGER = "supplier.channel_manager"


@pytest.fixture
def monday(world: World) -> datetime:
    """Ten in the morning of a working Monday in Shanghai."""
    day = world.now + timedelta(days=(7 - world.now.weekday()) % 7)
    return day.replace(hour=2, minute=0, second=0, microsecond=0)


def do(world: World, work: Any) -> Any:
    return world.database.write(SYSTEM, work)


def made(world: World, now: datetime, phone: str = "0871-6555 0199") -> int:
    known = Known(name="Harbour Bank", phone=phone)
    return do(world, lambda s: leads.add_lead(s, SYSTEM, known, now=now, today=now.date()).id)  # type: ignore[no-any-return]


def lead(world: World, lead_id: int) -> Lead:
    with world.database.reading(SYSTEM) as session:
        return session.get_one(Lead, lead_id)


def sweep(world: World, now: datetime) -> tuple[int, int]:
    retimed = do(world, lambda session: retiming.retime(session, now=now))
    return retimed, do(world, lambda session: sweeps.escalate(session, now=now))


def test_the_end_follows_the_calendar_and_the_page_stays_good(world: World, monday: datetime) -> None:
    key = made(world, monday)
    before = lead(world, key)
    assert before.due_at == monday + timedelta(hours=4)
    close_days(world.database, [monday.date()], now=monday)
    late = monday + timedelta(hours=5)
    assert do(world, lambda session: sweeps.escalate(session, now=late)) == 0  # its end may move yet
    assert sweep(world, late) == (1, 0)
    after = lead(world, key)
    assert after.due_at == monday + timedelta(hours=27)  # Tuesday at nine and four hours
    assert (after.version, after.escalated_at) == (before.version, None)
    with world.database.reading(SYSTEM) as session:
        said = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "retime")).one()
    assert (said.thing_kind, said.after["due"]) == ("lead", after.due_at.isoformat())
    assert sweep(world, late) == (0, 0)


def test_an_end_that_moves_before_now_tells_once_and_what_was_told_stays(world: World, monday: datetime) -> None:
    key, evening = made(world, monday + timedelta(hours=7)), monday + timedelta(hours=12)
    assert lead(world, key).due_at > evening
    open_always(world.database, now=evening)
    assert sweep(world, evening + timedelta(minutes=1)) == (1, 1)
    assert lead(world, key).due_at == evening
    close_days(world.database, [monday.date()], now=evening + timedelta(minutes=2))
    assert sweep(world, evening + timedelta(minutes=3)) == (0, 0)
    assert lead(world, key).due_at == evening


def test_one_from_before_its_hours_were_noted_and_one_opened_again(world: World, monday: datetime) -> None:
    old, again = made(world, monday), made(world, monday, "0871-6555 0198")
    with world.database.writing(SYSTEM) as session:
        unknown = {"waits_from": None, "answer_hours": None, "calendar_version": 0}
        session.execute(update(Lead).where(Lead.id == old).values(**unknown))
    for act in (lambda s, row, now: leads.drop(s, SYSTEM, row, "Wrong number", version=row.version, now=now),
                lambda s, row, now: leads.reopen(s, SYSTEM, row, version=row.version, now=now)):  # fmt: skip
        do(world, lambda s, act=act: act(s, s.get_one(Lead, again), monday + timedelta(hours=1)))
    close_days(world.database, [monday.date()], now=monday + timedelta(hours=2))
    assert sweep(world, monday + timedelta(hours=2))[0] == 2
    assert lead(world, old).due_at == monday + timedelta(hours=4)
    assert lead(world, again).due_at == monday + timedelta(hours=27)
