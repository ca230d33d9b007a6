"""A changed calendar moves the ends of steps that wait, once and as a slow reckoning from their beginning says."""

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.approvals import deciding, retiming
from portal.approvals.clock import number_for
from portal.approvals.models import ApprovalEvent, ApprovalRequest
from portal.approvals.queries import waiting
from portal.approvals.standing import standing
from portal.approvals.sweeps import escalate
from portal.calendars import importing
from portal.calendars.models import Calendar
from portal.calendars.operations import Hours, NewDay, remove_day, set_days, set_hours, usual_slots
from portal.db import ScopedSession
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from tests.factories.approvals import Desk, found, step
from tests.factories.calendars import change_calendar, close_days, open_always
from tests.factories.parallel import at_once
from tests.factories.world import World

APPROVER, MANAGER = "supplier.approver", "supplier.channel_manager"
PIECES, TURNS = int(os.environ.get("PORTAL_APPROVAL_CLOCKS", "2")), 40
GRAIN = timedelta(minutes=5)  # of everything that happens in a random history
ZONES = ("Asia/Shanghai", "Asia/Kolkata", "Africa/Nairobi", "Asia/Kathmandu", "UTC")  # without a change of the clocks
HOLIDAY = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:one@example.com
DTSTART;VALUE=DATE:%s
SUMMARY:Harbour day
END:VEVENT
END:VCALENDAR
"""


def sweep(desk: Desk) -> int:
    return desk.world.database.write(SYSTEM, lambda session: retiming.retime(session, now=desk.now))


def late(desk: Desk) -> int:
    return desk.world.database.write(SYSTEM, lambda session: escalate(session, now=desk.now, today=desk.today))


def acts(desk: Desk, key: str, action: str) -> int:
    with desk.world.database.reading(SYSTEM) as session:
        query = select(func.count()).select_from(ApprovalEvent).where(ApprovalEvent.action == action)
        return session.scalar(query.where(ApprovalEvent.request_id == desk.row(key).id)) or 0


def test_a_holiday_moves_the_end_and_taking_it_back_moves_it_back(world: World, app: Flask) -> None:
    """Pages say the new instant, the history that the calendar moved it; who looked at the page may still decide."""
    desk = Desk.open(world, step(hours=16))
    key, before = desk.ask(), None
    looked_at, before = desk.row(key).version, desk.row(key).due_at
    tomorrow = desk.today + timedelta(days=1)
    close_days(desk.world.database, [tomorrow, tomorrow + timedelta(days=1)], now=desk.now)
    assert late(desk) == 0
    assert sweep(desk) == 1
    assert before is not None
    moved = before + timedelta(days=2)
    assert desk.row(key).due_at == moved
    assert sweep(desk) == 0
    assert desk.papers.ends == [(1, moved)]
    with world.database.reading(world.actor("north.sales")) as session:
        assert standing(session, found(session, key), **desk.at).due_at == moved
    with world.database.reading(world.actor(APPROVER)) as session:
        assert [row.due_at for row in waiting(session, **desk.at).rows] == [moved]
    page = world.client(app, APPROVER).get(f"/approvals/{key}").text
    assert "because the calendar of working hours changed" in page
    with world.database.reading(SYSTEM) as session:
        said = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "retime")).one()
    assert (said.thing_kind, said.before, said.after["due"]) == (
        "approval_request", {"due": before.isoformat()}, moved.isoformat(),
    )  # fmt: skip
    for day in (tomorrow, tomorrow + timedelta(days=1)):
        change_calendar(
            world.database, lambda session, row, day=day: remove_day(session, SYSTEM, row, day, now=desk.now)
        )
    assert sweep(desk) == 1
    assert desk.row(key).due_at == before
    desk.decide(APPROVER, key, version=looked_at)


def test_days_out_of_a_file_move_it_too(world: World) -> None:
    desk = Desk.open(world, step(hours=16))
    key = desk.ask()
    before = desk.row(key).due_at
    assert before is not None
    content = (HOLIDAY % f"{desk.today + timedelta(days=1):%Y%m%d}").replace("\n", "\r\n").encode()

    def work(session: ScopedSession, row: Calendar) -> int:
        days = importing.plan(session, row, content, usual_slots(row), today=desk.today).days()
        return set_days(session, SYSTEM, row, days, version=row.version, now=desk.now, source="ics")

    assert change_calendar(world.database, work) == 1
    assert sweep(desk) == 1
    assert desk.row(key).due_at == before + timedelta(days=1)


def test_an_end_that_moves_before_now_escalates_once(world: World) -> None:
    """It is late from the change on, not before; what was escalated stays, whatever the calendar says later."""
    desk = Desk.open(world, step(ask=["channel_manager"], escalate=["approver"], hours=10))
    key = desk.ask()
    desk.now += timedelta(hours=12)  # Monday, ten in the evening: due on Tuesday, by longer hours at eight
    open_always(desk.world.database, now=desk.now)
    changed_at = desk.now
    desk.now += timedelta(minutes=1)
    assert late(desk) == 0  # not before its end was counted anew
    assert sweep(desk) == 1
    assert desk.row(key).due_at == changed_at
    assert [late(desk), late(desk)] == [1, 0]
    close_days(desk.world.database, (desk.today + timedelta(days=number) for number in range(9)), now=desk.now)
    assert sweep(desk) == 0
    row = desk.row(key)
    assert (row.due_at, row.escalated_at) == (changed_at, desk.now)
    assert [acts(desk, key, "escalate"), acts(desk, key, "retime"), late(desk)] == [1, 1, 0]


def test_an_end_that_had_passed_and_what_is_decided_stay(world: World) -> None:
    desk = Desk.open(world)
    key, decided, asked_back = desk.ask(), desk.ask(2), desk.ask(3)
    before = desk.row(key).due_at
    assert before is not None
    desk.decide(APPROVER, decided)
    desk.decide(APPROVER, asked_back, deciding.Verdict.RETURNED, note="Which one?")
    desk.now = before + timedelta(minutes=1)  # no worker came by yet
    close_days(desk.world.database, [desk.today, desk.today - timedelta(days=1)], now=desk.now)
    assert sweep(desk) == 1
    assert desk.row(key).due_at == before
    assert (desk.row(decided).due_at, desk.row(asked_back).due_at) == (None, None)
    assert [acts(desk, each, "retime") for each in (key, decided, asked_back)] == [0, 0, 0]
    assert late(desk) == 1


def test_nothing_follows_from_an_end_that_may_move_yet(world: World) -> None:
    desk = Desk.open(world)
    key = desk.ask()
    before = desk.row(key).due_at
    assert before is not None
    close_days(desk.world.database, [desk.today], now=desk.now)
    desk.now = before + timedelta(minutes=1)  # late, but for the holiday that no worker has counted yet
    assert late(desk) == 0
    assert sweep(desk) == 1
    assert desk.row(key).due_at > desk.now + timedelta(hours=20)
    assert late(desk) == 0


def test_whose_thing_is_worked_on_waits_for_the_next_round(world: World) -> None:
    desk = Desk.open(world, step(hours=16))
    key = desk.ask()
    before = desk.row(key).due_at
    close_days(desk.world.database, [desk.today + timedelta(days=1)], now=desk.now)
    desk.papers.busy = True
    sweep(desk)
    assert (desk.row(key).due_at, acts(desk, key, "retime")) == (before, 0)
    desk.papers.busy = False
    assert sweep(desk) == 1
    assert (desk.row(key).due_at, acts(desk, key, "retime")) == (before + timedelta(days=1), 1)


def test_research_from_before_it_was_noted_keeps_its_end(world: World) -> None:
    desk = Desk.open(world)
    key = desk.ask()
    desk.does(APPROVER, key, deciding.research, note="", version=desk.row(key).version, **desk.at)
    before = desk.row(key).due_at
    with world.database.writing(SYSTEM) as session:
        unknown = {"research_from": None, "research_days": None, "calendar_version": 0}
        session.execute(update(ApprovalRequest).values(**unknown))
    close_days(desk.world.database, [desk.today + timedelta(days=1)], now=desk.now)
    assert [sweep(desk), sweep(desk)] == [1, 0]
    assert desk.row(key).due_at == before


def test_two_workers_move_and_escalate_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In portions, at the same moment, also while people decide."""
    desk = Desk.open(world, step(ask=["channel_manager"], escalate=["approver"], hours=10))
    keys = [desk.ask(paper) for paper in range(6)]
    monkeypatch.setattr(retiming, "MOST", 2)
    desk.now += timedelta(hours=12)
    open_always(desk.world.database, now=desk.now)

    def worker() -> None:
        for _ in range(5):
            sweep(desk)
            late(desk)

    def people() -> None:
        for key in keys[:2]:
            desk.decide(MANAGER, key)

    assert [each for each in at_once(worker, worker, people) if isinstance(each, Exception)] == []
    worker()  # what one of them passed over because the other held it
    for key in keys:
        row, counted = desk.row(key), (acts(desk, key, "retime"), acts(desk, key, "escalate"))
        assert counted == (1, 1) or (key in keys[:2] and max(counted) <= 1), counted
        assert row.state == ("approved" if key in keys[:2] else "in_review")
        assert row.due_at == (desk.now if row.state == "in_review" else None)
    with world.database.reading(SYSTEM) as session:
        told = session.scalars(select(HistoryEntry.thing_id).where(HistoryEntry.action == "escalate")).all()
    assert len(told) == len(set(told))


