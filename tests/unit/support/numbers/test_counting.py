"""Which days count otherwise when a ticket changes: no fewer than differ, by counting each day before and after."""

from collections import Counter
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from portal.support.numbers.counting import AGES, band_of, changed_days, counts_of, is_open, opened_between
from portal.support.numbers.models import FOREVER

FIRST = date(2026, 3, 1)
TODAY = FIRST + timedelta(days=40)
DAYS = some.integers(0, 40).map(lambda each: FIRST + timedelta(days=each))


@some.composite
def facts(draw: Any) -> SimpleNamespace:
    opened = draw(DAYS)
    later = DAYS.filter(lambda day: day >= opened)
    solved, answered, rated = (draw(some.none() | later) for _each in range(3))
    return SimpleNamespace(
        product_line=draw(some.sampled_from(["cameras", "ups"])), queue_id=draw(some.integers(0, 1)),
        priority=draw(some.sampled_from(["low", "high"])), channel="web", is_repeat=draw(some.booleans()),
        origin=draw(some.sampled_from(["own", "call", "split"])), opened_on=opened, ended_on=solved or FOREVER,
        answered_on=answered, answer_minutes=answered and draw(some.integers(0, 99)), answer_kept=True,
        solved_on=solved, solve_minutes=solved and draw(some.integers(0, 99)), solve_kept=False, rated_on=rated,
        points=rated and draw(some.integers(1, 5)),
    )  # fmt: skip


def counted(row: Any, day: date) -> Counter[Any]:
    if row is None:
        return Counter()
    place = (row.product_line, row.queue_id)
    found = Counter((key, place) for its, key in counts_of(row) if its == day)
    if is_open(row, day):
        found[f"open:{band_of((day - row.opened_on).days)}", place] += 1
    return found


@given(some.none() | facts(), facts())
def test_every_day_that_differs_is_counted_anew(before: Any, after: Any) -> None:
    differ = {
        FIRST + timedelta(days=each)
        for each in range(41)
        if counted(before, FIRST + timedelta(days=each)) != counted(after, FIRST + timedelta(days=each))
    }
    assert differ <= changed_days(before, after, TODAY)
    assert not changed_days(after, after, TODAY)


@given(some.integers(0, 400))
def test_every_age_has_one_band_and_its_days(age: int) -> None:
    band = band_of(age)
    opened = TODAY - timedelta(days=age)
    holds = [each for each in AGES if _within(opened, *opened_between(TODAY, each))]
    assert holds == [band]


def _within(day: date, least: date | None, most: date) -> bool:
    return (least is None or least <= day) and day <= most
