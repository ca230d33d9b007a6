"""A lost password: the link goes to the stored address only, works once, for an hour, for that person as he is now."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from portal.accounts.models import PasswordReset
from portal.accounts.operations import invite
from portal.accounts.tokens import new_token, sign
from portal.accounts.views import invitation_link
from portal.config import Settings
from portal.db import Database, utc_now
from portal.parties.models import Organisation
from portal.policy import SYSTEM
from tests.factories.world import PASSWORD, World
from tests.functional.web.pages import (
    change,
    digest,
    is_signed_in,
    link_in,
    mails,
    open_sign_ins,
    post,
    public_id,
    sign_in,
)

VICTIM, ATTACKER = "north.sales@example.com", "attacker@evil.example"
NEW = "seven grey herons wait for the tide"


@pytest.fixture
def unchecked(app: Flask) -> None:
    """Send forms without tokens: these tests are about what stands in them."""
    app.config["WTF_CSRF_ENABLED"] = False


def link(client: FlaskClient, database: Database, email: str = VICTIM) -> str:
    """Ask for a link and take it out of the mail."""
    assert client.post("/reset", data={"email": email}).status_code == 200
    return link_in(mails(database)[-1])


def set_password(client: FlaskClient, path: str, password: str = NEW) -> int:
    return client.post(path, data={"password": password, "repeat_password": password}).status_code


def test_a_link_sets_a_new_password_once(
    client: FlaskClient, quick: World, database: Database, unchecked: None
) -> None:
    path = link(client, database)
    assert client.get(path).status_code == 200
    assert set_password(client, path, "short") == 422
    assert set_password(client, path) == 303
    assert set_password(client, path, "another twelve words") == 404
    assert client.get(path).status_code == 404
    assert sign_in_status(client, PASSWORD) == 422
    assert sign_in_status(client, NEW) == 303
    assert [mail["template"] for mail in mails(database)] == ["password_reset", "password_changed"]


def sign_in_status(client: FlaskClient, password: str) -> int:
    return client.post("/sign-in", data={"email": VICTIM, "password": password}).status_code


SEVERAL: tuple[tuple[int, dict[str, Any]], ...] = (
    (422, {"data": {"email": [VICTIM, ATTACKER]}}),
    (422, {"data": {"email": [ATTACKER, VICTIM]}}),
    (422, {"data": {"email": [VICTIM, VICTIM]}}),
    (422, {"data": {"email[]": [VICTIM, ATTACKER]}}),
    (422, {"data": {"email": f"{VICTIM},{ATTACKER}"}}),
    (422, {"data": {"email": f"{VICTIM} {ATTACKER}"}}),
    (422, {"data": {"email": f"{VICTIM};{ATTACKER}"}}),
    (422, {"data": {"email": f"{VICTIM}\r\nBcc: {ATTACKER}"}}),
    (422, {"data": {"email": f"{VICTIM}\x00{ATTACKER}"}}),
    (422, {"data": {"email": f"<{VICTIM}>"}}),
    (422, {"data": {"email": VICTIM.replace("a", "ａ")}}),
    (422, {"data": {}}),
    (415, {"json": {"email": [VICTIM, ATTACKER]}}),
    (415, {"json": {"email": VICTIM}}),
    (415, {"json": {"email": 5}}),
    (415, {"json": [VICTIM, ATTACKER]}),
    (422, {"data": f'{{"email": ["{VICTIM}", "{ATTACKER}"]}}', "content_type": "text/plain"}),
)


def test_only_one_address_is_taken(client: FlaskClient, quick: World, database: Database, unchecked: None) -> None:
    for status, sent in SEVERAL:
        assert client.post("/reset", **sent).status_code == status, sent
    assert mails(database) == []


def test_the_mail_goes_to_the_stored_address(
    client: FlaskClient, quick: World, database: Database, unchecked: None
) -> None:
    path = f"/reset?email={ATTACKER}"
    assert client.post(path, data={"email": f"  {VICTIM.upper()} "}).status_code == 200
    assert client.post("/reset", data={"email": ATTACKER}).status_code == 200
    assert [mail["to"] for mail in mails(database)] == [VICTIM]


def test_the_link_names_our_own_host(client: FlaskClient, quick: World, database: Database, unchecked: None) -> None:
    hostile = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=evil.example",
        "X-Original-Host": "evil.example",
        "Referer": "http://evil.example/",
    }
    assert client.post("/reset", data={"email": VICTIM}, headers=hostile).status_code == 200
    assert client.post("/reset", data={"email": VICTIM}, headers={"Host": "localhost:666"}).status_code == 200
    for mail in mails(database):
        assert mail["params"]["link"].startswith("http://localhost/reset/")
        assert "evil" not in str(mail)
        assert ":666" not in str(mail)  # digits alone may be those of a time
    assert client.post("/reset", data={"email": VICTIM}, headers={"Host": "evil.example"}).status_code == 400
    assert len(mails(database)) == 2


def test_an_old_link_is_over(client: FlaskClient, quick: World, database: Database, unchecked: None) -> None:
    path = link(client, database)
    with database.writing(SYSTEM) as session:
        session.execute(update(PasswordReset).values(expires_at=utc_now()))
    assert client.get(path).status_code == 404
    assert set_password(client, path) == 404


@pytest.mark.parametrize("changed", ["mail", "disabled", "password changed", "another link used"])
def test_a_link_dies_with_what_it_was_made_for(
    app: Flask, client: FlaskClient, quick: World, database: Database, unchecked: None, changed: str
) -> None:
    path, person_id = link(client, database), quick.people["north.sales"]
    if changed == "mail":
        change(database, person_id, email="moved@example.com")
    elif changed == "disabled":
        change(database, person_id, disabled_at=utc_now())
    elif changed == "password changed":
        person = quick.client(app, "north.sales")
        typed = {"current_password": PASSWORD, "new_password": NEW, "repeat_password": NEW}
        assert person.post("/profile/password", data=typed).status_code == 303
    else:
        assert set_password(client, link(client, database)) == 303
    before = digest(database)
    assert client.get(path).status_code == 404
    assert set_password(client, path, "the attackers own words") == 404
    assert digest(database) == before


def test_a_token_of_another_purpose_opens_nothing(
    app: Flask, client: FlaskClient, quick: World, database: Database, settings: Settings, unchecked: None
) -> None:
    with app.test_request_context(), database.writing(SYSTEM) as session:
        organisation = session.get_one(Organisation, quick.organisations["north"])
        made = invite(
            session,
            SYSTEM,
            organisation,
            email="new@example.com",
            name="N",
            roles=["sales"],
            locale="en",
            now=utc_now(),
        )
        invitation = invitation_link(made).rpartition("/")[2]
    device = sign(settings.secret_key, "devices", public_id(database, quick.people["north.sales"]))
    reset = link(client, database).rpartition("/")[2]
    before = digest(database)
    for token in (invitation, device, new_token(), "", "0", "null", "%00", "a" * 5000):
        assert set_password(client, f"/reset/{token}") in (404, 422) if token else True
    for token in (reset, device, sign(settings.secret_key, "reset", made.public_id)):
        answer = client.post(f"/invitation/{token}", data={"name": "X", "password": NEW, "repeat_password": NEW})
        assert answer.status_code == 404
    assert digest(database) == before


def test_a_new_password_signs_everybody_out(
    app: Flask, client: FlaskClient, quick: World, database: Database, unchecked: None
) -> None:
    thief = quick.client(app, "north.sales")
    assert is_signed_in(thief)
    assert set_password(client, link(client, database)) == 303
    assert not is_signed_in(thief)
    assert open_sign_ins(database, quick.people["north.sales"]) == 0
    assert not is_signed_in(client)  # a link alone signs nobody in


def test_resets_are_throttled_by_account_and_the_same_for_unknown_ones(
    client: FlaskClient, quick: World, database: Database, unchecked: None
) -> None:
    for email in (VICTIM, "nobody@example.com"):
        said = [client.post("/reset", data={"email": email}).status_code for _ in range(5)]
        assert said == [200, 200, 200, 429, 429]
    assert len(mails(database)) == 3


def test_resets_are_throttled_by_address(
    client: FlaskClient, quick: World, database: Database, unchecked: None
) -> None:
    said = [client.post("/reset", data={"email": f"p{number}@example.com"}).status_code for number in range(32)]
    assert said == [200] * 30 + [429] * 2


def test_the_page_of_a_link_needs_its_own_form(client: FlaskClient, quick: World, database: Database) -> None:
    assert post(client, "/reset", {"email": VICTIM}).status_code == 200
    path = link_in(mails(database)[-1])
    before = digest(database)
    assert set_password(client, path) == 400
    assert digest(database) == before
    assert sign_in(client, VICTIM).status_code == 303
