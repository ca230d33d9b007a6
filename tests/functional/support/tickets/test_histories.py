"""Random histories of tickets and parallel steps: clocks as the reference says, and never two winners."""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.calendars.queries import USUAL
from portal.errors import Conflict, NotAllowed
from portal.support.tickets import joining, reminding, sweeps, working
from portal.support.tickets.clocks import NEVER
from portal.support.tickets.lifecycle import RUNNING, Action, State, can
from portal.support.tickets.models import Message, Ticket, TicketRating
from portal.support.tickets.rating import rate
from portal.support.tickets.replying import Said, reply
from tests.factories.parallel import at_once
from tests.factories.support import Desk

CUSTOMER, AGENT, OTHER = "hospital.customer", "supplier.support_agent", "supplier.support_agent2"
HISTORIES = int(os.environ.get("PORTAL_TEST_HISTORIES", "2"))
# What each step is in the table, who does it, and how.
STEPS: dict[str, tuple[Action, str, Callable[..., Any]]] = {
    "write": (Action.WRITE, CUSTOMER, lambda desk, key: desk.do(CUSTOMER, reply, Said("word", key))),
    "answer": (Action.ANSWER, AGENT, lambda desk, key: desk.do(AGENT, reply, Said("word", key))),
    "ask": (Action.ASK, AGENT, lambda desk, key: desk.do(AGENT, reply, Said("word", key, then="ask"))),
    "hold": (Action.HOLD, AGENT, lambda desk, _key: desk.do(AGENT, working.hold)),
    "take up": (Action.TAKE_UP, AGENT, lambda desk, _key: desk.do(AGENT, working.take_up)),
    "solve": (Action.SOLVE, CUSTOMER, lambda desk, _key: desk.do(CUSTOMER, working.solve, "")),
    "reopen": (Action.REOPEN, CUSTOMER, lambda desk, _key: desk.do(CUSTOMER, working.reopen)),
}


def stretch(pieces: list[tuple[datetime, datetime]]) -> timedelta:
    """Return the working time in pieces, counted hour by hour of the usual week, without the clock under test."""
    total = timedelta(0)
    for begins, ends in pieces:
        day = begins.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        while day < ends:
            opens, closes = day + timedelta(hours=1), day + timedelta(hours=10, minutes=30)  # 09:00 to 18:30 in China
            if day.weekday() < 5:
                total += max(min(closes, ends) - max(opens, begins), timedelta(0))
            day += timedelta(days=1)
    return total


@pytest.mark.parametrize("number", range(HISTORIES))
def test_any_history_leaves_clocks_and_states_as_they_must_be(desk: Desk, number: int) -> None:
    assert USUAL.zone == "Asia/Shanghai"
    dice = random.Random(number)
    desk.now = desk.now.replace(microsecond=0)
    state, ran, since = State.NEW, [], desk.now_is().created_at.replace(microsecond=0)
    for place in range(14):
        desk.later(minutes=dice.randint(1, 900))
        name = dice.choice(list(STEPS))
        action, _who, work = STEPS[name]
        allowed = can(state, action)
        try:
            work(desk, f"k{place}")
        except Conflict:
            assert not allowed, (name, state)
            continue
        assert allowed, (name, state)
        after = State(desk.now_is().state)
        if state in RUNNING and after not in RUNNING:
            ran.append((since, desk.now))
        if state not in RUNNING and after in RUNNING:
            since = desk.now
        state = after
        clocks, row = desk.clocks(), desk.now_is()
        open_piece = [(since, desk.now)] if state in RUNNING else []
        clock = clocks["solution"]
        used = timedelta(seconds=clock.used_seconds)
        if clock.running_since is not None:
            used += USUAL.between(clock.running_since, desk.now)
        assert used == stretch([*ran, *open_piece]), (place, name)
        assert (clock.running_since is not None) == (state in RUNNING)
        due = [each.due_at for each in clocks.values() if each.running_since is not None]
        assert row.sort_at == (min(due) if due else NEVER)
        assert (row.closes_at is not None) == (state is State.SOLVED)


