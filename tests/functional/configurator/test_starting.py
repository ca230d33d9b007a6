"""The first screen: a template, a few numbers, the proposal; saved templates and copies."""

import html
import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.configurator import operations as configurator
from portal.configurator.models import Configuration
from portal.configurator.template_models import SavedTemplate
from portal.configurator.upgrading_models import RuleWithdrawal
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.openings import RULES, opening_rules, publish
from tests.factories.world import World

SHOP = {
    "solution": "cameras-in-groups",
    "template": "shop",
    "answer_light": "3",
    "answer_heavy": "1",
    "name": "Shop 云",
}


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


@pytest.fixture
def solution(world: World) -> int:
    return publish(world).id


def begun(database: Database) -> list[Configuration]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Configuration).order_by(Configuration.id)))


def only(database: Database) -> Configuration:
    (row,) = begun(database)
    return row


def errors_of(page: str) -> list[str]:
    return [
        html.unescape(text) for text in re.findall(r'class="field-error"[^>]*>(?:<svg.*?</svg>)?(.*?)</p>', page, re.S)
    ]


def test_one_solution_is_shown_at_once_with_its_templates(seller: FlaskClient, solution: int) -> None:
    page = seller.get("/configurations/new").text
    assert "Shop" in page
    assert "A room with a counter" in page
    assert "Own site" in page
    assert re.search(r'name="answer_light"[^>]*value="3"', page)
    assert re.search(r'name="answer_heavy"[^>]*value="1"', page)
    visible = re.findall(r"<(?:input|select|textarea)(?![^>]*type=\"(?:hidden|search)\")[^>]*name=\"(\w+)\"", page)
    assert [name for name in visible if name != "q"] == ["answer_light", "answer_heavy", "name"]


def test_a_template_fills_the_numbers(seller: FlaskClient, solution: int) -> None:
    page = seller.get("/configurations/new?template=own").text
    assert re.search(r'name="answer_light"[^>]*value="2"', page)
    assert re.search(r'aria-current="true"[^>]*>\s*<strong>Own site', page)
    assert seller.get("/configurations/new?template=nothing&solution=nothing").status_code == 200


def test_one_button_leads_to_the_priced_proposal(seller: FlaskClient, solution: int, database: Database) -> None:
    answer = seller.post("/configurations/new", data=SHOP)
    assert answer.status_code == 303, answer.text
    row = only(database)
    assert row.choices == {
        "camera_group": 2, "camera_group[1].cameras": 3, "camera_group[1].camera": "light",
        "camera_group[2].cameras": 1, "camera_group[2].camera": "heavy", "camera_group[2].mount": "pole",
        "recorder": "small",
    }  # fmt: skip
    page = seller.get(answer.headers["Location"]).text
    assert "Shop 云" in page
    assert re.search(r"CN¥[\d,]+\.\d\d", page)


def test_no_name_is_needed(seller: FlaskClient, solution: int, database: Database) -> None:
    assert seller.post("/configurations/new", data={**SHOP, "name": " "}).status_code == 303
    assert only(database).name.startswith("Shop · ")


def test_a_choice_of_the_template_gives_way_to_the_answers(
    seller: FlaskClient, solution: int, database: Database
) -> None:
    """Three light and two heavy cameras are five: the small recorder of the template cannot be kept, and is named."""
    answer = seller.post("/configurations/new", data={**SHOP, "answer_heavy": "2"})
    assert answer.status_code == 303
    assert "recorder" not in only(database).choices
    assert only(database).choices["camera_group[2].mount"] == "pole"
    assert "Not taken over, because it does not fit: Recorder: Small." in seller.get(answer.headers["Location"]).text


