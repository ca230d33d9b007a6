"""Merging two customers moves whatever refers to one, and undoing it gives every row back as it was."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.db import Base, Database
from portal.deals.models import Quote
from portal.deals.registrations.models import CustomerHolding, HoldingActivity, Registration
from portal.errors import Conflict, NotAllowed
from portal.parties import noting, operations, queries
from portal.parties.identity.indexing import index_parties
from portal.parties.merging import COLLIDES, merge
from portal.parties.merging_models import PartyMerge, PartyPair
from portal.parties.merging_words import LABELS, said
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyAddress, PartyAlias, PartyIdentifier
from portal.parties.references import references
from portal.parties.unmerging import undo_merge
from portal.policy import SYSTEM, OrganisationKind
from tests.factories.deals import Deals
from tests.factories.registrations import Registrations
from tests.factories.world import World

NOT_COMPARED = {
    "history",
    "party_merge",
    "outbox",
    "sign_in",
    "person",
    "name_word",
    "worker_beat",
    "throttle",
    "search_change",
}
CODE = "91350100M000100Y43"
STEWARD = "supplier.data_steward"


def rows(database: Database) -> dict[str, list[str]]:
    """Return all rows of all tables that a merge and its undoing may touch."""
    with database.engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table))))
            for name, table in Base.metadata.tables.items()
            if name not in NOT_COMPARED
        }


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, set[str]]:
    """Return the rows that are not in both, by table."""
    return {name: set(before[name]) ^ set(after[name]) for name in before if before[name] != after[name]}


def referring(database: Database, party_id: int) -> dict[str, int]:
    """Return how many rows refer to a party, by table and column."""
    with database.engine.connect() as connection:
        counts = {reference.name: reference.count(connection, party_id) for reference in references()}
    return {name: count for name, count in counts.items() if count}


@pytest.fixture
def ids(world: World) -> tuple[int, int]:
    """Two customers with words of each who knows them: north knows both, south knows the second."""
    first, second = world.customers["north"], world.customers["south"]
    north, south = world.actor("north.sales"), world.actor("south.sales")
    with world.database.writing(SYSTEM) as session:
        session.scalars(select(Relation).where(Relation.party_id == first)).one().phone = "+86 571 5550 0101"
        its = {"organisation_id": north.organisation_id, "party_id": second, "created_at": world.now}
        named = {"name": "North's other word", "name_key": "north's other word"}
        reached = {"phone": "+86 571 5550 0102", "address": "Second road 2", "email": "a@northern-words.example"}
        session.add(Relation(**its, kind="customer", **named, **reached))
    for actor, party_id in ((north, first), (north, second), (south, second)):
        with world.database.writing(actor) as session:
            party = session.scalars(select(Party).where(Party.id == party_id)).one()
            for kind, said in (("credit_code", CODE), ("alias", f"Alias {party_id}"), ("address", f"Road {party_id}")):
                noting.add_note(session, actor, party, kind=kind, text=said, now=world.now)
            name = f"Contact {party_id}"
            operations.add_contact(session, actor, party, name=name, reach="0571-5550999", now=world.now)
    with world.database.writing(SYSTEM) as session:
        index_parties(session, session.scalars(select(Party.id)).all())
    return first, second


@pytest.fixture
def documents(world: World, ids: tuple[int, int]) -> tuple[int, int]:
    """The same two with configurations, quotes, offers, orders and sites for each."""
    deals = Deals.open(world)
    for who in ("north.sales", "south.sales"):
        deals.order(who)
        deals.resell(who)
    return ids


def _merge(world: World, survivor_id: int, merged_id: int, **given: Any) -> int:
    actor = world.actor(STEWARD)
    with world.database.writing(actor) as session:
        survivor, merged = session.get_one(Party, survivor_id), session.get_one(Party, merged_id)
        return merge(session, actor, survivor, merged, now=world.now, **given).id


def _undo(world: World, merge_id: int) -> None:
    actor = world.actor(STEWARD)
    with world.database.writing(actor) as session:
        undo_merge(session, actor, session.get_one(PartyMerge, merge_id), now=world.now)


def test_undo_gives_every_row_back_as_it_was(world: World, documents: tuple[int, int]) -> None:
    first, second = documents
    before = rows(world.database)
    assert referring(world.database, second).keys() >= {
        "configuration.customer_id", "party.employer_id", "party_address.party_id", "party_alias.party_id",
        "party_identifier.party_id", "quote.customer_id", "relation.party_id", "resale.customer_id",
        "sales_order.customer_id", "site.party_id",
    }  # fmt: skip
    made = _merge(world, first, second)
    assert referring(world.database, second) == {}
    assert rows(world.database) != before
    _undo(world, made)
    assert changed(before, rows(world.database)) == {}


def test_what_an_organisation_knew_of_both_becomes_further_words(world: World, ids: tuple[int, int]) -> None:
    first, second = ids
    _merge(world, first, second)
    north = world.actor("north.sales")
    with world.database.reading(north) as session:
        party = session.scalars(select(Party).where(Party.id == first)).one()
        card = queries.card(session, party)
        assert card.phone == "+86 571 5550 0101"
        assert (card.address, card.email) == ("Second road 2", "a@northern-words.example")  # were empty
        said = {(note.kind, note.text) for note in noting.notes(session, party)}
        assert said >= {("alias", "North's other word"), ("phone", "+86 571 5550 0102"), ("credit_code", CODE)}
        assert [kind for kind, _text in sorted(said)].count("credit_code") == 1
        assert {row.name for row in queries.contacts(session, first)} == {f"Contact {first}", f"Contact {second}"}


def test_nobody_reads_what_another_typed_after_a_merge(world: World, documents: tuple[int, int], app: Flask) -> None:
    first, second = documents
    with world.database.reading(SYSTEM) as session:
        address = session.get_one(Party, first).public_id
    _merge(world, first, second)
    page = world.client(app, "south.sales").get(f"/customers/{address}").text
    assert "Customer of Southern Partner" in page  # its own word, although the house says the other
    for word in ("Customer of Northern Partner", "North's other word", f"Alias {first}", f"Road {first}", "5550 0102"):
        assert word not in page, word
    assert page.count(f"Alias {second}") == page.count(f"Road {second}") == page.count(f"Contact {second}")
    listed = world.client(app, "south.sales").get("/customers").text
    assert "Customer of Southern Partner" in listed
    assert "Customer of Northern Partner" not in listed
    for path in ("/quotes", "/configurations", "/orders", "/search?q=Customer", "/customers/similar?name=North"):
        assert "Customer of Northern Partner" not in world.client(app, "south.sales").get(path).text, path


def test_the_old_address_leads_on_for_those_who_knew_it(world: World, ids: tuple[int, int], app: Flask) -> None:
    first, second = ids
    with world.database.reading(SYSTEM) as session:
        old, new = (session.get_one(Party, key).public_id for key in (second, first))
    _merge(world, first, second)
    for who in ("south.sales", "north.sales", STEWARD):
        answer = world.client(app, who).get(f"/customers/{old}")
        assert (answer.status_code, answer.headers.get("Location")) == (303, f"/customers/{new}"), who
    with world.database.writing(SYSTEM) as session:  # who never knew it finds nothing
        world.add_organisation(session, "west", "West", OrganisationKind.PARTNER, "gold")
    assert world.client(app, "west.sales").get(f"/customers/{old}").status_code == 404


def test_what_is_done_in_between_goes_home_with_who_did_it(world: World, ids: tuple[int, int]) -> None:
    first, second = ids
    made = _merge(world, first, second)
    south = world.actor("south.sales")
    with world.database.writing(south) as session:
        party = session.scalars(select(Party).where(Party.id == first)).one()
        operations.add_contact(session, south, party, name="Met in between", now=world.now)
        noting.add_note(session, south, party, kind="alias", text="Said in between", now=world.now)
    _undo(world, made)
    with world.database.reading(south) as session:
        assert "Met in between" in {row.name for row in queries.contacts(session, second)}
        assert session.scalars(select(PartyAlias.party_id).where(PartyAlias.name == "Said in between")).one() == second
        assert session.scalar(select(Party).where(Party.id == first)) is None


def test_a_later_merge_is_undone_first(world: World, ids: tuple[int, int]) -> None:
    first, second = ids
    third = world.customers["hospital"]
    one, two = _merge(world, first, second), _merge(world, first, third)
    with pytest.raises(Conflict, match="later"):
        _undo(world, one)
    _undo(world, two)
    _undo(world, one)
    with pytest.raises(Conflict, match="already"):
        _undo(world, one)


def test_chains_come_apart_from_their_end(world: World, ids: tuple[int, int]) -> None:
    first, second = ids
    third = world.customers["hospital"]
    before = rows(world.database)
    one, two = _merge(world, first, second), _merge(world, third, first)
    assert referring(world.database, second) == referring(world.database, first) == {}
    with pytest.raises(Conflict):
        _undo(world, one)
    _undo(world, two)
    _undo(world, one)
    assert changed(before, rows(world.database)) == {}


@pytest.mark.parametrize("pair", [("north", "north"), ("north", "hospital signing in"), ("north", "merged")])
def test_what_cannot_be_merged_is_refused(world: World, pair: tuple[str, str]) -> None:
    first, second = world.customers[pair[0]], world.customers["south"]
    if pair[1] == "north":
        second = first
    elif pair[1] == "merged":
        _merge(world, world.customers["hospital"], second)
    else:
        second = world.organisations["hospital"]
    with pytest.raises(Conflict):
        _merge(world, first, second)


def test_who_signs_in_may_remain(world: World) -> None:
    _merge(world, world.organisations["hospital"], world.customers["north"])
    with world.database.reading(world.actor("north.sales")) as session:
        party = session.scalars(select(Party).where(Party.id == world.organisations["hospital"])).one()
        assert queries.card(session, party).name == "Customer of Northern Partner"


def test_only_stewards_merge(world: World) -> None:
    for who in ("north.owner", "supplier.administrator", "supplier.channel_manager"):
        actor = world.actor(who)
        with world.database.writing(actor) as session, pytest.raises(NotAllowed):
            party = session.scalars(select(Party).where(Party.id == world.customers["north"])).one()
            merge(session, actor, party, party, now=world.now)


def test_issued_documents_follow_a_merge_and_nothing_else(world: World, documents: tuple[int, int]) -> None:
    first, second = documents
    statements = (
        f"UPDATE quote SET customer_id = {first} WHERE customer_id = {second} AND state = 'issued'",
        f"UPDATE resale SET customer_id = {first} WHERE customer_id = {second}",
        f"UPDATE sales_order SET customer_id = {first} WHERE customer_id = {second}",
    )
    for statement in statements:
        with pytest.raises(DBAPIError, match="never changes"), world.database.writing(SYSTEM) as session:
            session.execute(text(statement))
    _merge(world, first, second)
    for table in ("quote", "resale", "sales_order"):  # together with a customer that follows, nothing else may change
        other = f"UPDATE {table} SET customer_id = {second}, title = 'x' WHERE customer_id = {first}"
        with pytest.raises(DBAPIError, match="never changes"), world.database.writing(SYSTEM) as session:
            session.execute(text(other))
    with world.database.reading(SYSTEM) as session:
        assert session.scalars(select(Quote.customer_name).where(Quote.customer_id == first).distinct()).all()


def test_notes_follow_too(world: World, ids: tuple[int, int]) -> None:
    first, second = ids
    _merge(world, first, second)
    with world.database.reading(SYSTEM) as session:
        for table in (PartyIdentifier, PartyAlias, PartyAddress):
            assert session.scalars(select(table.id).where(table.party_id == second)).all() == []
    with world.database.reading(SYSTEM) as session:
        assert session.scalars(select(PartyPair.id)).all() == []


def test_registrations_move_and_two_approved_ones_are_no_single_one(world: World, ids: tuple[int, int]) -> None:
    first, second = ids
    registrations = Registrations.open(world)
    registrations.approved("south.sales", second, site="Block B")
    free = registrations.approved("north.sales", first, site="Block C")
    north = world.organisations["north"]
    with world.database.writing(SYSTEM) as session:  # somebody of north works on both, and did something for each
        for customer_id in ids:
            its = {"organisation_id": north, "customer_id": customer_id, "since": registrations.day}
            holding = CustomerHolding(**its, person_id=world.people["north.sales"], source="assigned")
            holding.worked_on = registrations.day
            session.add(holding)
            session.flush()
            did = {"organisation_id": north, "holding_id": holding.id, "created_at": world.now}
            session.add(HoldingActivity(**did, happened_on=registrations.day, note=f"for {customer_id}"))
    with world.database.writing(SYSTEM) as session:
        index_parties(session, [first, second])
    before = rows(world.database)
    made = _merge(world, first, second)
    assert referring(world.database, second) == {}
    with world.database.reading(SYSTEM) as session:
        mine = CustomerHolding.organisation_id == north
        held_now = session.scalars(select(CustomerHolding.id).where(mine)).one()
        done = session.scalars(select(HoldingActivity.note).where(HoldingActivity.holding_id == held_now)).all()
        assert sorted(done) == [f"for {first}", f"for {second}"]
    _undo(world, made)
    assert changed(before, rows(world.database)) == {}
    with world.database.writing(SYSTEM) as session:
        held = session.scalars(select(Registration).where(Registration.site == "Block B")).one()
        held.identity_id = second  # for the house they were two when both were approved
        session.flush()
        other = session.get_one(Registration, free)
        other.site, other.site_key = held.site, held.site_key
    before = rows(world.database)
    with pytest.raises(Conflict, match="registration"):
        _merge(world, first, second)
    assert changed(before, rows(world.database)) == {}


def test_whatever_stands_in_the_way_is_called_as_people_call_it(app: Flask) -> None:
    assert {reference.name for reference in references()} <= set(LABELS)
    with app.test_request_context():
        assert "hold something that only one may hold (Deal registrations)" in said(
            Conflict(COLLIDES, table="registration"), "en"
        )
        assert "party_" not in said(Conflict(COLLIDES, table="party_anything"), "en")
