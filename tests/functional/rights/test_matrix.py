"""Every route × role × own, foreign or missing row has an expected answer, written down here by hand."""

import re
from collections.abc import Iterator
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.seeds import Seed, Sown
from tests.factories.world import World
from tests.functional.rights.roles import CUSTOMERS, EVERYBODY, PARTNERS, Route
from tests.functional.rights.table import (
    BY_TOKEN,
    OF_A_PERSON,
    OF_ITS_OWN,
    OF_THE_HOUSE,
    PUBLIC,
    REACHES_ALL,
    ROUTES,
    STATIC,
)
from tests.functional.rights.things import write_things

Things = dict[str, dict[str, dict[str, str]]]
Case = tuple[str, set[int], str]
TURNS = count()


@pytest.fixture
def seed() -> Seed:
    """Rows of every kind, made once and copied."""
    return Seed("things", write_things)


@pytest.fixture
def things(world: World, sown: Sown) -> Things:
    """Return address values of rows that exist, by kind and by the key of the organisation or the person."""
    found: Things = {"": {}}
    for (kind, key), values in sown.known().items():
        found.setdefault(kind, {})[key] = values
    return found


def test_every_route_is_in_the_table(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()} - STATIC
    assert endpoints == ROUTES.keys() | PUBLIC | BY_TOKEN


