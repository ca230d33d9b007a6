"""Correcting customers and contacts: only one's own words change, nothing typed is lost, duplicates are refused."""

import re
from collections.abc import Mapping

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import Database
from portal.errors import Invalid
from portal.parties import noting, operations, queries
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyIdentifier
from portal.policy import SYSTEM
from tests.factories.world import World

CODE = "91350100M000100Y43"
TYPED = {
    "name": "青溪医院", "name_en": "Qingxi Hospital", "phone": "+86 571 5550 0101", "email": "office@qingxi.example",
    "address": "示范路 1 号", "industry": "health", "region": "CN-ZJ", "size": "500-1999",
}  # fmt: skip


@pytest.fixture
def address(world: World) -> str:
    """The public id of north's customer, which south knows too."""
    with world.database.writing(SYSTEM) as session:
        party = session.get_one(Party, world.customers["north"])
        its = {"organisation_id": world.organisations["south"], "party_id": party.id, "created_at": world.now}
        session.add(Relation(**its, kind="customer", phone="0571-5550 7777"))
        return party.public_id


def saved(page: str) -> dict[str, str]:
    """Return what the fields of a page hold."""
    fields = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    return dict(fields)


def test_editing_changes_ones_own_words_only(world: World, app: Flask, address: str) -> None:
    north, south = world.client(app, "north.sales"), world.client(app, "south.sales")
    form = north.get(f"/customers/{address}/edit")
    assert saved(form.text)["version"] == "1"
    answer = north.post(f"/customers/{address}/edit", data={**TYPED, "version": "1"})
    assert (answer.status_code, answer.location) == (303, f"/customers/{address}")
    page, listed = north.get(answer.location).text, north.get("/customers").text
    for word in ("青溪医院", "Qingxi Hospital", "office@qingxi.example", "示范路 1 号", "Health care", "Zhejiang"):
        assert word in page
    assert "青溪医院" in listed
    theirs = south.get(f"/customers/{address}").text + south.get("/customers").text
    for word in (*TYPED.values(), "Health care", "Zhejiang"):
        assert word not in theirs, word
    assert "0571-5550 7777" in theirs
    with world.database.reading(SYSTEM) as session:  # two know it: what the house calls it is not one partner's to say
        assert session.get_one(Party, world.customers["north"]).name == "Customer of Northern Partner"


def test_who_alone_knows_a_customer_speaks_for_the_house_too(world: World, app: Flask) -> None:
    client = world.client(app, "south.sales")
    with world.database.reading(SYSTEM) as session:
        address = session.get_one(Party, world.customers["south"]).public_id
    client.post(f"/customers/{address}/edit", data={**TYPED, "version": "1"})
    assert "青溪医院" in world.client(app, "supplier.channel_manager").get("/customers").text
    steward = world.client(app, "supplier.data_steward")
    house = {**TYPED, "name": "杭州市青溪医院", "version": "2"}
    assert steward.post(f"/customers/{address}/edit", data=house).status_code == 303
    assert "杭州市青溪医院" in steward.get(f"/customers/{address}").text
    assert "杭州市" not in client.get(f"/customers/{address}").text


def test_two_who_save_at_once_see_both_versions(world: World, app: Flask, address: str) -> None:
    client = world.client(app, "north.sales")
    client.post(f"/customers/{address}/edit", data={**TYPED, "version": "1"})
    answer = client.post(f"/customers/{address}/edit", data={**TYPED, "name": "别的名字", "region": "", "version": "1"})
    assert answer.status_code == 409
    assert saved(answer.text)["name"] == "别的名字"
    assert saved(answer.text)["version"] == "2"
    both = answer.text.partition('id="problem"')[2].partition("<form")[0]
    for word in ("青溪医院", "别的名字", "Zhejiang"):
        assert word in both
    assert "Qingxi" not in both  # the same in both
    again = {**saved(answer.text), "industry": "health", "region": "", "size": ""}
    assert client.post(f"/customers/{address}/edit", data=again).status_code == 303
    assert "别的名字" in client.get(f"/customers/{address}").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("phone", "call"),
        ("email", "a@b"),
        ("industry", "spying"),
        ("address", "x" * 401),
        ("name", "a\x07"),
    ],
)
def test_what_cannot_be_saved_stays_on_the_page(world: World, app: Flask, address: str, field: str, value: str) -> None:
    client = world.client(app, "north.sales")
    answer = client.post(f"/customers/{address}/edit", data={**TYPED, field: value, "version": "1"})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert saved(answer.text)["email"] == (value if field == "email" else TYPED["email"])
    assert "青溪医院" not in client.get("/customers").text


