"""Customers: what an organisation knows of whom, and that nobody else sees it."""

import re

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from portal.errors import Invalid, NotAllowed, NotFound
from portal.parties import operations, queries
from portal.parties.models import Party, Relation
from portal.parties.queries import Position
from portal.policy import SYSTEM, Permission
from tests.factories.world import World

TYPED = {
    "name": "松禾物流",
    "name_en": "Songhe Logistics",
    "contact": "柏主管",
    "reach": "+86 532 5550 0105",
    "address": "示范路 105 号",
}


def public_id(world: World, name: str) -> str:
    with world.database.reading(SYSTEM) as session:
        return session.scalars(select(Party.public_id).where(Party.name == name)).one()


def test_a_new_customer_comes_with_its_contact(world: World, app: Flask) -> None:
    client = world.client(app, "north.sales")
    answer = client.post("/customers/new", data=TYPED)
    assert answer.status_code == 303
    assert answer.location == f"/customers/{public_id(world, '松禾物流')}"
    page = client.get(answer.location).text
    for word in ("松禾物流", "Songhe Logistics", "柏主管", "+86 532 5550 0105", "示范路 105 号"):
        assert word in page
    assert "松禾物流" in client.get("/customers").text


def test_a_mail_address_is_one_too_and_belongs_to_the_customer_without_a_contact(world: World, app: Flask) -> None:
    client = world.client(app, "north.sales")
    client.post("/customers/new", data={**TYPED, "contact": "", "reach": "Office@Songhe.example"})
    with world.database.reading(SYSTEM) as session:
        made = session.scalars(select(Party).where(Party.name == "松禾物流")).one()
    assert (made.email, made.phone) == ("office@songhe.example", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("reach", "call me"),
        ("reach", "a@b"),
        ("name", "a\u202eb"),
        ("address", "x" * 401),
    ],
)
def test_what_cannot_be_noted_stays_on_the_page(world: World, app: Flask, field: str, value: str) -> None:
    answer = world.client(app, "north.sales").post("/customers/new", data={**TYPED, field: value})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    with world.database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Party).where(Party.address == TYPED["address"])) == 0


def test_the_same_name_is_noted_once_in_an_organisation_and_again_in_another(world: World, app: Flask) -> None:
    north, south = world.client(app, "north.sales"), world.client(app, "south.sales")
    assert north.post("/customers/new", data=TYPED).status_code == 303
    again = north.post("/customers/new", data={**TYPED, "name": " 松禾物流 "})
    assert again.status_code == 422
    assert "already" in again.text
    assert south.post("/customers/new", data=TYPED).status_code == 303
    with world.database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Party).where(Party.name == "松禾物流")) == 2


def test_a_customer_of_another_partner_looks_exactly_like_a_missing_one(world: World, app: Flask) -> None:
    client = world.client(app, "north.sales")
    foreign = public_id(world, "Customer of Southern Partner")
    pages = [client.get(f"/customers/{key}") for key in (foreign, "0" * 16)]
    assert [page.status_code for page in pages] == [404, 404]
    changing = r'"X-CSRFToken": "[^"]*"|name="csrf_token"\s+value="[^"]*"|\b[0-9a-z]{16}\b'
    texts = [re.sub(changing, "", page.text) for page in pages]
    assert texts[0] == texts[1]
    posts = [client.post(f"/customers/{key}/contacts", data={"name": "A"}) for key in (foreign, "0" * 16)]
    assert [post.status_code for post in posts] == [404, 404]
    assert "Southern Partner" not in client.get("/customers?q=customer").text


def test_contacts_are_seen_by_those_who_noted_them(world: World) -> None:
    with world.database.writing(SYSTEM) as session:
        shared = session.get_one(Party, world.customers["south"])
        session.add(
            Relation(
                organisation_id=world.organisations["north"], party_id=shared.id, kind="customer", created_at=world.now
            )
        )
    south, north = world.actor("south.sales"), world.actor("north.sales")
    with world.database.writing(south) as session:
        shared = session.get_one(Party, world.customers["south"])
        operations.add_contact(session, south, shared, name="Only for the south", now=world.now)
    for actor, seen in ((south, ["Only for the south"]), (north, [])):
        with world.database.reading(actor) as session:
            assert [row.name for row in queries.contacts(session, world.customers["south"])] == seen


