"""Programs with tokens; every answer they get is held against the OpenAPI document."""

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from portal.api.openapi import document
from portal.api.scopes import OFFERED
from portal.api.tokens import make_token
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, Reach
from tests.factories.deals import Deals
from tests.factories.stock import stocked_seed as seed  # noqa: F401 - what every test here begins from
from tests.factories.world import World

NUMBERS = itertools.count(1)
ALL = tuple(scope.value for scope in OFFERED[OrganisationKind.PARTNER])


@dataclass
class Program:
    """A client without cookies that sends one token, and a new key with every POST."""

    app: Flask
    secret: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, *, key: str = "", **headers: str) -> TestResponse:
        return self.send("POST", path, body, **{"Idempotency-Key": key or f"key-{next(NUMBERS)}", **headers})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.secret}", **self.headers, **headers}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = sent.pop("Content-Type", "application/json")
        more = {"data": content, "content_type": kind} if content is not None else {}
        client = self.app.test_client(use_cookies=False)
        answer = client.open(f"/api/v1{path}", method=method, headers=sent, **more)
        hold_against_document(method, path.partition("?")[0], answer)
        return answer


def hold_against_document(method: str, path: str, answer: TestResponse) -> None:
    """Fail unless an answer is one that the document promises."""
    described = document()
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json", answer.text
        check("Problem", answer.get_json())
        assert answer.get_json()["status"] == answer.status_code
    for shape, operations in described["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", shape), path) and method.lower() in operations:
            break
    else:
        assert answer.status_code in (401, 404)
        return
    promised = operations[method.lower()]["responses"]
    assert str(answer.status_code) in promised, f"{method} {path}: {answer.status_code} is not in the document"
    if answer.status_code < 400 and answer.mimetype == "application/json":
        schema = promised[str(answer.status_code)]["content"]["application/json"]["schema"]
        check(schema["$ref"].rpartition("/")[2], answer.get_json())


def check(name: str, value: Any) -> None:
    Draft202012Validator(document()["components"]["schemas"][name]).validate(value)


@pytest.fixture
def deals(world: World) -> Deals:
    return Deals.open(world)


Programs = Callable[..., Program]


@pytest.fixture
def program(app: Flask, world: World, deals: Deals) -> Programs:
    """Make a program of an organisation with some scopes; all of them unless others are named."""

    def made(*scopes: str, of: str = "north", days: int = 30) -> Program:
        owner = Actor(None, world.organisations[of], {Permission.TOKEN_MANAGE: Reach.OWN})
        with world.database.writing(SYSTEM) as session:
            session.actor = owner
            _token, secret = make_token(session, owner, name="ERP", scopes=scopes or ALL, days=days, now=world.now)
        return Program(app, secret)

    return made
