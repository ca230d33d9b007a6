"""A draft shared to edit: finishing, upgrading and asking work for the guest, with his own prices and questions."""

import html
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.configurator.engineering_models import EngineerQuestion
from portal.configurator.models import Configuration
from portal.db import Database
from portal.policy import SYSTEM
from portal.sharing import operations
from portal.sharing.models import Share
from tests.factories.gaps import configure, gap_rules, open_gaps, renew, row_of
from tests.factories.stock import plain_seed as seed  # noqa: F401 - a catalogue of its own
from tests.factories.world import World


@pytest.fixture
def draft(world: World, tmp_path: Path) -> str:
    return configure(world, "north.sales", open_gaps(world, tmp_path / "catalogue"), dark="yes_", distance=25)


@pytest.fixture
def guest(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "south.sales")


def share(world: World, draft: str, access: str) -> None:
    """Write a share, whether or not these two would be offered one."""
    with world.database.writing(SYSTEM) as session:
        row = session.scalars(select(Configuration).where(Configuration.public_id == draft)).one()
        made = Share(organisation_id=row.organisation_id, kind="configuration", thing_id=row.id, access=access)
        made.with_organisation_id, made.message, made.created_at = world.organisations["south"], "", world.now
        made.created_by_id = world.people["north.sales"]
        session.add(made)


def revoke(world: World) -> None:
    actor = world.actor("north.sales")
    with world.database.writing(actor) as session:
        operations.revoke(session, actor, session.scalars(select(Share)).one(), now=world.now)


def test_a_guest_finishes_with_the_owners_products_and_his_own_prices(
    guest: FlaskClient, world: World, draft: str
) -> None:
    share(world, draft, "edit")
    page = guest.get(f"/configurations/{draft}/finish?goal=cheapest").text
    assert re.search(r'id="finish-total">\s*CN¥2,800.00\s*<', page)  # 4 x 450 + 1000: silver
    assert "2,300.00" not in page  # what the owner pays
    picks = re.search(r'name="picks" value="([^"]*)"', page)
    assert picks
    form = {"version": "1", "goal": "cheapest", "picks": html.unescape(picks[1])}
    assert guest.post(f"/configurations/{draft}/finish", data=form).status_code == 303
    assert row_of(world, draft).choices["camera"] == "CAM-1"


def test_a_guest_upgrades_and_undoes_it(guest: FlaskClient, world: World, draft: str) -> None:
    share(world, draft, "edit")
    before = row_of(world, draft).rule_revision_id
    newer = renew(world, gap_rules(few=True))
    form = {"version": "1", "number": "2"}
    assert guest.post(f"/configurations/{draft}/upgrade", data=form).status_code == 303
    assert row_of(world, draft).rule_revision_id == newer
    assert guest.post(f"/configurations/{draft}/undo", data={"version": "2"}).status_code == 303
    assert row_of(world, draft).rule_revision_id == before


def test_a_guests_question_is_his_own(
    guest: FlaskClient, app: Flask, world: World, draft: str, database: Database
) -> None:
    share(world, draft, "edit")
    form = {"key": "camera", "value": "CAM-2", "text": "Southern secret"}
    answer = guest.post(f"/configurations/{draft}/ask", data=form)
    assert answer.status_code == 303
    with database.reading(SYSTEM) as session:
        row = session.scalars(select(EngineerQuestion)).one()
        assert row.organisation_id == world.organisations["south"]
    owner = world.client(app, "north.sales")
    assert owner.get(f"/engineering/{row.public_id}").status_code == 404
    assert "Southern secret" not in owner.get(f"/configurations/{draft}").text
    again = owner.post(f"/configurations/{draft}/ask", data=form)
    assert again.status_code == 409
    assert "Southern secret" not in again.text.replace('value="Southern secret"', "")
    revoke(world)
    assert guest.get(f"/configurations/{draft}/ask").status_code == 404
    page = guest.get(f"/engineering/{row.public_id}")
    assert page.status_code == 200  # his own words stay his
    assert "A site" not in page.text
    assert "25 m" not in page.text


def test_who_may_only_look_changes_nothing(guest: FlaskClient, world: World, draft: str) -> None:
    share(world, draft, "view")
    renew(world, gap_rules(few=True))
    assert guest.get(f"/configurations/{draft}/finish").status_code == 200
    assert 'name="picks"' not in guest.get(f"/configurations/{draft}/finish").text
    form = {"version": "1", "number": "2", "picks": "{}", "text": "?"}
    for path in ("finish", "upgrade", "ask"):
        assert guest.post(f"/configurations/{draft}/{path}", data=form).status_code == 403
    assert guest.post(f"/configurations/{draft}/variant").status_code == 303  # a copy is his own
    assert row_of(world, draft).version == 1


def share_with(world: World, draft: str, who: str) -> None:
    """Let one person edit a draft."""
    actor = world.actor("north.sales")
    with world.database.writing(actor) as session:
        row = session.scalars(select(Configuration).where(Configuration.public_id == draft)).one()
        operations.share(session, actor, row, with_person_id=world.people[who], access="edit", now=world.now)


@pytest.mark.parametrize(
    ("who", "refusal"), [("south.sales", 404), ("supplier.channel_manager", 403), ("supplier.product_manager", 403)]
)
def test_the_share_decides_who_finishes_and_upgrades(
    app: Flask, world: World, draft: str, who: str, refusal: int
) -> None:
    """Internal people who see every draft change those that are shared with them, and no longer than that."""
    newer, client = renew(world, gap_rules(few=True)), world.client(app, who)
    picks = {"picks": '{"camera": "CAM-1"}', "goal": "cheapest"}

    def post(path: str, version: int) -> int:
        return client.post(
            f"/configurations/{draft}/{path}", data={**picks, "version": version, "number": 2}
        ).status_code

    assert [post(path, 1) for path in ("finish", "upgrade")] == [refusal, refusal]
    if who.startswith("south"):
        share(world, draft, "edit")
    else:
        share_with(world, draft, who)
    assert post("finish", 1) == 303
    assert row_of(world, draft).choices["camera"] == "CAM-1"
    assert post("upgrade", 2) == 303
    assert row_of(world, draft).rule_revision_id == newer
    assert client.post(f"/configurations/{draft}/undo", data={"version": 3}).status_code == 303
    revoke(world)
    assert [post(path, 4) for path in ("finish", "upgrade")] == [refusal, refusal]
    assert row_of(world, draft).version == 4
