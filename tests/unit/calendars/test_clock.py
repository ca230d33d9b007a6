"""The clock of a calendar equals a slow reference that walks minute by minute, also where clocks are changed."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.calendars.clock import NO_HOURS, TOO_FAR, BusinessTime
from portal.errors import Invalid

EXAMPLES = int(os.environ.get("PORTAL_TEST_CLOCKS", "60"))
MINUTE = timedelta(minutes=1)
ZONES = (
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Africa/Nairobi", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/Sao_Paulo", "America/St_Johns", "Asia/Tehran", "Pacific/Apia", "Pacific/Chatham", "UTC",
)  # fmt: skip
MOMENTS = (  # around clock changes: forward and back, at midnight, over midnight, half an hour, a day that never was
    ("Europe/Berlin", "2026-03-29T01:00"), ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"), ("America/New_York", "2026-11-01T06:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"), ("America/Sao_Paulo", "2019-02-17T02:00"),
    ("America/St_Johns", "2006-10-29T02:31"), ("America/St_Johns", "2007-03-11T03:31"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"), ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Asia/Tehran", "2021-09-21T19:30"), ("Pacific/Apia", "2011-12-30T10:00"),
)  # fmt: skip
WORK = ((time(9), time(18, 30)),)
OFFICE = BusinessTime("Asia/Shanghai", dict.fromkeys(range(5), WORK))


def at(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> datetime:
    """Return an instant from what the clock on the wall shows."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def wall(instant: datetime, zone: str = "Asia/Shanghai") -> str:
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def is_open(calendar: BusinessTime, zone: ZoneInfo, instant: datetime) -> bool:
    """The reference: what the clock on the wall shows lies in a slot of that day."""
    here = instant.astimezone(zone)
    slots = calendar.days.get(here.date(), calendar.week.get(here.weekday(), ()))
    shown = here.time().replace(second=0, microsecond=0)
    return any(begins <= shown and (shown < ends or ends == time(0)) for begins, ends in slots)


def minutes(calendar: BusinessTime, begins: datetime) -> Iterator[tuple[datetime, bool]]:
    zone, instant = ZoneInfo(calendar.zone), begins
    while True:
        yield instant, is_open(calendar, zone, instant)
        instant += MINUTE


@st.composite
def slots(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    """Up to three pieces of a day, often none, sometimes to the end of the day."""
    edges = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple((time(a // 4, a % 4 * 15), time(b // 4 % 24, b % 4 * 15)) for a, b in pairs)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[BusinessTime, datetime]:
    """A calendar that works on some days, and an instant near a change of clocks or anywhere."""
    near = draw(st.sampled_from([None, *MOMENTS]))
    zone = near[0] if near else draw(st.sampled_from(ZONES))
    if near:
        begins = datetime.fromisoformat(near[1]).replace(tzinfo=UTC) - draw(st.integers(0, 2880)) * MINUTE
    else:
        begins = draw(st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1))).replace(
            second=0, microsecond=0, tzinfo=UTC
        )
    week = {day: draw(slots()) for day in range(7)}
    if not any(week.values()):
        week[draw(st.integers(0, 6))] = WORK
    first = begins.astimezone(ZoneInfo(zone)).date()
    days = draw(st.dictionaries(st.integers(-1, 9).map(lambda n: first + timedelta(days=n)), slots(), max_size=5))
    return BusinessTime(zone, week, days), begins


USUAL = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@USUAL
@given(calendars(), st.integers(1, 1200))
def test_so_much_later_equals_the_slow_reference(made: tuple[BusinessTime, datetime], length: int) -> None:
    calendar, begins = made
    worked = 0
    for instant, works in minutes(calendar, begins):
        worked += works
        if worked == length:
            assert calendar.after(begins, length * MINUTE) == instant + MINUTE
            return
        if instant - begins > timedelta(days=21):  # closed for weeks: nothing more to learn
            return


@USUAL
@given(calendars(), st.integers(0, 4320))
def test_time_between_equals_the_slow_reference(made: tuple[BusinessTime, datetime], length: int) -> None:
    calendar, begins = made
    worked = 0
    for instant, works in minutes(calendar, begins):
        assert calendar.is_open(instant) is works
        if instant == begins + length * MINUTE:
            assert calendar.between(begins, instant) == worked * MINUTE
            return
        worked += works


@USUAL
@given(calendars(), st.integers(0, 86_400 * 9))
def test_the_opening_equals_the_slow_reference(made: tuple[BusinessTime, datetime], seconds: int) -> None:
    calendar, begins = made
    begins += timedelta(seconds=seconds)
    for instant, works in minutes(calendar, begins.replace(second=0)):
        if works:
            assert calendar.opens_at(begins) == max(begins, instant)
            return
        if instant - begins > timedelta(days=8):
            return


@USUAL
@given(calendars(), st.integers(0, 40_000), st.integers(0, 40_000))
def test_later_and_between_are_each_others_inverse(made: tuple[BusinessTime, datetime], one: int, two: int) -> None:
    calendar, begins = made
    length = timedelta(seconds=one)
    ends = calendar.after(begins, length)
    assert ends >= begins
    assert calendar.between(begins, ends) == length
    assert calendar.after(ends, timedelta(seconds=two)) == calendar.after(begins, length + timedelta(seconds=two)) or (
        not two or not one  # no time passed: the instant itself
    )


@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        ("2026-09-30 17:00", 4, "2026-10-08 11:30"),  # the seven days of National Day are over
        ("2026-10-09 18:00", 1, "2026-10-10 09:30"),  # a Saturday on which people work instead
        ("2026-10-10 18:00", 1, "2026-10-12 09:30"),
    ],
)
def test_holidays_and_make_up_working_days(begins: str, hours: int, ends: str) -> None:
    days = {date(2026, 10, day): () for day in range(1, 8)} | {date(2026, 10, 10): WORK}
    calendar = BusinessTime("Asia/Shanghai", OFFICE.week, days)
    assert wall(calendar.after(at(begins), timedelta(hours=hours))) == ends


