"""Repeated groups through the pages: members come and go, what is added says why, a quote carries them."""

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
from portal.configurator.queries import terms_of
from portal.dates import business_date
from portal.db import Database
from portal.deals import operations
from portal.deals.models import Quote, QuoteLine
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.unit.configurator.folders import write_grouped

TWO = {"camera_group": 2, "camera_group[1].cameras": 1, "camera_group[2].mount": "pole"}


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


@pytest.fixture
def key(world: World, tmp_path: Path) -> str:
    """The public id of a configuration of two camera groups, the second on poles."""
    Deals.open(world)
    rules = read_ruleset(write_grouped(tmp_path))
    today = business_date(world.now, "Asia/Shanghai")
    with world.database.writing(SYSTEM) as session:
        revision = RuleRevision(key=rules.key, number=1, content_hash=rules.content_hash, content=rules.content())
        revision.effective_on, revision.published_at = today, world.now
        session.add(revision)
    actor = world.actor("north.sales")
    with world.database.writing(actor) as session:
        made = configurator.create_configuration(
            session,
            actor,
            name="A site",
            revision=configurator.newest_revision(session, rules.key, today=today),
            choices=TWO,
            customer_id=world.customers["north"],
            now=world.now,
        )
        return made.public_id


def row(database: Database, key: str) -> Configuration:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Configuration).where(Configuration.public_id == key)).one()


def choose(client: FlaskClient, key: str, attribute: str, value: str, version: int = 1, **more: str):  # type: ignore[no-untyped-def]
    form = {"key": attribute, "value": value, "version": str(version), **more}
    return client.post(f"/configurations/{key}/choices", data=form)


def labels(page: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r'<h4 id="label-[\w-]+">(.*?)</h4>', page)]


def at(client: FlaskClient, key: str, step: str) -> str:
    """The page of a step."""
    return client.get(f"/configurations/{key}?step={step}").text


@pytest.mark.parametrize(
    ("step", "member", "asked"),
    [
        ("views", "1", ["Camera groups", "Number of cameras", "Camera", "Mount"]),
        ("views.camera_group.2", "2", ["Camera groups", "Number of cameras", "Camera", "Mount"]),
        ("core", "", ["Recorder"]),
    ],
)
def test_a_step_asks_about_one_member(seller: FlaskClient, key: str, step: str, member: str, asked: list[str]) -> None:
    page = at(seller, key, step)
    assert labels(page) == asked
    assert set(re.findall(r'id="label-camera_group-(\d)-', page)) == set(member)
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert not [each for each in ids if "[" in each]


def chip(page: str, anchor: str) -> str:
    found = re.search(rf'id="label-{anchor}">.*?</h4>\s*<span class="chip[^"]*">.*?</svg>(.*?)</span>', page, re.DOTALL)
    assert found
    return found[1]


def test_choices_consequences_defaults_and_proposals_look_different(seller: FlaskClient, key: str) -> None:
    choose(seller, key, "recorder", "small")
    first, second = at(seller, key, "views"), at(seller, key, "views.camera_group.2")
    assert chip(first, "camera_group-1-cameras") == "Your choice"
    assert chip(second, "camera_group-2-cameras") == "Default"
    assert chip(first, "camera_group-1-mount") == "Proposed"
    choose(seller, key, "camera_group[1].cameras", "3", 2)
    assert chip(at(seller, key, "views.camera_group.2"), "camera_group-2-cameras") == "Follows from your choices"


def test_a_member_more_and_a_member_less(seller: FlaskClient, key: str, database: Database) -> None:
    assert re.search(r'name="value"\s+value="3"\s+id="more-camera_group"', at(seller, key, "views"))
    assert choose(seller, key, "camera_group", "3").status_code == 303
    page = at(seller, key, "views.camera_group.3")
    assert "label-camera_group-3-mount" in page
    assert 'id="more-camera_group"' not in page
    choose(seller, key, "camera_group[3].camera", "heavy", 2)
    assert choose(seller, key, "camera_group", "1", 3).status_code == 303
    assert row(database, key).choices == {"camera_group": 1, "camera_group[1].cameras": 1}
    page = at(seller, key, "views")
    assert 'id="remove-member"' not in page
    assert "Camera group 2" not in page
    seller.post(f"/configurations/{key}/undo", data={"version": "4"})
    assert row(database, key).choices["camera_group[3].camera"] == "heavy"


def test_a_member_that_does_not_exist_is_refused_with_the_number(
    seller: FlaskClient, key: str, database: Database
) -> None:
    answer = choose(seller, key, "camera_group[3].mount", "wall")
    assert answer.status_code == 409
    assert "Camera groups: 2" in html.unescape(answer.text)
    assert "There are only as many as “Camera groups” says." in html.unescape(answer.text)
    assert choose(seller, key, "camera_group[3].mount", "wall", instead="1").status_code == 303
    assert row(database, key).choices["camera_group"] == 3
    assert "label-camera_group-3-mount" in at(seller, key, "views.camera_group.3")


@pytest.mark.parametrize("name", ["mount", "camera_group[4].mount", "camera_group[0].mount", "camera_group[1].power"])
def test_names_of_no_question(seller: FlaskClient, key: str, name: str) -> None:
    assert choose(seller, key, name, "wall").status_code == 422


def test_what_is_added_says_why(seller: FlaskClient, key: str) -> None:
    page = html.unescape(seller.get(f"/configurations/{key}").text)
    assert page.count("Added because: A camera on a pole needs a bracket.") == 1
    assert page.count("Added because: Each bracket is fixed with two screws.") == 1


def test_figures_of_members_that_exist(seller: FlaskClient, key: str) -> None:
    page = html.unescape(seller.get(f"/configurations/{key}").text)
    assert "Camera group 2 · Power of the group" in page
    assert "Camera group 3 · Power of the group" not in page


def test_a_quote_adds_the_members_up_and_is_verified(world: World, key: str) -> None:
    actor = world.actor("north.sales")
    today = business_date(world.now, "Asia/Shanghai")
    with world.database.writing(actor) as session:
        made = session.scalars(select(Configuration).where(Configuration.public_id == key)).one()
        terms = terms_of(session, made.organisation_id)
        quote = operations.draft_quote(session, actor, made, terms, now=world.now, today=today)
        operations.issue_quote(session, actor, quote, terms, version=quote.version, now=world.now, today=today)
        number = quote.id
    with world.database.reading(SYSTEM) as session:
        quote = session.scalars(select(Quote).where(Quote.id == number)).one()
        lines = session.scalars(select(QuoteLine).where(QuoteLine.quote_id == number).order_by(QuoteLine.position))
        assert [(line.sku, line.quantity) for line in lines] == [
            ("LQ-D4-I", 3), ("LQ-R16P", 1), ("LQ-MOUNT", 2), ("LQ-PATCH", 4),
        ]  # fmt: skip
        first = quote.snapshot["configuration"][0]["items"]
        assert [item["label_en"] for item in first][-1] == "Camera group 2 · Mount"
        assert quote.state == "issued"