@pytest.mark.parametrize("state", ["new", "open", "waiting_customer", "waiting_us", "solved", "closed", "merged"])
def test_what_a_state_forbids_changes_nothing(desk: Desk, state: str) -> None:
    second = desk.open(CUSTOMER, "second", item=desk.items["hospital"]).public_id
    reach = {
        "new": [], "open": ["answer"], "waiting_customer": ["ask"], "waiting_us": ["hold"], "solved": ["solve"],
        "closed": ["solve"], "merged": [],
    }  # fmt: skip
    for name in reach[state]:
        STEPS[name][2](desk, f"to-{name}")
    if state == "closed":
        desk.do(CUSTOMER, working.close)
    if state == "merged":
        desk.do(AGENT, _merge, second)
    steps: dict[Action, Callable[[], Any]] = {
        Action.HOLD: lambda: desk.do(AGENT, working.hold),
        Action.TAKE_UP: lambda: desk.do(AGENT, working.take_up),
        Action.SOLVE: lambda: desk.do(AGENT, working.solve, ""),
        Action.CLOSE: lambda: desk.do(AGENT, working.close),
        Action.REOPEN: lambda: desk.do(CUSTOMER, working.reopen),
        Action.ESCALATE: lambda: desk.do(AGENT, working.escalate, ""),
        Action.FOLLOW: lambda: desk.do(CUSTOMER, working.follow),
        Action.MERGE: lambda: desk.do(AGENT, _merge, second),
        Action.NUDGE: lambda: desk.do(CUSTOMER, reminding.nudge),
    }
    assert desk.now_is().state == state
    for action, work in steps.items():
        if not can(state, action):
            before = desk.now_is()
            with pytest.raises(Conflict):
                work()
            after = desk.now_is()
            assert (after.state, after.version, after.sort_at) == (before.state, before.version, before.sort_at), action


def _merge(session: Any, actor: Any, row: Ticket, other: str, *, now: datetime) -> Ticket:
    return joining.merge(session, actor, row, joining.find(session, other), now=now)


def test_the_same_form_at_once_is_one_ticket_and_one_message(desk: Desk) -> None:
    opened = at_once(*[lambda: desk.open(CUSTOMER, "parallel").id] * 4)
    assert len(set(opened)) == 1, opened
    said = at_once(*[lambda: desk.do(CUSTOMER, reply, Said("Hello", "parallel")).id] * 4)
    assert len(set(said)) == 1, said
    assert len(desk.all(Message, Message.form_key == "parallel")) == 2


def test_of_parallel_takers_one_wins(desk: Desk) -> None:
    ids = {who: desk.public_id(who) for who in (AGENT, OTHER)}
    takes = [lambda who=who: desk.do(who, working.assign, ids[who], seen=None) for who in (AGENT, OTHER)]
    found = at_once(*takes)
    assert sorted(isinstance(each, Conflict) for each in found) == [False, True], found


def test_replies_a_merge_and_the_sweep_at_once_lose_nothing(desk: Desk) -> None:
    second = desk.open(CUSTOMER, "second", item=desk.items["hospital"]).public_id
    found = at_once(
        *[lambda n=n: desk.do(CUSTOMER, reply, Said(f"word {n}", f"p{n}")) for n in range(3)],
        lambda: desk.do(AGENT, _merge, second),
        lambda: desk.do(OTHER, reply, Said("answer", "p9")),
        lambda: desk.sweep(sweeps.breach),
    )
    assert not [each for each in found if isinstance(each, Exception) and not isinstance(each, Conflict)], found
    said = {each.body for each in desk.all(Message)}
    assert {"word 0", "word 1", "word 2", "answer"} <= said
    assert desk.now_is().state == "merged"


def test_two_merges_into_each_other_leave_one_survivor(desk: Desk) -> None:
    second = desk.open(CUSTOMER, "second", item=desk.items["hospital"]).public_id
    at_once(lambda: desk.do(AGENT, _merge, second), lambda: desk.do(OTHER, _merge, desk.ticket, ticket=second))
    assert sorted(row.state for row in desk.all(Ticket)) == ["merged", "new"]


def test_two_ratings_at_once_are_one(desk: Desk) -> None:
    desk.do(AGENT, working.solve, "done")
    found = at_once(
        lambda: desk.do(CUSTOMER, rate, 5, ""), lambda: desk.do("hospital.owner", rate, 1, ""),
        lambda: desk.do(AGENT, rate, 3, ""),
    )  # fmt: skip
    assert sum(isinstance(each, Conflict) for each in found) == 1, found
    assert sum(isinstance(each, NotAllowed) for each in found) == 1, found
    assert len([each for each in desk.all(TicketRating) if each.points]) == 1
