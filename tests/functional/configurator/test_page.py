"""The page as building blocks: steps, views, members, running price, advice, pictures, and who may only look."""

import html
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.configurator import operations as configurator
from portal.configurator.language.reader import read_ruleset
from portal.configurator.models import Configuration, RuleRevision
from portal.dates import business_date
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.configurator.sites import write_site

CHOICES = {"camera_group": 2, "camera_group[1].cameras": 16, "camera_group[2].place": "outdoor"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


@pytest.fixture
def rules(world: World, tmp_path: Path) -> str:
    """Publish the rules of the whole page; their key."""
    Deals.open(world)
    read = read_ruleset(write_site(tmp_path))
    with world.database.writing(SYSTEM) as session:
        revision = RuleRevision(key=read.key, number=1, content_hash=read.content_hash, content=read.content())
        revision.effective_on, revision.published_at = business_date(world.now, "Asia/Shanghai"), world.now
        session.add(revision)
    return read.key


@pytest.fixture
def key(world: World, rules: str) -> str:
    return configure(world, rules, "north.sales")


def configure(world: World, rules: str, who: str) -> str:
    """Return the public id of a configuration of two groups."""
    actor, today = world.actor(who), business_date(world.now, "Asia/Shanghai")
    with world.database.writing(actor) as session:
        revision = configurator.newest_revision(session, rules, today=today)
        made = configurator.create_configuration(
            session, actor, name="A site", revision=revision, choices=CHOICES, now=world.now
        )
        return made.public_id


def row(database: Database, key: str) -> Configuration:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Configuration).where(Configuration.public_id == key)).one()


def page(client: FlaskClient, key: str, query: str = "") -> str:
    """The text of a page, as people read it."""
    answer = client.get(f"/configurations/{key}{query}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def post(client: FlaskClient, key: str, action: str, /, **form: object):  # type: ignore[no-untyped-def]
    return client.post(f"/configurations/{key}/{action}", data={"version": "1", **form})


def asked(text: str) -> list[str]:
    return re.findall(r'<h4 id="label-([\w-]+)"', text)


def test_the_overview_shows_every_block_and_asks_nothing(seller: FlaskClient, key: str) -> None:
    text = page(seller, key)
    assert re.findall(r'<h3 id="card-\d">(.*?)</h3>', text) == ["Camera group 1", "Camera group 2", "Recording"]
    assert asked(text) == []
    assert f'href="/configurations/{key}?step=views.camera_group.2"' in text


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("core", ["days", "raid", "disks", "recorder"]),
        ("views", ["camera_group", "camera_group-1-cameras", "camera_group-1-place"]),
        ("views.camera_group.2", ["camera_group", "camera_group-2-cameras", "camera_group-2-place"]),
        ("lenses.camera_group.2", ["camera_group-2-distance", "camera_group-2-focal"]),
        ("views.camera_group.7", ["camera_group", "camera_group-2-cameras", "camera_group-2-place"]),
    ],
)
def test_only_the_questions_of_the_step(seller: FlaskClient, key: str, step: str, expected: list[str]) -> None:
    assert asked(page(seller, key, f"?step={step}")) == expected


@pytest.mark.parametrize(
    "step", ["nothing", "..", "views.other.1", "<b>", "%00", "x" * 500, "room", "views.camera_group.²"]
)
def test_a_step_that_is_not_there_leads_somewhere_sensible(seller: FlaskClient, key: str, step: str) -> None:
    answer = seller.get(f"/configurations/{key}", query_string={"step": step})
    assert answer.status_code == 200
    assert "<b>" not in re.sub(r"<b>.*?</b>", "", answer.text) or step != "<b>"


def test_next_leads_through_all_blocks_and_back(seller: FlaskClient, key: str) -> None:
    steps, at = [], ""
    for _ in range(20):
        text = page(seller, key, f"?step={at}")
        found = re.search(r'<a href="[^"]*?(?:\?step=([\w.]*))?"[^>]*?id="after"', text)
        if not at and not found:
            found = re.search(r'\?step=([\w.]*)"[^>]*?id="change-1"', text)
        assert found
        at = found[1] or ""
        if not at:
            break
        steps.append(at)
    assert steps == ["views", "views.camera_group.2", "lenses", "lenses.camera_group.2", "core"]


def test_the_full_view_is_remembered_and_the_simple_one_counts_what_it_hides(seller: FlaskClient, key: str) -> None:
    assert "tuning" not in asked(page(seller, key, "?step=core"))
    assert "tuning" in asked(page(seller, key, "?step=core&view=full"))
    assert "tuning" in asked(page(seller, key, "?step=core"))
    assert asked(page(seller, key, "?step=room")) == ["rack"]
    post(seller, key, "choices", key="tuning", value="off")
    text = page(seller, key, "?step=core&view=simple")
    assert "tuning" not in asked(text)
    assert "1 engineer's setting changed" in text
    assert "tuning" not in asked(page(seller, key, "?step=core&view=nonsense"))


