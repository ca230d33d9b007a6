"""What an adversary tries with articles, solved faults and the search: next drafts, counting twice, stale readers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import wiring
from portal.db import Database
from portal.deals.transfers.moving import FOUND_BY
from portal.files.operations import keep
from portal.files.storing import LocalStore
from portal.parties.merging import merge
from portal.parties.models import Party
from portal.parties.unmerging import undo_merge
from portal.policy import SYSTEM
from portal.search.models import SearchChange
from portal.search.sources import installed
from portal.support.matching.models import Deflection
from portal.support.matching.solving import settle
from portal.support.tickets.models import Message, Ticket
from portal.support.tickets.opening import Opening, open_ticket
from tests.factories.knowledge import KNOWING, NIGHT, WRITER, Knowledge
from tests.factories.registrations import today_of
from tests.factories.seeds import Seed, Sown
from tests.factories.transfers import bare_customer, hand_over
from tests.factories.world import World
from tests.unit.files.samples import picture

FAULT = "camera_drops_at_night"


@pytest.fixture
def seed() -> Seed:
    return KNOWING


@pytest.fixture
def known(sown: Sown) -> dict[str, Any]:
    return sown.known()  # type: ignore[no-any-return]


def solve(client: FlaskClient, known: dict[str, Any], key: str, **case: str) -> Any:
    said = {"kind": "article", "case": known["articles"][NIGHT.title_en], "line": "cameras", "fault": FAULT}
    return client.post("/faults/solved", data=said | {"form_key": key} | case)


def states(database: Database) -> list[str]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Deflection.state).order_by(Deflection.id)))


def test_one_fault_that_colleagues_solve_at_the_same_moment_is_one_contact(
    app: Flask, world: World, known: dict[str, Any], database: Database
) -> None:
    """By a case of which nothing else is counted that would let one wait for the other."""
    actor = world.actor("north.sales")
    with database.writing(actor) as session:
        case = open_ticket(
            session, actor, Opening(form_key="old", body="x"), now=world.now, today=today_of(world)
        ).public_id
    people = ("north.sales", "north.owner", "north.engineer")
    browsers = [world.client(app, who) for who in people]

    def tap(browser: FlaskClient) -> int:
        return int(solve(browser, known, "form", kind="ticket", case=case).status_code)

    with ThreadPoolExecutor(len(people)) as pool:
        assert list(pool.map(tap, browsers)) == [303] * len(people)
    assert states(database) == ["waiting"]


def test_a_word_in_a_ticket_that_there_was_is_a_contact(
    app: Flask, world: World, known: dict[str, Any], database: Database
) -> None:
    """Deflection is honest: asking on in the old ticket about the same fault is no contact that did not happen."""
    actor, said = world.actor("north.sales"), Opening(form_key="old", fault=FAULT, body="Dark")
    with database.writing(actor) as session:
        ticket = open_ticket(session, actor, said, now=world.now - timedelta(days=30), today=today_of(world)).id
    assert solve(world.client(app, "north.sales"), known, "a").status_code == 303
    with database.writing(SYSTEM) as session:
        row = session.get_one(Ticket, ticket)
        row.last_message_at, row.version = world.now + timedelta(days=2), row.version + 1
        for side, days in (("house", 1), ("customer", 2)):
            session.add(Message(ticket_id=row.id, organisation_id=row.organisation_id, form_key=side, side=side,
                                body="Still dark.", created_at=world.now + timedelta(days=days)))  # fmt: skip
    with database.writing(SYSTEM) as session:
        settle(session, now=world.now + timedelta(days=8), today=today_of(world) + timedelta(days=8))
    assert states(database) == ["contacted"]


def test_files_of_the_next_draft_are_no_readers_business(
    app: Flask, world: World, known: dict[str, Any], database: Database
) -> None:
    knowledge, article, writer = Knowledge(world), known["articles"][NIGHT.title_en], world.actor(WRITER)
    store = LocalStore(world.settings.files_folder)
    with database.writing(writer) as session:
        row, later = knowledge.row(session, article), world.now + timedelta(hours=1)
        file = keep(session, writer, row, BytesIO(picture()), "next.png", store=store, now=later).public_id
    for who, status in ((WRITER, 200), ("north.sales", 404), ("hospital.customer", 404)):
        for path in (f"/knowledge/{article}/files/{file}", f"/knowledge/{article}/files/{file}/small"):
            assert world.client(app, who).get(path).status_code == status


def noticed(database: Database, last: int) -> set[tuple[str, int]]:
    """Return which documents are made anew since."""
    with database.reading(SYSTEM) as session:
        rows = session.execute(select(SearchChange.kind, SearchChange.row_id).where(SearchChange.id > last))
        return {(kind, row_id) for kind, row_id in rows}


def newest(database: Database) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(SearchChange.id).order_by(SearchChange.id.desc()).limit(1)).first() or 0


def test_the_search_hears_of_customers_that_are_merged_or_change_hands(world: World, database: Database) -> None:
    """Both are written by statements: whoever knew the one, or knows it from now on, would not find it."""
    own, other = bare_customer(world, "north", "Harbour East"), bare_customer(world, "south", "Harbour E.")
    steward, last = world.actor("supplier.data_steward"), newest(database)
    with database.writing(steward) as session:
        made = merge(session, steward, session.get_one(Party, own), session.get_one(Party, other), now=world.now).id
    assert {("customer", own), ("customer", other)} <= noticed(database, last)
    last = newest(database)
    with database.writing(steward) as session:
        undo_merge(session, steward, _merge(session, made), now=world.now)
    assert {("customer", own), ("customer", other)} <= noticed(database, last)
    last = newest(database)
    hand_over(world, "supplier.channel_manager", "north", "south.sales", own)
    assert ("customer", own) in noticed(database, last)


def _merge(session: Any, made: int) -> Any:
    model = next(each for each in installed()["customer"].watched if each.__tablename__ == "party_merge")
    return session.get_one(model, made)


def test_the_search_hears_of_all_that_a_transfer_moves() -> None:
    """Of every kind of document whose readers are the people of the organisation that its row belongs to."""
    wiring.install()
    owned = {
        source.model.__tablename__
        for kind, source in installed().items()
        if "organisation_id" in source.model.__table__.c and kind != "article"  # articles are the house's
    }
    assert owned == set(FOUND_BY)
