"""What every answer carries, and what the edge refuses before a page is asked."""

import io
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.test import TestResponse

from portal import logs
from portal.accounts.models import Person, Throttle
from portal.app import create_app
from portal.config import Settings
from portal.db import Database, utc_now
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor, Permission
from portal.web import db, guard, is_htmx, safe_next
from tests.factories.world import PASSWORD, World
from tests.functional.web.pages import checked, digest, link_in, mails, public_id, token_of, words_of

pytestmark = pytest.mark.own_app
PERSON = "north.sales"
TRACES = ("Traceback", "most recent call", "sqlalchemy", "psycopg", "sqlite3", "/portal/", "secret of the test")
TYPED = {
    "name": "Typed Before",
    "note": 'first line\n<script>"&',
    "password": "never shown 1",
    "New_Password": "never shown 2",
}


def is_safe(answer: TestResponse) -> bool:
    """Return whether an answer carries the headers of every answer and shows nothing of the inside."""
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,60}", answer.headers["X-Request-ID"])
    return not any(trace in answer.text for trace in TRACES)


def is_private(answer: TestResponse) -> bool:
    return answer.headers.get("Cache-Control") == "no-store"


@pytest.fixture
def made_up(app: Flask) -> Flask:
    """The portal with pages that fail in every way."""
    failures = {
        "missing": NotFound(),
        "forbidden": NotAllowed(),
        "conflict": Conflict("secretly changed"),
        "invalid": Invalid("not like that"),
        "often": TooMany("slowly", retry_after=7),
        "defect": RuntimeError("secret of the test"),
        "taken": NoConnection("secret of the test"),
    }

    def add(name: str, failure: Exception) -> None:
        @guard(Permission.HOME_VIEW)
        def view() -> str:
            raise failure

        app.add_url_rule(f"/made-up/{name}", f"made_up_{name}", view, methods=["GET", "POST"])

    for name, failure in failures.items():
        add(name, failure)

    @guard(Permission.HOME_VIEW)
    def writes() -> str:
        db().add(Throttle(key="k", uses=1, window_ends_at=utc_now()))
        db().flush()
        db().commit()
        return "written"

    app.add_url_rule("/made-up/writes", "made_up_writes", writes)
    app.add_url_rule("/made-up/inside", "made_up_inside", guard(Permission.HOME_VIEW)(lambda: "inside"))
    return app


def test_every_answer_carries_the_headers_and_private_ones_are_not_kept(made_up: Flask, world: World) -> None:
    client, nobody = world.client(made_up, PERSON), world.client(made_up, None)
    expected = {
        "/": 200,
        "/profile": 200,
        "/people": 200,
        "/search?q=x": 200,
        "/people/invite": 403,
        "/nothing": 404,
        "/people/0": 403,
        "/theme": 405,
        "/static/nothing.css": 404,
        "/static/../config.py": 404,
        "/bootstrap/static/nothing.css": 404,
        "/made-up/missing": 404,
        "/made-up/forbidden": 403,
        "/made-up/conflict": 409,
        "/made-up/invalid": 422,
        "/made-up/often": 429,
        "/made-up/defect": 500,
        "/made-up/taken": 503,
    }
    for path, status in expected.items():
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(path, headers=headers)
            assert answer.status_code == status, path
            assert is_safe(answer), path
            assert is_private(answer), path
            assert "HX-Request" in answer.headers.get("Vary", "HX-Request")
    assert client.get("/made-up/often").headers["Retry-After"] == "7"
    for path in ("/", "/sign-in", "/reset", "/reset/x", "/healthz", "/nothing", "/people"):
        answer = nobody.get(path)
        assert is_safe(answer), path
        assert is_private(answer), path
    with client.get("/static/portal.css") as kept:
        assert kept.status_code == 200
        assert is_safe(kept)
        assert "no-store" not in kept.headers["Cache-Control"]


