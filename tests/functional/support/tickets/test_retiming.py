"""A changed calendar moves the clocks that run: their ends, their warnings, and the history says why."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.calendars.models import Calendar
from portal.calendars.operations import Hours, NewDay, remove_day, set_days, set_hours
from portal.calendars.queries import business_time
from portal.db import ScopedSession
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from portal.support.tickets import retiming, sweeps
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import TicketEvent
from portal.support.tickets.replying import Said, reply
from tests.factories.support import Desk

AGENT, CUSTOMER = "supplier.support_agent", "hospital.customer"


def keep(desk: Desk, work: Any) -> Any:
    return desk.world.database.write(SYSTEM, work)


def change(desk: Desk, *days: NewDay, week: Any = None) -> None:
    """Change the supplier's calendar as it is."""

    def work(session: ScopedSession) -> None:
        row = session.scalars(select(Calendar).where(Calendar.key == "supplier")).one()
        if week is not None:
            set_hours(session, SYSTEM, row, Hours("S", "供", "Asia/Shanghai", week), version=row.version, now=desk.now)
        if days:
            set_days(session, SYSTEM, row, days, version=row.version, now=desk.now)

    keep(desk, work)


def holidays(desk: Desk, count: int, *, after: int = 0) -> list[NewDay]:
    first = desk.now.date() + timedelta(days=after)
    return [NewDay(first + timedelta(days=number), "Closed", ()) for number in range(count)]


def counted(desk: Desk, clock: TicketClock) -> datetime:
    """Return when a clock ends by the calendar as it is, counted from its beginning."""
    with desk.world.database.reading(SYSTEM) as session:
        hours = business_time(session)
    assert clock.running_since is not None
    return hours.after(clock.running_since, timedelta(seconds=clock.target_seconds - clock.used_seconds))


def test_a_holiday_moves_ends_and_warnings_and_taking_it_back_moves_them_back(desk: Desk) -> None:
    before = desk.clocks()["solution"]
    change(desk, *holidays(desk, 10))
    assert desk.sweep(retiming.retime) == 1
    after = desk.clocks()["solution"]
    assert after.due_at == counted(desk, after) > before.due_at + timedelta(days=5)
    assert after.due_at - after.warn_at == before.due_at - before.warn_at
    assert desk.now_is().sort_at == min(clock.due_at for clock in desk.clocks().values())
    assert desk.sweep(retiming.retime) == 0
    told = desk.all(TicketEvent, TicketEvent.action == "retime")
    assert [row.details["calendar"] for row in told] == ["supplier"]
    said = desk.all(HistoryEntry, HistoryEntry.action == "retime")[-1]
    assert said.before["solution"] == before.due_at.isoformat()
    assert said.after["solution"] == after.due_at.isoformat()

    def work(session: ScopedSession) -> None:
        row = session.scalars(select(Calendar).where(Calendar.key == "supplier")).one()
        for each in holidays(desk, 10):
            remove_day(session, SYSTEM, row, each.day, now=desk.now)

    keep(desk, work)
    assert desk.sweep(retiming.retime) == 1
    assert (desk.clocks()["solution"].due_at, desk.clocks()["solution"].warn_at) == (before.due_at, before.warn_at)


def test_longer_hours_end_clocks_earlier_but_never_before_the_change(desk: Desk) -> None:
    desk.later(minutes=30)
    change(desk, week=[((time(0), time(0)),)] * 7)
    assert desk.sweep(retiming.retime) == 1
    for clock in desk.clocks().values():
        assert clock.due_at == max(counted(desk, clock), desk.now.replace(microsecond=0))


def test_what_had_passed_stays_and_a_warning_is_not_sent_twice(desk: Desk) -> None:
    first = desk.clocks()["first_response"]
    desk.now = first.due_at - timedelta(minutes=5)
    desk.sweep(sweeps.warn)
    warned = desk.clocks()["first_response"]
    change(desk, *holidays(desk, 5, after=1))
    desk.sweep(retiming.retime)
    assert desk.clocks()["first_response"].warned_at == warned.warned_at
    desk.now = first.due_at + timedelta(minutes=5)
    assert desk.sweep(sweeps.breach) == 1
    today = NewDay(desk.now.date(), "Closed after all", ())
    change(desk, today)
    desk.sweep(retiming.retime)
    late = desk.clocks()
    assert (late["first_response"].due_at, late["first_response"].breaches) == (first.due_at, 1)
    assert late["solution"].due_at == counted(desk, late["solution"])


def test_standing_clocks_wait_for_their_next_start_and_unchanged_ends_say_nothing(desk: Desk) -> None:
    desk.do(AGENT, reply, Said("Which one?", "a1", then="ask"))
    change(desk, *holidays(desk, 10))
    assert desk.sweep(retiming.retime) == 0
    desk.do(CUSTOMER, reply, Said("This one", "c1"))
    clock = desk.clocks()["solution"]
    assert clock.due_at == counted(desk, clock)
    assert desk.sweep(retiming.retime) == 0
    change(desk, NewDay(date(2199, 1, 1), "Far away", ()))
    assert desk.sweep(retiming.retime) == 1
    assert not desk.all(TicketEvent, TicketEvent.action == "retime")


def test_many_tickets_go_in_portions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        desk.open(CUSTOMER, f"more-{number}", item=desk.items["hospital"])
    monkeypatch.setattr(retiming, "MOST", 4)  # clocks: of two tickets
    change(desk, *holidays(desk, 3))
    assert [desk.sweep(retiming.retime) for _ in range(3)] == [2, 2, 0]
    assert all(row.due_at == counted(desk, row) for row in desk.all(TicketClock))
