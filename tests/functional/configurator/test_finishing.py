"""Finish it for me: a preview that saves nothing, one step to accept it, never on a draft that changed meanwhile."""

import html
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.configurator.language.ruleset import RuleSet
from tests.factories.gaps import configure, gap_rules, open_gaps, renew, row_of
from tests.factories.stock import plain_seed as seed  # noqa: F401 - a catalogue of its own
from tests.factories.world import World


@pytest.fixture
def revision(world: World, tmp_path: Path) -> int:
    return open_gaps(world, tmp_path / "catalogue")


@pytest.fixture
def draft(world: World, revision: int) -> str:
    return configure(world, "north.sales", revision, distance=25)


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


def form_of(page: str) -> dict[str, str]:
    """Return the hidden fields of the preview's form."""
    inside = page[page.index('action="') :]
    found = re.findall(r'name="(version|goal|defaults|picks)"\s+value="([^"]*)"', inside)
    return {name: html.unescape(value) for name, value in found}


def total_of(page: str) -> str:
    found = re.search(r'id="finish-total">\s*([^<]*?)\s*<', page)
    assert found
    return found[1]


def test_the_preview_answers_what_is_open_and_saves_nothing(seller: FlaskClient, draft: str, world: World) -> None:
    page = seller.get(f"/configurations/{draft}/finish?goal=cheapest").text
    picks = json.loads(form_of(page)["picks"])
    assert picks == {"dark": "no_", "camera": "CAM-1", "cameras": 4}
    assert total_of(page) == "CN¥2,300.00"  # 4 x 350 + 900 for a gold partner
    assert "Proved: nothing that fits is better while your choices and the defaults stay." in page
    assert row_of(world, draft).choices == {"distance": 25}
    assert row_of(world, draft).version == 1


def test_defaults_may_change_when_one_asks_for_it(seller: FlaskClient, draft: str) -> None:
    page = seller.get(f"/configurations/{draft}/finish?goal=cheapest&defaults=free").text
    assert json.loads(form_of(page)["picks"])["cameras"] == 1
    assert total_of(page) == "CN¥1,250.00"
    assert "(-CN¥1,050.00)" in page or "(−CN¥1,050.00)" in page


def test_the_smallest_power_is_read_from_the_tables(seller: FlaskClient, draft: str) -> None:
    page = seller.get(f"/configurations/{draft}/finish?goal=power").text
    assert json.loads(form_of(page)["picks"])["camera"] == "CAM-2"  # 4 W instead of 6.5 W
    assert re.search(r'id="finish-power">\s*16 W\s*<', page)
    assert "now 26 W" in page


def test_a_gap_is_no_reason_to_take_a_product(world: World, app: Flask, revision: int) -> None:
    assert revision
    content = gap_rules().content()
    content["tables"][0]["rows"][1][4] = None  # what CAM-2 draws
    draft = configure(world, "north.sales", renew(world, RuleSet.from_content(content)))
    page = world.client(app, "north.sales").get(f"/configurations/{draft}/finish?goal=power").text
    assert json.loads(form_of(page)["picks"])["camera"] == "CAM-1"


def test_accepting_is_one_step_and_undo_takes_it_back(seller: FlaskClient, draft: str, world: World) -> None:
    form = form_of(seller.get(f"/configurations/{draft}/finish?goal=power").text)
    answer = seller.post(f"/configurations/{draft}/finish", data=form)
    assert answer.status_code == 303
    row = row_of(world, draft)
    assert row.choices == {"distance": 25, "dark": "no_", "camera": "CAM-2", "cameras": 4}
    assert row.step == 1
    assert seller.post(f"/configurations/{draft}/undo", data={"version": row.version}).status_code == 303
    assert row_of(world, draft).choices == {"distance": 25}


def test_a_draft_that_changed_meanwhile_is_previewed_again(seller: FlaskClient, draft: str, world: World) -> None:
    form = form_of(seller.get(f"/configurations/{draft}/finish?goal=cheapest").text)
    seller.post(f"/configurations/{draft}/choices", data={"key": "cameras", "value": "7", "version": "1"})
    answer = seller.post(f"/configurations/{draft}/finish", data=form)
    assert answer.status_code == 409
    assert "This draft was changed elsewhere" in answer.text
    assert form_of(answer.text)["version"] == "2"
    assert row_of(world, draft).choices == {"distance": 25, "cameras": 7}


@pytest.mark.parametrize(
    "picks",
    [
        "", "[]", "null", "{", '{"camera": 1.5}', '{"camera": true}', '{"camera": {"a": 1}}', '{"nobody": "x"}',
        '{"camera": "CAM-9"}', '{"load": 3}', '{"cameras": 1000000000}', '{"camera": "CAM-2", "dark": "yes_"}',
        "[" * 5000, '{"cameras": NaN}', "x" * 300_000,
    ],
)  # fmt: skip
def test_answers_that_no_preview_made_are_refused(seller: FlaskClient, draft: str, world: World, picks: str) -> None:
    answer = seller.post(f"/configurations/{draft}/finish", data={"picks": picks, "goal": "cheapest", "version": "1"})
    assert answer.status_code == 422
    assert "This preview does not fit the draft any more." in answer.text
    assert row_of(world, draft).choices == {"distance": 25}


def test_what_a_person_chose_stays_whatever_the_form_says(seller: FlaskClient, draft: str, world: World) -> None:
    form = {"picks": '{"distance": 99, "cameras": 3}', "goal": "x" * 1000, "version": "1"}
    assert seller.post(f"/configurations/{draft}/finish", data=form).status_code == 303
    assert row_of(world, draft).choices == {"distance": 25, "cameras": 3}


def test_somebody_elses_draft_is_not_there(app: Flask, world: World, draft: str) -> None:
    for who in ("south.sales", "hospital.customer"):
        client = world.client(app, who)
        assert client.get(f"/configurations/{draft}/finish").status_code == 404
        assert client.post(f"/configurations/{draft}/finish", data={"version": "1"}).status_code == 404
    manager = world.client(app, "supplier.product_manager")
    assert manager.get(f"/configurations/{draft}/finish").status_code == 200
    assert manager.post(f"/configurations/{draft}/finish", data={"version": "1", "picks": "{}"}).status_code == 403


def test_a_customer_sees_list_prices_only(app: Flask, world: World, revision: int) -> None:
    draft = configure(world, "hospital.customer", revision)
    page = world.client(app, "hospital.customer").get(f"/configurations/{draft}/finish").text
    assert total_of(page) == "CN¥3,200.00"
    assert "Partner price" not in page


def test_htmx_gets_the_preview_alone(seller: FlaskClient, draft: str) -> None:
    answer = seller.get(f"/configurations/{draft}/finish", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="finish">')
