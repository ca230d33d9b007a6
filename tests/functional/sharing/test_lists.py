"""Lists and search with what is shared: marked, in one query, without what is the owner's to know."""

import pytest
from flask import Flask
from sqlalchemy import event

from portal.configurator.listing import configurations
from portal.db import Database
from portal.home.queries import configurations_named
from tests.factories.world import World
from tests.functional.sharing.conftest import Stage


def test_the_list_names_who_shared_and_not_for_whom_it_is(stage: Stage, world: World, app: Flask) -> None:
    stage.share(organisation="hospital")
    text = world.client(app, "hospital.customer").get("/configurations").text
    assert "Shared by sales of north" in text
    assert "Northern Partner" in text
    assert "Customer of Northern Partner" not in text
    assert "Customer of Northern Partner" in world.client(app, "north.sales").get("/configurations").text


def test_a_colleague_finds_what_was_shared_with_him(stage: Stage, world: World, app: Flask) -> None:
    Stage(world, stage.configure("north.sales"))
    stage.share(person="north.engineer")
    client = world.client(app, "north.engineer")
    everything, shared = client.get("/configurations").text, client.get("/configurations?shared=1").text
    assert everything.count('href="/configurations/') > shared.count('href="/configurations/')
    assert stage.public_id in shared
    assert stage.public_id not in world.client(app, "north.owner").get("/configurations?shared=1").text


def test_pages_hold_own_and_shared_in_order_and_each_once(stage: Stage, world: World) -> None:
    mixed = []
    for number in range(9):
        who = "north.sales" if number % 2 else "hospital.customer"
        made = Stage(world, stage.configure(who))
        if number % 2:
            made.share(organisation="hospital")
            made.share(person="hospital.customer")
        mixed.append(made.public_id)
    actor = world.actor("hospital.customer")
    with world.database.reading(actor) as session:
        seen, before = [], None
        while True:
            rows = configurations(session, before_id=before, limit=2)
            seen += [row.public_id for row in rows[:2]]
            if len(rows) <= 2:
                break
            before = rows[1].id
        assert seen == mixed[::-1]
        found = {row.public_id for row in configurations_named(session, "a site")}
        assert found <= set(mixed)
        assert len(found) == 5


def test_search_finds_what_is_shared_until_it_is_not(stage: Stage, world: World, app: Flask) -> None:
    client = world.client(app, "hospital.customer")
    assert stage.public_id not in client.get("/search?q=site").text
    made = stage.share(organisation="hospital")
    assert stage.public_id in client.get("/search?q=site").text
    stage.revoke(made)
    assert stage.public_id not in client.get("/search?q=site").text


@pytest.mark.parametrize("path", ["/configurations", "/configurations?shared=1"])
def test_a_list_costs_the_same_however_much_is_shared(stage: Stage, world: World, app: Flask, path: str) -> None:
    def statements() -> int:
        seen: list[str] = []
        client = world.client(app, "hospital.customer")
        client.get(path)

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(world.database.engine, "before_cursor_execute", note)
        client.get(path)
        event.remove(world.database.engine, "before_cursor_execute", note)
        return sum(statement.lstrip().upper().startswith("SELECT") for statement in seen)

    before = statements()
    for _ in range(5):
        Stage(world, stage.configure("north.sales")).share(organisation="hospital")
    assert statements() == before


def test_the_page_of_a_configuration_looks_marks_and_shares_up_once(
    stage: Stage, world: World, app: Flask, database: Database
) -> None:
    client = world.client(app, "north.sales")
    client.get(f"/configurations/{stage.public_id}")
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    client.get(f"/configurations/{stage.public_id}")
    assert len([s for s in seen if "FROM comment_thread" in s]) == 1
    assert len([s for s in seen if "FROM share" in s and "receiving" in s]) == 1