def test_htmx_gets_a_fragment_and_is_told_where_to_put_it(made_up: Flask, world: World) -> None:
    client = world.client(made_up, PERSON)
    for name, status in (("conflict", 409), ("defect", 500)):
        answer = client.post(f"/made-up/{name}", headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (status, "#notices")
        assert "<html" not in answer.text
    whole = client.get("/made-up/conflict", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.text
    with made_up.test_request_context(headers={"HX-Request": "1"}):
        assert not is_htmx()


def test_a_page_that_is_only_read_cannot_write(made_up: Flask, world: World, database: Database) -> None:
    client = world.client(made_up, PERSON)
    before = digest(database)
    for method in ("GET", "HEAD"):
        assert client.open("/made-up/writes", method=method).status_code >= 500
    with database.reading(SYSTEM) as session, pytest.raises(DBAPIError):
        session.execute(insert(Throttle).values(key="k", uses=1, window_ends_at=utc_now()))
    assert digest(database) == before


def test_no_page_that_is_read_changes_anything(app: Flask, world: World, database: Database) -> None:
    """Every address that answers GET, for every role and for nobody."""
    people = {key: world.client(app, key) for key in world.people if not key.startswith("south.")}
    nobody, found = world.client(app, None), public_id(database, world.people[PERSON])
    before = digest(database) | {"throttle": ""}  # how often somebody tried a link is counted
    asked, failed = 0, []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("static"):
            continue
        values = {name: 1 if f"int:{name}" in rule.rule else found for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values)
        is_public = getattr(app.view_functions[rule.endpoint], "permission", None) is None
        for key in [PERSON] if is_public else people:
            for client in (people[key], nobody) if key == PERSON else (people[key],):
                with client.get(f"{path}?delete=1&confirm=1&q=x&before=9", data={"roles": "owner"}) as answer:
                    asked += 1
                    if answer.status_code >= 500 and rule.endpoint != "home.readyz":
                        failed.append((key, path, answer.status_code))
    assert not failed
    assert asked > 200
    assert digest(database) | {"throttle": ""} == before


def test_an_exception_in_the_rights_lets_nobody_in(
    made_up: Flask, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client(made_up, "north.owner")
    before = digest(database)

    def breaks(*_: object) -> bool:
        raise RuntimeError("secret of the test")

    for name in ("can", "reach"):
        with monkeypatch.context() as patch:
            patch.setattr(Actor, name, breaks)
            for path in ("/", "/people", "/people/invite", "/made-up/inside"):
                for answer in (client.get(path), client.post(path, headers={"HX-Request": "true"})):
                    assert answer.status_code in (405, 500), path
                    assert is_safe(answer)
                    assert is_private(answer)
                    assert "north.sales@example.com" not in answer.text
    assert digest(database) == before
    assert client.get("/made-up/inside").text == "inside"


def test_without_its_database_the_portal_says_so(settings: Settings, tmp_path: Path) -> None:
    sqlite = settings.database_url.startswith("sqlite")
    nowhere = f"sqlite:///{tmp_path}/no/such/folder/x.db" if sqlite else f"postgresql+psycopg://x@/x?host={tmp_path}"
    database = Database(nowhere)
    app = create_app(settings, database)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "somebody"
    for path in ("/sign-in", "/people", "/", "/reset/x", "/invitation/x"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert "The database does not answer" in answer.text
        assert is_safe(answer)
        assert is_private(answer)
    assert app.test_client().get("/healthz").status_code == 200
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/sign-in", data={"email": "a@b.example", "password": "x"}).status_code == 503
    assert client.get("/nothing").status_code == 404
    database.dispose()


def test_when_even_the_error_page_fails_a_bare_one_is_left(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client(app, PERSON)

    def breaks(*_: object, **__: object) -> str:
        raise RuntimeError("secret of the test")

    monkeypatch.setattr("portal.web.render_template", breaks)
    answer = client.get("/people")
    assert answer.status_code == 500
    assert "That went wrong on our side" in answer.text
    assert is_safe(answer)
    assert is_private(answer)


def test_foreign_hosts_get_nothing(app: Flask, world: World, lines: io.StringIO) -> None:
    client = world.client(app, PERSON)
    for host in (
        "evil.example",
        "localhost.evil.example",
        "evil.example:80",
        "localhost@evil.example",
        "[::1]",
        "",
        "a" * 300,
        "x y",
    ):
        for path in ("/", "/sign-in", "/static/portal.css", "/nothing"):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == 400, (host, path)
            assert "evil" not in answer.text
            assert "Northern" not in answer.text
            assert is_safe(answer)
            assert is_private(answer)
    assert '"level": "error"' not in lines.getvalue()  # strangers raise no alarm
    for headers in (
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
        {"Host": "localhost:9999"},
    ):
        answer = client.get("/people", headers=headers)
        assert answer.status_code == 200
        assert "evil" not in answer.text
        assert "//localhost" not in answer.text


def test_a_form_without_its_token_is_handed_back_without_secrets(app: Flask, world: World, database: Database) -> None:
    client = world.client(app, PERSON)
    before = digest(database)
    with checked(app):
        for headers in ({}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}):
            answer = client.post("/profile", data={**TYPED, "csrf_token": "old"}, headers=headers)
            assert answer.status_code == 400
            assert "What you typed is still here" in answer.text
            assert 'value="Typed Before"' in answer.text
            assert "first line\n&lt;script&gt;" in answer.text
            assert "<script>&#34;" not in answer.text
            assert 'action="/profile"' in answer.text
            assert "never shown" not in answer.text
            assert "csrf_token" in answer.text
        sent_again = {
            "name": "Typed Before",
            "csrf_token": token_of(answer),
            "locale": "en",
            "time_zone": "UTC",
            "theme": "auto",
        }
        assert digest(database) == before
        assert client.post("/profile", data=sent_again).status_code == 303


def test_a_foreign_form_is_refused_and_shows_nothing_of_itself(app: Flask, world: World, database: Database) -> None:
    client = world.client(app, PERSON)
    before = digest(database)
    foreign: tuple[dict[str, str], ...] = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    )
    with checked(app):
        for headers in foreign:
            for path in ("/profile", "/sign-out", "/profile/password", "/language", "/people/invite"):
                answer = client.post(path, data=TYPED, headers=headers)
                assert answer.status_code == 400, (headers, path)
                assert "Typed Before" not in answer.text
                assert "never shown" not in answer.text
        many = {f"field{number}": "x" for number in range(500)}
        answer = client.post("/profile", data=many)
        assert answer.status_code == 400
        assert "field42" not in answer.text  # nobody makes us write long pages for him
    assert digest(database) == before


def test_every_page_that_changes_something_wants_a_token(app: Flask, world: World, database: Database) -> None:
    client = world.client(app, "supplier.administrator")
    before = digest(database)
    with checked(app):
        for rule in app.url_map.iter_rules():
            for method in {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set()):
                values = {name: 1 if f"int:{name}" in rule.rule else "0" for name in rule.arguments}
                path = app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
                # Programs show a token of another kind, and cookies are nothing to them.
                expected = {401, 404} if path.startswith("/api/") else {400}
                assert client.open(path, method=method).status_code in expected, path
    assert digest(database) == before


def test_a_form_of_two_megabytes_is_too_large(app: Flask, world: World, database: Database) -> None:
    client = world.client(app, PERSON)
    before = digest(database)
    for checks in (True, False):
        app.config["WTF_CSRF_ENABLED"] = checks
        for data, content in (
            ({"name": "x" * 2_000_000}, None),
            (
                b"--x\r\nContent-Disposition: form-data; name=name\r\n\r\n" + b"x" * 2_000_000,
                "multipart/form-data; boundary=x",
            ),
            (b"name=" + b"x" * 2_000_000, "application/x-www-form-urlencoded"),
            (b"a=&" * 700_000, "application/x-www-form-urlencoded"),
        ):
            begun = time.process_time()
            answer = client.post("/profile", data=data, content_type=content)
            assert answer.status_code == 413
            assert "larger than this page accepts" in answer.text
            assert is_safe(answer)
            assert time.process_time() - begun < 1
    assert digest(database) == before


def test_json_is_no_form(app: Flask, world: World) -> None:
    client = world.client(app, PERSON)
    for content in ("application/json", "application/vnd.api+json", "application/json; charset=utf-8"):
        assert client.post("/profile", data=b'{"name": 5}', content_type=content).status_code == 415
        assert client.post("/profile", data=b"{", content_type=content).status_code == 415


def test_what_no_column_holds_is_the_senders_fault(app: Flask, world: World, database: Database) -> None:
    @guard(Permission.HOME_VIEW)
    def looks() -> str:
        return str(db().scalar(select(Person.id).where(Person.public_id == "a\x00")))

    app.add_url_rule("/made-up/nul", "made_up_nul", looks)
    answer = world.client(app, PERSON).get("/made-up/nul")
    assert answer.status_code == (200 if database.is_sqlite else 422)
    assert is_safe(answer)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log of the portal, line by line."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.set_up("INFO")
    yield written
    monkeypatch.undo()
    logs.set_up("ERROR")


def test_a_request_id_is_echoed_when_it_is_one(app: Flask, world: World) -> None:
    client = world.client(app, None)
    for given in ("0123456789abcdef", "trace-1.2_3", "a" * 60):
        assert client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given
    refused = ("short", "a" * 61, "with space 12", "é" * 10, "<script>alert</script>", "abcdefgh;x", "", "a,b" * 5)
    for given in refused:
        echoed = client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
        assert echoed != given
        assert re.fullmatch(r"[0-9a-z]{16}", echoed)
    page = client.get("/nothing", headers={"X-Request-ID": "0123456789abcdef"})
    assert "<code>0123456789abcdef</code>" in page.text


def test_nobody_writes_lines_into_the_log(app: Flask, world: World, lines: io.StringIO) -> None:
    client = world.client(app, PERSON)
    forged = '{"event": "forged"}'
    for path in (
        f"/x%0a{forged}",
        f"/x%0d%0a{forged}",
        f"/people/%0a{forged}",
        f"/customers?q=%0a{forged}",
        "/x%1b[2J",
        "/x%00",
    ):
        client.get(
            path, headers={"User-Agent": "a\tb", "X-Request-ID": "x" * 10, "Referer": "http://localhost/%0aforged"}
        )
    client.post("/sign-in", data={"email": f"a@b.example\n{forged}", "password": f"\n{forged}"})
    client.post("/language", data={"locale": f"\n{forged}"})
    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert len(written) >= 8
    assert {line["event"] for line in written} <= {"request", "refused", "unstorable"}
    assert "\x1b" not in lines.getvalue()


def test_the_log_holds_no_secret(app: Flask, world: World, lines: io.StringIO, database: Database) -> None:
    client = world.client(app, None)
    client.post("/reset", data={"email": "north.sales@example.com"})
    token = link_in(mails(database)[0]).rpartition("/")[2]
    client.get(f"/reset/{token}")
    client.get(f"/invitation/{token}")
    client.post(f"/reset/{token}", data={"password": "never to be logged", "repeat_password": "other"})
    client.post("/sign-in", data={"email": "north.sales@example.com", "password": "never to be logged"})
    text = lines.getvalue()
    assert "/reset/<token>" in text
    assert token not in text
    assert "never to be logged" not in text
    assert "north.sales@example.com" not in text


def test_over_tls_cookies_and_browsers_insist_on_it(settings: Settings, database: Database, world: World) -> None:
    secure = create_app(replace(settings, base_url="https://localhost"), database)
    secure.config["WTF_CSRF_ENABLED"] = False
    typed = {"email": world.emails[PERSON], "password": PASSWORD}
    for remember in ({}, {"remember": "y"}):
        answer = secure.test_client().post("/sign-in", data={**typed, **remember})
        cookies = answer.headers.getlist("Set-Cookie")
        assert {cookie.partition("=")[0] for cookie in cookies} == {"portal", "devices"}
        for cookie in cookies:
            assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
            if cookie.startswith("portal="):
                assert ("Expires" in cookie) is bool(remember)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_where_one_may_be_sent() -> None:
    good = (
        "/",
        "/people?before=9",
        "/search?q=%E6%BE%9C",
        "/search?q=澜桥",
        "/a//b",
        "/a?next=//b",
        "/a#b",
        "/@evil.example",
        "/a:b",
    )
    for path in good:
        assert safe_next(path) == path
    bad = (
        "",
        None,
        "people",
        "//a",
        "///a",
        "/\\a",
        "\\/a",
        "/\ta",
        "/a\nb",
        "/a b",
        "http://a",
        "https:a",
        "javascript:x",
        "/" * 1001,
    )
    for path in bad:
        assert safe_next(path) == "/", path


def test_not_found_says_the_same_for_foreign_and_for_missing_rows(app: Flask, world: World, database: Database) -> None:
    client = world.client(app, PERSON)
    with database.reading(SYSTEM) as session:
        foreign = session.get_one(Party, world.customers["south"]).public_id
    said = set()
    for found in (foreign, "0" * 16):
        for method in ("GET", "HEAD"):
            answer = client.open(f"/customers/{found}", method=method)
            assert answer.status_code == 404
            if method == "GET":
                said.add(words_of(answer).replace(found, ""))
    assert len(said) == 1