def test_engineers_begin_with_the_full_view(app: Flask, world: World, key: str) -> None:
    assert "tuning" in asked(page(world.client(app, "north.engineer"), key, "?step=core"))


def test_a_choice_answers_with_its_step_and_what_it_cost(seller: FlaskClient, key: str) -> None:
    answer = seller.post(
        f"/configurations/{key}/choices",
        data={"key": "camera_group[1].cameras", "value": "17", "version": "1", "at": "views", "was": "0"},
        headers=HTMX,
    )
    text = html.unescape(answer.text)
    assert asked(text)[0] == "camera_group"
    total = re.search(r'id="running-price">\s*([^<\s]+)', text)
    delta = re.search(r'id="delta">.*?\+([^<\s]+)', text, re.DOTALL)
    assert total
    assert delta
    assert delta[1] == total[1]  # from nothing


def test_without_javascript_the_step_and_the_difference_come_back_once(seller: FlaskClient, key: str) -> None:
    answer = post(seller, key, "choices", key="camera_group[1].cameras", value="17", at="views", was="100")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/configurations/{key}?step=views#question-camera_group-1-cameras"
    where = answer.headers["Location"].partition("#")[0].partition("?")[2]
    assert 'id="delta"' in page(seller, key, f"?{where}")
    assert 'id="delta"' not in page(seller, key, f"?{where}")


@pytest.mark.parametrize("was", ["", "abc", "-1", "9" * 40, "1.5", "١"])
def test_a_nonsense_total_shows_no_difference(seller: FlaskClient, key: str, was: str) -> None:
    data = {"key": "days", "value": "20", "version": "1", "at": "core", "was": was}
    answer = seller.post(f"/configurations/{key}/choices", data=data, headers=HTMX)
    assert answer.status_code == 200
    assert 'id="delta"' not in answer.text


def test_margin_is_list_minus_partner_and_never_for_customers(
    app: Flask, world: World, seller: FlaskClient, key: str, rules: str
) -> None:
    text = page(seller, key)
    amounts = [re.search(rf'id="{name}">\D*([\d,.]+)', text) for name in ("list-price", "running-price", "margin")]
    listed, partner, margin = (round(float(found[1].replace(",", "")) * 100) for found in amounts if found)
    assert margin == listed - partner > 0
    customer = page(world.client(app, "hospital.customer"), configure(world, rules, "hospital.customer"))
    assert 'id="list-price"' in customer
    assert "margin" not in customer.lower()
    assert 'id="running-price"' not in customer


@pytest.mark.parametrize("value", ["9", "1000000000", "0", "-1", "abc", ""])
def test_too_many_groups_are_an_error_at_the_field(
    seller: FlaskClient, key: str, value: str, database: Database
) -> None:
    answer = post(seller, key, "choices", key="camera_group", value=value, at="views")
    assert answer.status_code == 422
    assert 'id="error-camera_group"' in answer.text
    assert row(database, key).choices == CHOICES


def test_a_billion_cameras_are_an_error_at_the_field(seller: FlaskClient, key: str) -> None:
    answer = post(seller, key, "choices", key="camera_group[2].cameras", value="1000000000", at="views.camera_group.2")
    assert answer.status_code == 422
    assert 'id="error-camera_group-2-cameras"' in answer.text
    assert 'value="1000000000"' in answer.text


def test_an_error_is_seen_wherever_it_was_made(seller: FlaskClient, key: str) -> None:
    answer = post(seller, key, "choices", key="days", value="0", at="views")
    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 90." in answer.text
    assert (
        'id="error-days"' in post(seller, key, "choices", key="days", value="0").text
    )  # nobody said where: its own step


def test_a_refused_number_shows_reasons_and_repairs_with_their_price(seller: FlaskClient, key: str) -> None:
    answer = post(seller, key, "choices", key="camera_group[2].cameras", value="60", at="views.camera_group.2")
    text = html.unescape(answer.text)
    assert answer.status_code == 409
    assert 'id="refusal"' in text
    assert "The supply feeds no more cameras." in text
    assert "Total then:" in text
    assert asked(text)[1] == "camera_group-2-cameras"


def test_a_copy_of_a_member_stands_behind_the_others(seller: FlaskClient, key: str, database: Database) -> None:
    answer = post(seller, key, "members", group="camera_group", member="2", action="copy", at="views.camera_group.3")
    assert answer.status_code == 303
    assert row(database, key).choices == {**CHOICES, "camera_group": 3, "camera_group[3].place": "outdoor"}
    assert asked(page(seller, key, "?step=views.camera_group.3"))[1] == "camera_group-3-cameras"
    post(seller, key, "undo", version="2")
    assert row(database, key).choices == CHOICES


