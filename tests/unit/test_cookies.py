"""A cookie that was read before is read as if for the first time."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask, session
from flask.typing import ResponseReturnValue

from portal import cookies
from portal.cookies import Cookies, csrf_token


@pytest.fixture
def app() -> Flask:
    made = Flask("cookies")
    made.config.update(SECRET_KEY="one", SESSION_COOKIE_NAME="portal", WTF_CSRF_TIME_LIMIT=None)
    made.session_interface = Cookies()

    @made.get("/say/<word>")
    def say(word: str) -> ResponseReturnValue:
        session["word"] = word
        return "said"

    @made.get("/add/<word>")
    def add(word: str) -> ResponseReturnValue:
        session.setdefault("words", []).append(word)  # does not mark the session as changed
        return " ".join(session["words"])

    @made.get("/begin")
    def begin() -> ResponseReturnValue:
        session["words"] = ["one"]
        return "begun"

    @made.get("/")
    def heard() -> ResponseReturnValue:
        return f"{session.get('word', 'nothing')}"

    @made.get("/token")
    def token() -> ResponseReturnValue:
        return csrf_token()

    return made


def test_what_was_said_is_heard_again_and_again(app: Flask) -> None:
    client, other = app.test_client(), app.test_client()
    for word in ("early", "late"):
        client.get(f"/say/{word}")
        assert [client.get("/").text for _ in range(3)] == [word] * 3
    assert other.get("/").text == "nothing"


def test_a_forged_cookie_says_nothing_even_beside_a_true_one(app: Flask) -> None:
    client = app.test_client()
    client.get("/say/true")
    cookie = client.get_cookie("portal")
    assert cookie is not None
    assert client.get("/").text == "true"
    client.set_cookie("portal", cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B"))
    assert client.get("/").text == "nothing"
    client.set_cookie("portal", cookie.value)
    app.secret_key = "another"
    assert client.get("/").text == "nothing"


def test_a_known_cookie_grows_old(app: Flask) -> None:
    client = app.test_client()
    client.get("/say/true")
    assert client.get("/").text == "true"
    app.permanent_session_lifetime = timedelta(seconds=-1)
    assert client.get("/").text == "nothing"


def test_a_cookie_of_tomorrow_is_none(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever's clock went ahead for a moment signs no cookie that lasts longer than others."""
    client = app.test_client()
    client.get("/say/true")
    assert client.get("/").text == "true"
    yesterday = time.time() - 86_400
    monkeypatch.setattr(cookies, "time", SimpleNamespace(time=lambda: yesterday))
    assert client.get("/").text == "nothing"


def test_one_request_does_not_change_what_the_next_one_reads(app: Flask) -> None:
    client = app.test_client()
    client.get("/begin")
    assert [client.get(f"/add/{word}").text for word in ("two", "three")] == ["one two", "one three"]


def test_a_browser_keeps_its_token_and_no_other_browser_has_it(app: Flask) -> None:
    first, second = app.test_client(), app.test_client()
    tokens = [[client.get("/token").text for _ in range(3)] for client in (first, second)]
    assert all(len(set(each)) <= 2 for each in tokens)  # the second request is the first with a cookie
    assert set(tokens[0]).isdisjoint(tokens[1])
