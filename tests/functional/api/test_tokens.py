"""Tokens: made by owners, shown once, limited by scopes, dead at the next request."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.accounts.tokens import hash_of
from portal.api import tokens
from portal.api.models import ApiToken
from portal.api.scopes import OFFERED, Scope, grants_of_scopes
from portal.api.tokens import REQUESTS
from portal.db import Database
from portal.history import HistoryEntry
from portal.parties.models import Organisation
from portal.policy import GRANTS, SYSTEM, OrganisationKind, Role
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.api.conftest import ALL, Program, Programs

MINIMAL = {
    "/configurations": Scope.CONFIGURATIONS_READ, "/quotes": Scope.QUOTES_READ, "/orders": Scope.ORDERS_READ,
}  # fmt: skip


def test_no_scope_brings_more_than_a_salesperson_may() -> None:
    seller = GRANTS[OrganisationKind.PARTNER][Role.SALES]
    for scopes in (ALL, *[(scope,) for scope in ALL]):
        for permission, reach in grants_of_scopes(scopes).items():
            assert reach <= seller[permission]


def test_an_owner_makes_one_sees_its_secret_once_and_revokes_it(app: Flask, world: World, database: Database) -> None:
    owner = world.client(app, "north.owner")
    form = {"name": "ERP <b>", "scopes": ["quotes:read"], "days": "30"}
    answer = owner.post("/tokens", data=form)
    assert answer.status_code == 200
    secret = re.search(r'id="secret">(\S+?)<', answer.text)[1]  # type: ignore[index]
    assert "<b>" not in answer.text
    with database.reading(SYSTEM) as session:
        row = session.scalars(select(ApiToken)).one()
        assert row.token_hash == hash_of(secret)
        columns = {str(getattr(row, column.key)) for column in ApiToken.__table__.columns}
        assert not any(secret in text for text in columns)
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "make token")).one()
        assert secret not in str(entry.after)
    listed = owner.get("/tokens").text
    assert row.prefix in listed
    assert secret not in listed
    erp = Program(app, secret)
    assert erp.get("/quotes").status_code == 200
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(ApiToken.last_used_at)) is not None
    assert owner.post(f"/tokens/{row.public_id}/revoke").status_code == 303
    assert owner.post(f"/tokens/{row.public_id}/revoke").status_code == 303
    assert erp.get("/quotes").status_code == 401


BAD_FORMS: list[dict[str, object]] = [
    {"name": "", "scopes": ["quotes:read"], "days": "30"}, {"name": "x", "days": "30"},
    {"name": "x", "scopes": ["everything"], "days": "30"}, {"name": "x", "scopes": ["quotes:read"], "days": "-1"},
    {"name": "x" * 10_000, "scopes": ["quotes:read"], "days": "30"},
    {"name": "x", "scopes": ["quotes:read"], "days": "1e9"},
]  # fmt: skip


def test_bad_forms_make_nothing(app: Flask, world: World, database: Database) -> None:
    owner = world.client(app, "north.owner")
    for form in BAD_FORMS:
        assert owner.post("/tokens", data=form).status_code == 422, form
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(ApiToken)) == 0


def test_there_are_not_endless_tokens(app: Flask, world: World, program: Programs, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(tokens, "MOST", 2)
    owner = world.client(app, "north.owner")
    form = {"name": "ERP", "scopes": ["quotes:read"], "days": "30"}
    assert [owner.post("/tokens", data=form).status_code for _ in range(3)] == [200, 200, 409]


NO_TOKENS = (
    "", "Bearer", "Bearer ", "Basic abc", "Bearer portal_wrong", "Bearer " + "x" * 9000, "Bearer portal_é",
    "Bearer ' OR 1=1 --", "portal_x",
)  # fmt: skip


def test_without_a_live_token_nobody_comes_in(app: Flask, program: Programs) -> None:
    erp = program()
    for header in NO_TOKENS:
        erp.headers = {"Authorization": header}
        for path in (*MINIMAL, "/quotes/" + "0" * 16):
            answer = erp.get(path)
            assert answer.status_code == 401, header
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert "Location" not in answer.headers
        assert erp.post("/quotes", {"configuration": "0" * 16}).status_code == 401


def test_a_cookie_is_never_enough(app: Flask, world: World, deals: Deals) -> None:
    for who in ("north.owner", "north.sales", "supplier.administrator"):
        browser = world.client(app, who)
        for path in MINIMAL:
            assert browser.get(f"/api/v1{path}").status_code == 401
        assert browser.post("/api/v1/quotes", json={"configuration": "x"}).status_code == 401


@pytest.mark.parametrize("what", ["expired", "organisation archived", "revoked"])
def test_a_dead_token_is_refused_at_the_next_request(
    program: Programs, world: World, database: Database, what: str
) -> None:
    erp = program()
    assert erp.get("/quotes").status_code == 200
    changes = {
        "expired": update(ApiToken).values(expires_at=world.now - timedelta(seconds=1)),
        "revoked": update(ApiToken).values(revoked_at=world.now),
        "organisation archived": update(Organisation).values(archived_at=world.now),
    }
    with database.writing(SYSTEM) as session:
        session.execute(changes[what])
    assert erp.get("/quotes").status_code == 401


def test_scopes_limit_every_operation(program: Programs, deals: Deals) -> None:
    quote, order = deals.issue("north.sales"), deals.order("north.sales")
    site = deals.configure("north.sales")
    calls = [
        ("GET", "/rule-sets", None, Scope.CONFIGURATIONS_READ),
        ("GET", "/customers", None, Scope.CONFIGURATIONS_READ),
        ("GET", "/configurations", None, Scope.CONFIGURATIONS_READ),
        ("POST", "/configurations", {"rule_set": "video-site", "name": "x"}, Scope.CONFIGURATIONS_WRITE),
        ("GET", f"/configurations/{site}", None, Scope.CONFIGURATIONS_READ),
        ("POST", f"/configurations/{site}/choose", {"version": 1, "key": "days", "value": 20},
         Scope.CONFIGURATIONS_WRITE),
        ("POST", f"/configurations/{site}/retract", {"version": 9, "key": "days"}, Scope.CONFIGURATIONS_WRITE),
        ("POST", f"/configurations/{site}/complete", {"version": 9, "goal": "fewest"}, Scope.CONFIGURATIONS_WRITE),
        ("GET", f"/configurations/{site}/explain?key=days&value=20", None, Scope.CONFIGURATIONS_READ),
        ("GET", "/quotes", None, Scope.QUOTES_READ),
        ("POST", "/quotes", {"configuration": site}, Scope.QUOTES_WRITE),
        ("GET", f"/quotes/{quote}", None, Scope.QUOTES_READ),
        ("POST", f"/quotes/{quote}/issue", {"version": 1}, Scope.QUOTES_WRITE),
        ("GET", f"/quotes/{quote}/documents/en", None, Scope.QUOTES_READ),
        ("GET", "/orders", None, Scope.ORDERS_READ),
        ("GET", f"/orders/{order}", None, Scope.ORDERS_READ),
        ("GET", f"/orders/{order}/documents/zh", None, Scope.ORDERS_READ),
        ("POST", "/orders", {"quote": quote, "purchase_number": "x", "wanted_on": "2000-01-01",
                             "delivery_address": "x", "contact": "y"}, Scope.ORDERS_WRITE),
    ]  # fmt: skip
    programs = {scope: program(scope.value) for scope in OFFERED[OrganisationKind.PARTNER]}
    for scope, erp in programs.items():
        for method, path, body, needed in calls:
            answer = erp.post(path, body) if method == "POST" else erp.get(path)
            refused = answer.status_code == 403
            assert refused == (scope is not needed), f"{scope} {method} {path}: {answer.status_code} {answer.text}"
            if refused:
                assert answer.get_json()["code"] == "scope"
                assert answer.get_json()["needs"] == needed.value


def test_without_a_scope_of_quotes_or_orders_no_purchase_price_is_told(program: Programs, deals: Deals) -> None:
    site = deals.configure("north.sales")
    plain = program("configurations:read", "configurations:write").get(f"/configurations/{site}").get_json()
    priced = program("configurations:read", "quotes:read").get(f"/configurations/{site}").get_json()
    assert "net_minor" not in plain
    assert all("unit_minor" not in line and "net_minor" not in line for line in plain["bill"])
    assert priced["net_minor"] < plain["list_minor"] == priced["list_minor"]


def test_somebody_elses_rows_look_like_missing_ones(program: Programs, deals: Deals) -> None:
    erp = program()
    foreign = {"configurations": deals.configure("south.sales"), "quotes": deals.issue("south.sales"),
               "orders": deals.order("south.sales")}  # fmt: skip
    for kind, key in foreign.items():
        bodies = []
        for wanted in (key, "0" * 16):
            answer = erp.get(f"/{kind}/{wanted}")
            assert answer.status_code == 404
            bodies.append({name: value for name, value in answer.get_json().items() if name != "request_id"})
        assert bodies[0] == bodies[1]
        assert erp.get(f"/{kind}").get_json()["items"] == []
    assert erp.post(f"/configurations/{foreign['configurations']}/choose",
                    {"version": 1, "key": "days", "value": 20}).status_code == 404  # fmt: skip
    assert erp.post("/quotes", {"configuration": foreign["configurations"]}).status_code == 404
    assert erp.post(f"/quotes/{foreign['quotes']}/issue", {"version": 1}).status_code == 404
    body = {"quote": foreign["quotes"], "purchase_number": "x", "wanted_on": "2030-01-01", "delivery_address": "x",
            "contact": "y"}  # fmt: skip
    assert erp.post("/orders", body).status_code == 404
    for kind in ("quotes", "orders"):
        assert erp.get(f"/{kind}/{foreign[kind]}/documents/en").status_code == 404


def test_a_token_that_asks_too_often_waits(program: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REQUESTS", type(REQUESTS)(3, REQUESTS.window))
    erp, other = program(), program()
    assert [erp.get("/quotes").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert int(erp.get("/quotes").headers["Retry-After"]) <= 61
    assert other.get("/quotes").status_code == 200
