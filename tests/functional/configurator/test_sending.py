"""A customer sends his configuration to his distributor, who takes it over; and whoever must not, cannot."""

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.configurator.models import Configuration
from portal.configurator.template_models import Sending, TakenOver
from portal.db import Database
from portal.notify.models import Notice
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM
from portal.sharing.models import Share
from portal.sharing.operations import share
from tests.factories.openings import publish
from tests.factories.world import World

SITE = {"template": "shop", "answer_light": "3", "answer_heavy": "1", "name": "Block B"}


@pytest.fixture
def customer(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "hospital.customer")


@pytest.fixture
def north(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


@pytest.fixture
def south(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "south.sales")


@pytest.fixture
def site(customer: FlaskClient, world: World) -> str:
    """The public id of a configuration of the hospital, which knows no distributor yet."""
    publish(world)
    answer = customer.post("/configurations/new", data=SITE)
    return answer.headers["Location"].rpartition("/")[2]


def know(world: World, partner: str) -> str:
    """Let a partner know the hospital as its customer, and return the partner's public id."""
    hospital = world.organisations["hospital"]
    with world.database.writing(SYSTEM) as session:
        session.add(
            Relation(
                organisation_id=world.organisations[partner], party_id=hospital, kind="customer", created_at=world.now
            )
        )
    return public_id(world, partner)


def public_id(world: World, partner: str) -> str:
    with world.database.reading(SYSTEM) as session:
        return session.get_one(Party, world.organisations[partner]).public_id


def count(database: Database, table: type) -> int:
    with database.reading(SYSTEM) as session:
        return len(session.scalars(select(table)).all())


def send(client: FlaskClient, site: str, to: str) -> int:
    return client.post(f"/configurations/{site}/send", data={"to": to}).status_code


def buttons(page: str) -> list[str]:
    return [
        html.unescape(re.sub(r"<[^>]+>", "", text)).strip() for text in re.findall(r"<button.*?</button>", page, re.S)
    ]


def test_one_distributor_is_one_tap(customer: FlaskClient, north: FlaskClient, site: str, world: World) -> None:
    to = know(world, "north")
    page = customer.get(f"/configurations/{site}").text
    assert "Send to my distributor" in buttons(page)
    assert "It goes to Northern Partner, who makes you an offer." in page
    assert "Make a quote" not in page
    assert send(customer, site, to) == 303
    page = customer.get(f"/configurations/{site}").text
    assert "Sent to Northern Partner on" in page
    assert not [text for text in buttons(page) if text.startswith("Send to")]
    with world.database.reading(SYSTEM) as session:
        told = session.scalars(select(Notice).where(Notice.person_id == world.people["north.sales"])).all()
        assert [(notice.kind, notice.path) for notice in told] == [("shared_edit", f"/configurations/{site}")]
    assert north.get(f"/configurations/{site}").status_code == 200


def test_of_several_distributors_one_is_chosen(
    customer: FlaskClient, north: FlaskClient, south: FlaskClient, site: str, world: World
) -> None:
    know(world, "north")
    to = know(world, "south")
    page = customer.get(f"/configurations/{site}").text
    assert re.findall(r"<option value=\"\w+\">(.*? Partner)</option>", page) == ["Northern Partner", "Southern Partner"]
    assert send(customer, site, to) == 303
    assert south.get(f"/configurations/{site}").status_code == 200
    assert north.get(f"/configurations/{site}").status_code == 404
    assert "Send to Northern Partner" in buttons(customer.get(f"/configurations/{site}").text)


def test_without_a_distributor_the_channel_manager_is_told_once(
    customer: FlaskClient, site: str, world: World, database: Database
) -> None:
    page = customer.get(f"/configurations/{site}").text
    assert "none is noted for your organisation yet" in page
    for _ in range(2):
        assert customer.post(f"/configurations/{site}/ask-distributor").status_code == 303
    with database.reading(SYSTEM) as session:
        (notice,) = session.scalars(select(Notice).where(Notice.kind == "no_distributor")).all()
    assert notice.person_id == world.people["supplier.channel_manager"]
    assert notice.params == {"organisation": {"en": "Qingxi Hospital", "zh": "Qingxi Hospital"}, "name": "Block B"}
    know(world, "north")
    assert customer.post(f"/configurations/{site}/ask-distributor").status_code == 409


def test_the_channel_manager_reads_it_and_opens_it(app: Flask, customer: FlaskClient, site: str, world: World) -> None:
    customer.post(f"/configurations/{site}/ask-distributor")
    manager = world.client(app, "supplier.channel_manager")
    assert "Qingxi Hospital looks for a distributor for “Block B”." in html.unescape(manager.get("/inbox").text)
    assert manager.get(f"/configurations/{site}").status_code == 200


def test_nobody_but_a_distributor_can_be_sent_to(
    customer: FlaskClient, north: FlaskClient, south: FlaskClient, site: str, world: World, database: Database
) -> None:
    """A partner that does not know the customer, the supplier, itself, a customer of a partner, nonsense: all alike."""
    know(world, "north")
    with database.reading(SYSTEM) as session:
        other = session.get_one(Party, world.customers["north"]).public_id
    answers = set()
    for to in (
        public_id(world, "south"),
        public_id(world, "supplier"),
        public_id(world, "hospital"),
        other,
        "",
        "x" * 900,
    ):
        answer = customer.post(f"/configurations/{site}/send", data={"to": to})
        assert answer.status_code == 422, to
        answers.add(re.sub(r"[0-9a-hj-np-tv-z]{16}|csrf_token.*|X-CSRFToken.*", "", answer.text))
    assert len(answers) == 1
    assert "Southern Partner" not in answers.pop()
    assert (count(database, Sending), count(database, Share)) == (0, 0)
    assert south.get(f"/configurations/{site}").status_code == 404


def test_somebody_elses_configuration_cannot_be_sent(
    north: FlaskClient, south: FlaskClient, customer: FlaskClient, site: str, world: World, database: Database
) -> None:
    to = know(world, "north")
    assert send(south, site, to) == 404
    assert send(north, site, to) == 404
    assert send(customer, "0" * 16, to) == 404
    answer = north.post("/configurations/new", data=SITE)
    own = answer.headers["Location"].rpartition("/")[2]
    assert send(north, own, public_id(world, "south")) == 409
    assert send(customer, own, to) == 404
    assert customer.post(f"/configurations/{own}/withdraw", data={"to": to}).status_code == 404
    assert count(database, Sending) == 0


def test_a_receiver_cannot_send_it_on(
    customer: FlaskClient, north: FlaskClient, south: FlaskClient, site: str, world: World, database: Database
) -> None:
    to, further = know(world, "north"), know(world, "south")
    send(customer, site, to)
    assert send(north, site, further) == 403
    assert north.post(f"/configurations/{site}/withdraw", data={"to": to}).status_code == 403
    assert north.post(f"/configurations/{site}/ask-distributor").status_code == 403
    assert south.get(f"/configurations/{site}").status_code == 404
    assert count(database, Sending) == 1


def test_sending_twice_is_sending_once(customer: FlaskClient, site: str, world: World, database: Database) -> None:
    to = know(world, "north")
    assert [send(customer, site, to), send(customer, site, to)] == [303, 303]
    assert (count(database, Sending), count(database, Share)) == (1, 1)
    with database.reading(SYSTEM) as session:
        told = session.scalars(select(Notice).where(Notice.person_id == world.people["north.sales"])).all()
    assert len(told) == 1


def test_what_was_taken_back_is_gone_but_for_the_copy(
    customer: FlaskClient, north: FlaskClient, site: str, world: World, database: Database
) -> None:
    to = know(world, "north")
    send(customer, site, to)
    copy = north.post(f"/configurations/{site}/take-over").headers["Location"]
    assert customer.post(f"/configurations/{site}/withdraw", data={"to": to}).status_code == 303
    for path in (f"/configurations/{site}", f"/configurations/{site}/template"):
        assert north.get(path).status_code == 404
    for path in ("take-over", "copy", "choices", "template"):
        assert north.post(f"/configurations/{site}/{path}", data={"name": "x", "version": "1"}).status_code == 404
    assert "Block B" not in north.get("/configurations/sent").text
    assert "Block B" in north.get(copy).text
    assert customer.post(f"/configurations/{site}/withdraw", data={"to": to}).status_code == 303
    assert send(customer, site, to) == 303
    assert north.get("/configurations/sent").text.count("Block B") == 1
    assert customer.get(f"/configurations/{site}").text.count("Sent to Northern Partner on") == 1


def test_taking_over_makes_a_copy_for_the_customer_that_can_be_quoted(
    customer: FlaskClient, north: FlaskClient, site: str, world: World, database: Database
) -> None:
    to = know(world, "north")
    send(customer, site, to)
    page = north.get(f"/configurations/{site}").text
    assert "Qingxi Hospital sent you this on" in page
    assert "Take over and quote" in buttons(page)
    assert "Make a quote" not in buttons(page)
    path = north.post(f"/configurations/{site}/take-over").headers["Location"]
    copy = path.rpartition("/")[2]
    with database.reading(SYSTEM) as session:
        rows = {row.public_id: row for row in session.scalars(select(Configuration))}
        taken = session.scalars(select(TakenOver)).one()
        assert taken.configuration_id == rows[copy].id
    assert rows[copy].organisation_id == world.organisations["north"]
    assert rows[copy].customer_id == world.organisations["hospital"]
    assert rows[copy].choices == rows[site].choices
    assert rows[site].organisation_id == world.organisations["hospital"]
    assert north.post(f"/quotes/from/{copy}").status_code in {302, 303}
    assert "Open my copy" in north.get(f"/configurations/{site}").text
    assert customer.get(f"/configurations/{copy}").status_code == 404


def test_only_what_was_sent_is_taken_over(
    north: FlaskClient, south: FlaskClient, customer: FlaskClient, site: str, world: World, database: Database
) -> None:
    know(world, "north")
    assert north.post(f"/configurations/{site}/take-over").status_code == 404
    assert customer.post(f"/configurations/{site}/take-over").status_code == 409
    assert south.post(f"/configurations/{site}/take-over").status_code == 404
    assert count(database, TakenOver) == 0


def test_what_is_only_shared_is_not_taken_over(north: FlaskClient, site: str, world: World, database: Database) -> None:
    know(world, "north")
    actor = world.actor("hospital.customer")
    with database.writing(actor) as session:
        row = session.scalars(select(Configuration).where(Configuration.public_id == site)).one()
        share(session, actor, row, with_organisation_id=world.organisations["north"], access="edit", now=world.now)
    assert "Take over" not in north.get(f"/configurations/{site}").text
    answer = north.post(f"/configurations/{site}/take-over")
    assert answer.status_code == 409
    assert "Nobody sent you this configuration." in answer.text
    assert count(database, Configuration) == 1


def test_what_was_shared_before_is_still_announced_when_it_is_sent(
    customer: FlaskClient, north: FlaskClient, site: str, world: World, database: Database
) -> None:
    to, actor = know(world, "north"), world.actor("hospital.customer")
    with database.writing(actor) as session:
        row = session.scalars(select(Configuration).where(Configuration.public_id == site)).one()
        share(session, actor, row, with_organisation_id=world.organisations["north"], access="edit", now=world.now)
    send(customer, site, to)
    send(customer, site, to)
    page = html.unescape(north.get("/inbox").text)
    assert page.count("Qingxi Hospital sent you “Block B” and wants an offer.") == 1
    assert "Take over and quote" in buttons(north.get(f"/configurations/{site}").text)


def test_a_distributor_never_learns_of_another_one(
    customer: FlaskClient, north: FlaskClient, south: FlaskClient, site: str, world: World, database: Database
) -> None:
    for to in (know(world, "north"), know(world, "south")):
        send(customer, site, to)
    with database.reading(world.actor("north.sales")) as session:
        seen = session.scalars(select(Sending)).all()
    assert [row.to_organisation_id for row in seen] == [world.organisations["north"]]
    south.post(f"/configurations/{site}/take-over")
    assert "Southern Partner" not in north.get(f"/configurations/{site}").text
    assert "Open my copy" not in north.get("/configurations/sent").text
    assert "Open my copy" not in north.get(f"/configurations/{site}").text


def test_a_customer_never_reads_a_partner_price(customer: FlaskClient, site: str, world: World) -> None:
    know(world, "north")
    page = customer.get(f"/configurations/{site}").text
    assert "Partner price" not in page


def test_the_list_of_what_was_sent_is_one_query(
    customer: FlaskClient,
    north: FlaskClient,
    south: FlaskClient,
    site: str,
    world: World,
    database: Database,
    app: Flask,
) -> None:
    to = know(world, "north")
    assert "Nothing was sent to you yet" in north.get("/configurations/sent").text
    asked: list[str] = []
    engine = app.extensions["portal"].database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    north.get("/configurations/sent")
    before = len(asked)
    send(customer, site, to)
    for number in range(26):
        made = customer.post("/configurations/new", data={**SITE, "name": f"Site {number:02}"})
        send(customer, made.headers["Location"].rpartition("/")[2], to)
    asked.clear()
    page = north.get("/configurations/sent").text
    assert len(asked) == before
    assert sum("FROM sending" in statement for statement in asked) == 1
    assert page.count("Qingxi Hospital") == 25
    older = html.unescape(re.findall(r'href="(/configurations/sent\?before=\d+)"', page)[0])
    assert north.get(older).text.count("Qingxi Hospital") == 2
    assert "Qingxi" not in south.get("/configurations/sent").text