@dataclass
class Slow:
    """A calendar that is looked at every five minutes."""

    zone: str
    week: dict[int, Any]
    days: dict[date, Any] = field(default_factory=dict)

    def slots(self, day: date) -> Any:
        return self.days.get(day, self.week[day.weekday()])

    def is_open(self, at: datetime) -> bool:
        here = at.astimezone(ZoneInfo(self.zone))
        minute = here.hour * 60 + here.minute
        return any(
            a.hour * 60 + a.minute <= minute < (b.hour * 60 + b.minute or 1440) for a, b in self.slots(here.date())
        )

    def after(self, at: datetime, length: timedelta) -> datetime:
        while length:
            length -= GRAIN if self.is_open(at) else timedelta(0)
            at += GRAIN
        return at

    def days_after(self, at: datetime, count: int) -> datetime:
        day, wanted = at.astimezone(ZoneInfo(self.zone)), None
        while count:
            day += timedelta(days=1)
            count -= bool(self.slots(day.date()))
        midnight = day.replace(hour=0, minute=0).astimezone(UTC)
        moments = [midnight + number * GRAIN for number in range(288)]
        wanted = next((each for each in moments if each >= day and self.is_open(each)), None)
        return wanted or max(each for each in moments if self.is_open(each)) + GRAIN


