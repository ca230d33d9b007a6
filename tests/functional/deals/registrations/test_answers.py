"""What pages of registrations say to whom: never more than is true, and never what others ask for."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.app import create_app
from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Verdict
from portal.deals.registrations import operations
from portal.deals.registrations.labels import band_text
from portal.home.notices import sentence
from portal.parties.models import Party
from tests.factories.registrations import Registrations, today_of
from tests.factories.world import World


@pytest.fixture(scope="module")
def app(shared_world: World) -> Flask:
    """The web application on the shared world."""
    made = create_app(shared_world.settings, shared_world.database)
    made.testing = True
    return made


@pytest.fixture(scope="module")
def browsers(app: Flask, shared_world: World) -> dict[str, FlaskClient]:
    """Browsers of those who meet at a customer."""
    return {who: shared_world.client(app, who) for who in ("north.sales", "south.sales", "supplier.approver")}


@pytest.fixture
def registrations(shared_world: World) -> Registrations:
    """Registrations that are made today."""
    return Registrations(shared_world, today_of(shared_world))


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def path(registrations: Registrations, registration_id: int, step: str = "") -> str:
    return f"/registrations/{registrations.get(registration_id).public_id}{step}"


def request_path(registrations: Registrations, registration_id: int) -> str:
    request_id = registrations.get(registration_id).approval_request_id
    query = select(ApprovalRequest.public_id).where(ApprovalRequest.id == request_id)
    return f"/approvals/{registrations.do('house', lambda session, _actor: session.scalars(query).one())}"


def test_who_asks_for_approval_does_not_read_that_others_want_the_customer(
    browsers: dict[str, FlaskClient], registrations: Registrations
) -> None:
    key = registrations.customer("north", "south", name="Juniper Yard")
    first = registrations.register("north.sales", key, site="Hall 1")
    registrations.register("south.sales", key, site="Hall 2")
    at = request_path(registrations, first)
    assert "In line or protected for the same customer" in browsers["supplier.approver"].get(at).text
    own = browsers["north.sales"].get(at)
    assert own.status_code == 200
    assert "same customer" not in own.text


def test_a_place_that_is_claimed_leaves_what_was_refused_as_it_was(
    browsers: dict[str, FlaskClient], registrations: Registrations
) -> None:
    key = registrations.customer("north", "south", name="Hawthorn Yard")
    late = registrations.register("south.sales", key)
    registrations.decide(late, Verdict.REFUSED, reason="too_early")
    registrations.approved("north.sales", key)
    client = browsers["south.sales"]
    sent = client.post(path(registrations, late, "/resubmit"), data={"version": registrations.get(late).version})
    page = client.get(sent.headers["Location"]).text
    assert "Claimed, protected until" in page
    assert "draft" not in page.partition('id="notices"')[2].partition("</div>")[0]
    assert registrations.state(late) == "rejected"


def test_a_form_that_comes_back_does_not_say_that_a_customer_is_free(
    browsers: dict[str, FlaskClient], registrations: Registrations
) -> None:
    key = registrations.customer("north", name="Rowan Yard")
    registrations.approved("north.sales", key)
    form = {"form_key": "0" * 16, "name": "Rowan Yard", "product_line": "video", "closing_month": "1999-01"}
    answer = browsers["south.sales"].post("/registrations", data=form)
    assert answer.status_code == 422
    assert "This month is over" in answer.text
    assert "It is free" not in answer.text


def test_a_question_says_until_when_it_is_answered(
    browsers: dict[str, FlaskClient], registrations: Registrations
) -> None:
    row = registrations.register("north.sales", registrations.customer("north", name="Maple Yard"))
    registrations.decide(row, Verdict.RETURNED, note="Who pays?")
    due = registrations.get(row).next_step_on
    assert due is not None
    page = main_of(browsers["north.sales"].get(path(registrations, row)).text)
    said = re.findall(r'id="answer-until">\s*Answer until (\d+) (\w+) (\d+);', page)
    last = due.fromordinal(due.toordinal() - 1)
    assert said == [(str(last.day), f"{last:%b}", str(last.year))]


def test_what_waits_in_line_again_shows_no_old_decision(
    browsers: dict[str, FlaskClient], registrations: Registrations
) -> None:
    key = registrations.customer("north", "south", name="Cherry Yard")
    row = registrations.register("north.sales", key)
    registrations.step("north.sales", row, operations.withdraw)
    registrations.register("south.sales", key)
    browsers["north.sales"].post(path(registrations, row, "/undo"))
    page = main_of(browsers["north.sales"].get(path(registrations, row)).text)
    assert "In line" in page
    assert "approval-status" not in page


@pytest.mark.parametrize("name", ["!!!", "—", "（）", "· · ·"])
def test_punctuation_is_nobodys_name(browsers: dict[str, FlaskClient], registrations: Registrations, name: str) -> None:
    client = browsers["north.sales"]
    look = client.post("/registrations/look", data={"q": name})
    assert look.status_code == 422
    assert "It is free" not in look.text
    form = {"form_key": "1" * 16, "name": name, "product_line": "video"}
    form["closing_month"] = f"{registrations.day:%Y-%m}"
    answer = client.post("/registrations", data=form)
    assert answer.status_code == 422
    assert "A name has letters or digits." in answer.text


def test_who_comes_too_late_for_a_customer_of_the_pool_stays_on_its_page(browsers: dict[str, FlaskClient]) -> None:
    for step in ("", "/claim"):
        answer = browsers["north.sales"].post(f"/registrations/pool/{'0' * 16}{step}")
        assert answer.status_code == 404
        assert "not in the pool any more" in main_of(answer.text)


def test_only_what_is_protected_can_lose_its_protection(
    browsers: dict[str, FlaskClient], registrations: Registrations
) -> None:
    row = registrations.register("north.sales", registrations.customer("north", name="Aspen Yard"))
    form = {"version": registrations.get(row).version, "product_line": "network", "site": "Hall 9"}
    form["closing_month"] = f"{registrations.day:%Y-%m}"
    client = browsers["north.sales"]
    asked = client.post(path(registrations, row, "/edit"), data=form).text
    assert "decided again from the beginning" in asked
    assert "protection rests" not in asked


def test_what_has_to_be_filled_in_is_not_called_optional(browsers: dict[str, FlaskClient]) -> None:
    card = browsers["north.sales"].post("/registrations/look", data={"q": "+86 138 1234 0000"}).text
    assert "optional" not in card.partition('for="name"')[2].partition("<input")[0]


def test_an_own_request_in_review_is_not_called_protected_until_its_decision(
    browsers: dict[str, FlaskClient], registrations: Registrations
) -> None:
    key = registrations.customer("north", name="Poplar Yard")
    registrations.register("north.sales", key)
    public_id = registrations.do("house", lambda session, _actor: session.get_one(Party, key).public_id)
    card = browsers["north.sales"].post("/registrations/look", data={"customer": public_id}).text
    assert "Yours already" in card
    assert "Until" not in card.partition('id="verdict"')[2].partition("</div>")[0]


def test_a_value_is_shown_as_what_was_said() -> None:
    assert band_text("", 0, "CNY").en == "Not known yet"
    assert band_text("m", 100_000_000, "CNY").en == "CN¥200,000 – CN¥1,000,000"
    assert band_text("xs", 5_000_000, "CNY").zh == "¥50,000以下"
    assert band_text("m", 30_000_050, "CNY").en == "CN¥300,000.50"


def test_days_in_notices_are_written_as_on_every_page() -> None:
    facts = {"number": "R-1", "customer": "Elm", "days": 6, "until": "2026-11-29"}
    assert sentence("registration_reminder", facts, "en").endswith("in 6 days, on 29 Nov 2026.")
    assert "2026年11月29日" in sentence("registration_reminder", facts, "zh")
