"""Drafts on older or withdrawn rules: they open as before, say so, show what an upgrade changes, move in one step."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.configurator import operations, publishing
from portal.configurator.engines import engine
from portal.configurator.models import ConfigurationStep, RuleRevision
from portal.configurator.upgrading import smallest_release
from portal.configurator.upgrading_models import RuleWithdrawal
from portal.dates import business_date
from portal.db import Database
from portal.errors import Conflict, Invalid
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from tests.factories.gaps import ZONE, configure, gap_rules, open_gaps, renew, row_of
from tests.factories.stock import plain_seed as seed  # noqa: F401 - a catalogue of its own
from tests.factories.world import World


@pytest.fixture
def revision(world: World, tmp_path: Path) -> int:
    return open_gaps(world, tmp_path / "catalogue")


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


def withdraw(world: World, revision_id: int, reason: str = "A camera is rated wrongly.") -> None:
    with world.database.writing(SYSTEM) as session:
        publishing.withdraw(session, session.get_one(RuleRevision, revision_id), reason=reason, now=world.now)


def test_a_draft_on_the_newest_rules_has_no_banner(seller: FlaskClient, world: World, revision: int) -> None:
    draft = configure(world, "north.sales", revision)
    assert "upgrade-banner" not in seller.get(f"/configurations/{draft}").text
    assert "This draft follows the newest rules." in seller.get(f"/configurations/{draft}/upgrade").text


def test_a_draft_on_older_rules_opens_as_before_and_says_so(seller: FlaskClient, world: World, revision: int) -> None:
    draft = configure(world, "north.sales", revision, cameras=10)
    renew(world, gap_rules(few=True, pole=True))
    page = seller.get(f"/configurations/{draft}")
    assert page.status_code == 200
    assert "This draft follows revision 1 as before; revision 2 is in effect." in page.text
    assert row_of(world, draft).rule_revision_id == revision


def test_the_preview_names_what_changes_and_saves_nothing(seller: FlaskClient, world: World, revision: int) -> None:
    draft = configure(world, "north.sales", revision, cameras=10, camera="CAM-1")
    renew(world, gap_rules(few=True, pole=True))
    page = seller.get(f"/configurations/{draft}/upgrade").text
    assert re.search(r'id="given-up".*Cameras: 10.*The switch has eight ports\.', page, re.DOTALL)
    assert re.search(r"<dt>New</dt><dd>Pole</dd>", page)
    assert "Camera: Dome" not in page[page.index('id="given-up"') : page.index('id="upgrade-questions"')]
    assert re.search(r'id="upgrade-total">\s*CN¥2,300.00', page)  # four cameras, the default, instead of ten
    assert re.search(r'data-label="Now">\s*10<.*data-label="Then">\s*<strong>4<', page, re.DOTALL)
    row = row_of(world, draft)
    assert (row.version, row.rule_revision_id, row.choices) == (1, revision, {"cameras": 10, "camera": "CAM-1"})


def test_an_upgrade_is_one_step_and_undo_brings_both_back(
    seller: FlaskClient, world: World, revision: int, database: Database
) -> None:
    draft = configure(world, "north.sales", revision, cameras=10, camera="CAM-1")
    newer = renew(world, gap_rules(few=True, pole=True))
    answer = seller.post(f"/configurations/{draft}/upgrade", data={"version": "1", "number": "2"})
    assert answer.status_code == 303
    row = row_of(world, draft)
    assert (row.rule_revision_id, row.choices, row.step) == (newer, {"camera": "CAM-1"}, 1)
    with database.reading(SYSTEM) as session:
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "upgrade")).one()
        assert entry.before == {"rules": "gap-site@1"}
        assert entry.after == {"rules": "gap-site@2", "given up": ["cameras"]}
    seller.post(f"/configurations/{draft}/choices", data={"key": "pole", "value": "tall", "version": str(row.version)})
    for _ in range(2):
        version = str(row_of(world, draft).version)
        assert seller.post(f"/configurations/{draft}/undo", data={"version": version}).status_code == 303
    row = row_of(world, draft)
    assert (row.rule_revision_id, row.choices, row.step) == (revision, {"cameras": 10, "camera": "CAM-1"}, 0)
    assert seller.get(f"/configurations/{draft}").status_code == 200
    for _ in range(2):
        version = str(row_of(world, draft).version)
        seller.post(f"/configurations/{draft}/redo", data={"version": version})
    row = row_of(world, draft)
    assert (row.rule_revision_id, row.choices) == (newer, {"camera": "CAM-1", "pole": "tall"})


def test_a_question_that_is_gone_takes_its_choice_with_it(seller: FlaskClient, world: World, tmp_path: Path) -> None:
    revision = open_gaps(world, tmp_path / "poles", pole=True)
    draft = configure(world, "north.sales", revision, pole="tall")
    renew(world, gap_rules(few=True))
    page = seller.get(f"/configurations/{draft}/upgrade").text
    assert "<dt>Not asked any more</dt><dd>Pole</dd>" in page
    assert re.search(r"Pole: Tall pole</strong>\s*<span>The newer rules do not have it any more\.", page)
    form = {"version": "1", "number": "2"}
    assert seller.post(f"/configurations/{draft}/upgrade", data=form).status_code == 303
    assert row_of(world, draft).choices == {}
    stale = {"key": "cameras", "value": "3", "version": "1", "step": "0"}  # a page from before the upgrade
    assert seller.post(f"/configurations/{draft}/choices", data=stale).status_code == 409


@pytest.mark.parametrize(
    "form", [{"version": "7", "number": "2"}, {"version": "1", "number": "3"}, {"version": "x", "number": "9" * 50}, {}]
)
def test_a_preview_that_is_not_true_any_more_is_shown_again(
    seller: FlaskClient, world: World, revision: int, form: dict[str, str]
) -> None:
    draft = configure(world, "north.sales", revision)
    renew(world, gap_rules(few=True))
    answer = seller.post(f"/configurations/{draft}/upgrade", data=form)
    assert answer.status_code == 409
    assert 'name="number" value="2"' in answer.text
    assert row_of(world, draft).rule_revision_id == revision


def test_rules_that_change_between_preview_and_upgrade_are_shown_first(
    seller: FlaskClient, world: World, revision: int
) -> None:
    draft = configure(world, "north.sales", revision)
    renew(world, gap_rules(few=True))
    assert 'name="number" value="2"' in seller.get(f"/configurations/{draft}/upgrade").text
    renew(world, gap_rules(few=True, pole=True), 3)
    answer = seller.post(f"/configurations/{draft}/upgrade", data={"version": "1", "number": "2"})
    assert answer.status_code == 409
    assert 'name="number" value="3"' in answer.text


def test_as_few_choices_as_can_be_are_given_up(world: World, revision: int, database: Database) -> None:
    with database.reading(SYSTEM) as session:
        compiled = engine(session, revision).compiled
        # At night CAM-1 lights 30 m: either the distance, the camera or the night has to go, and one is enough.
        assert len(smallest_release(compiled, {"dark": "yes_", "distance": 80, "cameras": 3})) == 1
        assert len(smallest_release(compiled, {"dark": "yes_", "camera": "CAM-2", "distance": 80})) == 1
        assert smallest_release(compiled, {"camera": "CAM-1", "distance": 20, "dark": "yes_"}) == set()
        assert smallest_release(compiled, {}) == set()


def test_nothing_begins_on_withdrawn_rules(world: World, revision: int, database: Database) -> None:
    newer = renew(world, gap_rules(few=True))
    withdraw(world, newer)
    with database.reading(SYSTEM) as session:
        found = operations.newest_revision(session, "gap-site", today=business_date(world.now, ZONE))
        assert found.id == revision
    with pytest.raises(Conflict, match="were withdrawn"):
        configure(world, "north.sales", newer)
    withdraw(world, revision)
    with database.reading(SYSTEM) as session, pytest.raises(Conflict, match="No rules are published"):
        operations.newest_revision(session, "gap-site", today=business_date(world.now, ZONE))


def test_a_draft_on_withdrawn_rules_opens_and_cannot_be_quoted_before_it_is_upgraded(
    seller: FlaskClient, world: World, revision: int
) -> None:
    draft = configure(world, "north.sales", revision)
    withdraw(world, revision, "<b>Rated</b> wrongly.")
    page = seller.get(f"/configurations/{draft}")
    assert page.status_code == 200
    assert "The rules of this draft were withdrawn." in page.text
    assert "&lt;b&gt;Rated&lt;/b&gt; wrongly." in page.text
    assert "Nothing replaces them yet" in page.text
    assert seller.post(f"/configurations/{draft}/upgrade", data={"version": "1", "number": "1"}).status_code == 409
    assert "Nothing replaces these rules yet." in seller.get(f"/configurations/{draft}/upgrade").text
    answer = seller.post(f"/quotes/from/{draft}")
    assert answer.status_code == 409
    assert "The rules of this configuration were withdrawn." in answer.text
    renew(world, gap_rules(few=True))
    assert seller.post(f"/quotes/from/{draft}").status_code == 409
    seller.post(f"/configurations/{draft}/upgrade", data={"version": "1", "number": "2"})
    assert seller.post(f"/quotes/from/{draft}").status_code == 303


def test_a_draft_on_a_withdrawn_newest_revision_goes_back_to_the_one_before(
    seller: FlaskClient, world: World, revision: int
) -> None:
    newer = renew(world, gap_rules(few=True))
    draft = configure(world, "north.sales", newer, cameras=8)
    withdraw(world, newer)
    assert seller.post(f"/configurations/{draft}/upgrade", data={"version": "1", "number": "1"}).status_code == 303
    row = row_of(world, draft)
    assert (row.rule_revision_id, row.choices) == (revision, {"cameras": 8})


def test_a_withdrawal_is_said_once_with_a_reason_and_stays(world: World, revision: int, database: Database) -> None:
    with pytest.raises(Invalid):
        withdraw(world, revision, "  ")
    withdraw(world, revision)
    with pytest.raises(Conflict, match="withdrawn already"):
        withdraw(world, revision)
    for statement in ("UPDATE rule_withdrawal SET reason = 'x'", "DELETE FROM rule_withdrawal"):
        with pytest.raises(DBAPIError, match="never changes"), database.writing(SYSTEM) as session:
            session.execute(text(statement))
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(RuleWithdrawal)).one().rule_revision_id == revision


def test_withdrawn_content_is_not_published_again(world: World, revision: int, database: Database) -> None:
    withdraw(world, revision)
    today = business_date(world.now, ZONE)
    with pytest.raises(Conflict, match="was withdrawn"), database.writing(SYSTEM) as session:
        publishing.publish(session, gap_rules(), effective_on=today, now=world.now, found=())


def test_somebody_elses_draft_is_not_there(app: Flask, world: World, revision: int) -> None:
    draft = configure(world, "north.sales", revision)
    renew(world, gap_rules(few=True))
    form = {"version": "1", "number": "2"}
    for who in ("south.sales", "hospital.customer"):
        client = world.client(app, who)
        assert client.get(f"/configurations/{draft}/upgrade").status_code == 404
        assert client.post(f"/configurations/{draft}/upgrade", data=form).status_code == 404
    manager = world.client(app, "supplier.product_manager")
    assert manager.get(f"/configurations/{draft}/upgrade").status_code == 200
    assert manager.post(f"/configurations/{draft}/upgrade", data=form).status_code == 403
    assert row_of(world, draft).rule_revision_id == revision


def test_every_step_knows_the_rules_it_followed(world: World, revision: int, database: Database) -> None:
    configure(world, "north.sales", revision)
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(ConfigurationStep.rule_revision_id)).all() == [revision]
