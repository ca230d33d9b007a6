"""What watchers and browsers ask for by name."""

from datetime import timedelta

import pytest

from portal import fonts, migrate, wiring
from portal.app import create_app
from portal.db import Database
from portal.outbox import beat
from portal.policy import SYSTEM
from portal.search.index import present
from portal.search.rebuilding import rebuild


@pytest.fixture(autouse=True)
def all_fonts(monkeypatch):
    """As if every font were there; one test takes them away."""
    monkeypatch.setattr(fonts, "missing", list)


def test_alive_needs_no_database(settings, tmp_path):
    nowhere = Database(f"sqlite:///{tmp_path}/no/such/folder/portal.db")
    client = create_app(settings, nowhere).test_client()
    assert client.get("/healthz").json == {"alive": True}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"database": False, "schema": False, "worker": False, "fonts": True, "search": False}


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (14, 200), (60, 503)])
def test_ready_needs_a_worker_that_beats(client, database, world, seconds, status):
    with database.writing(SYSTEM) as session:
        beat(session, "one", now=world.now - timedelta(seconds=seconds))
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert answer.json == {"database": True, "schema": True, "worker": status == 200, "fonts": True, "search": False}


def test_a_missing_index_shows_and_sends_nobody_away(client, database, world, settings):
    wiring.install()
    with database.writing(SYSTEM) as session:
        beat(session, "one", now=world.now)
    assert client.get("/readyz").json["search"] is False
    rebuild(database, settings.search_folder, now=world.now)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["search"]) == (200, True)
    (present(settings.search_folder) / "about.json").write_text('{"version": 1, "kinds": {"elephant": 1}}')
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["search"]) == (200, False)


def test_ready_needs_fonts(client, database, world, monkeypatch):
    monkeypatch.setattr(fonts, "missing", lambda: [fonts.Lack("pango", ("libpango-1.0-0",), "no PDF")])
    with database.writing(SYSTEM) as session:
        beat(session, "one", now=world.now)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["fonts"]) == (503, False)


def test_ready_needs_the_newest_schema(client, database):
    migrate.downgrade(database, "base")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"database": True, "schema": False, "worker": False, "fonts": True, "search": False}


def test_a_device_can_put_the_portal_on_its_home_screen(client):
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    assert [icon["sizes"] for icon in answer.json["icons"]] == ["192x192", "512x512", "any"]
    for icon in answer.json["icons"]:
        assert client.get(icon["src"], buffered=True).mimetype == icon["type"]


def test_crawlers_stay_away(client):
    assert "Disallow: /" in client.get("/robots.txt", buffered=True).text
