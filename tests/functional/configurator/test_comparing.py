"""Two configurations side by side, and a copy as a variant of one."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.configurator import publishing
from portal.configurator.models import Configuration, RuleRevision
from portal.policy import SYSTEM
from tests.factories.gaps import configure, gap_rules, open_gaps, renew, row_of
from tests.factories.stock import plain_seed as seed  # noqa: F401 - a catalogue of its own
from tests.factories.world import World

DIFFERS = r'X-CSRFToken": "[^"]*"|name="csrf_token" value="[^"]*"|[0-9a-z]{16}'  # between any two answers


@pytest.fixture
def revision(world: World, tmp_path: Path) -> int:
    return open_gaps(world, tmp_path / "catalogue")


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


def test_what_differs_stands_side_by_side(seller: FlaskClient, world: World, revision: int) -> None:
    left = configure(world, "north.sales", revision, "Block <A>", cameras=4, camera="CAM-1")
    right = configure(world, "north.sales", revision, "Block B", cameras=6, camera="CAM-2")
    page = seller.get(f"/configurations/compare?a={left}&b={right}").text
    assert "Block &lt;A&gt;" in page
    assert re.search(r'id="total-1">CN¥2,300.00<', page)
    assert re.search(r'id="total-2">CN¥4,260.00<', page)
    assert re.search(r'id="difference">\s*\+CN¥1,960.00', page)
    assert re.search(r"Cameras</th>\s*<td[^>]*><strong>4</strong></td>\s*<td[^>]*><strong>6</strong>", page)
    assert re.search(r"Load</th>\s*<td[^>]*>26 W</td>\s*<td[^>]*>24 W", page)
    assert re.search(r"CAM-1</small>.*?>4<.*?>0<.*CAM-2</small>.*?>0<.*?>6<", page, re.DOTALL)
    assert "Used at night" not in page  # the same on both sides
    everything = seller.get(f"/configurations/compare?a={left}&b={right}&all=1").text
    assert "Used at night" in everything


def test_one_with_itself_differs_in_nothing(seller: FlaskClient, world: World, revision: int) -> None:
    draft = configure(world, "north.sales", revision)
    assert 'id="nothing-differs"' in seller.get(f"/configurations/compare?a={draft}&b={draft}").text


def test_two_revisions_of_rules_can_be_compared(seller: FlaskClient, world: World, revision: int) -> None:
    left = configure(world, "north.sales", revision)
    right = configure(world, "north.sales", renew(world, gap_rules(pole=True)), pole="tall")
    page = seller.get(f"/configurations/compare?a={left}&b={right}").text
    assert "revision 1" in page
    assert "revision 2" in page
    assert re.search(r"Pole</th>\s*<td[^>]*>–</td>\s*<td[^>]*><strong>Tall pole</strong>", page)


def test_without_two_of_them_there_is_a_choice_of_ones_own(seller: FlaskClient, world: World, revision: int) -> None:
    assert "There is nothing to compare yet" in seller.get("/configurations/compare").text
    own = configure(world, "north.sales", revision, "Mine")
    configure(world, "north.sales", revision, "Mine too")
    configure(world, "south.sales", revision, "Not mine")
    page = seller.get(f"/configurations/compare?a={own}").text
    assert ">Mine<" in page
    assert ">Mine too<" in page
    assert "Not mine" not in page


def test_a_foreign_or_missing_one_is_not_there(seller: FlaskClient, world: World, revision: int) -> None:
    own = configure(world, "north.sales", revision)
    foreign = configure(world, "south.sales", revision, "Southern secret")
    bodies = []
    for other in (foreign, "0" * 16, "' OR 1=1", "x" * 5000):
        for a, b in ((own, other), (other, own), (other, other), (other, "")):
            answer = seller.get("/configurations/compare", query_string={"a": a, "b": b})
            assert answer.status_code == 404
            assert "Southern secret" not in answer.text
            bodies.append(re.sub(DIFFERS, "", answer.text))
    assert bodies[0] == bodies[4]  # foreign looks like missing


def test_a_variant_is_a_copy_that_goes_its_own_way(seller: FlaskClient, world: World, revision: int) -> None:
    draft = configure(world, "north.sales", revision, "N" * 120, cameras=5)
    answer = seller.post(f"/configurations/{draft}/variant")
    assert answer.status_code == 303
    assert f"a={draft}" in answer.headers["Location"]
    made = re.search(r"b=([0-9a-z]+)", answer.headers["Location"])
    assert made
    copy = row_of(world, made[1])
    assert copy.choices == {"cameras": 5}
    assert copy.name.endswith("N (variant)")
    assert len(copy.name) == 120
    assert seller.get(answer.headers["Location"]).status_code == 200
    seller.post(f"/configurations/{made[1]}/choices", data={"key": "cameras", "value": "6", "version": "1"})
    assert row_of(world, draft).choices == {"cameras": 5}


def test_a_variant_of_somebody_elses_or_on_withdrawn_rules_is_refused(
    seller: FlaskClient, app: Flask, world: World, revision: int
) -> None:
    foreign = configure(world, "south.sales", revision)
    assert seller.post(f"/configurations/{foreign}/variant").status_code == 404
    own = configure(world, "north.sales", revision)
    assert world.client(app, "supplier.channel_manager").post(f"/configurations/{own}/variant").status_code == 403
    with world.database.writing(SYSTEM) as session:
        publishing.withdraw(session, session.get_one(RuleRevision, revision), reason="Wrong.", now=world.now)
    assert seller.post(f"/configurations/{own}/variant").status_code == 409
    with world.database.reading(SYSTEM) as session:
        assert session.query(Configuration).count() == 2


def test_a_customer_compares_list_prices(app: Flask, world: World, revision: int) -> None:
    left = configure(world, "hospital.customer", revision, "One")
    right = configure(world, "hospital.customer", revision, "Two", cameras=5)
    page = world.client(app, "hospital.customer").get(f"/configurations/compare?a={left}&b={right}").text
    assert re.search(r'id="total-1">CN¥3,200.00<', page)
    assert "Partner price" not in page
    assert "2,300.00" not in page