def test_every_route_declares_its_permission(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in STATIC:
            continue
        view = app.view_functions[rule.endpoint]
        assert hasattr(view, "permission"), f"{rule.endpoint} declares no permission"
        assert (view.permission is None) == (rule.endpoint in PUBLIC), rule.endpoint
        if view.permission is None:
            assert view.public_reason


def _address(app: Flask, endpoint: str, values: dict[str, str]) -> str:
    rule = next(iter(app.url_map.iter_rules(endpoint)))
    return app.url_map.bind("localhost").build(endpoint, {name: values[name] for name in rule.arguments})


def _missing(values: dict[str, str]) -> dict[str, str]:
    other = {} if "number" in values else {"key": "nothing.of_this_name"}
    ours = {"pair_id": "0" * 16, "merge_id": "0" * 16, "import_id": "0" * 16, "contract": "nothing"}
    ours |= {"line": "nothing", "value_id": "999999", "flag_id": "0" * 16}
    return {**values, "public_id": "0" * 16, "number": "999", **ours, **other}


def _bare(body: str) -> str:
    """Return a page without what differs between any two answers."""
    body = re.sub(r'name="csrf_token" value="[^"]*"|X-CSRFToken": "[^"]*"', "", body)
    return re.sub(r"[0-9a-hj-np-tv-z]{16}", "", body)


def test_signed_out_people_are_sent_to_sign_in(app: Flask, world: World, things: Things) -> None:
    client = world.client(app, None)
    for endpoint, route in ROUTES.items():
        key = "" if route.thing in OF_THE_HOUSE else "north.sales" if route.thing in OF_A_PERSON else "north"
        path = _address(app, endpoint, things[route.thing].get(key, {}))
        plain = client.open(path, method=route.method, data=route.form)
        assert plain.status_code == 303, endpoint
        assert plain.headers["Location"].startswith("/sign-in"), endpoint
        htmx = client.open(path, method=route.method, data=route.form, headers={"HX-Request": "true"})
        assert htmx.status_code == 401, endpoint


@pytest.mark.slow
def test_every_route_for_every_role_and_row(app: Flask, world: World, things: Things) -> None:
    wrong = []
    roles = [key for key in world.people if key in EVERYBODY]
    assert set(roles) == EVERYBODY
    clients = {role: world.client(app, role) for role in roles}
    for endpoint, route in ROUTES.items():
        telltale = next(_refused(roles, route), None)
        for role in roles:
            for row, expected, path in _cases(app, endpoint, route, role, things, refused=role == telltale):
                answer = clients[role].open(path, method=route.method, data=route.form, headers=_asks(route, expected))
                answer.close()  # of a file that is sent
                signed_out = answer.headers.get("Location", "").startswith("/sign-in")
                if answer.status_code not in expected or signed_out:
                    wrong.append(f"{route.method} {endpoint} as {role} on {row} row: {answer.status_code}, {expected}")
    assert not wrong, "\n".join(wrong)


def _refused(roles: list[str], route: Route) -> Iterator[str]:
    """Yield who may not use a route, each time another one first."""
    first = next(TURNS) % len(roles)
    return (role for role in roles[first:] + roles[:first] if role not in route.allowed)


def _asks(route: Route, expected: set[int]) -> dict[str, str]:
    """Press the buttons that are refused as htmx does: the answer is the sentence alone, without the page around it."""
    return {"HX-Request": "true"} if route.method == "POST" and expected in ({403}, {404}) else {}


def _cases(app: Flask, endpoint: str, route: Route, role: str, things: Things, *, refused: bool) -> Iterator[Case]:
    """Yield (row, allowed statuses, address) of one role on one route.

    Who is refused is so before any row is looked for: everybody asks for one that is there, one (`refused`) for none.
    """
    done = route.answers()
    if not route.thing:
        yield "no", done if role in route.allowed else {403}, _address(app, endpoint, {})
        return
    organisation, rows = role.partition(".")[0], things[route.thing]
    owned = {
        key: key in ("", organisation, role) or (role in REACHES_ALL and route.thing not in OF_ITS_OWN) for key in rows
    }
    missing = _address(app, endpoint, _missing(next(iter(rows.values()))))
    if role not in route.allowed:
        key = _telling(owned, organisation)[0]
        yield "own" if owned[key] else "foreign", {403}, _address(app, endpoint, rows[key])
        if refused:
            yield "missing", {403}, missing
        return
    for key in _telling(owned, organisation):
        expected = done if owned[key] else {404}
        if owned[key] and route.doers is not None and role not in route.doers:
            expected = {403, 409, 422}  # what is no sensible wish at all may be said to be so first
        yield "own" if owned[key] else "foreign", expected, _address(app, endpoint, rows[key])
    if route.thing != "caller":  # there is a page for every number
        yield "missing", {404}, missing


def _telling(owned: dict[str, bool], organisation: str) -> list[str]:
    """Return whose rows tell something: one of the own, one of a colleague, one of another house; more say the same."""
    house = {key: key.split(".")[0] == organisation for key in owned}
    kinds = {(owned[key], house[key]): key for key in reversed(owned)}
    return list(kinds.values())


def test_a_foreign_row_looks_exactly_like_a_missing_one(app: Flask, world: World, things: Things) -> None:
    compared = 0
    clients = {role: world.client(app, role) for role in sorted(PARTNERS | CUSTOMERS)}
    for client in clients.values():
        client.get("/profile")  # the first page of a browser sets its cookie
    for endpoint, route in ROUTES.items():
        foreign = things[route.thing].get("south") or things[route.thing].get("south.sales")
        if foreign is None:
            continue
        for role in sorted(route.allowed & (PARTNERS | CUSTOMERS)):
            answers = [
                clients[role].open(_address(app, endpoint, values), method=route.method, data=route.form)
                for values in (foreign, _missing(foreign))
            ]
            assert [a.status_code for a in answers] == [404, 404], (endpoint, role)
            assert _bare(answers[0].text) == _bare(answers[1].text), (endpoint, role)
            assert dict(answers[0].headers).keys() == dict(answers[1].headers).keys(), (endpoint, role)
            compared += 1
    assert compared > 30


def test_nobody_of_another_organisation_is_ever_named(app: Flask, world: World, database: Database) -> None:
    with database.reading(SYSTEM) as session:
        south = set(session.scalars(select(Person.email).where(Person.organisation_id == world.organisations["south"])))
    words = south | {"Southern Partner"}
    for role in sorted(PARTNERS | CUSTOMERS):
        client = world.client(app, role)
        for endpoint, route in ROUTES.items():
            if route.method == "GET" and not route.thing and role in route.allowed:
                for path in (_address(app, endpoint, {}), _address(app, endpoint, {}) + "?q=Southern"):
                    text = client.get(path).text.replace('value="Southern"', "")
                    assert not [word for word in words if word in text], (endpoint, role)
