"""Whatever is typed: an answer below 500 within a second, nothing half saved, and the words still in the form."""

import html
import time
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts.models import Invitation, Person
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.world import PASSWORD, World
from tests.functional.web.pages import digest, mails, public_id

LONG = "x" * 100_000
REFUSED_NAMES = (
    "NUL\x00here",
    "bell\x07",
    "turned \u202etxt.exe",
    "isolated\u2066x",
    "broken\x85line",
    "two\nlines",
    "x" * 121,
    LONG,
)
EMPTY_NAMES = ("", " ", "\u3000\u2003", "\t\r\n")
GOOD_NAMES = (
    "王芳",
    "👩🏽‍🔧 Ana",
    "שרה כהן",
    "محمد علي",
    "1e309",
    "-0",
    "NaN",
    "O'Brien <b>",
    "{{7*7}}",
    "'; DROP TABLE person;--",
)
REFUSED_ADDRESSES = (
    *("", " ", "no address", "a@b", "a@@b.example", "a b@c.example", "a@b.example\x00", "a@b.example,c@d.example"),
    *("ü@example.com", "a@exämple.com", "İ" * 240 + "@example.com", "a" * 300 + "@example.com", f"{LONG}@example.com"),
    *(
        "a@b.example\r\nBcc: c@d.example",
        '"a"@b.example',
        "a@b..example",
        "a@b_c.example",
        ".@-.example",
        "\u202ea@b.example",
    ),
)
OTHER = {"name": "New", "email": "new@example.com", "roles": "sales", "locale": "en"}
PROFILE = {"name": "N", "locale": "en", "time_zone": "UTC", "theme": "auto"}


def send(client: FlaskClient, path: str, fields: Mapping[str, Any] | bytes) -> TestResponse:
    begun = time.process_time()
    content = "application/x-www-form-urlencoded" if isinstance(fields, bytes) else None
    answer = client.post(path, data=fields, content_type=content)
    assert time.process_time() - begun < 1, fields
    assert answer.status_code < 500, fields
    return answer


def holds(answer: TestResponse, typed: str) -> bool:
    return typed.strip() in html.unescape(answer.text)


def test_names_that_cannot_be_shown_are_refused_and_handed_back(app: Flask, quick: World, database: Database) -> None:
    sales, owner = quick.client(app, "north.sales"), quick.client(app, "north.owner")
    before = digest(database)
    for name in (*REFUSED_NAMES, *EMPTY_NAMES):
        for client, path, fields in ((sales, "/profile", PROFILE), (owner, "/people/invite", OTHER)):
            answer = send(client, path, {**fields, "name": name})
            assert answer.status_code == 422, name[:50]
            assert holds(answer, name)
            assert holds(answer, fields.get("email", "UTC"))
    assert digest(database) == before


def test_bytes_that_are_no_text_are_never_kept_as_such(app: Flask, quick: World, database: Database) -> None:
    client = quick.client(app, "north.sales")
    for raw in (b"\xed\xa0\x80", b"\xff\xfe", b"\xc0\x80", b"\xf4\x90\x80\x80", b"ok\xff"):
        fields = {**PROFILE, "name": "@"}
        parts = [
            f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in fields.items()
        ]
        body = "".join(parts).encode().replace(b"@", raw) + b"--x--\r\n"
        assert client.post("/profile", data=body, content_type="multipart/form-data; boundary=x").status_code == 422
        send(client, "/profile", b"name=" + raw + b"&locale=en&time_zone=UTC&theme=auto")  # kept as %FF, a text
        with database.reading(SYSTEM) as session:
            kept = session.get_one(Person, quick.people["north.sales"]).name
            assert kept.isprintable()
            assert "\ufffd" not in kept


def test_names_of_every_script_are_kept_as_typed(app: Flask, quick: World, database: Database) -> None:
    client = quick.client(app, "north.sales")
    for name in GOOD_NAMES:
        assert send(client, "/profile", {**PROFILE, "name": name}).status_code == 303, name
        page = client.get("/profile").text
        assert html.escape(name).replace("&#x27;", "&#39;") in page
        assert "<b>" not in page
        with database.reading(SYSTEM) as session:
            assert session.get_one(Person, quick.people["north.sales"]).name == name


def test_strange_addresses_are_refused_and_handed_back(
    app: Flask, client: FlaskClient, quick: World, database: Database
) -> None:
    owner = quick.client(app, "north.owner")
    before = digest(database)
    for address in REFUSED_ADDRESSES:
        invitation = send(owner, "/people/invite", {**OTHER, "email": address, "name": "Kept Name"})
        assert invitation.status_code == 422, address[:50]
        assert holds(invitation, "Kept Name")
        if "\r" not in address:
            assert holds(invitation, address), address[:50]
        for path in ("/sign-in", "/reset"):
            if address not in (
                "a@b..example",
                "a@b_c.example",
                ".@-.example",
            ):  # no mail goes there, and no account is there
                assert send(client, path, {"email": address, "password": PASSWORD}).status_code == 422, address[:50]
    assert digest(database) == before
    assert mails(database) == []


