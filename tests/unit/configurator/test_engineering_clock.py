"""Sixteen working hours of the supplier's calendar, by default Monday to Friday from 09:00 to 18:30."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.calendars.clock import BusinessTime
from portal.calendars.queries import USUAL
from portal.configurator.engineering_clock import due_at

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-23 09:00", "2026-11-24 15:30"),  # Monday: 9.5 h today, 6.5 h tomorrow
        ("2026-11-23 07:12", "2026-11-24 15:30"),  # before work
        ("2026-11-23 18:30", "2026-11-25 15:30"),  # after work
        ("2026-11-23 18:29", "2026-11-25 15:29"),
        ("2026-11-26 12:00", "2026-11-27 18:30"),  # to the last minute of Friday: 6.5 h and 9.5 h
        ("2026-11-26 12:01", "2026-11-30 09:01"),
        ("2026-11-27 18:00", "2026-12-01 15:00"),  # over the weekend
        ("2026-11-28 12:00", "2026-12-01 15:30"),  # asked on Saturday
        ("2026-11-29 23:59", "2026-12-01 15:30"),
    ],
)
def test_the_clock_runs_in_business_time(asked: str, due: str) -> None:
    at = datetime.fromisoformat(asked).replace(tzinfo=SHANGHAI)
    assert due_at(at, USUAL).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") == due


def test_the_zone_is_the_suppliers() -> None:
    at = datetime.fromisoformat("2026-11-23T01:00+00:00")
    assert due_at(at, USUAL) < due_at(at, BusinessTime("Africa/Nairobi", USUAL.week))
    assert due_at(at, USUAL, timedelta(minutes=1)) == at + timedelta(minutes=1)
