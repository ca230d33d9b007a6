"""Periods: whole days, the days before of the same kind, and bars that cover each day once."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from portal.support.numbers.periods import MOST_BARS, Period, Span, months

TODAYS = some.dates(date(2001, 2, 1), date(2098, 12, 31))


@given(TODAYS, some.sampled_from(["7", "30", "90", "", "x", "2999-01", "2026-00"]))
def test_last_days(today: date, key: str) -> None:
    period = Period.read(key, today)
    assert period.span.ends == today
    assert len(period.span) == len(period.before) == int(period.key)
    assert period.before.ends == period.span.begins - timedelta(days=1)
    _check_bars(period)


@given(TODAYS, some.integers(0, 12))
def test_months(today: date, back: int) -> None:
    key = months(today)[back]
    period = Period.read(key, today)
    assert period.key == key
    assert (period.span.begins.day, period.before.begins.day) == (1, 1)
    assert period.before.ends + timedelta(days=1) == period.span.begins
    assert period.span.ends <= today
    assert back == 0 or (period.span.ends + timedelta(days=1)).day == 1
    _check_bars(period)


def _check_bars(period: Period) -> None:
    bars = period.bars()
    assert [day for bar in bars for day in bar.days()] == list(period.span.days())
    if len(period.span) > MOST_BARS:
        assert all(bar.begins.weekday() == 0 for bar in bars[1:])


def test_the_days_before_a_month_are_a_whole_month() -> None:
    period = Period.read("2026-03", date(2026, 11, 22))
    assert period.span == Span(date(2026, 3, 1), date(2026, 3, 31))
    assert period.before == Span(date(2026, 2, 1), date(2026, 2, 28))
