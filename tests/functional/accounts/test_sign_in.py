"""Sign-in: fixation, forged and foreign forms, disabled and moved people, guessing."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.accounts import passwords, throttles
from portal.accounts.models import Invitation, SignIn, Throttle
from portal.accounts.operations import check_sign_in
from portal.accounts.throttles import Limit, key_of
from portal.accounts.tokens import sign
from portal.config import Settings
from portal.db import Database, utc_now
from portal.errors import TooMany
from portal.parties.models import Organisation
from portal.policy import SYSTEM
from tests.factories.world import PASSWORD, World
from tests.functional.web.pages import (
    change,
    checked,
    digest,
    is_signed_in,
    open_sign_ins,
    post,
    public_id,
    sign_in,
    token_of,
    words_of,
)

KNOWN, UNKNOWN = "north.sales@example.com", "north.nobody@example.com"
LIMITS = (throttles.SIGN_IN_PAIR, throttles.SIGN_IN_DEVICE, throttles.SIGN_IN_ACCOUNT, throttles.SIGN_IN_ADDRESS)


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("portal")
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("portal", value)
    return client


def test_a_person_signs_in_and_out(client: FlaskClient, quick: World) -> None:
    answer = sign_in(client, KNOWN.upper(), next="/people?before=9")
    assert (answer.status_code, answer.location) == (303, "/people?before=9")
    assert is_signed_in(client)
    page = client.get("/profile")
    assert client.post("/sign-out", data={"csrf_token": token_of(page)}).status_code == 303
    assert not is_signed_in(client)


def test_signing_in_makes_a_planted_cookie_worthless(app: Flask, quick: World, database: Database) -> None:
    planted = app.test_client()
    token = token_of(planted.get("/sign-in"))
    before = cookie_of(planted)
    victim = with_cookie(app, before)
    assert sign_in(victim, KNOWN).status_code == 303
    assert cookie_of(victim) != before
    assert not is_signed_in(with_cookie(app, before))
    again = with_cookie(app, cookie_of(victim))
    assert again.post("/sign-out", data={"csrf_token": token}).status_code == 400  # the planted token died as well
    assert open_sign_ins(database, quick.people["north.sales"]) == 1


def test_signing_in_again_ends_the_sign_in_before(
    app: Flask, client: FlaskClient, quick: World, database: Database
) -> None:
    sign_in(client, KNOWN)
    old = cookie_of(client)
    assert sign_in(client, "north.owner@example.com").status_code == 303
    assert open_sign_ins(database, quick.people["north.sales"]) == 0
    assert not is_signed_in(with_cookie(app, old))
    assert is_signed_in(client)


def test_signing_out_ends_every_copy_of_the_cookie(app: Flask, client: FlaskClient, quick: World) -> None:
    sign_in(client, KNOWN)
    copy = with_cookie(app, cookie_of(client))
    assert is_signed_in(copy)
    post(client, "/sign-out", {})
    assert not is_signed_in(copy)


def test_a_sign_in_ends_after_two_weeks(app: Flask, client: FlaskClient, quick: World, database: Database) -> None:
    sign_in(client, KNOWN)
    with database.writing(SYSTEM) as session:
        session.execute(update(SignIn).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert not is_signed_in(client)


def test_a_foreign_page_cannot_sign_somebody_in(client: FlaskClient, quick: World, database: Database) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    typed = {"email": KNOWN, "password": PASSWORD}
    before = digest(database)
    for headers in (foreign, {}):
        for fields in (typed, {**typed, "csrf_token": ""}, {**typed, "csrf_token": "IjEi.x.y"}):
            answer = client.post("/sign-in", data=fields, headers=headers)
            assert answer.status_code == 400
            assert not is_signed_in(client)
    assert digest(database) == before


def test_a_token_of_another_browser_is_worth_nothing(app: Flask, client: FlaskClient, quick: World) -> None:
    theirs = token_of(app.test_client().get("/sign-in"))
    client.get("/sign-in")
    typed = {"email": KNOWN, "password": PASSWORD, "csrf_token": theirs}
    assert client.post("/sign-in", data=typed).status_code == 400
    assert not is_signed_in(client)


def test_a_forged_session_cookie_is_nobody(app: Flask, quick: World, database: Database) -> None:
    real = app.test_client()
    sign_in(real, KNOWN)
    good = cookie_of(real)
    for forged in (good[:-2] + "xx", "e30.x.y", sign("guessed", "session", "1"), "", "\x7f", "é"):
        assert not is_signed_in(with_cookie(app, forged))
    remembered = app.test_client()
    remembered.set_cookie("remember_token", f"{quick.people['north.sales']}|0")
    assert not is_signed_in(remembered)


ELSEWHERE = (
    *("//evil.example", "https:evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "/%09//evil.example\t", "///evil.example", "////evil.example", "javascript:alert(1)"),
    *(" //evil.example", "/\n/evil.example", "http:///evil.example", "//evil.example\\@localhost", "evil.example"),
    *("/ok\r\nSet-Cookie: a=b", "/" + "a" * 2000, "//localhost@evil.example", "\x00//evil.example", "data:text/html,x"),
)


def test_nobody_is_sent_to_another_site(app: Flask, client: FlaskClient, quick: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    htmx = {"HX-Request": "true"}
    for target in ELSEWHERE:
        typed = {"email": KNOWN, "password": PASSWORD, "next": target}
        assert client.post("/sign-in", data=typed).location == "/", target
        assert client.get("/sign-in", query_string={"next": target}).location == "/", target
        answer = client.post("/language", data={"locale": "en", "next": target}, headers=htmx)
        assert answer.headers["HX-Redirect"] == "/", target
        assert client.post("/theme", data={"theme": "dark", "next": target}).location == "/", target


def test_the_way_back_survives_every_script(app: Flask, client: FlaskClient, quick: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    for headers, name in (({}, "Location"), ({"HX-Request": "true"}, "HX-Redirect")):
        answer = client.post("/language", data={"locale": "zh", "next": "/search?q=澜桥"}, headers=headers)
        assert answer.headers[name] == "/search?q=%E6%BE%9C%E6%A1%A5"
        answer.headers[name].encode("latin-1")


def test_a_wrong_sign_in_tells_nothing_and_keeps_the_address(client: FlaskClient, quick: World) -> None:
    quick_pages = []
    for email in (KNOWN, UNKNOWN):
        answer = sign_in(client, email, "not the password at all")
        assert answer.status_code == 422
        assert f'value="{email}"' in answer.text
        assert "not the password" not in answer.text
        quick_pages.append(words_of(answer, email))
    assert quick_pages[0] == quick_pages[1]


@pytest.mark.parametrize("closed", ["person", "organisation", "no password"])
def test_a_closed_account_looks_like_a_wrong_password(
    client: FlaskClient, quick: World, database: Database, closed: str
) -> None:
    if closed == "person":
        change(database, quick.people["north.sales"], disabled_at=utc_now())
    elif closed == "no password":
        change(database, quick.people["north.sales"], password_hash="")
    else:
        with database.writing(SYSTEM) as session:
            session.get_one(Organisation, quick.organisations["north"]).archived_at = utc_now()
    right, wrong = sign_in(client, KNOWN), sign_in(client, UNKNOWN)
    assert right.status_code == wrong.status_code == 422
    assert words_of(right, KNOWN) == words_of(wrong, UNKNOWN)
    assert not is_signed_in(client)


def medians(ask: Callable[[str, int], object], rounds: int = 15) -> tuple[float, float]:
    """Return the median seconds for the known and the unknown address, asked by turns."""
    taken: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for turn in range(-1, rounds):
        for email in (KNOWN, UNKNOWN) if turn % 2 else (UNKNOWN, KNOWN):
            begun = time.perf_counter()
            ask(email, turn)
            if turn >= 0:
                taken[email].append(time.perf_counter() - begun)
    return statistics.median(taken[KNOWN]), statistics.median(taken[UNKNOWN])


def test_the_time_of_a_wrong_sign_in_tells_nothing(
    app: Flask, client: FlaskClient, quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    slow = PasswordHasher(time_cost=2, memory_cost=16384, parallelism=1)  # long enough to tell, short enough to wait
    nobody = slow.hash("nobody has this password")
    monkeypatch.setattr(passwords, "_hasher", slow)
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: nobody)
    change(quick.database, quick.people["north.sales"], password_hash=slow.hash(PASSWORD))

    def ask(email: str, turn: int) -> None:
        answer = client.post(
            "/sign-in", data={"email": email, "password": "wrong"}, environ_base={"REMOTE_ADDR": f"10.0.0.{turn + 1}"}
        )
        assert answer.status_code == 422

    known, unknown = medians(ask)
    assert max(known, unknown) < 1.6 * min(known, unknown) + 0.002, (known, unknown)


def test_the_answer_and_time_of_a_reset_request_tell_nothing(
    app: Flask, client: FlaskClient, quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    monkeypatch.setattr(throttles, "RESET_ACCOUNT", Limit(1000, timedelta(hours=1)))
    monkeypatch.setattr(throttles, "RESET_ADDRESS", Limit(1000, timedelta(hours=1)))
    said = set()

    def ask(email: str, _turn: int) -> None:
        answer = client.post("/reset", data={"email": email})
        said.add((answer.status_code, words_of(answer, email)))

    known, unknown = medians(ask)
    assert len(said) == 1
    assert max(known, unknown) < 2.5 * min(known, unknown) + 0.005, (known, unknown)


def test_an_invitation_for_somebody_elsewhere_looks_like_any_other(
    app: Flask, quick: World, database: Database
) -> None:
    owner = quick.client(app, "north.owner")
    for email in ("south.sales@example.com", "free@example.com"):
        answer = owner.post("/people/invite", data={"name": "A", "email": email, "roles": "sales", "locale": "en"})
        assert answer.status_code == 303
    with database.reading(SYSTEM) as session:
        assert len(session.scalars(select(Invitation.id)).all()) == 2


def guess(client: FlaskClient, email: str, address: str, password: str = "wrong") -> int:
    answer = client.post("/sign-in", data={"email": email, "password": password}, environ_base={"REMOTE_ADDR": address})
    if answer.status_code == 429:
        assert "Too many attempts" in answer.text
        assert email in answer.text
    return answer.status_code


def test_guessing_is_limited_by_account_and_by_address() -> None:
    a_day = {limit: limit.uses * (timedelta(days=1) / limit.window) for limit in LIMITS}
    assert max(a_day.values()) <= 9600  # a hundred each quarter of an hour


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow thirty wrong passwords instead of a hundred, to wait less."""
    for name in ("SIGN_IN_ACCOUNT", "SIGN_IN_ADDRESS"):
        monkeypatch.setattr(throttles, name, replace(getattr(throttles, name), uses=30))