def test_a_contact_is_corrected_and_removed(world: World, app: Flask, address: str) -> None:
    north = world.client(app, "north.sales")
    north.post(f"/customers/{address}/contacts", data={"name": "Ada", "reach": "ada@north.example"})
    with world.database.reading(SYSTEM) as session:
        ada = session.scalars(select(Party.public_id).where(Party.name == "Ada")).one()
    path = f"/customers/{address}/contacts/{ada}"
    assert 'value="ada@north.example"' in north.get(path).text
    assert world.client(app, "south.sales").get(path).status_code == 404
    typed = {"name": "Ada Lu", "phone": "0571-5550 1234", "email": "", "version": "1"}
    assert north.post(path, data={**typed, "phone": "x"}).status_code == 422
    assert north.post(path, data=typed).status_code == 303
    stale = north.post(path, data={**typed, "name": "Ada Li"})
    assert stale.status_code == 409
    assert "Ada Lu" in stale.text
    assert "Ada Li" in stale.text
    page = north.get(f"/customers/{address}").text
    assert "Ada Lu" in page
    assert "0571-5550 1234" in page
    for _ in range(2):
        assert north.post(f"{path}/remove").status_code == 303
    assert "Ada Lu" not in north.get(f"/customers/{address}").text


def test_notes_are_seen_by_who_noted_them(world: World, app: Flask, address: str) -> None:
    north, south = world.client(app, "north.sales"), world.client(app, "south.sales")
    said = {
        "credit_code": CODE, "tax_number": "330106000000000", "alias": "省青溪", "address": "后门 2 号",
        "phone": "0571-5550 1111", "domain": "www.qingxi-hospital.com",
    }  # fmt: skip
    for kind, text in said.items():
        assert north.post(f"/customers/{address}/notes", data={"kind": kind, "text": text}).status_code == 303, kind
    north.post(f"/customers/{address}/notes", data={"kind": "credit_code", "text": f" {CODE.lower()} "})
    page, other = north.get(f"/customers/{address}").text, south.get(f"/customers/{address}").text
    for text in said.values():
        assert page.count(f"<bdi>{text}</bdi>") == 1, text
        assert text not in other, text
    for word in ("省青溪", CODE, "0571-5550 1111"):  # nor do they find by it
        assert "Customer of Northern" not in south.get("/customers/similar", query_string={"name": word}).text, word
    with world.database.reading(SYSTEM) as session:
        note = session.scalars(select(PartyIdentifier).where(PartyIdentifier.kind == "credit_code")).one()
        assert note.value_key == CODE
    assert south.post(f"/customers/{address}/notes/{note.public_id}/remove").status_code == 303  # and changes nothing
    assert CODE in north.get(f"/customers/{address}").text
    assert north.post(f"/customers/{address}/notes/{note.public_id}/remove").status_code == 303
    assert CODE not in north.get(f"/customers/{address}").text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("credit_code", "91350100M000100Y44"), ("credit_code", "9135"), ("tax_number", "1"), ("phone", "5550"),
        ("domain", "qq.com"), ("domain", "nothing"), ("alias", "x" * 201), ("nonsense", "x"), ("alias", ""),
    ],
)  # fmt: skip
def test_what_is_no_identifier_is_refused(world: World, app: Flask, address: str, kind: str, text: str) -> None:
    answer = world.client(app, "north.sales").post(f"/customers/{address}/notes", data={"kind": kind, "text": text})
    assert answer.status_code == 422
    assert text in answer.text
    with world.database.reading(SYSTEM) as session:
        assert session.scalars(select(PartyIdentifier.id)).all() == []


