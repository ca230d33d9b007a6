"""Working hours as people type them."""

from datetime import time

import pytest

from portal.calendars.slots import loaded, read, stored, written
from portal.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("09:00-18:30", "09:00–18:30"),
        ("9:00–12:00,13:00–18:00", "09:00–12:00, 13:00–18:00"),
        ("13:00-18:00; 9:00-12:00", "09:00–12:00, 13:00–18:00"),
        ("09:00-12:00 13:00-18:00", "09:00–12:00, 13:00–18:00"),
        ("９：００－１８：３０", "09:00–18:30"),
        ("09:00至12:00、13:00至18:00", "09:00–12:00, 13:00–18:00"),
        ("22:00-24:00", "22:00–24:00"),
        ("00:00-24:00", "00:00–24:00"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_what_is_typed_is_read(typed: str, shown: str) -> None:
    slots = read(typed)
    assert written(slots) == shown
    assert read(shown) == slots
    assert loaded(stored(slots)) == slots


@pytest.mark.parametrize(
    "typed",
    [
        "9-18", "09:00", "09:00-", "24:00-25:00", "25:00-26:00", "09:60-10:00", "18:00-09:00", "22:00-06:00",
        "09:00-12:00, 11:00-13:00", "09:00-09:00", "closed", "09:00-12:00x", "٠٩:٠٠-١٠:٠٠", "1" * 300,
        ",".join(f"{hour:02}:00-{hour:02}:10" for hour in range(13)), "24:00-24:00",
    ],
)  # fmt: skip
def test_what_is_no_working_time_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(typed, field="monday")
    assert caught.value.field == "monday"


def test_midnight_is_the_end_of_the_day() -> None:
    assert read("22:00-00:00") == ((time(22), time(0)),)
    assert stored(read("22:00-24:00")) == [[1320, 1440]]