def test_several_pieces_a_day() -> None:
    noon = ((time(9), time(12)), (time(13, 30), time(18)))
    calendar = BusinessTime("Asia/Shanghai", dict.fromkeys(range(5), noon))
    assert wall(calendar.after(at("2026-11-23 11:00"), timedelta(hours=2))) == "2026-11-23 14:30"
    assert calendar.between(at("2026-11-23 08:00"), at("2026-11-23 13:00")) == timedelta(hours=3)
    assert not calendar.is_open(at("2026-11-23 12:00"))


def test_a_night_in_two_pieces() -> None:
    late, early = (time(22), time(0)), (time(0), time(6))
    calendar = BusinessTime("Asia/Shanghai", dict.fromkeys(range(7), (early, late)))
    assert wall(calendar.after(at("2026-11-23 22:00"), timedelta(hours=3))) == "2026-11-24 01:00"
    assert calendar.between(at("2026-11-23 21:00"), at("2026-11-24 07:00")) == timedelta(hours=8)


def test_clock_changes_neither_lose_nor_invent_an_hour() -> None:
    zone = "Europe/Berlin"
    night = BusinessTime(zone, dict.fromkeys(range(7), ((time(1), time(4)),)))
    for day, hours in (("2026-03-29", 2), ("2026-10-25", 4), ("2026-11-22", 3)):
        assert night.between(at(f"{day} 00:00", zone), at(f"{day} 12:00", zone)) == timedelta(hours=hours)
    twice = BusinessTime(zone, {6: ((time(2, 15), time(2, 45)),)})
    shut = at("2026-10-25 02:50", zone)
    assert not twice.is_open(shut)
    assert twice.is_open(shut + timedelta(minutes=30))  # the same half hour once more
    assert twice.after(at("2026-10-25 02:15", zone), 45 * MINUTE) == at("2026-10-25 02:30", zone, fold=1)


def test_working_days_later() -> None:
    days = {date(2026, 11, 25): (), date(2026, 11, 28): ((time(9), time(12)),)}
    calendar = BusinessTime("Asia/Shanghai", OFFICE.week, days)
    found = [wall(calendar.days_after(at("2026-11-24 15:00"), count)) for count in range(5)]
    assert found == [
        "2026-11-24 15:00", "2026-11-26 15:00", "2026-11-27 15:00", "2026-11-28 12:00", "2026-11-30 15:00",
    ]  # fmt: skip
    assert wall(calendar.days_after(at("2026-11-22 07:00"), 1)) == "2026-11-23 09:00"
    assert wall(calendar.days_after(at("2026-11-22 07:00"), 0)) == "2026-11-23 09:00"


def test_no_working_hours_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(Invalid, match=NO_HOURS):
        BusinessTime("Asia/Shanghai", {0: ()}, {date(2026, 11, 23): ()})
    once = BusinessTime("Asia/Shanghai", {}, {date(2026, 11, 24): WORK})
    assert wall(once.after(at("2026-11-22 12:00"), timedelta(hours=2))) == "2026-11-24 11:00"
    for ask in (once.after, once.days_after):
        with pytest.raises(Invalid, match=NO_HOURS):
            ask(at("2026-11-24 18:00"), timedelta(hours=2) if ask == once.after else 3)  # type: ignore[operator]
    with pytest.raises(Invalid, match=NO_HOURS):
        once.opens_at(at("2026-11-25 00:00"))
    assert once.between(at("2026-11-01 00:00"), at("2030-01-01 00:00")) == timedelta(hours=9.5)
    with pytest.raises(Invalid, match=TOO_FAR):
        OFFICE.after(at("2026-11-22 12:00"), timedelta(days=100_000))


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in (((time(9), time(9)),), ((time(18), time(9)),), ((time(9), time(12)), (time(11), time(13)))):
        with pytest.raises(Invalid):
            BusinessTime("Asia/Shanghai", {0: wrong})
    for zone in ("Mars/Olympus", "", "../etc/passwd", "/etc/localtime"):
        with pytest.raises(Invalid):
            BusinessTime(zone, OFFICE.week)
    with pytest.raises(ValueError, match="zone"):
        OFFICE.after(datetime(2026, 11, 22), timedelta(hours=1))
    with pytest.raises(ValueError, match="backwards"):
        OFFICE.after(at("2026-11-22 12:00"), timedelta(hours=-1))
    assert OFFICE.between(at("2026-11-24 12:00"), at("2026-11-23 12:00")) == timedelta(0)


def test_clocks_set_back_over_midnight_keep_the_order() -> None:
    zone = "America/St_Johns"  # on that Sunday at 00:01 it was Saturday, 23:01, once more
    calendar = BusinessTime(zone, {5: ((time(23), time(0)),), 6: ((time(0), time(0, 30)),)})
    begins = at("2006-10-28 23:00", zone)
    assert [calendar.after(begins, length * MINUTE) - begins for length in (60, 61, 62, 120, 150)] == [
        length * MINUTE for length in (60, 61, 62, 120, 150)
    ]
