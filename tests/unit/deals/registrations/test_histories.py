"""Random histories on the pure model: what must hold after every step, and days that equal a slow reference.

`PORTAL_HISTORIES=10000` says how many; a failure names the seed of its history.
"""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pytest

from portal.deals.registrations.lifecycle import HELD, OPEN, PLACED, TRANSITIONS, State
from tests.factories.registration_model import LINES, Model, Refused, Row, Step, apply, history

HISTORIES = int(os.environ.get("PORTAL_HISTORIES", "300"))
LENGTH = 30
START = date(2026, 3, 2)


def check(model: Model) -> None:
    """Assert what the rules promise."""
    for line in LINES:
        held = model.of(line, *HELD)
        assert len(held) <= 1
        placed = model.of(line, *PLACED)
        assert len(placed) <= 1
        assert not (placed and [row for row in held if row.until and row.until >= model.day])
        waiting = model.of(line, State.SUBMITTED)
        assert not waiting or placed or held, "somebody waits for nobody"
    for row in model.rows:
        for before, action, after in row.past:
            undone = action == "undo withdraw" and after is State.DRAFT
            assert undone or TRANSITIONS[before, action] is after
        assert (row.until is not None) or row.state not in HELD
        assert row.extensions <= 2
        assert row.resubmissions <= 3
    assert len({holding.organisation for holding in model.holdings}) == len(model.holdings)
    assert sum(holding.ends is not None for holding in model.holdings) <= 1
    if model.pooled:
        assert not model.holdings


class Slow:
    """The days of protections and claims, counted one by one."""

    def __init__(self) -> None:
        self.left: dict[int, int] = {}  # by row: protected days that are left after today
        self.claims: dict[int, tuple[int, int]] = {}  # by organisation: days left, and days until the hard end
        self.away: list[tuple[int, tuple[int, int] | None]] = []  # of transfers that stand: giver, and his claim

    def follow(self, model: Model, step: Step, days: int) -> None:
        name, who = step
        for _ in range(days):
            self.left = {row: left - 1 for row, left in self.left.items()}
            self.claims = {key: (left - 1, hard - 1) for key, (left, hard) in self.claims.items()}
            self.away = [(key, days and (days[0] - 1, days[1] - 1)) for key, days in self.away]
        if name in ("approve", "override"):
            self.left[who] = 90
        elif name == "extend":
            self.left[who] += 30
        elif name == "claim":
            self.claims[who] = (10, 20)
        elif name == "transfer":
            mine = self.claims.pop(who // 4, None)
            self.away.append((who // 4, mine))
            if mine is not None:
                self.claims.setdefault(who % 4, mine)
        elif name == "take_back":
            giver, mine = self.away.pop()
            if mine is not None:
                self.claims[giver] = mine
        elif name == "work" and who in self.claims:
            left, hard = self.claims[who]
            self.claims[who] = (min(max(left, 3), hard), hard)
        running = {row.id: row for row in model.rows if row.state in HELD}
        self.left = {row: left for row, left in self.left.items() if row in running}
        claimed = {holding.organisation for holding in model.holdings if holding.ends is not None}
        self.claims = {key: days for key, days in self.claims.items() if key in claimed}

    def check(self, model: Model) -> None:
        for row in model.rows:
            if row.state in HELD:
                assert row.until == model.day + timedelta(days=self.left[row.id])
        for holding in model.holdings:
            if holding.ends is not None:
                assert holding.ends == model.day + timedelta(days=self.claims[holding.organisation][0])


def run(seed: int) -> Iterator[Row]:
    model, slow = Model(START), Slow()
    for choose in history(Random(seed), LENGTH):
        step, before = choose(model), model.day
        try:
            apply(model, step)
        except Refused:
            continue
        slow.follow(model, step, (model.day - before).days)
        check(model)
        slow.check(model)
    yield from model.rows


def test_random_histories_keep_the_rules() -> None:
    seen: set[State] = set()
    for seed in range(HISTORIES):
        try:
            seen |= {row.state for row in run(seed)}
        except AssertionError as error:
            raise AssertionError(f"history {seed}") from error
    assert seen == set(State), "the histories never come to some state"


@pytest.mark.parametrize("hole", ["approve", "advance", "lapse"])
def test_a_hole_in_the_model_is_found(hole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks see it when approving does not look around, or when the next in line is forgotten."""
    if hole == "approve":
        monkeypatch.setattr(Model, "stands", lambda *_args: "free")
    else:
        monkeypatch.setattr(Model, hole, lambda *_args: None)
    with pytest.raises(AssertionError):
        for seed in range(200):
            list(run(seed))


def test_open_is_what_stands_in_the_way() -> None:
    assert set(OPEN) == {State.SUBMITTED, *PLACED, *HELD}
