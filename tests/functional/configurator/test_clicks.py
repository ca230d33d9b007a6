"""Configuring through the pages: choosing, refusing with reasons, undo, two tabs, bad input, with and without htmx."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.configurator.models import Configuration
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World

WORKED = {
    "cameras": 16, "location": "indoor", "resolution": "4mp", "codec": "h265", "fps": "25", "scene": "normal",
    "days": 30, "raid": "raid5",
}  # fmt: skip


@pytest.fixture
def deals(world: World) -> Deals:
    return Deals.open(world)


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


def row(database: Database, key: str) -> Configuration:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Configuration).where(Configuration.public_id == key)).one()


def choose(client: FlaskClient, key: str, attribute: str, value: str, version: int = 1, **more: Any):  # type: ignore[no-untyped-def]
    form = {"key": attribute, "value": value, "version": str(version), **more}
    return client.post(f"/configurations/{key}/choices", data=form)


def test_a_choice_is_saved_and_answers_with_the_panel(seller: FlaskClient, deals: Deals, database: Database) -> None:
    key = deals.configure("north.sales")
    answer = seller.post(
        f"/configurations/{key}/choices",
        data={"key": "days", "value": "30", "version": "1"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="panel"')
    assert "HX-Request" in answer.headers["Vary"]
    assert row(database, key).choices["days"] == 30
    assert row(database, key).version == 2


def test_without_javascript_the_page_comes_back(seller: FlaskClient, deals: Deals) -> None:
    key = deals.configure("north.sales")
    answer = choose(seller, key, "days", "30")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/configurations/{key}"


@pytest.mark.parametrize(
    "value", ["", "abc", "0", "-3", "1000000000", "366", "١٥", "😀", "1" * 30, "1e2", "\u202e15", "x" * 100_000]
)
def test_bad_numbers_keep_what_was_typed(seller: FlaskClient, deals: Deals, database: Database, value: str) -> None:
    key = deals.configure("north.sales")
    answer = choose(seller, key, "days", value)
    assert answer.status_code == 422
    assert 'id="error-days"' in answer.text
    assert row(database, key).choices["days"] == 15
    if value in ("abc", "366"):
        assert f'value="{value}"' in answer.text


@pytest.mark.parametrize("attribute", ["", "nothing", "__class__", "x" * 9999, "storage"])
def test_unknown_questions(seller: FlaskClient, deals: Deals, attribute: str) -> None:
    assert choose(seller, deals.configure("north.sales"), attribute, "1").status_code == 422


def test_full_width_digits_of_a_chinese_keyboard_count(seller: FlaskClient, deals: Deals, database: Database) -> None:
    key = deals.configure("north.sales")
    assert choose(seller, key, "days", "２４").status_code == 303
    assert row(database, key).choices["days"] == 24


def test_a_greyed_value_is_refused_with_its_reasons(seller: FlaskClient, deals: Deals, database: Database) -> None:
    key = deals.configure("north.sales", {**WORKED, "power": "recorder", "recorders": 1})
    answer = choose(seller, key, "recorder", "DS-7716NXI-I4/16P/S")
    assert answer.status_code == 409
    assert 'id="refusal"' in answer.text
    assert answer.text.count('class="reason"') == 2  # RAID 5, and power by the recorder: two separate reasons
    assert "recorder" not in row(database, key).choices


def test_every_repair_keeps_its_promise(seller: FlaskClient, deals: Deals, database: Database) -> None:
    """Each way out changes what it says, and the total of the page is then the one it promised."""
    before = {**WORKED, "power": "recorder", "recorders": 1}
    page = choose(seller, deals.configure("north.sales", before), "recorder", "DS-7716NXI-I4/16P/S").text
    repairs = re.findall(r"<li>\s*<form.*?</form>\s*</li>", page, re.DOTALL)
    assert 2 <= len(repairs) <= 5
    seen = set()
    for repair in repairs:
        names = re.findall(r'name="give_up" value="(\w+)"', repair)
        (total,) = re.findall(r"Total then: ([^\s<]+)", repair)
        key = deals.configure("north.sales", before)
        assert choose(seller, key, "recorder", "DS-7716NXI-I4/16P/S", instead="1", give_up=names).status_code == 303
        now = row(database, key).choices
        assert now["recorder"] == "DS-7716NXI-I4/16P/S"
        assert {name for name in before if now[name] != before[name]} == set(names)
        assert total in seller.get(f"/configurations/{key}").text
        seen.add(frozenset(names))
    assert len(seen) == len(repairs)
    assert {"raid", "power"} in seen
    assert {"raid", "cameras"} in seen


def test_fewer_cameras_are_as_many_as_still_fit(seller: FlaskClient, deals: Deals, database: Database) -> None:
    key = deals.configure("north.sales", {**WORKED, "power": "recorder", "recorders": 1})
    choose(seller, key, "recorder", "DS-7716NXI-I4/16P/S", instead="1", give_up=["raid", "cameras"])
    assert row(database, key).choices["cameras"] == 12


def test_an_unknown_way_out_takes_the_best_one(seller: FlaskClient, deals: Deals, database: Database) -> None:
    key = deals.configure("north.sales", {**WORKED, "power": "recorder", "recorders": 1})
    choose(seller, key, "recorder", "DS-7716NXI-I4/16P/S", instead="1", give_up=["nothing"])
    assert row(database, key).choices["recorder"] == "DS-7716NXI-I4/16P/S"


def test_undo_and_redo(seller: FlaskClient, deals: Deals, database: Database) -> None:
    key = deals.configure("north.sales")
    choose(seller, key, "days", "30", 1)
    choose(seller, key, "days", "60", 2)
    seller.post(f"/configurations/{key}/undo", data={"version": "3"})
    assert row(database, key).choices["days"] == 30
    seller.post(f"/configurations/{key}/undo", data={"version": "4"})
    seller.post(f"/configurations/{key}/undo", data={"version": "5"})  # at the beginning nothing happens
    assert row(database, key).choices["days"] == 15
    seller.post(f"/configurations/{key}/redo", data={"version": "5"})
    assert row(database, key).choices["days"] == 30
    choose(seller, key, "days", "45", 6)
    assert (row(database, key).step, row(database, key).last_step) == (2, 2)
    seller.post(f"/configurations/{key}/redo", data={"version": "7"})  # what was undone is forgotten
    assert row(database, key).choices["days"] == 45


def test_two_tabs_show_both_versions_and_lose_nothing(seller: FlaskClient, deals: Deals, database: Database) -> None:
    key = deals.configure("north.sales")
    choose(seller, key, "days", "30", 1, step="0")
    answer = choose(seller, key, "cameras", "12", 1, step="0")
    assert answer.status_code == 409
    assert 'id="stale"' in answer.text
    assert "15 days" in answer.text
    assert "30 days" in answer.text
    assert "12" in answer.text
    now = row(database, key)
    assert (now.choices["days"], now.choices["cameras"]) == (30, 8)


@pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 40, "1.0"])
def test_a_nonsense_version_is_stale(seller: FlaskClient, deals: Deals, version: str) -> None:
    key = deals.configure("north.sales")
    form = {"key": "days", "value": "30", "version": version}
    assert seller.post(f"/configurations/{key}/choices", data=form).status_code == 409


def test_customers_see_list_prices_only(app: Flask, world: World, deals: Deals) -> None:
    key = deals.configure("hospital.customer")
    page = world.client(app, "hospital.customer").get(f"/configurations/{key}").text
    assert "Partner price" not in page
    assert "Make a quote" not in page


def test_internal_readers_cannot_change(app: Flask, world: World, deals: Deals) -> None:
    key = deals.configure("north.sales")
    manager = world.client(app, "supplier.channel_manager")
    assert manager.get(f"/configurations/{key}").status_code == 200
    assert choose(manager, key, "days", "30").status_code == 403


def test_hostile_names_are_shown_inertly(seller: FlaskClient, deals: Deals) -> None:
    name = "<script>alert(1)</script>{{7*7}}\"'>"
    key = deals.configure("north.sales", name=name)
    page = seller.get(f"/configurations/{key}").text
    assert "<script>alert(1)" not in page
    assert "{{7*7}}" in page


def test_chinese_pages_are_chinese(app: Flask, world: World, deals: Deals) -> None:
    client = world.client(app, "north.sales")
    client.post("/language", data={"locale": "zh", "next": "/"})
    page = client.get(f"/configurations/{deals.configure('north.sales')}").text
    assert 'lang="zh-Hans"' in page
    assert "伙伴价" in page