@pytest.mark.parametrize("typed", ["", "abc", "4", "-3", "1000000000", "1e3", "٣", "😀", "1" * 30, "2.5", "\u202e1"])
def test_bad_numbers_keep_everything_typed(seller: FlaskClient, solution: int, database: Database, typed: str) -> None:
    answer = seller.post("/configurations/new", data={**SHOP, "answer_light": typed, "answer_heavy": "2"})
    assert answer.status_code == 422
    assert 'value="Shop 云"' in answer.text
    assert re.search(r'name="answer_heavy"[^>]*value="2"', answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert errors_of(answer.text)
    assert 'name="template" value="shop"' in answer.text
    assert begun(database) == []


def test_errors_are_in_the_language_of_the_person(seller: FlaskClient, solution: int) -> None:
    assert (
        "Enter a whole number from 0 to 3."
        in seller.post("/configurations/new", data={**SHOP, "answer_light": "9"}).text
    )
    seller.post("/language", data={"locale": "zh"})
    page = seller.post("/configurations/new", data={**SHOP, "answer_light": "9"}).text
    assert "轻型摄像机" in page
    assert "Enter a whole number" not in page


def test_full_width_digits_count(seller: FlaskClient, solution: int, database: Database) -> None:
    assert seller.post("/configurations/new", data={**SHOP, "answer_light": "２"}).status_code == 303
    assert only(database).choices["camera_group[1].cameras"] == 2


def test_nothing_at_all_says_so_at_the_fields(seller: FlaskClient, solution: int, database: Database) -> None:
    answer = seller.post("/configurations/new", data={**SHOP, "answer_light": "0", "answer_heavy": "0"})
    assert answer.status_code == 422
    assert len(errors_of(answer.text)) == 2
    assert "At least one of these must be more than 0: Light cameras / Heavy cameras." in html.unescape(answer.text)
    assert begun(database) == []


def test_answers_that_contradict_each_other_name_the_rule(
    seller: FlaskClient, world: World, database: Database
) -> None:
    few = "  few:\n    because: {en: At most four cameras., zh: 最多四台。}\n"
    few += '    require: "sum(camera_group: cameras) <= 4"\n'
    publish(world, opening_rules(RULES.replace("rules:\n", f"rules:\n{few}", 1)))
    answer = seller.post("/configurations/new", data={**SHOP, "answer_heavy": "2"})
    assert answer.status_code == 422
    assert "These answers cannot be combined. At most four cameras." in answer.text
    assert begun(database) == []


def test_of_several_solutions_one_is_chosen_first(seller: FlaskClient, world: World, solution: int) -> None:
    rules = opening_rules()
    publish(world, replace(rules, key="other-site", title=replace(rules.title, en="Other site")), catalog=False)
    page = seller.get("/configurations/new").text
    assert "Other site" in page
    assert "answer_light" not in page
    assert "answer_light" in seller.get("/configurations/new?solution=other-site").text
    assert seller.post("/configurations/new", data={**SHOP, "solution": "no-site"}).status_code == 200


def test_without_rules_the_page_says_whom_to_ask(seller: FlaskClient, world: World) -> None:
    answer = seller.get("/configurations/new")
    assert answer.status_code == 200
    assert "ask the product manager" in answer.text
    assert seller.post("/configurations/new", data=SHOP).status_code == 200


def test_withdrawn_rules_are_not_begun_with(seller: FlaskClient, world: World, solution: int) -> None:
    with world.database.writing(SYSTEM) as session:
        session.add(RuleWithdrawal(rule_revision_id=solution, reason="wrong", withdrawn_at=world.now))
    assert "answer_light" not in seller.get("/configurations/new").text


def test_a_customer_is_taken_along_and_a_foreign_one_is_not(
    seller: FlaskClient, world: World, solution: int, database: Database
) -> None:
    mine, other = world.customers["north"], world.customers["south"]
    page = seller.get(f"/configurations/new?customer={mine}").text
    assert "Customer of Northern Partner" in page
    assert "Customer of Southern Partner" not in seller.get(f"/configurations/new?customer={other}").text
    seller.post("/configurations/new", data={**SHOP, "customer": str(mine)})
    seller.post("/configurations/new", data={**SHOP, "customer": str(other)})
    assert [row.customer_id for row in begun(database)] == [mine, None]


def test_rules_without_start_questions_ask_for_a_name_only(
    seller: FlaskClient, world: World, database: Database
) -> None:
    Deals.open(world)
    assert seller.post("/configurations/new", data={"name": "Bare"}).status_code == 303
    assert only(database).choices == {}


def test_a_template_of_ones_own(
    app: Flask, seller: FlaskClient, world: World, solution: int, database: Database
) -> None:
    seller.post("/configurations/new", data=SHOP)
    key = only(database).public_id
    assert 'value="Shop 云"' in seller.get(f"/configurations/{key}/template").text
    assert seller.post(f"/configurations/{key}/template", data={"name": "Our shop"}).status_code == 303
    again = seller.post(f"/configurations/{key}/template", data={"name": "Our shop"})
    assert again.status_code == 422
    assert "There is a template of this name already." in again.text
    colleague = world.client(app, "north.engineer")
    page = colleague.get("/configurations/new").text
    assert "Our shop" in page
    saved = re.findall(r"/configurations/templates/(\w+)/begin", page)[0]
    assert colleague.post(f"/configurations/templates/{saved}/begin").status_code == 303
    first, second = begun(database)
    assert second.choices == first.choices
    assert second.name.startswith("Our shop · ")
    stranger = world.client(app, "south.sales")
    assert "Our shop" not in stranger.get("/configurations/new").text
    assert stranger.post(f"/configurations/templates/{saved}/begin").status_code == 404
    assert stranger.post(f"/configurations/templates/{saved}/archive", data={"archived": "1"}).status_code == 404
    assert stranger.post(f"/configurations/{key}/template", data={"name": "Theirs"}).status_code == 404
    assert colleague.post(f"/configurations/templates/{saved}/archive", data={"archived": "1"}).status_code == 303
    assert "Our shop" not in seller.get("/configurations/new").text
    assert "Our shop" in seller.get("/configurations/templates").text
    assert "Our shop" not in stranger.get("/configurations/templates").text
    seller.post(f"/configurations/templates/{saved}/archive", data={"archived": "0"})
    assert "Our shop" in seller.get("/configurations/new").text


def test_a_template_follows_newer_rules_as_far_as_they_go(
    seller: FlaskClient, world: World, solution: int, database: Database
) -> None:
    seller.post("/configurations/new", data={**SHOP, "template": "own"})
    seller.post(f"/configurations/{only(database).public_id}/template", data={"name": "Old"})
    with database.writing(SYSTEM) as session:
        saved = session.scalars(select(SavedTemplate)).one()
        saved.choices = {**saved.choices, "reel": "wide", "recorder": "huge"}
        key = saved.public_id
    newer = opening_rules(RULES.replace("    require: cameras <= 2\n", "    require: cameras <= 1\n").replace(
        "when: camera == 'heavy'", "when: camera == 'light'"
    ))  # fmt: skip
    revision = publish(world, newer, number=2, catalog=False)
    answer = seller.post(f"/configurations/templates/{key}/begin")
    made = begun(database)[1]
    assert made.rule_revision_id == revision.id
    assert made.choices["camera_group[1].cameras"] == 3
    assert "camera_group[1].camera" not in made.choices
    page = html.unescape(seller.get(answer.headers["Location"]).text)
    assert "Camera: Light" in page
    assert "reel: wide" in page or "reel" in page


def test_at_most_fifty_templates(seller: FlaskClient, world: World, solution: int, database: Database) -> None:
    seller.post("/configurations/new", data=SHOP)
    with database.writing(SYSTEM) as session:
        for number in range(50):
            session.add(
                SavedTemplate(
                    organisation_id=world.organisations["north"], rule_key="cameras-in-groups", name=f"T{number}",
                    choices={}, created_at=world.now,
                )
            )  # fmt: skip
    answer = seller.post(f"/configurations/{only(database).public_id}/template", data={"name": "One more"})
    assert answer.status_code == 422
    assert "There are 50 templates already" in answer.text
    assert 'value="One more"' in answer.text


def test_a_copy_is_a_draft_of_its_own(seller: FlaskClient, world: World, solution: int, database: Database) -> None:
    seller.post("/configurations/new", data={**SHOP, "customer": str(world.customers["north"])})
    first = only(database)
    answer = seller.post(f"/configurations/{first.public_id}/copy")
    assert answer.status_code == 303
    copy = begun(database)[1]
    assert answer.headers["Location"] == f"/configurations/{copy.public_id}"
    assert (copy.name, copy.choices, copy.customer_id) == ("Copy of Shop 云", first.choices, first.customer_id)
    actor = world.actor("north.sales")
    with database.writing(actor) as session:
        row = session.get_one(Configuration, copy.id)
        configurator.choose(session, actor, row, "recorder", "large", version=row.version, now=world.now)
    assert begun(database)[0].choices["recorder"] == "small"


def test_a_foreign_configuration_cannot_be_copied(
    app: Flask, seller: FlaskClient, world: World, solution: int, database: Database
) -> None:
    seller.post("/configurations/new", data=SHOP)
    stranger = world.client(app, "south.sales")
    assert stranger.post(f"/configurations/{only(database).public_id}/copy").status_code == 404
    assert (
        world.client(app, "supplier.channel_manager")
        .post(f"/configurations/{only(database).public_id}/copy")
        .status_code
        == 403
    )
    assert len(begun(database)) == 1
