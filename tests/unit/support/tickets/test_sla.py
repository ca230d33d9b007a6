"""The clocks of tickets against a slow reference that walks minute by minute, over random calendars and pauses."""

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.calendars.clock import BusinessTime
from portal.support.tickets import sla
from portal.support.tickets.lifecycle import RUNNING, State

MINUTE = timedelta(minutes=1)
ROUNDS = int(os.environ.get("PORTAL_TEST_SLA", "40"))
ZONES = (
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Africa/Nairobi", "Asia/Kolkata", "America/St_Johns",
    "Australia/Lord_Howe", "Pacific/Auckland", "UTC", "Asia/Kathmandu", "America/Sao_Paulo", "Europe/London",
)  # fmt: skip
WORKDAY = {day: ((time(9), time(18, 30)),) if day < 5 else () for day in range(7)}
CHINA = BusinessTime("Asia/Shanghai", WORKDAY)
TARGETS = {"first_response": timedelta(hours=1), "next_update": timedelta(hours=4), "solution": timedelta(hours=8)}


def at(text: str) -> datetime:
    """Return an instant of Shanghai's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@dataclass
class Slow:
    """What one clock is by counting minutes: what it used, and when it warned and was breached."""

    target: int
    used: int = 0
    runs: bool = True
    stopped: bool = False
    warned: datetime | None = None
    breached: datetime | None = None
    trace: list[int] = field(default_factory=list)

    def minute(self, now: datetime, is_open: bool) -> None:
        """Let one minute that begins now pass."""
        if self.runs and not self.stopped and is_open:
            self.used += 1
            margin = min(15 * 60, self.target * 60 // 2)
            if self.warned is None and self.used * 60 >= self.target * 60 - margin:
                over = self.used * 60 - (self.target * 60 - margin)
                self.warned = now + MINUTE - timedelta(seconds=over)
            if self.breached is None and self.used == self.target:
                self.breached = now + MINUTE


def is_open(zone: ZoneInfo, week: dict, days: dict, now: datetime) -> bool:
    """Return whether the clock on the wall stands within a slot."""
    here = now.astimezone(zone)
    slots = days.get(here.date(), week.get(here.weekday(), ()))
    clock = here.hour * 60 + here.minute
    return any(a.hour * 60 + a.minute <= clock < (b.hour * 60 + b.minute or 1440) for a, b in slots)


def random_slots(dice: random.Random) -> tuple:
    edges = sorted(dice.sample(range(0, 1440, 5), 2 * dice.randint(0, 3)))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((time(a // 60, a % 60), time(b // 60, b % 60)) for a, b in pairs)


def random_calendar(dice: random.Random, begins: date) -> tuple[str, dict, dict]:
    week = {day: random_slots(dice) for day in range(7)}
    week[dice.randrange(7)] = ((time(9), time(12)), (time(13), time(0)))
    days = {begins + timedelta(days=dice.randint(0, 5)): random_slots(dice) for _ in range(dice.randint(0, 3))}
    return dice.choice(ZONES), week, days


@pytest.mark.parametrize("piece", range(4))
def test_equals_the_slow_reference(piece: int) -> None:
    for number in range(piece, ROUNDS, 4):
        one_history(random.Random(number))


def one_history(dice: random.Random) -> None:
    begins = datetime(
        2026, dice.randint(1, 12), dice.randint(1, 28), dice.randint(0, 23), dice.randint(0, 59), tzinfo=UTC
    )
    if dice.random() < 0.3:  # about a change of the clocks
        begins = dice.choice((datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC),
                              datetime(2026, 11, 1, 3, tzinfo=UTC), datetime(2026, 4, 4, 10, tzinfo=UTC)))  # fmt: skip
    zone, week, days = random_calendar(dice, begins.date())
    hours, place = BusinessTime(zone, week, days), ZoneInfo(zone)
    targets = {kind: timedelta(minutes=dice.randint(1, 900)) for kind in TARGETS}
    moments = sorted(dice.sample(range(1, 3000), dice.randint(0, 6)))
    acts = {minute: dice.choice(("answer", "ask", "write", "hold", "solve", "reopen", "close")) for minute in moments}
    state, now = State.NEW, begins
    clocks = sla.opened(hours, targets, now)
    slow = {kind: Slow(int(targets[kind] / MINUTE)) for kind in ("first_response", "solution")}
    for minute in range(3000):
        if minute in acts:
            state, clocks = act(acts[minute], state, clocks, slow, hours, targets, now)
            for kind, each in slow.items():
                each.runs = state in RUNNING
                each.stopped = each.stopped or state is State.CLOSED
                assert clocks[kind].runs == (each.runs and not each.stopped), (kind, state)
        if minute % 250 == 0 or minute in acts:
            check(clocks, slow, hours, now)
        open_now = is_open(place, week, days, now)
        for each in slow.values():
            each.minute(now, open_now)
        now += MINUTE
    check(clocks, slow, hours, now)


def act(what, state, clocks, slow, hours, targets, now):
    """Do one thing to both; what a state does not allow is left out."""
    if state is State.CLOSED:
        return state, clocks
    if what in ("answer", "ask", "hold"):
        after = {"answer": State.OPEN if state is State.NEW else state, "ask": State.WAITING_CUSTOMER,
                 "hold": State.WAITING_US}[what]  # fmt: skip
        if state is State.SOLVED:
            after = state
        slow["first_response"].stopped = True
        slow["next_update"] = Slow(int(targets["next_update"] / MINUTE))
        return after, sla.answered(sla.moved(clocks, hours, after, now), hours, targets, after, now)
    if what == "write":
        after = State.OPEN if state in (State.WAITING_CUSTOMER, State.SOLVED) else state
    else:
        after = {"solve": State.SOLVED, "reopen": State.OPEN, "close": State.CLOSED}[what]
    return after, sla.moved(clocks, hours, after, now)


def check(clocks, slow, hours, now) -> None:
    """Compare what was used, what was breached and when, and the warning."""
    for kind, each in slow.items():
        clock = clocks[kind]
        assert clock.used_at(hours, now) == each.used * MINUTE, kind
        assert clock.breached_at(now) == (each.breached is not None), kind
        if each.breached is not None:
            assert clock.due_at == each.breached, kind
        assert (clock.warn_at is not None and clock.warn_at <= now) == (each.warned is not None), kind
        if each.warned is not None:
            assert clock.warn_at == each.warned, kind


def test_sixteen_hours_are_two_days_of_eight() -> None:
    eight = BusinessTime("Asia/Shanghai", {day: ((time(9), time(17)),) if day < 5 else () for day in range(7)})
    clock = sla.start(eight, timedelta(hours=16), at("2026-11-19 09:00"))
    assert clock.due_at == at("2026-11-20 17:00")


def test_a_weekend_stands_still() -> None:
    clock = sla.start(CHINA, timedelta(hours=1), at("2026-11-20 18:00"))
    assert clock.due_at == at("2026-11-23 09:30")
    assert clock.warn_at == at("2026-11-23 09:15")


def test_waiting_for_the_customer_costs_nothing() -> None:
    clocks = sla.opened(CHINA, TARGETS, at("2026-11-19 09:00"))
    clocks = sla.answered(clocks, CHINA, TARGETS, State.WAITING_CUSTOMER, at("2026-11-19 09:30"))
    assert sla.next_end(clocks) is None
    assert clocks["first_response"].stopped_at == at("2026-11-19 09:30")
    clocks = sla.moved(clocks, CHINA, State.OPEN, at("2026-11-20 10:00"))
    assert clocks["solution"].due_at == at("2026-11-20 17:30")
    assert clocks["next_update"].due_at == at("2026-11-20 14:00")


def test_a_short_clock_warns_at_its_half() -> None:
    clock = sla.start(CHINA, timedelta(minutes=15), at("2026-11-19 09:00"))
    assert clock.warn_at == at("2026-11-19 09:07:30")
    assert clock.due_at == at("2026-11-19 09:15")


def test_a_breach_stays_a_breach_through_a_pause() -> None:
    clock = sla.start(CHINA, timedelta(hours=1), at("2026-11-19 09:00"))
    paused = sla.pause(clock, CHINA, at("2026-11-19 11:00"))
    assert paused.due_at == at("2026-11-19 10:00")
    assert sla.resume(paused, CHINA, at("2026-11-19 12:00")).due_at == at("2026-11-19 10:00")


def test_a_tighter_target_counts_what_was_used() -> None:
    clock = sla.start(CHINA, timedelta(hours=8), at("2026-11-19 09:00"))
    assert sla.retarget(clock, CHINA, timedelta(hours=4), at("2026-11-19 10:00")).due_at == at("2026-11-19 13:00")
    assert sla.retarget(clock, CHINA, timedelta(hours=1), at("2026-11-19 11:00")).due_at == at("2026-11-19 11:00")
    late = sla.retarget(clock, CHINA, timedelta(hours=1), at("2026-11-19 11:00"))
    assert sla.retarget(late, CHINA, timedelta(hours=8), at("2026-11-19 12:00")).due_at == at("2026-11-19 17:00")


def test_without_working_hours_the_clock_on_the_wall_counts() -> None:
    clock = sla.start(sla.AroundTheClock(), timedelta(hours=5), at("2026-11-21 22:00"))
    assert clock.due_at == at("2026-11-22 03:00")
