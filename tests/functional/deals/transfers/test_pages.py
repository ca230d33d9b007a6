"""The pages of transfers: from a customer or a book to a preview, the result, and back."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.accounts.models import Person
from portal.deals.registrations.models import Registration
from portal.notify.models import Notice
from portal.parties.models import Party
from portal.policy import SYSTEM
from tests.functional.deals.transfers.conftest import MANAGER, Hands


def public(hands: Hands, table: type, key: int) -> str:
    with hands.world.database.reading(SYSTEM) as session:
        return str(session.get_one(table, key).public_id)


def fields(page: str) -> dict[str, object]:
    """Return what the form of the preview would send."""
    form = page[page.index('id="preview"') :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found.setdefault(name[1], []).append(value[1])
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


@pytest.fixture
def manager(app: Flask, hands: Hands) -> FlaskClient:
    return hands.world.client(app, MANAGER)


def addressed(hands: Hands, giver: str = "north", receiver: str = "west.sales") -> dict[str, str]:
    house = receiver.partition(".")[0]
    return {
        "customer": public(hands, Party, hands.world.customers[giver]),
        "house": public(hands, Party, hands.world.organisations[house]),
        "to": public(hands, Person, hands.world.people[receiver]),
    }


def test_from_the_customers_page_to_the_receiver_and_back(app: Flask, manager: FlaskClient, hands: Hands) -> None:
    said = addressed(hands)
    there = f"/customers/{said['customer']}"
    assert f"/transfers/new?customer={said['customer']}" in manager.get(there).text
    asking = manager.get("/transfers/new", query_string={"customer": said["customer"], "house": said["house"]})
    assert said["to"] in asking.text
    assert 'id="preview"' not in asking.text
    page = manager.get("/transfers/new", query_string=said)
    assert page.status_code == 200
    assert "Open registrations: <strong>2</strong>" in page.text
    made = manager.post("/transfers/new", data={**fields(page.text), "note": "Good luck"})
    assert made.status_code == 303
    again = manager.post("/transfers/new", data={**fields(page.text), "note": "Good luck"})
    assert again.location == made.location  # the same form once more is the same transfer
    result = manager.get(made.location)
    assert "Good luck" in result.text
    west, north = hands.world.client(app, "west.sales"), hands.world.client(app, "north.sales")
    assert west.get(there).status_code == 200
    assert north.get(there).status_code == 404
    held = west.get(there).text
    assert "Who held this customer" in held
    assert "West" in held
    assert west.get(made.location).status_code == 200
    assert "Take back" not in west.get(made.location).text
    assert west.post(f"{made.location}/undo").status_code == 403
    undone = manager.post(f"{made.location}/undo")
    assert undone.status_code == 303
    assert north.get(there).status_code == 200
    assert west.get(there).status_code == 404
    assert manager.post(f"{made.location}/undo").status_code == 409
    listed = manager.get("/transfers").text
    assert "Taken back" in listed
    with hands.world.database.reading(SYSTEM) as session:
        kinds = select(Notice.kind, Notice.person_id).where(Notice.kind.like("transfer%")).order_by(Notice.id)
        told = {tuple(row) for row in session.execute(kinds)}
    people = hands.world.people
    assert ("transfer_received", people["west.sales"]) in told
    assert ("transfer_given", people["north.sales"]) in told
    assert {person for kind, person in told if kind == "transfer_undone"} == {
        people["west.sales"],
        people["north.sales"],
    }


def test_a_book_of_a_colleague(app: Flask, hands: Hands) -> None:
    owner = hands.world.client(app, "north.owner")
    holder = public(hands, Person, hands.world.people["north.sales"])
    assert holder in owner.get("/transfers").text
    to = public(hands, Person, hands.world.people["north.owner"])
    page = owner.get("/transfers/new", query_string={"holder": holder, "to": to})
    made = owner.post("/transfers/new", data=fields(page.text))
    assert made.status_code == 303
    with hands.world.database.reading(SYSTEM) as session:
        mine = Registration.organisation_id == hands.world.organisations["north"]
        assert set(session.scalars(select(Registration.person_id).where(mine))) == {hands.world.people["north.owner"]}
    assert owner.post(f"{made.location}/undo").status_code == 303
    with hands.world.database.reading(SYSTEM) as session:
        assert set(session.scalars(select(Registration.person_id).where(mine))) == {hands.world.people["north.sales"]}


def test_what_changed_since_the_preview_is_shown_again_with_the_words_kept(manager: FlaskClient, hands: Hands) -> None:
    page = manager.get("/transfers/new", query_string=addressed(hands))
    with hands.world.database.writing(SYSTEM) as session:
        mine = Registration.organisation_id == hands.world.organisations["north"]
        session.execute(update(Registration).where(mine).values(state="withdrawn", standing="closed"))
    refused = manager.post("/transfers/new", data={**fields(page.text), "note": "Written with care"})
    assert refused.status_code == 409
    assert "Something changed since you looked" in refused.text
    assert "Written with care" in refused.text
    assert "Open registrations" not in refused.text


def test_the_giver_keeps_reading_issued_papers(app: Flask, manager: FlaskClient, hands: Hands) -> None:
    page = manager.get("/transfers/new", query_string=addressed(hands))
    made = manager.post("/transfers/new", data=fields(page.text)).location
    north, west = hands.world.client(app, "north.owner"), hands.world.client(app, "west.owner")
    papers = re.findall(rf"{made}/papers/[0-9a-z]+\.pdf", north.get(made).text)
    assert len(papers) == 6  # two issued quotes and an order, in two languages
    answer = north.get(papers[0])
    assert answer.status_code == 200
    assert hands.secrets["words"]["north"].encode() in answer.data  # as it was
    assert west.get(papers[0]).status_code == 404
    manager.post(f"{made}/undo")
    assert north.get(papers[0]).status_code == 404  # they are his own again


@pytest.mark.parametrize("broken", [{"to": "x"}, {"customer": "x"}, {"house": "x"}, {"email": "nobody@example.com"}])
def test_nonsense_in_the_address(manager: FlaskClient, hands: Hands, broken: dict[str, str]) -> None:
    answer = manager.get("/transfers/new", query_string={**addressed(hands), **broken})
    assert answer.status_code in (404, 422)


def test_without_a_choice_it_asks_for_one(manager: FlaskClient) -> None:
    assert "Choose at least one customer" in manager.get("/transfers/new").text


def test_nothing_is_made_of_a_missing_transfer(manager: FlaskClient) -> None:
    assert manager.get("/transfers/0000000000000000").status_code == 404
    assert manager.post("/transfers/0000000000000000/undo").status_code == 404
