"""Articles that go out with an answer: suggested, linked for those who may read them, counted as sent."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import wiring
from portal.db import Database
from portal.policy import SYSTEM
from portal.support.knowledge.feedback_models import ArticleUse
from portal.support.knowledge.models import Article
from portal.support.tickets.models import Message, Ticket
from tests.factories.knowledge import GLARE, NIGHT, Knowledge, load_faults
from tests.factories.seeds import Seed, Sown
from tests.factories.talks import A_TALK, Talk
from tests.factories.world import World

AGENT, CUSTOMER = "supplier.support_agent", "hospital.customer"


def _with_articles(world: World) -> dict[str, str]:
    wiring.install()
    said: dict[str, str] = A_TALK.write(world)
    load_faults(world)
    made = Knowledge(world)
    found = {"night": made.published(NIGHT), "glare": made.published(GLARE)}
    made.index()
    with world.database.writing(SYSTEM) as session:
        session.execute(update(Ticket).values(fault="camera_drops_at_night", product_line="switches"))
    return {**said, **found}


@pytest.fixture
def seed() -> Seed:
    return Seed("a talk and articles", _with_articles)


@pytest.fixture
def articles(sown: Sown) -> dict[str, str]:
    return {name: said for name, said in sown.known().items() if name != "own"}


@pytest.fixture
def talk(world: World, sown: Sown) -> Talk:
    return Talk(world, sown.known()["own"])


def narrow(database: Database, public_id: str, visibility: str) -> None:
    with database.writing(SYSTEM) as session:
        session.execute(update(Article).where(Article.public_id == public_id).values(visibility=visibility))


def sent(database: Database) -> list[tuple[int, int]]:
    with database.reading(SYSTEM) as session:
        query = select(ArticleUse.person_id, ArticleUse.organisation_id).where(ArticleUse.kind == "sent")
        return [tuple(row) for row in session.execute(query)]


def bodies(database: Database) -> list[str]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Message.body).order_by(Message.id)))


def test_what_fits_is_suggested_goes_out_as_a_link_and_is_counted_once(
    app: Flask, talk: Talk, database: Database, articles: dict[str, str], world: World
) -> None:
    agent, customer = talk.client(app, AGENT), talk.client(app, CUSTOMER)
    offered = agent.get(f"/tickets/{talk.own}/articles")
    assert f'value="{articles["night"]}"' in offered.text
    assert customer.get(f"/tickets/{talk.own}/articles").status_code == 403
    said = {"body": "Try this.", "articles": [articles["night"], articles["night"]]}
    for key in ("k1", "k1", "k2"):
        assert agent.post(f"/tickets/{talk.own}/messages", data={**said, "form_key": key}).status_code == 200
    address = f"{world.settings.base_url}/knowledge/{articles['night']}"
    assert [body.count(address) for body in bodies(database)[1:]] == [1, 1]
    assert f'href="{address}"' in customer.get(f"/tickets/{talk.own}/messages").text
    assert sent(database) == [(world.people[CUSTOMER], world.organisations["hospital"])]
    assert customer.get(f"/knowledge/{articles['night']}").status_code == 200


def test_without_script_it_is_chosen_on_a_page_and_stands_in_the_form(
    app: Flask, world: World, talk: Talk, articles: dict[str, str]
) -> None:
    client = world.client(app, AGENT)
    page = client.get(f"/tickets/{talk.own}/articles?q=veil")
    assert f'value="{articles["glare"]}"' in page.text
    form = client.get(f"/tickets/{talk.own}?articles={articles['glare']}").text
    assert "checked" in form.split(f'value="{articles["glare"]}"')[1].split(">")[0]


@pytest.mark.parametrize("visibility", ["internal", "gold", "silver"])
def test_what_somebody_in_the_ticket_may_not_read_never_goes_out(
    app: Flask, talk: Talk, database: Database, articles: dict[str, str], visibility: str
) -> None:
    """By the list, by hand, and by a partner who might read it beside a customer who may not."""
    narrow(database, articles["night"], visibility)
    talk.serve("north")
    agent = talk.client(app, AGENT)
    assert articles["night"] not in agent.get(f"/tickets/{talk.own}/articles?q=PoE").text
    path = f"/tickets/{talk.own}/messages"
    picked = {"body": "Look", "form_key": "k1", "articles": articles["night"]}
    assert agent.post(path, data=picked).status_code == 200
    by_hand = {"body": f"see /knowledge/{articles['night']}", "form_key": "k2"}
    refused = agent.post(path, data=by_hand)
    assert (refused.status_code, "is not meant for everybody" in refused.text) == (422, True)
    assert agent.post(path, data={**by_hand, "form_key": "k3", "target": "note"}).status_code == 200
    assert not any(articles["night"] in body for body in bodies(database))
    assert sent(database) == []
    told: Any = talk.client(app, CUSTOMER).get(path).text
    assert articles["night"] not in told