def test_guessing_one_account_is_throttled_and_its_owner_still_gets_in(
    app: Flask, client: FlaskClient, quick: World, low_limits: None
) -> None:
    owner = app.test_client()
    sign_in(owner, KNOWN, address="10.9.9.9")
    post(owner, "/sign-out", {})
    app.config["WTF_CSRF_ENABLED"] = False
    assert [guess(client, KNOWN, "10.0.0.1") for _ in range(12)] == [422] * 10 + [429] * 2
    assert guess(client, KNOWN, "10.0.0.1", PASSWORD) == 429  # also the right one, or the limit would tell
    tried = [guess(client, KNOWN, f"10.0.1.{number % 10}") for number in range(23)]
    assert tried == [422] * 20 + [429] * 3
    assert guess(client, KNOWN, "10.0.2.1", PASSWORD) == 429  # the whole account, from everywhere
    assert guess(client, "north.owner@example.com", "10.0.2.1") == 422  # others are not touched
    assert guess(owner, KNOWN, "10.0.0.1", PASSWORD) == 303  # his own device, even behind the same address
    stranger = app.test_client()
    stranger.set_cookie(
        "devices", sign("guessed key", "devices", public_id(quick.database, quick.people["north.sales"]))
    )
    assert guess(stranger, KNOWN, "10.0.3.1", PASSWORD) == 429


