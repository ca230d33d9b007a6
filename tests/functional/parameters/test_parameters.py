"""Numbers of the rules: their defaults, changing them on screen, history, bad input and two people at once."""

import pytest
from sqlalchemy import event, select

from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.formats import formats
from portal.history import HistoryEntry
from portal.parameters import typed
from portal.parameters.definitions import DEFINITIONS, GROUPS, Parameter
from portal.parameters.models import ParameterValue
from portal.parameters.operations import change
from portal.parameters.queries import values
from portal.policy import SYSTEM

KEY = "registration.protection_days"
PAGE = f"/administration/parameters/{KEY}"


@pytest.fixture
def browser(app, world):
    return world.client(app, "supplier.administrator")


def in_force(database, world, key=KEY, who="north.sales"):
    with database.reading(world.actor(who)) as session:
        return values(session)[key]


def test_everybody_counts_with_the_numbers_in_force_in_one_query(database, world):
    assert in_force(database, world) == DEFINITIONS[KEY].default == 90
    with database.writing(SYSTEM) as session:
        change(session, SYSTEM, KEY, 60, now=world.now)
    sent = []
    with database.reading(world.actor("north.sales")) as session:
        event.listen(database.engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
        found = values(session)
        assert found[KEY] == 60
        assert found["pool.claim_days"] == 10
        assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1
        with pytest.raises(KeyError):
            found["no.such_key"]


def test_a_stored_number_outside_of_its_bounds_is_not_believed(database, world):
    with database.writing(SYSTEM) as session:
        session.add(ParameterValue(key=KEY, value=100_000, changed_at=world.now))
        session.add(ParameterValue(key="from.a_later_release", value=1, changed_at=world.now))
    assert in_force(database, world) == 90


def test_only_whoever_keeps_the_parameters_changes_them(database, world):
    for who in ("north.owner", "supplier.channel_manager"):
        with pytest.raises(NotAllowed), database.writing(world.actor(who)) as session:
            change(session, session.actor, KEY, 60, now=world.now)
        with pytest.raises(NotAllowed), database.writing(world.actor(who)) as session:
            session.add(ParameterValue(key=KEY, value=60, changed_at=world.now))
    assert in_force(database, world) == 90


def test_bounds_unknown_keys_and_stale_versions_are_refused(database, world):
    with database.writing(SYSTEM) as session:
        assert change(session, SYSTEM, KEY, 60, now=world.now, version=0).version == 1
        for key, value, version, error in (
            (KEY, 0, None, Invalid), (KEY, 731, None, Invalid), ("no.such", 1, None, NotFound), (KEY, 61, 0, Conflict),
        ):  # fmt: skip
            with pytest.raises(error):
                change(session, SYSTEM, key, value, now=world.now, version=version)


def test_the_page_lists_every_parameter_with_its_default(browser, world):
    page = browser.get("/administration/parameters").text
    for definition in DEFINITIONS.values():
        assert definition.label in page
    assert "90 days" in page
    assert "16 business hours" in page
    assert "10%" in page


def test_a_change_is_saved_and_told_with_who_and_when(browser, database, world):
    assert 'name="version" value="0"' in browser.get(PAGE).text
    answer = browser.post(PAGE, data={"value": "６０", "version": "0"})  # typed with a Chinese keyboard
    assert (answer.status_code, answer.headers["Location"]) == (303, "/administration/parameters")
    assert in_force(database, world) == 60
    page = browser.get(PAGE).text
    assert "90 days → 60 days" in page
    assert "administrator of supplier" in page
    assert "administrator of supplier" in browser.get("/administration/parameters").text
    assert "set a parameter" in browser.get("/administration/history").text
    browser.post(PAGE, data={"default": "1", "version": "1"})
    assert in_force(database, world) == 90
    assert "60 days → 90 days" in browser.get(PAGE).text
    with database.reading(SYSTEM) as session:
        acts = session.scalars(select(HistoryEntry.after).where(HistoryEntry.action == "set parameter")).all()
    assert acts == [{KEY: 60}, {KEY: 90}]


def test_bad_input_is_answered_at_the_field_with_what_was_typed(browser, database, world):
    discount, limit = "special_price.discount_bps", "registration.auto_approve_below"
    whole = ("", "0", "731", "-5", "1e3", "ninety", "90.5", "9" * 400, "٩٠", "NaN")
    for key, wrote in [*((KEY, text) for text in whole), *((discount, text) for text in ("100.01", "1.234", "x")),
                       *((limit, text) for text in ("1,000", "0.001", "99999999999999"))]:  # fmt: skip
        answer = browser.post(f"/administration/parameters/{key}", data={"value": wrote, "version": "0"})
        assert answer.status_code == 422, wrote
        assert 'id="value-error"' in answer.text
        assert f'value="{wrote}"' in answer.text
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(ParameterValue.id)) is None


def test_money_and_percentages_are_typed_as_people_write_them(browser, database, world):
    for key, wrote, stored, shown in (
        ("registration.auto_approve_below", "20000.5", 2_000_050, "¥20,000.50"),
        ("special_price.discount_bps", "12.5 %", 1250, "12.5%"),
    ):
        page = f"/administration/parameters/{key}"
        assert browser.post(page, data={"value": wrote, "version": "0"}).status_code == 303
        assert in_force(database, world, key) == stored
        assert shown in browser.get("/administration/parameters").text
        assert f'value="{wrote.removesuffix(" %")}"' in browser.get(page).text


def test_a_flag_is_yes_or_no():
    flag = Parameter("a.flag", "flag", 1, 0, 1, "", "A flag", "", "a")
    assert [typed.read(flag, text, "CNY") for text in ("1", "0")] == [1, 0]
    assert [typed.shown(flag, number, formats("en"), "CNY") for number in (1, 0)] == ["yes", "no"]
    with pytest.raises(Invalid):
        typed.read(flag, "2", "CNY")
    with pytest.raises(ValueError, match="bounds"):
        Parameter("a.flag", "flag", 2, 0, 1, "", "A flag", "", "a")
    assert {definition.group for definition in DEFINITIONS.values()} <= GROUPS.keys()


def test_two_administrators_at_once_the_second_sees_what_stands_now(browser, database, world):
    assert browser.post(PAGE, data={"value": "60", "version": "0"}).status_code == 303
    answer = browser.post(PAGE, data={"value": "45", "version": "0"})
    assert answer.status_code == 409
    assert 'value="45"' in answer.text
    assert "60 days" in answer.text
    assert in_force(database, world) == 60
    assert 'name="version" value="1"' in answer.text  # looked at, and sent again
    assert browser.post(PAGE, data={"value": "45", "version": "1"}).status_code == 303