def test_a_contact_is_added_on_the_page(world: World, app: Flask) -> None:
    client = world.client(app, "north.sales")
    path = f"/customers/{public_id(world, 'Customer of Northern Partner')}"
    assert client.post(f"{path}/contacts", data={"name": "", "reach": ""}).status_code == 422
    assert client.post(f"{path}/contacts", data={"name": "Ada", "reach": "ada@north.example"}).status_code == 303
    assert "mailto:ada@north.example" in client.get(path).text


def test_the_list_goes_on_where_it_ended_and_searches_by_prefix(world: World, app: Flask) -> None:
    actor = world.actor("north.sales")
    with world.database.writing(actor) as session:
        for number in range(60):
            operations.add_customer(
                session, actor, name=f"Site {number % 30:02} {'a' if number < 30 else 'B'}", now=world.now
            )
    seen: list[str] = []
    with world.database.reading(actor) as session:
        after: Position | None = None
        while True:
            rows = queries.customers(session, search="ＳITE", after=after)
            seen += [row.name for row in rows[:25]]
            if len(rows) <= 25:
                break
            after = Position(rows[24].name_key, rows[24].id)
    assert len(seen) == len(set(seen)) == 60
    assert seen == sorted(seen, key=str.casefold)
    client = world.client(app, "north.sales")
    first = client.get("/customers?q=site")
    next_page = re.search(r'rel="next"\s+href="([^"]+)"', first.text)
    assert next_page
    second = client.get(next_page[1].replace("&amp;", "&"))
    assert "Site 12 B" in second.text
    assert "Site 00 a" not in second.text
    fragment = client.get("/customers?q=site%2007", headers={"HX-Request": "true"})
    assert fragment.text.lstrip().startswith('<div id="customers">')
    assert "Site 07 a" in fragment.text
    assert "Site 08 a" not in fragment.text


@pytest.mark.parametrize("after", ["x", "1", "9" * 30 + ".a", ".", "1.'--"])
def test_a_strange_position_is_no_error(world: World, app: Flask, after: str) -> None:
    assert world.client(app, "north.sales").get("/customers", query_string={"after": after}).status_code == 200


def test_roles(world: World, app: Flask) -> None:
    for key in world.people:
        actor, client = world.actor(key), world.client(app, key)
        expected = 403 if key.startswith("hospital.") else 200  # a customer has no customers
        assert client.get("/customers").status_code == expected, key
        assert client.get("/customers/new").status_code == (200 if actor.can(Permission.PARTY_EDIT) else 403), key
    assert not world.actor("north.engineer").can(Permission.PARTY_EDIT)
    assert "Customer of Southern Partner" in world.client(app, "supplier.channel_manager").get("/customers").text


def test_operations_ask_the_policy(world: World) -> None:
    engineer, sales = world.actor("north.engineer"), world.actor("north.sales")
    with world.database.writing(engineer) as session, pytest.raises(NotAllowed):
        operations.add_customer(session, engineer, name="X", now=world.now)
    with world.database.reading(sales) as session, pytest.raises(NotFound):
        queries.customer(session, "nothing")
    with pytest.raises(Invalid), world.database.writing(sales) as session:
        operations.add_customer(session, sales, name="customer of  northern partner", now=world.now)


def test_a_list_takes_one_query(world: World) -> None:
    for key in ("north.sales", "supplier.channel_manager"):
        actor = world.actor(key)
        statements: list[str] = []
        with world.database.reading(actor) as session:
            event.listen(session.bind, "before_cursor_execute", lambda *args, seen=statements: seen.append(args[2]))
            assert queries.customers(session)
        assert len([text for text in statements if text.lstrip().startswith("SELECT")]) == 1