def test_another_address_becomes_the_main_one_and_back(world: World, app: Flask, address: str) -> None:
    client = world.client(app, "north.sales")
    client.post(f"/customers/{address}/edit", data={**TYPED, "version": "1"})
    client.post(f"/customers/{address}/notes", data={"kind": "address", "text": "后门 2 号"})
    for expected in ("后门 2 号", "示范路 1 号"):
        path = re.search(r'action="(/customers/[^"]+/main)"', client.get(f"/customers/{address}").text)
        assert path
        assert client.post(path[1]).status_code == 303
        page = client.get(f"/customers/{address}").text
        assert f"<dt>Address</dt><dd>{expected}</dd>" in re.sub(r">\s+<", "><", page)


NEW: Mapping[str, str] = {"name": "", "name_en": "", "contact": "", "reach": "", "address": "", "credit_code": ""}


@pytest.mark.parametrize(
    "name",
    [
        "杭州青溪科技有限公司",
        "杭州青溪科技有限责任公司",
        "杭州青溪科技",
        " 杭州青溪科技 有限公司",
        "杭州青溪科技(有限公司)",
    ],
)
def test_the_same_customer_written_five_ways_is_one(world: World, app: Flask, name: str) -> None:
    client = world.client(app, "north.sales")
    first = client.post("/customers/new", data={**NEW, "name": "杭州青溪科技有限公司"})
    assert first.status_code == 303
    again = client.post("/customers/new", data={**NEW, "name": name, "address": "示范路"})
    assert again.status_code == 422
    assert f'href="{first.location}"' in again.text
    assert saved(again.text)["address"] == "示范路"
    assert "different" not in again.text  # a certain one cannot be waved through
    assert client.post("/customers/new", data={**NEW, "name": name, "different": "1"}).status_code == 422


def test_one_that_looks_alike_is_asked_about_once(world: World, app: Flask) -> None:
    client = world.client(app, "north.sales")
    client.post("/customers/new", data={**NEW, "name": "杭州青溪第一人民医院"})
    suggested = client.get("/customers/similar?name=杭州清溪第一人民医院", headers={"HX-Request": "true"})
    assert "杭州青溪第一人民医院" in suggested.text
    assert suggested.text.lstrip().startswith('<div id="similar"')
    asked = client.post("/customers/new", data={**NEW, "name": "杭州清溪第一人民医院"})
    assert asked.status_code == 422
    assert 'name="different"' in asked.text
    assert "杭州青溪第一人民医院" in asked.text
    saved_ = client.post("/customers/new", data={**NEW, "name": "杭州清溪第一人民医院", "different": "1"})
    assert saved_.status_code == 303
    assert "青溪" not in world.client(app, "south.sales").get("/customers/similar?name=杭州清溪第一人民医院").text


def test_a_credit_code_that_one_knows_is_refused(database: Database, world: World) -> None:
    actor = world.actor("north.sales")
    with database.writing(actor) as session:
        made = operations.add_customer(session, actor, name="一", credit_code=CODE, now=world.now)
        noting.add_note(session, actor, made, kind="alias", text="壹号", now=world.now)
    for given in ({"name": "二", "credit_code": CODE.lower()}, {"name": "壹号"}):
        with database.writing(actor) as session, pytest.raises(Invalid) as refused:
            operations.add_customer(session, actor, **given, now=world.now)
        assert refused.value.party_id == made.id  # type: ignore[attr-defined]
    south = world.actor("south.sales")
    with database.writing(south) as session:
        operations.add_customer(session, south, name="二", credit_code=CODE, now=world.now)
        assert queries.is_known_name(session, south.organisation_id, "二")
