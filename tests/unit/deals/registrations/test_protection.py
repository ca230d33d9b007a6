"""Windows, reminders and claims in days, against slow references that look at every single day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.deals.registrations import protection
from portal.deals.registrations.protection import REMINDERS, ClaimRules

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def test_the_vector_of_the_pool() -> None:
    rules, claimed = ClaimRules(claim_days=10, activity_days=3, hard_days=20), date(2026, 3, 25)
    ends = protection.claim_end(claimed, rules)
    assert ends == date(2026, 4, 4)
    for happened, expected in (((3, 28), (4, 4)), ((4, 2), (4, 5)), ((4, 5), (4, 8)), ((4, 8), (4, 11)),
                               ((4, 11), (4, 14)), ((4, 13), (4, 14)), ((4, 14), (4, 14))):  # fmt: skip
        ends = protection.after_activity(claimed, ends, date(2026, *happened), rules)
        assert ends == date(2026, *expected)


@given(DAYS, st.integers(1, 40), st.integers(0, 20), st.integers(1, 60), st.lists(st.integers(0, 70), max_size=12))
def test_a_claim_equals_a_reference_that_walks_day_by_day(
    claimed: date, claim: int, activity: int, hard: int, offsets: list[int]
) -> None:
    rules = ClaimRules(claim, activity, hard)
    ends = protection.claim_end(claimed, rules)
    good = {claimed + timedelta(days=n) for n in range(claim + 1)}
    for offset in offsets:
        happened = claimed + timedelta(days=offset)
        ends = protection.after_activity(claimed, ends, happened, rules)
        good |= {max(good) + timedelta(days=n + 1) for n in range(400) if max(good) + timedelta(days=n + 1) <= happened
                 + timedelta(days=activity)}  # fmt: skip
        last = claimed
        while last + timedelta(days=1) in good and last + timedelta(days=1) <= claimed + timedelta(days=hard):
            last += timedelta(days=1)
        assert ends == last


@given(DAYS, st.integers(1, 120), st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_each_reminder_comes_once_however_rarely_somebody_looks(start: date, length: int, looks: list[int]) -> None:
    until, today = protection.ends_on(start, length), start
    step, told = protection.next_step(until, start), []
    for gap in [*looks, *[1] * (length + 2)]:
        today += timedelta(days=gap)
        if protection.is_over(until, today):
            assert step <= today  # whoever looks finds it
            break
        if step <= today:
            left = protection.reminder_due(until, step, today)
            told += [(today, left)] if left is not None else []
            step = protection.next_step(until, today)
        assert step > today
    days = [day for day, _left in told]
    assert days == sorted(set(days))
    assert len(told) <= len(REMINDERS)
    assert all(left == (until - day).days for day, left in told)


def test_looking_every_day_reminds_14_7_and_1_day_before() -> None:
    start = date(2026, 1, 1)
    until = protection.ends_on(start, 90)
    step, told = protection.next_step(until, start), []
    for n in range(1, 91):
        day = start + timedelta(days=n)
        if step <= day:
            told.append(protection.reminder_due(until, step, day))
            step = protection.next_step(until, day)
    assert told == [14, 7, 1]
    assert step == until + timedelta(days=1)
    assert not protection.is_over(until, until)
    assert protection.is_over(until, step)


@given(DAYS, st.integers(0, 40))
def test_months_back_never_leaves_the_month(day: date, months: int) -> None:
    found = protection.months_back(day, months)
    assert (found.year * 12 + found.month) == day.year * 12 + day.month - months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1


def test_months_back_from_the_end_of_may() -> None:
    assert protection.months_back(date(2026, 5, 31), 3) == date(2026, 2, 28)
    assert protection.months_back(date(2024, 5, 31), 3) == date(2024, 2, 29)
