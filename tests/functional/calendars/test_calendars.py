"""Keeping calendars on screen: week, different days, files with a preview, bad input, two people at once."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from portal.calendars.models import Calendar, CalendarDay
from portal.calendars.operations import NewDay, set_days
from portal.calendars.queries import USUAL, business_time, calendar
from portal.errors import Conflict, Invalid, NotAllowed
from portal.policy import SYSTEM

WEEK = {
    "name_en": "Supplier", "name_zh": "厂商", "zone": "Asia/Shanghai", "monday": "09:00-12:00, 13:00-18:30",
    "tuesday": "9:00-18:30", "wednesday": "9:00-18:30", "thursday": "9:00-18:30", "friday": "9:00-17:00",
    "saturday": "", "sunday": "",
}  # fmt: skip
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai


def ics(*events):
    """Return a calendar file of events, each a list of lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def all_day(first, name, *more):
    return [f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"SUMMARY:{name}", *more]


@pytest.fixture
def browser(app, world):
    return world.client(app, "supplier.administrator")


@pytest.fixture
def page(database):
    with database.reading(SYSTEM) as session:
        return f"/administration/calendars/{session.scalars(select(Calendar.public_id)).one()}"


def clock(database, world, who="north.sales"):
    with database.reading(world.actor(who)) as session:
        return business_time(session)


def days(database):
    with database.reading(SYSTEM) as session:
        return {each.day: (each.slots, each.name, each.source) for each in session.scalars(select(CalendarDay))}


def test_a_new_database_has_the_suppliers_hours(database, world, browser, page):
    assert clock(database, world) == USUAL
    assert "09:00–18:30" in browser.get(page).text
    with pytest.raises(Invalid), database.reading(SYSTEM) as session:
        business_time(session, "nowhere")
    with database.writing(SYSTEM) as session:
        session.delete(session.scalars(select(Calendar)).one())
    assert clock(database, world) == USUAL
    assert "There is no calendar yet" in browser.get("/administration/calendars").text


def test_the_week_is_changed_and_clocks_follow(database, world, browser, page):
    assert browser.post(page, data=WEEK | {"version": "1"}).status_code == 303
    assert clock(database, world).between(MONDAY, MONDAY + timedelta(hours=10)) == timedelta(hours=8.5)
    answer = browser.get(page).text
    assert "09:00–12:00, 13:00–18:30" in answer
    assert "Changed by administrator of supplier" in answer
    late = browser.post(page, data=WEEK | {"version": "1", "monday": "10:00-11:00"})
    assert late.status_code == 409
    assert "Somebody else changed this calendar" in late.text
    assert "10:00-11:00" in late.text


def test_what_makes_no_week_is_refused_at_its_field(database, world, browser, page):
    for field, typed in (
        ("monday", "18:00-09:00"), ("monday", "22:00-06:00"), ("friday", "nine to five"),
        ("sunday", "09:00-12:00,11:00-13:00"), ("zone", "Mars/Olympus"), ("name_en", ""), ("name_zh", "x" * 81),
    ):  # fmt: skip
        answer = browser.post(page, data=WEEK | {"version": "1", field: typed})
        assert answer.status_code == 422, (field, typed)
        assert f'id="{field}-error"' in answer.text
    nobody = browser.post(
        page,
        data={**WEEK, **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ""), "version": "1"},
    )
    assert nobody.status_code == 422
    assert "This calendar has no working hours." in nobody.text
    assert clock(database, world) == USUAL


def test_days_are_added_and_removed(database, world, browser, page):
    form = {"first": "2026-10-01", "last": "2026-10-07", "name": "Golden Week", "hours": "", "version": "1"}
    assert browser.post(f"{page}/days", data=form).headers["Location"].endswith("year=2026")
    work = {"first": "2026-10-10", "last": "", "name": "make-up day", "hours": "09:00-18:30", "version": "2"}
    browser.post(f"{page}/days", data=work)
    assert len(days(database)) == 8
    saturday = datetime(2026, 10, 10, 1, tzinfo=UTC)
    assert clock(database, world).is_open(saturday)
    assert not clock(database, world).is_open(saturday - timedelta(days=9))
    listed = browser.get(f"{page}?year=2026").text
    assert "Golden Week" in listed
    assert "Golden Week" not in browser.get(f"{page}?year=2027").text
    assert browser.get(f"{page}?year=nonsense").status_code == 200
    assert browser.post(f"{page}/days/2026-10-10/remove").status_code == 303
    assert browser.post(f"{page}/days/2026-10-10/remove").status_code == 404
    assert browser.post(f"{page}/days/tomorrow/remove").status_code == 404
    assert not clock(database, world).is_open(saturday)


def test_bad_days_are_refused_with_what_was_typed(database, world, browser, page):
    good = {"first": "2026-10-01", "last": "", "name": "Day", "hours": "", "version": "1"}
    for field, typed, status in (
        ("first", "", 422), ("first", "01.10.2026", 422), ("last", "2026-09-30", 422), ("last", "2027-10-01", 422),
        ("hours", "all day", 422), ("name", "", 422), ("first", "9999-12-31", 422),
        ("version", "7", 409), ("version", "", 409),
    ):  # fmt: skip
        answer = browser.post(f"{page}/days", data=good | {field: typed})
        assert answer.status_code == status, (field, typed)
    assert not days(database)