@dataclass
class Known:
    """What is true of one request."""

    opened_at: datetime
    due_at: datetime
    version: int
    base: datetime | None = None
    days: int = 0
    escalated_at: datetime | None = None
    moves: int = 0
    escalations: int = 0

    def catch_up(self, slow: Slow, version: int, changed_at: datetime) -> None:
        """Follow the calendar as it is, reckoned from the beginning."""
        if self.version == version or self.escalated_at is not None:
            return
        self.version, before = version, self.due_at
        if self.due_at > changed_at:
            own = self.base or self.due_at
            if own > changed_at:
                own = max(slow.after(self.opened_at, timedelta(hours=8)), changed_at)
            self.base = own if self.days else None
            self.due_at = max(slow.days_after(own, self.days), changed_at) if self.days else own
        self.moves += before != self.due_at


def random_slots(dice: random.Random, most: int) -> tuple[tuple[time, time], ...]:
    edges = sorted(dice.sample(range(0, 1440, 5), 2 * dice.randint(0, most)))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((time(a // 60, a % 60), time(b // 60, b % 60)) for a, b in pairs)


class History:
    """Random changes of the calendar, requests, research, decisions and sweeps, beside what is true of them."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.dice, self.known, self.papers = dice, dict[str, Known](), 0
        self.desk = Desk.open(world, step("one", ask=["approver"]), step("two", ask=["channel_manager"]))
        with world.database.reading(SYSTEM) as session:
            self.research_days = number_for(session, "paper", "research_days")
            self.version = session.scalars(select(Calendar.version).where(Calendar.key == "supplier")).one()
        self.changed_at = self.desk.now
        self.slow = Slow("Asia/Shanghai", dict.fromkeys(range(7), ()))
        self.rehour()

    def rehour(self) -> None:
        week = {day: random_slots(self.dice, 3) for day in range(7)}
        week[self.dice.randrange(7)] = ((time(9), time(12)), (time(13), time(0)))
        self.slow = Slow(self.dice.choice(ZONES), week, self.slow.days)
        hours = Hours("S", "供", self.slow.zone, [week[day] for day in range(7)])
        self._change(lambda s, row: set_hours(s, SYSTEM, row, hours, version=row.version, now=self.desk.now))

    def redays(self) -> None:
        first = self.desk.today - timedelta(days=2)
        picked = {first + timedelta(days=self.dice.randrange(9)) for _ in range(3)}
        new = {day: random_slots(self.dice, 1) for day in picked}
        self.slow.days.update(new)
        days = [NewDay(day, f"{self.version}", slots) for day, slots in new.items()]
        self._change(lambda s, row: set_days(s, SYSTEM, row, days, version=row.version, now=self.desk.now))

    def drop_day(self) -> None:
        if self.slow.days:
            day = self.dice.choice(sorted(self.slow.days))
            del self.slow.days[day]
            self._change(lambda s, row: remove_day(s, SYSTEM, row, day, now=self.desk.now))

    def _change(self, change: Any) -> None:
        change_calendar(self.desk.world.database, change)
        self.version, self.changed_at = self.version + 1, self.desk.now

    def ask(self) -> None:
        self.papers += 1
        self.known[self.desk.ask(self.papers)] = self._opened()

    def _opened(self) -> Known:
        return Known(self.desk.now, self.slow.after(self.desk.now, timedelta(hours=8)), self.version)

    def research(self) -> None:
        free = [key for key, each in self.known.items() if not each.days and self.desk.row(key).step == 0]
        if free:
            key, at = self.dice.choice(free), self.desk.now
            version = self.desk.row(key).version
            self.desk.does(APPROVER, key, deciding.research, note="", version=version, **self.desk.at)
            each = self.known[key]
            each.catch_up(self.slow, self.version, self.changed_at)
            each.base, each.days, each.escalated_at = max(each.due_at, at), self.research_days, None
            each.due_at, each.version = self.slow.days_after(each.base, each.days), self.version

    def decide(self) -> None:
        if self.known:
            key = self.dice.choice(list(self.known))
            is_last = self.desk.row(key).step == 1
            self.desk.decide(MANAGER if is_last else APPROVER, key)
            before = self.known.pop(key)
            if not is_last:
                opened = self._opened()
                opened.moves, opened.escalations = before.moves, before.escalations
                self.known[key] = opened

    def sweep(self) -> None:
        while sweep(self.desk):
            pass
        for each in self.known.values():
            each.catch_up(self.slow, self.version, self.changed_at)

    def late(self) -> None:
        late(self.desk)
        for each in self.known.values():
            if each.due_at <= self.desk.now and each.escalated_at is None and each.version == self.version:
                each.escalated_at, each.escalations = self.desk.now, each.escalations + 1

    def check(self) -> None:
        for key, each in self.known.items():
            row = self.desk.row(key)
            assert (row.due_at, row.escalated_at) == (each.due_at, each.escalated_at)
            assert (acts(self.desk, key, "retime"), acts(self.desk, key, "escalate")) == (each.moves, each.escalations)


@pytest.mark.parametrize("piece", range(PIECES))
def test_random_histories_equal_a_slow_reckoning(world: World, piece: int) -> None:
    history = History(world, random.Random(piece))
    turns = (history.ask,) * 3 + (history.research, history.decide, history.rehour, history.drop_day)
    turns += (history.redays,) * 2 + (history.sweep,) * 3 + (history.late,) * 3
    moved = 0
    for _ in range(TURNS):
        history.desk.now += history.dice.choice((0, 1, 7, 30, 110, 300)) * GRAIN
        history.dice.choice(turns)()
        history.check()
        moved = max(moved, sum(each.moves for each in history.known.values()))
    assert moved