def test_a_known_device_is_throttled_too(app: Flask, quick: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    device = app.test_client()
    assert guess(device, KNOWN, "10.0.0.1", PASSWORD) == 303
    for _ in range(2):  # a success begins the count again
        assert [guess(device, KNOWN, "10.0.0.1") for _ in range(8)] == [422] * 8
        assert guess(device, KNOWN, "10.0.0.1", PASSWORD) == 303
    assert [guess(device, KNOWN, f"10.0.0.{number}") for number in range(12)] == [422] * 10 + [429] * 2


def test_trying_one_password_on_many_accounts_is_throttled(
    app: Flask, client: FlaskClient, quick: World, low_limits: None
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    tried = [guess(client, f"person{number}@example.com", "10.0.0.1") for number in range(33)]
    assert tried == [422] * 30 + [429] * 3
    assert guess(client, KNOWN, "10.0.0.1", PASSWORD) == 429
    assert guess(client, KNOWN, "10.0.0.2", PASSWORD) == 303


def test_a_throttle_opens_when_its_window_is_over(quick: World, database: Database) -> None:
    now, limit = utc_now(), Limit(3, timedelta(minutes=15))
    with database.writing(SYSTEM) as session:
        for _ in range(3):
            throttles.refuse_when_used_up(session, "k", limit, now=now)
            throttles.count(session, "k", limit, now=now)
        with pytest.raises(TooMany) as refused:
            throttles.refuse_when_used_up(session, "k", limit, now=now + timedelta(minutes=14, seconds=59))
        assert 1 <= refused.value.retry_after <= 2
        later = now + timedelta(minutes=15)
        throttles.refuse_when_used_up(session, "k", limit, now=later)
        throttles.count(session, "k", limit, now=later)
        session.expire_all()
        row = session.scalars(select(Throttle).where(Throttle.key == "k")).one()
        assert (row.uses, row.window_ends_at) == (1, later + limit.window)
        throttles.sweep(session, now=later + limit.window + timedelta(seconds=1))
        assert session.scalar(select(Throttle.id)) is None


def test_a_refused_sign_in_says_when_to_come_back(quick: World, database: Database) -> None:
    now = utc_now()
    given = {"email": KNOWN, "password": PASSWORD, "address": "10.0.0.1", "known_devices": []}
    with database.writing(SYSTEM) as session:
        for _ in range(throttles.SIGN_IN_PAIR.uses):
            throttles.count(session, key_of("pair", KNOWN, "10.0.0.1"), throttles.SIGN_IN_PAIR, now=now)
        with pytest.raises(TooMany, match="Try again in 16 minutes"):
            check_sign_in(session, **given, now=now)
        assert check_sign_in(session, **given, now=now + timedelta(minutes=16)).email == KNOWN


def test_a_disabled_person_is_out_at_the_next_request(app: Flask, quick: World, database: Database) -> None:
    sales, owner = quick.client(app, "north.sales"), quick.client(app, "north.owner")
    assert sales.get("/people").status_code == 200
    path = f"/people/{public_id(database, quick.people['north.sales'])}"
    assert owner.post(f"{path}/disable").status_code == 303
    answer = sales.get("/people?before=5")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/people?before%3D5")
    for htmx in (
        sales.get("/people", headers={"HX-Request": "true"}),
        sales.post("/profile", headers={"HX-Request": "true"}),
    ):
        assert htmx.status_code == 401
        assert htmx.headers["HX-Redirect"] == "/sign-in"
        assert "north" not in htmx.text
    assert owner.post(f"{path}/enable").status_code == 303
    assert not is_signed_in(sales)  # the old sign-in stays dead


def test_a_moved_person_sees_the_new_organisation_only(app: Flask, quick: World, database: Database) -> None:
    person = quick.client(app, "north.sales")
    here = person.get("/people").text
    assert "north.owner@example.com" in here
    theirs = public_id(database, quick.people["south.owner"])
    change(database, quick.people["north.sales"], organisation_id=quick.organisations["south"])
    there = person.get("/people").text
    assert "south.owner@example.com" in there
    assert "north.owner@example.com" not in there
    assert "Northern Partner" not in there
    customers = person.get("/customers").text
    assert "Customer of Southern Partner" in customers
    assert "Customer of Northern Partner" not in customers
    assert person.get(f"/people/{theirs}").status_code == 403


def test_taking_a_role_away_counts_at_the_next_request(app: Flask, quick: World, database: Database) -> None:
    administrator, owner = quick.client(app, "supplier.administrator"), quick.client(app, "north.owner")
    assert owner.get("/people/invite").status_code == 200
    path = f"/people/{public_id(database, quick.people['north.owner'])}"
    assert administrator.post(path, data={"roles": "engineer"}).status_code == 303
    assert owner.get("/people/invite").status_code == 403


def test_the_demo_door_is_shut_outside_the_demo(
    app: Flask, client: FlaskClient, quick: World, settings: Settings
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    path = f"/demo/act-as/{public_id(quick.database, quick.people['supplier.administrator'])}"
    assert not settings.demo
    assert client.post(path).status_code == 404
    assert not is_signed_in(client)
    with checked(app):
        assert client.post(path).status_code == 400