def test_only_whoever_keeps_calendars_changes_them(database, world):
    for who in ("north.owner", "supplier.approver"):
        actor = world.actor(who)
        with pytest.raises(NotAllowed), database.writing(actor) as session:
            row = session.scalars(select(Calendar)).one()
            set_days(session, actor, row, [NewDay(date(2026, 1, 1), "x", ())], version=1, now=world.now)
        with pytest.raises(NotAllowed), database.writing(actor) as session:
            session.scalars(select(Calendar)).one().zone = "UTC"


def test_a_file_is_looked_at_and_then_taken_over(database, world, browser, page):
    year = world.now.year + 1
    with database.writing(SYSTEM) as session:
        row = session.scalars(select(Calendar)).one()
        known = [NewDay(date(year, 1, 1), "New Year", ()), NewDay(date(year, 1, 2), "Bridge", ())]
        set_days(session, SYSTEM, row, known, version=1, now=world.now)
    file = ics(
        all_day(date(year, 1, 1), "New Year", "RRULE:FREQ=YEARLY;COUNT=2"),
        all_day(date(year, 1, 2), "Second day", f"DTEND;VALUE=DATE:{year}0104"),
        all_day(date(year, 1, 9), "补班", "X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY"),
        [f"DTSTART:{year}0105T090000Z", "SUMMARY:Half <b>a</b> day"],
        all_day(date(1999, 1, 1), "Long ago"),
    )
    form = {"file": (BytesIO(file), "holidays.ics"), "hours": "09:00-15:00"}
    looked = browser.post(f"{page}/import", data=form)
    assert looked.status_code == 200
    assert "3 new, 1 changed, 1 as they are." in looked.text
    assert "It takes a part of a day only" in looked.text
    assert "Half &lt;b&gt;a&lt;/b&gt; day" in looked.text
    assert "1 day lies too far back or ahead and is left out." in looked.text
    assert len(days(database)) == 2  # nothing is saved yet
    sent = {"content": file.decode(), "hours": "09:00-15:00", "version": "2"}
    assert browser.post(f"{page}/import/save", data=sent | {"version": "1"}).status_code == 409
    assert browser.post(f"{page}/import/save", data=sent).status_code == 303
    saved = days(database)
    assert saved[date(year, 1, 1)] == ([], "New Year", "hand")
    assert saved[date(year, 1, 3)] == ([], "Second day", "ics")
    assert saved[date(year, 1, 9)] == ([[540, 900]], "补班", "ics")
    assert saved[date(year + 1, 1, 1)] == ([], "New Year", "ics")
    assert len(saved) == 5
    again = browser.post(f"{page}/import", data={"file": (BytesIO(file), "holidays.ics"), "hours": "09:00-15:00"})
    assert "0 new, 0 changed, 5 as they are." in again.text


def test_what_is_no_calendar_file_is_refused(database, world, browser, page):
    for content in (
        b"",
        b"no calendar",
        b"BEGIN:VCALENDAR\r\n",
        b"\xff\xfe\x00",
        b"x" * 300_001,
        b"BEGIN:X\r\n" * 20_000,
    ):
        answer = browser.post(f"{page}/import", data={"file": (BytesIO(content), "a.ics"), "hours": ""})
        assert answer.status_code == 422, content[:20]
        assert 'id="file-error"' in answer.text
    file = ics(all_day(date(world.now.year, 12, 31), "Eve"))
    for hours, content in (("nine", file.decode()), ("", "BEGIN:VCALENDAR")):
        sent = {"content": content, "hours": hours, "version": "1"}
        assert browser.post(f"{page}/import/save", data=sent).status_code == 422
    assert not days(database)


def test_a_further_calendar_has_a_key_of_its_own(database, world, browser):
    form = WEEK | {"key": "east-africa", "zone": "Africa/Nairobi"}
    where = browser.post("/administration/calendars/new", data=form)
    assert where.status_code == 303
    assert "Africa/Nairobi" in browser.get("/administration/calendars").text
    for key in ("east-africa", "supplier", "", "East Africa", "-", "x" * 41, "../x"):
        assert browser.post("/administration/calendars/new", data=form | {"key": key}).status_code == 422, key
    with database.reading(world.actor("north.sales")) as session:
        assert business_time(session, "east-africa").zone == "Africa/Nairobi"


def test_a_damaged_calendar_says_so_and_can_be_repaired(database, world, browser, page):
    with database.writing(SYSTEM) as session:
        row = session.scalars(select(Calendar)).one()
        row.week = [[]] * 7
    with pytest.raises(Invalid, match="no working hours"):
        clock(database, world)
    assert "This calendar has no working hours." in browser.get(page).text
    assert browser.post(page, data=WEEK | {"version": "2"}).status_code == 303
    assert clock(database, world)


def test_two_changes_at_once_leave_one(database, world, page):
    with database.reading(SYSTEM) as session:
        row = calendar(session, page.rpartition("/")[2])
    with database.writing(SYSTEM) as session:
        mine = session.merge(row, load=True)
        set_days(session, SYSTEM, mine, [NewDay(date(2026, 1, 1), "x", ())], version=1, now=world.now)
    with pytest.raises(Conflict), database.writing(SYSTEM) as session:
        late = session.get_one(Calendar, row.id)
        set_days(session, SYSTEM, late, [NewDay(date(2026, 1, 2), "y", ())], version=1, now=world.now)
    assert len(days(database)) == 1
