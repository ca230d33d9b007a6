"""The data steward's work: pairs found by the worker, decided on his pages; the state of customer files."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.errors import Conflict, Invalid
from portal.history import HistoryEntry
from portal.parties import noting, operations, reviewing
from portal.parties.comparing import KIND, handler
from portal.parties.merging_models import PartyMerge, PartyPair
from portal.parties.models import Party
from portal.policy import SYSTEM
from portal.worker import Worker
from tests.factories.world import World

CODE = "91350100M000100Y43"
STEWARD = "supplier.data_steward"


def compare(world: World) -> None:
    """Let the worker look for duplicates."""
    Worker(world.database, {KIND: handler(world.database)}).run(until_idle=True)


def add(world: World, who: str, name: str, **given: str) -> str:
    """Note a customer and return its public id."""
    actor = world.actor(who)
    with world.database.writing(actor) as session:
        return operations.add_customer(session, actor, name=name, **given, now=world.now).public_id


@pytest.fixture
def pair(world: World) -> str:
    """Two partners know one hospital under two names; return the public id of the pair that was found."""
    add(world, "north.sales", "杭州青溪医院有限公司", address="示范路 1 号")
    add(world, "south.sales", "杭州市青溪医院", address="示范路 1 号", reach="0571-5550 2222")
    compare(world)
    with world.database.reading(SYSTEM) as session:
        return session.scalars(select(PartyPair.public_id).where(PartyPair.state == "open")).one()


def test_merging_and_undoing_on_the_pages(world: World, app: Flask, pair: str) -> None:
    client = world.client(app, STEWARD)
    assert f"/steward/pairs/{pair}" in client.get("/steward").text
    page = client.get(f"/steward/pairs/{pair}").text
    for word in (
        "杭州青溪医院有限公司",
        "杭州市青溪医院",
        "Northern Partner",
        "Southern Partner",
        "Organisations that know it",
    ):
        assert word in page
    assert client.post(f"/steward/pairs/{pair}/merge", data={"keep": ""}).status_code == 422
    merged = client.post(f"/steward/pairs/{pair}/merge", data={"keep": "left", "reason": "one address"})
    assert merged.status_code == 303
    assert merged.location.startswith("/steward/files/")
    assert client.post(f"/steward/pairs/{pair}/merge", data={"keep": "left"}).status_code == 409
    assert pair not in client.get("/steward").text
    for who, name in (("north.sales", "杭州青溪医院有限公司"), ("south.sales", "杭州市青溪医院")):
        assert name in world.client(app, who).get("/customers").text
    history = client.get("/steward/merges").text
    assert "one address" in history
    undo = re.search(r'action="(/steward/merges/[^"]+/undo)"', history)
    assert undo
    assert client.post(undo[1]).status_code == 303
    assert client.post(undo[1]).status_code == 409
    assert pair in client.get("/steward").text
    with world.database.reading(SYSTEM) as session:
        acts = session.scalars(select(HistoryEntry.action).where(HistoryEntry.thing_kind == "party")).all()
        assert (acts.count("merge"), acts.count("undo merge")) == (2, 2)
        assert session.scalars(select(PartyMerge.undone_at)).one() is not None


def test_two_that_are_two_do_not_come_back(world: World, app: Flask, pair: str) -> None:
    client = world.client(app, STEWARD)
    assert client.post(f"/steward/pairs/{pair}/different").status_code == 303
    assert client.post(f"/steward/pairs/{pair}/different").status_code == 409
    assert client.post("/steward/look").status_code == 303
    compare(world)
    assert pair not in client.get("/steward").text
    with world.database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(PartyPair)) == 1


def test_codes_decide(world: World) -> None:
    first = add(world, "north.sales", "松禾物流", credit_code=CODE)
    add(world, "south.sales", "松禾物流", credit_code="91350100M000101P6P")
    third = add(world, STEWARD, "Songhe", credit_code=CODE)
    compare(world)
    with world.database.reading(SYSTEM) as session:
        ids = [session.scalars(select(Party.id).where(Party.public_id == key)).one() for key in (first, third)]
        found = session.scalars(select(PartyPair)).all()
        assert [(row.left_id, row.right_id, row.reason) for row in found] == [(*ids, "credit_code")]


def test_two_may_be_put_side_by_side_by_hand(world: World, app: Flask) -> None:
    one, other = add(world, "north.sales", "Maple Ridge School"), add(world, "south.sales", "Quiet Valley Clinic")
    client = world.client(app, STEWARD)
    found = client.get(f"/steward/files/{one}?q=Quiet Valley")
    assert f'value="{other}"' in found.text
    for wrong in ("", "nothing", one):
        assert client.post(f"/steward/files/{one}/compare", data={"other": wrong}).status_code == 422, wrong
    answer = client.post(f"/steward/files/{one}/compare", data={"other": other})
    assert answer.location.startswith("/steward/pairs/")
    assert "Quiet Valley Clinic" in client.get(answer.location).text


def test_files_are_reviewed(world: World, app: Flask) -> None:
    address = add(world, "north.sales", "松禾物流")
    client = world.client(app, STEWARD)
    path = f"/steward/files/{address}/review"
    assert address in client.get("/steward/files?state=new").text
    assert client.post(path, data={"state": "needs_work", "note": "", "version": "1"}).status_code == 422
    assert client.post(path, data={"state": "needs_work", "note": "Code is missing", "version": "1"}).status_code == 303
    assert client.post(path, data={"state": "reviewed", "note": "", "version": "1"}).status_code == 409
    assert "Code is missing" in client.get("/steward/files?state=needs_work").text
    assert address not in client.get("/steward/files?state=new").text
    assert "Code is missing" not in world.client(app, "north.sales").get(f"/customers/{address}").text
    for strange in ("?state=x", "?state=new&before=x", "?before=" + "9" * 40):
        assert client.get(f"/steward/files{strange}").status_code == 200
    for strange in ("x", "1", "9.9.9", ".", "9" * 30 + ".1"):
        assert client.get("/steward", query_string={"after": strange}).status_code == 200


def test_operations_refuse_what_makes_no_sense(world: World) -> None:
    actor = world.actor(STEWARD)
    add(world, "north.sales", "松禾物流")
    with world.database.writing(actor) as session:
        party = session.scalars(select(Party).where(Party.name == "松禾物流")).one()
        with pytest.raises(Invalid):
            reviewing.review(session, actor, party, state="lost", note="", version=1, now=world.now)
        with pytest.raises(Conflict):
            reviewing.review(session, actor, party, state="reviewed", note="", version=9, now=world.now)
        with pytest.raises(Invalid):
            reviewing.put_side_by_side(session, actor, party, party, now=world.now)
        noting.add_note(session, actor, party, kind="alias", text="松禾", now=world.now)
        noting.add_note(session, actor, party, kind="alias", text="松禾", now=world.now)
    north = replace(world.actor("north.sales"))
    with world.database.reading(north) as session:
        party = session.scalars(select(Party).where(Party.name == "松禾物流")).one()
        assert noting.notes(session, party) == []