def test_a_copy_leaves_out_what_the_rules_do_not_allow_twice(seller: FlaskClient, key: str, database: Database) -> None:
    post(seller, key, "choices", key="camera_group[1].cameras", value="50")
    data = {"group": "camera_group", "member": "1", "action": "copy", "at": "views", "version": "2"}
    answer = seller.post(f"/configurations/{key}/members", data=data, headers=HTMX)
    assert "Copied without what the rules do not allow twice: Number of cameras." in html.unescape(answer.text)
    assert row(database, key).choices["camera_group"] == 3


def test_a_member_is_taken_out_and_the_others_move_up(seller: FlaskClient, key: str, database: Database) -> None:
    post(seller, key, "members", group="camera_group", member="1", action="remove", at="views")
    assert row(database, key).choices == {"camera_group": 1, "camera_group[1].place": "outdoor"}
    answer = post(seller, key, "members", group="camera_group", member="1", action="remove", version="2", at="views")
    assert answer.status_code == 422
    assert 'id="error-camera_group"' in answer.text


@pytest.mark.parametrize(
    "form",
    [
        {"group": "camera_group", "member": "3"},
        {"group": "camera_group", "member": "0"},
        {"group": "camera_group", "member": "-1"},
        {"group": "camera_group", "member": "²"},
        {"group": "days", "member": "1"},
        {"group": "nothing", "member": "1"},
        {},
    ],
)
@pytest.mark.parametrize("action", ["copy", "remove"])
def test_members_that_do_not_exist(
    seller: FlaskClient, key: str, database: Database, form: dict[str, str], action: str
) -> None:
    assert post(seller, key, "members", action=action, **form).status_code == 422
    assert row(database, key).choices == CHOICES


def test_members_of_a_stale_page(seller: FlaskClient, key: str, database: Database) -> None:
    answer = post(seller, key, "members", group="camera_group", member="1", action="remove", version="7")
    assert answer.status_code == 409
    assert 'id="stale"' in answer.text
    assert row(database, key).choices == CHOICES


def test_advice_warns_and_never_forbids(seller: FlaskClient, key: str) -> None:
    text = page(seller, key)
    assert "Without RAID one broken disk loses recordings." in text
    assert "Camera group 1, Camera group 2:" in text
    assert "Without RAID" not in page(seller, key, "?step=lenses")
    assert "The light does not reach" in page(seller, key, "?step=lenses.camera_group.2")
    post(seller, key, "choices", key="raid", value="raid5")
    assert "Without RAID" not in page(seller, key)


def test_steps_say_how_far_they_are(seller: FlaskClient, key: str) -> None:
    assert re.search(r'class="step step-advice"\s+id="to-core"', page(seller, key))
    post(seller, key, "choices", key="raid", value="raid5")
    assert re.search(r'class="step step-proposed"\s+id="to-core"', page(seller, key))
    for version, (name, value) in enumerate((("days", "30"), ("disks", "5"), ("recorder", "small")), start=2):
        post(seller, key, "choices", key=name, value=value, version=str(version))
    assert re.search(r'class="step step-decided"\s+id="to-core"', page(seller, key))


def test_pictures_of_the_overview_and_of_a_step(seller: FlaskClient, key: str) -> None:
    text = page(seller, key)
    assert re.findall(r'id="picture-(\w+)">', text) == ["plan", "front", "store", "load"]
    assert text.count('class="wedge"') == 2
    assert "style=" not in text
    step = page(seller, key, "?step=lenses.camera_group.2")
    assert re.findall(r'id="picture-(\w+)">', step) == ["plan"]
    assert step.count('class="wedge"') == 1


def test_a_picture_says_what_is_missing(seller: FlaskClient, key: str) -> None:
    post(seller, key, "choices", key="camera_group[2].focal", value="unknown")
    text = page(seller, key)
    assert text.count('class="wedge"') == 1
    assert "Camera group 2: No picture: “Focal length” is not known yet." in text


def test_who_may_only_look_sees_no_buttons(app: Flask, world: World, key: str) -> None:
    text = page(world.client(app, "supplier.channel_manager"), key, "?step=core")
    assert 'id="view-only"' in text
    assert 'id="undo"' not in text
    assert 'id="set-days"' not in text
    assert 'id="details"' not in page(world.client(app, "supplier.channel_manager"), key)


def test_eight_groups_stay_a_small_page(seller: FlaskClient, key: str) -> None:
    post(seller, key, "choices", key="camera_group", value="8")
    for step in ("", "views.camera_group.8", "lenses", "core"):
        answer = seller.get(f"/configurations/{key}?step={step}&view=full", headers=HTMX)
        assert len(answer.data) < 80_000


def test_ids_are_used_once(seller: FlaskClient, key: str) -> None:
    for step in ("", "views", "lenses.camera_group.2", "core"):
        ids = re.findall(r' id="([^"]*)"', page(seller, key, f"?step={step}&view=full"))
        assert len(ids) == len(set(ids)), sorted(each for each in ids if ids.count(each) > 1)
