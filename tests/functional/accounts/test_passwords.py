"""Changing the own password: only with the present one, which nobody may guess either."""

from flask import Flask
from flask.testing import FlaskClient

from portal.accounts import passwords
from portal.accounts.models import Person
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.world import PASSWORD, World
from tests.functional.web.pages import digest, is_signed_in, mails

NEW = "seven grey herons wait for the tide"


def change_to(client: FlaskClient, current: str, new: str, repeated: str | None = None) -> int:
    typed = {"current_password": current, "new_password": new, "repeat_password": new if repeated is None else repeated}
    answer = client.post("/profile/password", data=typed)
    for secret in {current, new} - {""}:
        assert secret not in answer.text
    return answer.status_code


def matches(quick: World, password: str) -> bool:
    with quick.database.reading(SYSTEM) as session:
        return passwords.matches(password, session.get_one(Person, quick.people["north.sales"]).password_hash)


def test_the_password_changes_only_with_the_present_one(app: Flask, quick: World, database: Database) -> None:
    here, elsewhere = quick.client(app, "north.sales"), quick.client(app, "north.sales")
    before = digest(database, "throttle")
    assert change_to(here, "not the present one", NEW) == 403
    assert change_to(here, "", NEW) == 422
    assert change_to(here, PASSWORD, NEW, "something else again") == 422
    assert change_to(here, PASSWORD, "7 herons") == 422
    assert change_to(here, PASSWORD, "north.sales.north.sales") == 422
    assert change_to(here, PASSWORD, "a" * 100_000) == 422
    assert digest(database, "throttle") == before
    assert change_to(here, PASSWORD, NEW) == 303
    assert (matches(quick, NEW), matches(quick, PASSWORD)) == (True, False)
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert [(mail["to"], mail["template"]) for mail in mails(database)] == [
        ("north.sales@example.com", "password_changed")
    ]


def test_a_found_device_does_not_help_to_guess_the_password(app: Flask, quick: World) -> None:
    client = quick.client(app, "north.sales")
    said = [change_to(client, f"guess number {number}", NEW) for number in range(12)]
    assert said == [403] * 10 + [429] * 2
    assert change_to(client, PASSWORD, NEW) == 429
    assert matches(quick, PASSWORD)
    assert change_to(quick.client(app, "north.owner"), "wrong", NEW) == 403  # nobody else has to wait


def test_passwords_of_every_length_and_script_sign_in(app: Flask, quick: World) -> None:
    client, present = quick.client(app, "north.sales"), PASSWORD
    for length in (12, 64, 73, 256):
        password = ("潮水 a tide takes nine boats 🦩 " * 20)[: length - 1] + "."
        assert change_to(client, present, password) == 303
        present = password
        for typed, status in ((password, 303), (password[:-1], 422), (password[:-1] + "!", 422)):
            fields = {"email": "north.sales@example.com", "password": typed}
            assert app.test_client().post("/sign-in", data=fields).status_code == status, length
