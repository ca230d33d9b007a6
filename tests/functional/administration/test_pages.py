"""Pages of the administrator: outbox, history, published rules."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.configurator.models import RuleRevision
from portal.history import HistoryEntry, record
from portal.outbox import OutboxJob, enqueue
from portal.parties.models import Party
from portal.policy import SYSTEM
from tests.factories.rules import small_rules
from tests.factories.world import World

ADMIN = "supplier.administrator"


def add_job(world: World, state: str = "waiting", attempts: int = 0, error: str = "") -> str:
    with world.database.writing(SYSTEM) as session:
        job = enqueue(session, "mail", {"to": "a@b.example", "params": {"link": "https://secret"}}, now=world.now)
        job.state, job.attempts, job.last_error = state, attempts, error
        session.flush()
        return job.public_id


def test_the_outbox_shows_states_and_no_contents(world: World, app: Flask) -> None:
    dead, waiting = add_job(world, "dead", 6, "the server refused"), add_job(world)
    client = world.client(app, ADMIN)
    page = client.get("/administration/outbox").text
    assert dead in page
    assert waiting in page
    assert "the server refused" in page
    assert "https://secret" not in page
    assert "no worker is running" in page
    only = client.get("/administration/outbox?state=dead", headers={"HX-Request": "true"}).text
    assert dead in only
    assert waiting not in only
    assert only.lstrip().startswith('<div id="outbox">')


def test_a_dead_job_is_tried_again(world: World, app: Flask) -> None:
    dead, done = add_job(world, "dead", 6), add_job(world, "done", 1)
    client = world.client(app, ADMIN)
    assert client.post(f"/administration/outbox/{dead}/retry").status_code == 303
    with world.database.reading(SYSTEM) as session:
        job = session.scalars(select(OutboxJob).where(OutboxJob.public_id == dead)).one()
        assert (job.state, job.attempts) == ("waiting", 0)
    assert client.post(f"/administration/outbox/{done}/retry").status_code == 409
    assert client.post("/administration/outbox/0000000000000000/retry").status_code == 404


def test_the_outbox_goes_on_where_it_ended(world: World, app: Flask) -> None:
    keys = [add_job(world) for _ in range(53)]
    client = world.client(app, ADMIN)
    for state in ("", "waiting"):
        first = client.get(f"/administration/outbox?state={state}").text
        link = re.search(r'rel="next"\s+href="([^"]+)"', first)
        assert link
        second = client.get(link[1].replace("&amp;", "&")).text
        assert sum(key in first for key in keys) == 50
        assert sum(key in second for key in keys) == 3


def test_the_history_says_who_did_what(world: World, app: Flask) -> None:
    sales = world.actor("north.sales")
    with world.database.writing(sales) as session:
        party = session.get_one(Party, world.customers["north"])
        record(session, party, "add customer", now=world.now, before={"name": "<b>"}, after={"name": "New & old"})
    client = world.client(app, ADMIN)
    page = client.get("/administration/history?kind=party").text
    assert "sales of north" in page
    assert "added as customer" in page
    assert "name: &lt;b&gt; → New &amp; old" in page
    assert "signed in" not in page
    assert "signed in" in client.get("/administration/history").text
    assert "sales of north" in world.client(app, "supplier.executive").get("/administration/history").text


def test_the_history_goes_on_where_it_ended(world: World, app: Flask) -> None:
    with world.database.writing(SYSTEM) as session:
        for number in range(70):
            session.add(HistoryEntry(at=world.now, thing_kind="quote", thing_id=number, action=f"act-{number:02}"))
    client = world.client(app, ADMIN)
    first = client.get("/administration/history?kind=quote").text
    link = re.search(r'rel="next"\s+href="([^"]+)"', first)
    assert link
    second = client.get(link[1].replace("&amp;", "&")).text
    found = [re.findall(r"act-\d\d", text) for text in (first, second)]
    assert [len(part) for part in found] == [50, 20]
    assert len({*found[0], *found[1]}) == 70


def test_published_rules_are_listed_and_readable_in_both_languages(world: World, app: Flask) -> None:
    rules = small_rules()
    with world.database.writing(SYSTEM) as session:
        session.add(
            RuleRevision(
                key=rules.key,
                number=3,
                content_hash=rules.content_hash,
                content=rules.content(),
                effective_on=date(2026, 7, 1),
                published_at=world.now - timedelta(days=1),
            )
        )
    client = world.client(app, "supplier.product_manager")
    page = client.get("/administration/rules").text
    assert rules.content_hash[:12] in page
    assert "1 Jul 2026" in page
    shown = client.get("/administration/rules/small-site/3").text
    for word in (
        "The switch has eight ports.",
        "cameras &lt;= ports",
        "Ports of the switch",
        "sheet 3",
        "Bullet",
        "1–12",
    ):
        assert word in shown
    client.post("/language", data={"locale": "zh"})
    chinese = client.get("/administration/rules/small-site/3").text
    assert "交换机有八个端口。" in chinese
    assert client.get("/administration/rules/small-site/4").status_code == 404
    assert client.get("/administration/rules/small-site/99999999999999999999").status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/administration/outbox", {ADMIN}),
        ("/administration/history", {ADMIN, "supplier.executive"}),
        ("/administration/rules", {ADMIN, "supplier.product_manager"}),
    ],
)
def test_roles(world: World, app: Flask, path: str, allowed: set[str]) -> None:
    for key in world.people:
        status = world.client(app, key).get(path).status_code
        assert status == (200 if key in allowed else 403), key


def test_an_empty_portal_says_so(world: World, app: Flask) -> None:
    client = world.client(app, ADMIN)
    assert "Nothing is here" in client.get("/administration/outbox").text
    assert "No rules are published yet" in client.get("/administration/rules").text
