"""The one search field with an index: everything one may see, grouped, and nothing else."""

import pytest
from flask import Flask
from sqlalchemy import update

from portal import wiring
from portal.db import Database
from portal.parties.models import Relation
from portal.policy import SYSTEM
from portal.search.rebuilding import rebuild
from tests.factories.world import World
from tests.functional.home.conftest import Matters


@pytest.fixture
def matters(world: World, database: Database) -> Matters:
    wiring.install()
    return Matters(world, database)


@pytest.fixture
def look(app: Flask, world: World, database: Database):
    """What somebody finds, after the index was built of what there is."""

    def page(who: str, words: str, **query: str):
        rebuild(database, world.settings.search_folder, now=world.now)
        return world.client(app, who).get("/search", query_string={"q": words, **query}).text

    return page


def test_everything_is_found_in_one_field(look, matters: Matters) -> None:
    matters.quote("Qingxi Hospital", number="Q-2026-000031")
    matters.product("LQ-4M", "Dome camera 4 MP")
    page = look("north.sales", "hospital dome 2026-000031 customer of north")
    for expected in ("Q-2026-000031", "LQ-4M", "Site of Qingxi Hospital", "Customer of Northern Partner"):
        assert expected in page
    for heading in ("Quotes", "Products", "Configurations", "Customers"):
        assert f"<h2>{heading}</h2>" in page


@pytest.mark.parametrize("who", ["south.sales", "hospital.customer", "hospital.owner", "supplier.product_manager"])
def test_what_belongs_to_others_is_neither_shown_nor_counted(look, matters: Matters, who: str) -> None:
    for number in range(30):
        matters.quote("Zinnober Hospital", number=f"Q-2026-0001{number:02}")
    page = look(who, "Zinnober")
    if who != "supplier.product_manager":  # he reads configurations of everybody, and no quotes
        assert "Nothing found" in page
    assert "Q-2026" not in page


def test_the_house_sees_all_partners_by_the_names_of_the_house(look, matters: Matters) -> None:
    matters.quote("Zinnober Hospital", number="Q-2026-000031")
    assert "Q-2026-000031" in look("supplier.channel_manager", "zinnober")
    assert "Customer of Southern Partner" in look("supplier.channel_manager", "customer southern")
    assert "Customer of Southern Partner" not in look("north.sales", "customer southern")


def test_five_of_a_kind_and_the_rest_behind_a_link(look, matters: Matters) -> None:
    for number in range(7):
        matters.configuration(f"Warehouse {number}")
    page = look("north.sales", "warehouse")
    assert page.count("<strong>Warehouse ") == 5
    assert "/search?q=warehouse&amp;kind=configuration" in page
    assert look("north.sales", "warehouse", kind="configuration").count("<strong>Warehouse ") == 7
    assert "Nothing found" in look("north.sales", "warehouse", kind="quote")
    assert "Nothing found" in look("north.sales", "warehouse", kind="elephant")


def test_what_shares_one_sign_with_the_words_is_not_found_beside_what_has_them(
    look, matters: Matters, world: World, database: Database
) -> None:
    matters.configuration("青溪医院 B 座")
    with database.writing(SYSTEM) as session:
        known = Relation.party_id == world.customers["north"]
        session.execute(update(Relation).where(known).values(address="青岛市示范路 105 号"))
    page = look("north.sales", "青溪医院")
    assert "青溪医院 B 座" in page
    assert "Customer of Northern Partner" not in page
    assert "Customer of Northern Partner" in look("north.sales", "青岛")


def test_rights_that_ended_since_the_index_was_written_count(look, matters: Matters, database: Database, app, world):
    matters.configuration("Warehouse of Zinnober")
    assert "Zinnober" in look("north.sales", "zinnober")
    with database.engine.begin() as connection:  # the index does not know of it yet
        south = world.organisations["south"]
        connection.exec_driver_sql(f"UPDATE configuration SET organisation_id = {south}")
    page = world.client(app, "north.sales").get("/search?q=zinnober").text
    assert "Warehouse of Zinnober" not in page


def test_an_empty_field_above_a_page_shows_nothing(app: Flask, world: World) -> None:
    client = world.client(app, "north.sales")
    answer = client.get("/search?q=", headers={"HX-Request": "true", "HX-Target": "quick"})
    assert (answer.status_code, answer.text) == (200, "")
