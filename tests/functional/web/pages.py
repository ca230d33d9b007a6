"""Reading pages and databases the way an attacker and an accountant do."""

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts import operations
from portal.accounts.models import Person, SignIn
from portal.config import Settings
from portal.db import Database
from portal.outbox import OutboxJob
from portal.policy import SYSTEM
from portal.schema import metadata
from portal.worker import Worker
from tests.factories.world import PASSWORD

TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
HEADER_TOKEN = re.compile(r'"X-CSRFToken": "([^"]+)"')
LINK = re.compile(r"/(?:reset|invitation)/[^/]+$")


def token_of(page: TestResponse) -> str:
    """Return the CSRF token that stands in a page."""
    found = TOKEN.search(page.text)
    assert found, page.text[:500]
    return found[1]


def words_of(page: TestResponse, *own: str) -> str:
    """Return a page as everybody would get it: without tokens, its reference, and what this person typed."""
    text = HEADER_TOKEN.sub("", TOKEN.sub("", page.text))
    text = re.sub(r"<code>[^<]*</code>", "", text)
    for typed in own:
        text = text.replace(html.escape(typed), "")
    return text


def post(client: FlaskClient, path: str, fields: Mapping[str, Any], address: str = "127.0.0.1") -> TestResponse:
    """Send a form with a valid token, from an address."""
    page = client.get("/sign-in" if client.get_cookie("portal") is None else "/reset")
    return client.post(path, data={**fields, "csrf_token": token_of(page)}, environ_base={"REMOTE_ADDR": address})


def sign_in(
    client: FlaskClient, email: str, password: str = PASSWORD, address: str = "127.0.0.1", **more: str
) -> TestResponse:
    """Fill in the sign-in form."""
    return post(client, "/sign-in", {"email": email, "password": password, **more}, address)


def is_signed_in(client: FlaskClient) -> bool:
    """Return whether this browser reaches a page that needs somebody."""
    answer = client.get("/profile")
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


def digest(database: Database, *but: str) -> dict[str, str]:
    """Return a hash of the rows of every table, except those named."""
    with database.engine.connect() as connection:
        return {
            table.name: hashlib.sha256(repr(sorted(map(repr, connection.execute(select(table))))).encode()).hexdigest()
            for table in metadata.sorted_tables
            if table.name not in but
        }


def mails(database: Database) -> list[dict[str, Any]]:
    """Let the worker look for the accounts that asked for a link, and return what waits to be mailed, oldest first."""
    settings = Settings(instance=Path(), database_url="", secret_key="", base_url="http://localhost")
    Worker(database, {operations.RESET_KIND: operations.reset_handler(settings)}).run(until_idle=True)
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(OutboxJob.payload).where(OutboxJob.kind == "mail").order_by(OutboxJob.id)))


def link_in(mail: Mapping[str, Any]) -> str:
    """Return the path of the link in a mail."""
    found = LINK.search(mail["params"]["link"])
    assert found
    return found[0]


def open_sign_ins(database: Database, person_id: int) -> int:
    """Return how many browsers a person is signed in with."""
    with database.reading(SYSTEM) as session:
        return len(
            session.scalars(select(SignIn.id).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))).all()
        )


def public_id(database: Database, person_id: int) -> str:
    """Return what a person is called in addresses."""
    with database.reading(SYSTEM) as session:
        return session.get_one(Person, person_id).public_id


def change(database: Database, person_id: int, **values: Any) -> None:
    """Change a person behind the portal's back."""
    with database.writing(SYSTEM) as session:
        person = session.get_one(Person, person_id)
        for name, value in values.items():
            setattr(person, name, value)


@contextmanager
def checked(app: Flask) -> Iterator[None]:
    """Check CSRF tokens again where a signed-in browser of the tests switched that off."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False
