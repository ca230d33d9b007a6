"""Days out of calendar files: what is read, what is left out and why, and what strangers write."""

import random
from datetime import date

import pytest

from portal.calendars import ics
from portal.errors import Invalid

FIRST, LAST = date(2025, 1, 1), date(2031, 12, 31)


def file(*events: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VTIMEZONE", "TZID:Evil", "END:VTIMEZONE"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("|"), "BEGIN:VALARM", "TRIGGER:-PT1H", "END:VALARM", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*events: str) -> ics.Reading:
    return ics.read(file(*events), first=FIRST, last=LAST)


def days(*events: str) -> list[str]:
    return [f"{each.day:%m-%d}{'+' if each.works else ''}" for each in read(*events).days]


def test_ranges_and_single_days() -> None:
    assert days("DTSTART;VALUE=DATE:20261001|DTEND;VALUE=DATE:20261004|SUMMARY:A") == ["10-01", "10-02", "10-03"]
    assert days("DTSTART;VALUE=DATE:20261001|SUMMARY:A") == ["10-01"]
    assert days("DTSTART;VALUE=DATE:20261001|DURATION:P2D") == ["10-01", "10-02"]
    assert days("DTSTART;VALUE=DATE:20261001|STATUS:CANCELLED") == []


@pytest.mark.parametrize(
    ("said", "works"),
    [
        ("SUMMARY:国庆节（休）", False), ("SUMMARY:国庆节（班）", True), ("SUMMARY:春节 补班", True),
        ("SUMMARY:调休上班", True), ("SUMMARY:国庆节(班)", True), ("SUMMARY:春节假期", False),
        ("SUMMARY:Non-working day", False), ("SUMMARY:Make-up working day", True), ("SUMMARY:Labour Day", False),
        ("SUMMARY:国庆节|X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY", True),
        ("SUMMARY:补班|X-APPLE-SPECIAL-DAY:WORK-HOLIDAY", False),
    ],
)  # fmt: skip
def test_make_up_working_days_are_told_from_holidays(said: str, works: bool) -> None:
    assert read(f"DTSTART;VALUE=DATE:20261010|{said}").days[0].works is works


def test_yearly_events_are_written_out_within_bounds() -> None:
    def years(rule: str) -> list[int]:
        return [each.day.year for each in read(f"DTSTART;VALUE=DATE:20260101|RRULE:{rule}").days]

    assert years("FREQ=YEARLY") == [2026, 2027, 2028, 2029, 2030, 2031]
    assert years("FREQ=YEARLY;COUNT=2") == [2026, 2027]
    assert years("FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYMONTHDAY=1") == [2026, 2028, 2030]
    assert years("FREQ=YEARLY;UNTIL=20280101T000000Z") == [2026, 2027, 2028]
    assert years("FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20270101,20290101") == [2026, 2028, 2030, 2031]
    assert days("DTSTART;VALUE=DATE:20000229|RRULE:FREQ=YEARLY") == ["02-29"]
    assert days("DTSTART;VALUE=DATE:00010101|RRULE:FREQ=YEARLY") == ["01-01"] * 7


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("DTSTART:20261001T090000Z", ics.PART_OF_A_DAY), ("SUMMARY:nothing", ics.NO_BEGINNING),
        ("DTSTART;VALUE=DATE:2026100x", ics.DAMAGED), ("DTSTART;VALUE=DATE:20261301", ics.DAMAGED),
        ("DTSTART;VALUE=DATE:20261001|DTSTART;VALUE=DATE:20261002", ics.NO_BEGINNING),
        ("DTSTART;VALUE=DATE:20261001|DTEND;VALUE=DATE:20260901", ics.TOO_LONG),
        ("DTSTART;VALUE=DATE:20261001|DTEND;VALUE=DATE:20271001", ics.TOO_LONG),
        ("DTSTART;VALUE=DATE:99991231", ics.TOO_LONG),
        ("DTSTART;VALUE=DATE:20261001|DURATION:PT5H", ics.TOO_LONG),
        ("DTSTART;VALUE=DATE:20261001|RRULE:FREQ=DAILY", ics.STRANGE_RULE),
        ("DTSTART;VALUE=DATE:20261001|RRULE:FREQ=YEARLY;BYDAY=4TH", ics.STRANGE_RULE),
        ("DTSTART;VALUE=DATE:20261126|RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=+4TH", ics.STRANGE_RULE),
        ("DTSTART;VALUE=DATE:20261001|RRULE:FREQ=YEARLY;INTERVAL=0", ics.STRANGE_RULE),
        ("DTSTART;VALUE=DATE:20261001|RRULE:FREQ=YEARLY;BYMONTHDAY=2", ics.STRANGE_RULE),
        ("DTSTART;VALUE=DATE:20261001|RDATE;VALUE=DATE:20271001", ics.STRANGE_RULE),
        ("DTSTART;VALUE=DATE:20260501|SUMMARY:补班", ics.OPPOSITE),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_left_out_with_its_reason(event: str, why: str) -> None:
    found = read("DTSTART;VALUE=DATE:20260501|SUMMARY:Labour Day", event)
    assert [(problem.number, problem.message) for problem in found.problems] == [(2, why)]
    assert len(found.days) == 1


def test_names_are_plain_and_short() -> None:
    day = read("DTSTART;VALUE=DATE:20261001|SUMMARY:a\u202eb\\n" + "x" * 300).days[0]
    assert day.name == ("ab " + "x" * 300)[:120] or day.name == ("ab" + "x" * 300)[:120]
    assert read("DTSTART;VALUE=DATE:20261001").days[0].name == ""


def test_what_is_no_calendar_is_refused() -> None:
    hostile = (
        b"", b"hello", b"/etc/passwd", b"BEGIN:VCALENDAR\n", b"\xff\xfe", b"BEGIN:VEVENT\nEND:VEVENT\n",
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", b"BEGIN:X\n" * 30_000, b"x" * 300_001,
        file(*["DTSTART;VALUE=DATE:20261001"] * 1_001),
    )  # fmt: skip
    for content in hostile:
        with pytest.raises(Invalid) as caught:
            ics.read(content, first=FIRST, last=LAST)
        assert caught.value.field == "file"


def test_damaged_files_are_read_or_refused_but_nothing_else() -> None:
    good = file("DTSTART;VALUE=DATE:20261001|DTEND;VALUE=DATE:20261004|RRULE:FREQ=YEARLY;COUNT=3|SUMMARY:国庆节（休）")
    chance = random.Random(7)
    for _ in range(400):
        content = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(content))
            if chance.random() < 0.5:
                content[place] = chance.randrange(256)
            else:
                del content[place : place + chance.randint(1, 10)]
        try:
            found = ics.read(bytes(content), first=FIRST, last=LAST)
        except Invalid:
            continue
        assert all(FIRST <= each.day <= LAST for each in found.days)