def test_strange_passwords_are_wrong_passwords(app: Flask, client: FlaskClient, quick: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    for number, password in enumerate(
        ("\x00", "", LONG, "a" + "\u0300\u0327" * 80_000, "\ufdfa" * 50_000, "\ud7ff\ue000", "🦩" * 9000)
    ):
        address = {"REMOTE_ADDR": f"10.0.0.{number}"}
        begun = time.process_time()
        answer = client.post(
            "/sign-in", data={"email": "north.sales@example.com", "password": password}, environ_base=address
        )
        assert (answer.status_code, time.process_time() - begun < 1) == (422, True), password[:20]
        assert not password or password not in answer.text
        assert holds(answer, "north.sales@example.com")
    assert send(client, "/sign-in", b"email=%ED%A0%80&password=%ff").status_code == 422


def test_choices_that_were_not_offered_are_refused(app: Flask, quick: World, database: Database) -> None:
    client = quick.client(app, "north.sales")
    before = digest(database)
    for field in ("locale", "time_zone", "theme"):
        for value in ("", "\x00", "xx", "1e309", "../../etc/passwd", LONG):
            answer = send(client, "/profile", {**PROFILE, field: value, "name": "Kept Name"})
            assert answer.status_code == 422, (field, value[:20])
            assert holds(answer, "Kept Name")
    for path, field in (("/language", "locale"), ("/theme", "theme")):
        for value in ("", "\x00", "EN", LONG):
            assert send(client, path, {field: value}).status_code == 422
    assert digest(database) == before


def test_repeated_fields_count_once(app: Flask, client: FlaskClient, quick: World, database: Database) -> None:
    owner = quick.client(app, "north.owner")
    twice = {**OTHER, "email": ["first@example.com", "second@example.com"], "roles": ["sales"] * 50, "name": ["A", "B"]}
    assert send(owner, "/people/invite", twice).status_code == 303
    assert [mail["to"] for mail in mails(database)] == ["first@example.com"]
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(Invitation.roles)).one() == ["sales"]
    both = {"email": ["north.sales@example.com", "x@example.com"], "password": [PASSWORD, "wrong"]}
    assert send(client, "/sign-in", both).status_code == 303


def test_addresses_of_pages_may_hold_anything(app: Flask, quick: World, database: Database) -> None:
    owner = quick.client(app, "north.owner")
    own = public_id(database, quick.people["north.sales"])
    before = digest(database)
    for found in (
        "%00",
        "%ED%A0%80",
        "%ff",
        "%F0%9F%A6%A9",
        "%E2%80%AE",
        "1e309",
        "-1",
        f"{own}%00",
        f"{own}%20",
        "x" * 5000,
        "'",
        "%27%20OR%201=1",
    ):
        begun = time.process_time()
        for path in (f"/people/{found}", f"/people/invitations/{found}", f"/reset/{found}", f"/invitation/{found}"):
            answer = owner.get(path)
            assert 400 <= answer.status_code < 500, path[:60]
        assert owner.post(f"/people/{found}/disable").status_code < 500
        assert time.process_time() - begun < 3
    for query in (
        "before=%00",
        "before=1e309",
        "before=-0",
        "before=99999999999999999999",
        "before=٣",
        "before=1&before=2",
        "before=NaN",
    ):
        assert owner.get(f"/people?{query}").status_code == 200, query
    assert owner.get("/sign-in?next=%00%ff").status_code == 303
    assert digest(database) == before


def test_other_bodies_than_forms_change_nothing(app: Flask, quick: World, database: Database) -> None:
    client = quick.client(app, "north.sales")
    before = digest(database)
    for body in (
        [],
        [[1]],
        {},
        {"name": 5},
        {"name": None},
        {"name": ["a"]},
        {"name": {"a": 1}},
        "x",
        5,
        {**PROFILE, "name": 1e308},
    ):
        assert client.post("/profile", json=body).status_code == 415, body
    for content in (
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "",
        "\x00",
    ):
        assert client.post("/profile", data=b"name=x\x00&&&=;%", content_type=content).status_code in (400, 303, 422), (
            content
        )
    many = b"&".join(b"f%d=" % number for number in range(90_000))
    assert send(client, "/profile", many + b"&name=").status_code in (413, 422)
    assert {key for key, value in digest(database).items() if before[key] != value} <= {"person", "history"}
