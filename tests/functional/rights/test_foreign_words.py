"""A thousand random looks at somebody else's rows: never one of his words, whatever the address, method or sender.

Two organisations look (a partner and a customer), two others are looked for. The rows are found through the URL map: a
new route is walked as soon as it exists, and a route whose address names a row of a kind that nobody has declared in
`routes_*.py` fails. Where the cases of access are tested:

A1, A2 (foreign row, own parent with a foreign child): here; the same for every role in `test_matrix`.
A3 (lists, search, count, suggestions): here, `test_lists_and_search_*`.
A4, A5, A11, A12 (messages, followers, internal notes, chat): what exists of it, comments and notices, here and in
`sharing/test_pages`; tickets and chat in `support/conversation`.
A6, A9 (foreign ids in forms, forged owner and role): here, `test_forms_*`; roles in `accounts/test_people`.
A7 (rights after a migration): `test_matrix` runs on a migrated database; `schema/test_migrations` goes down and up.
A8 (granting oneself a role): `accounts/test_people`. A10 (an action without its button): `test_matrix`.
A13 (price fields for customers): here, `test_a_customer_finds_no_partner_price_*`.
A14 (HEAD, OPTIONS, slash, case, %2e, override): here, in every look.
A15 (links again, over, revoked): here, `test_links_*`; invitations and resets in `accounts`.
A16 (disabled), A17 (moved): here, `test_whoever_*`.
"""

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any, ClassVar
from zipfile import ZipFile

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.accounts.models import Person
from portal.configurator.models import Configuration
from portal.db import Base, Database
from portal.notify.models import Notice
from portal.policy import SYSTEM
from portal.schema import metadata
from portal.search.rebuilding import rebuild
from portal.sharing.operations import share
from tests.factories.seeds import Seed, Sown
from tests.factories.world import World
from tests.functional.rights.secret_world import SecretWorld
from tests.functional.rights.table import ADDRESSES, HOUSE_ADDRESSES, LINKS

LOOKS = int(os.environ.get("PORTAL_FOREIGN_LOOKS", "1000"))
LOOKERS = ("north.owner", "north.sales", "north.engineer", "hospital.owner", "hospital.customer")
LOOKED_FOR = ("west", "clinic")

WANTED = {"<wanted>": ("en", "zh")}  # an argument that names no row
OF_OTHERS = {"Sending", "Article", "ArticleVersion"}  # customers send: the clinic did; articles are the supplier's
IN_QUERY = ("before", "after", "customer", "configuration", "left", "right", "a", "b", "template", "line", "q", "quote",
            "holder", "whole", "giver", "house", "to", "email", "item", "link_to")  # fmt: skip
IN_FORMS = (
    "customer", "customer_id", "receiver", "with_person_id", "with_organisation_id", "organisation_id", "organisation",
    "configuration", "configuration_id", "quote", "quote_id", "template", "to", "person", "person_id", "role", "roles",
    "link_to", "id", "public_id", "share", "comment", "item", "other", "merge-other", "link-other", "requester",
)  # fmt: skip
ARGUMENT = re.compile(r"<[^>]+>")


@pytest.fixture
def seed() -> Seed:
    """The world of secret words, made once and copied."""
    return Seed("secret words", lambda world: SecretWorld.build(world, world.database).said())


@pytest.fixture
def secrets(world: World, sown: Sown) -> SecretWorld:
    """The world of secret words."""
    return SecretWorld(world, **sown.known())


def test_every_kind_of_row_of_an_organisation_is_looked_for(secrets: SecretWorld, database: Database) -> None:
    west = secrets.world.organisations["west"]
    with database.reading(SYSTEM) as session:
        owned = [mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "organisation_id")]
        without = [
            class_.__name__
            for class_ in owned
            if session.scalar(select(class_.organisation_id).where(class_.organisation_id == west).limit(1)) is None
        ]
    assert set(without) <= OF_OTHERS, "make rows of these in secret_world.py"
    assert len(owned) > 20


def _prefixes(rule: Rule) -> list[str]:
    """Return the rule up to each of its arguments that names a row."""
    found = [rule.rule[: match.end()] for match in ARGUMENT.finditer(rule.rule) if match[0] not in WANTED]
    return [prefix for prefix in found if prefix not in HOUSE_ADDRESSES | LINKS]


def test_every_address_that_names_a_row_is_declared(app: Flask) -> None:
    unknown = {(prefix, rule.endpoint) for rule in app.url_map.iter_rules() for prefix in _prefixes(rule)}
    unknown = {pair for pair in unknown if pair[0] not in ADDRESSES}
    assert not unknown, (
        "say in ADDRESSES of routes_*.py which kind of row these addresses name, and make some in secret_world.py"
    )


@dataclass(frozen=True)
class Look:
    """One request for somebody's row."""

    method: str
    path: str
    whose: str


def _addresses(app: Flask, secrets: SecretWorld, *organisations: str) -> Iterator[Look]:
    """Yield the address of every row of these organisations on every route that names rows."""
    for rule in app.url_map.iter_rules():
        prefixes = _prefixes(rule)
        if not prefixes or rule.rule in HOUSE_ADDRESSES:
            continue
        kind = ADDRESSES[prefixes[-1]]
        for key in organisations:
            for ids in secrets.ids[key].get(kind, ()):
                path = rule.rule
                for argument in ARGUMENT.findall(path):
                    value = WANTED.get(argument, ("en",))[0] if argument in WANTED else ids[argument.strip("<>")]
                    path = path.replace(argument, value)
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    yield Look(method, path, key)


def _mixed_addresses(app: Flask, secrets: SecretWorld, looker: str) -> Iterator[Look]:
    """Yield addresses of an own row with somebody else's part of it, and the other way round."""
    for rule in app.url_map.iter_rules():
        prefixes = _prefixes(rule)
        if len(prefixes) < 2:
            continue
        parent, child = ADDRESSES[prefixes[0]], ADDRESSES[prefixes[1]]
        for key in LOOKED_FOR:
            for mine, his in ((looker, key), (key, looker)):
                parents, children = secrets.ids[mine].get(parent, ()), secrets.ids[his].get(child, ())
                for one, other in zip(parents, children, strict=False):
                    first, second = ARGUMENT.findall(rule.rule)[:2]
                    path = rule.rule.replace(first, one[first.strip("<>")], 1)
                    path = path.replace(second, other[second.strip("<>")], 1)
                    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                        yield Look(method, path, key)


def _read(answer: TestResponse) -> str:
    """Return all that an answer says; a workbook is opened for it."""
    content = answer.data
    if content.startswith(b"PK"):
        with ZipFile(BytesIO(content)) as packed:
            content = b"\n".join(packed.read(name) for name in packed.namelist())
    return content.decode("utf-8", "replace")


class Walk:
    """Sends requests on behalf of people and collects every foreign word that comes back."""

    def __init__(self, app: Flask, secrets: SecretWorld, seed: int) -> None:
        self.secrets, self.random = secrets, random.Random(seed)
        self.clients = {who: secrets.world.client(app, who) for who in LOOKERS}
        self.leaks: list[str] = []
        self.opened: list[str] = []
        self.looks = 0

    def look(self, who: str, method: str, path: str, *, named: bool = True, **given: object) -> TestResponse:
        """Send one request; `named` means that its address names a row that nobody may open."""
        client, key = self.clients[who], who.partition(".")[0]
        if path.startswith("/api/v1") and key in self.secrets.tokens:
            given["headers"] = {**given.get("headers", {}), "Authorization": f"Bearer {self.secrets.tokens[key]}"}  # type: ignore[dict-item]
        answer = client.open(path, method=method, **given)  # type: ignore[arg-type]
        self.looks += 1
        said = f"{answer.headers}\n{_read(answer)}".lower()
        answer.close()
        asked = f"{path} {given.get('query_string', '')} {given.get('data', '')} {given.get('json', '')}".lower()
        for word, whose in self.secrets.foreign_words(key).items():
            if word in said and word not in asked:
                self.leaks.append(f"{method} {path} as {who}: a word of {whose} ({answer.status_code})")
        if named and answer.status_code < 300 and method != "OPTIONS":
            self.opened.append(f"{method} {path} as {who}: {answer.status_code}")
        return answer

    def variant(self, who: str, look: Look) -> None:
        """Look once in one of the ways in which walls were got around."""
        given: dict[str, object] = {}
        method, path = look.method, look.path
        match self.random.randrange(10):
            case 0:
                method = self.random.choice(("HEAD", "OPTIONS"))
            case 1:
                path += "/"
            case 2:
                path = path.upper()
            case 3:
                path = path.replace("/", "/%2e/", 1) if path.count("/") < 2 else path.replace("/", "/%2e/", 2)
            case 4:
                given["headers"] = {"X-HTTP-Method-Override": "GET", "X-Original-URL": path, "X-Rewrite-URL": path}
                method = self.random.choice(("POST", "GET"))
            case 5:
                given["headers"] = {"HX-Request": "true"}
            case 6:
                own = self.secrets.world.organisations[who.partition(".")[0]]
                given["query_string"] = {"organisation_id": str(own), "_method": "GET", "actor": "system"}
            case 7:
                path = "/" + path
            case _:
                pass
        if method in ("POST", "PUT", "PATCH") and not path.lower().startswith("/api"):
            given["data"] = {
                "version": "1",
                "key": "days",
                "value": "21",
                "name": "taken",
                "title": "taken",
                "body": "x",
            }
        elif method in ("POST", "PUT", "PATCH"):
            given["json"] = {"key": "days", "value": 21, "version": 1}
        self.look(who, method, path, **given)


def _untouched(database: Database, secrets: SecretWorld) -> dict[str, list[str]]:
    """Return all rows of those who are only looked for, and what their people were told."""
    found = {}
    own = [secrets.world.organisations[key] for key in LOOKED_FOR]
    with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            if "organisation_id" in table.c and table.name != "history":
                rows = connection.execute(select(table).where(table.c.organisation_id.in_(own)))
                found[table.name] = sorted(map(repr, rows))
        people = [secrets.world.people[key] for key in secrets.world.people if key.partition(".")[0] in LOOKED_FOR]
        notices = Notice.__table__
        found["notice"] = sorted(map(repr, connection.execute(select(notices).where(notices.c.person_id.in_(people)))))
    return found


def test_a_thousand_looks_at_somebody_elses_rows(app: Flask, secrets: SecretWorld, database: Database) -> None:
    walk = Walk(app, secrets, seed=4)
    looks = list(_addresses(app, secrets, *LOOKED_FOR))
    assert {look.whose for look in looks} == set(LOOKED_FOR)
    before = _untouched(database, secrets)
    for look in looks:  # every route with every row once, as it is
        walk.look(walk.random.choice(LOOKERS), look.method, look.path, data={} if look.method == "POST" else None)
    while walk.looks < LOOKS:
        walk.variant(walk.random.choice(LOOKERS), walk.random.choice(looks))
    for who in ("north.sales", "hospital.owner"):
        for look in _mixed_addresses(app, secrets, who.partition(".")[0]):
            walk.look(who, look.method, look.path)
    assert walk.looks >= LOOKS
    assert walk.leaks == []
    assert walk.opened == []
    assert _untouched(database, secrets) == before


def test_whoever_owns_a_row_reads_his_word_there(app: Flask, secrets: SecretWorld) -> None:
    """The walk can fail: the same addresses show the words to their owner."""
    client = secrets.world.client(app, "west.owner")
    seen = 0
    for look in _addresses(app, secrets, "west"):
        if look.method == "GET" and not look.path.startswith("/api"):
            seen += secrets.words["west"] in _read(client.get(look.path))
    assert seen > 15


class Asked(ImmutableMultiDict[str, str]):
    """The query of an address that notes what a page reads of it."""

    names: ClassVar[set[str]] = set()

    def get(self, key: str, *rest: Any, **more: Any) -> Any:
        """Note one name."""
        self.names.add(key)
        return super().get(key, *rest, **more)

    def getlist(self, key: str, *rest: Any, **more: Any) -> Any:
        """Note one name."""
        self.names.add(key)
        return super().getlist(key, *rest, **more)

    def __getitem__(self, key: str) -> Any:
        """Note one name."""
        self.names.add(key)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        """Note that whatever stands there is read."""
        self.names.update(IN_QUERY)
        return super().__iter__()


class Reading(Request):
    """A request whose query is noted."""

    parameter_storage_class = Asked


def test_lists_and_search_name_nobody_elses(app: Flask, secrets: SecretWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk(app, secrets, seed=5)
    monkeypatch.setattr(app, "request_class", Reading)
    plain = [rule for rule in app.url_map.iter_rules() if not rule.arguments and "GET" in (rule.methods or ())]
    everything = [ids for key in LOOKED_FOR for rows in secrets.ids[key].values() for ids in rows]
    read: dict[str, set[str]] = {}
    for rule in plain:
        Asked.names.clear()
        for who in LOOKERS:
            walk.look(who, "GET", rule.rule, named=False)
        foreign = dict.fromkeys(IN_QUERY, secrets.words[walk.random.choice(LOOKED_FOR)])
        walk.look(walk.random.choice(LOOKERS), "GET", rule.rule, named=False, query_string=foreign)
        read[rule.rule] = Asked.names & set(IN_QUERY)
        for name in sorted(read[rule.rule]):  # what a page never reads changes nothing
            who, word = walk.random.choice(LOOKERS), secrets.words[walk.random.choice(LOOKED_FOR)]
            walk.look(who, "GET", rule.rule, named=False, query_string={name: word})
            value = walk.random.choice(list(walk.random.choice(everything).values()))
            answer = walk.look(who, "GET", rule.rule, named=False, query_string={name: value})
            assert answer.status_code < 500 or rule.rule == "/readyz", (rule.rule, name)
    for key in LOOKED_FOR:
        for asked in (secrets.words[key], secrets.words[key][:5], "%", "_", secrets.words[key].upper()):
            for who in LOOKERS:
                walk.look(who, "GET", "/search", named=False, query_string={"q": asked})
    assert walk.leaks == []
    assert {"q", "after"} <= read["/quotes"]
    assert {"a", "b"} <= read["/configurations/compare"]
    assert "before" in read["/configurations"]


def test_the_index_finds_no_foreign_word(app: Flask, secrets: SecretWorld, database: Database) -> None:
    rebuild(database, secrets.world.settings.search_folder, now=secrets.world.now)
    walk = Walk(app, secrets, seed=7)
    for key in LOOKED_FOR:
        for asked in (secrets.words[key], secrets.words[key][:5], f"Site {secrets.words[key]}", "Q-2026"):
            for who in LOOKERS:
                walk.look(who, "GET", "/search", named=False, query_string={"q": asked})
    assert walk.leaks == []
    own = secrets.world.client(app, "west.sales").get(f"/search?q={secrets.words['west']}").text
    assert "Quotes" in own
    assert own.count(secrets.words["west"]) > 5


def test_lists_find_ones_own_words(app: Flask, secrets: SecretWorld) -> None:
    client = secrets.world.client(app, "west.sales")
    for path in ("/configurations", "/quotes", "/customers", "/people", "/orders", "/inbox", "/search?q=Site"):
        assert secrets.words["west"] in client.get(path).text, path


@pytest.mark.slow
def test_forms_take_nobody_elses_rows(app: Flask, secrets: SecretWorld, database: Database) -> None:
    walk = Walk(app, secrets, seed=6)
    before = _untouched(database, secrets)
    numbers = [str(secrets.world.customers["west"]), str(secrets.world.organisations["west"])]
    own = {key: list(_addresses(app, secrets, key)) for key in ("north", "hospital")}
    for who in LOOKERS:
        key = who.partition(".")[0]
        own_posts = [look.path for look in own[key] if look.method == "POST"]
        posts = own_posts + [
            r.rule for r in app.url_map.iter_rules() if not r.arguments and "POST" in (r.methods or ())
        ]
        for path in sorted(set(posts) - {"/sign-out", "/sign-in"}):
            for _ in range(2):
                row = walk.random.choice(list(secrets.ids["west"].values()))[0]
                foreign = walk.random.choice(
                    [*row.values(), *numbers, f"o-{numbers[0]}", f"p-{next(iter(row.values()))}"]
                )
                fields = dict.fromkeys(IN_FORMS, foreign) | {
                    "name": "x",
                    "version": "1",
                    "title": "x",
                    "access": "view",
                }
                given = {"json": fields} if path.startswith("/api/") else {"data": fields}
                answer = walk.look(who, "POST", path, named=False, **given)
                assert answer.status_code < 500, path
    assert walk.leaks == []
    assert _untouched(database, secrets) == before
    with database.reading(SYSTEM) as session:
        theirs = (secrets.world.customers["west"], secrets.world.organisations["west"])
        lookers = [secrets.world.organisations[key] for key in ("north", "hospital")]
        taken = select(Configuration.id).where(
            Configuration.organisation_id.in_(lookers), Configuration.customer_id.in_(theirs)
        )
        assert session.scalars(taken).all() == []


def test_links_show_one_offer_and_nothing_else_and_end(app: Flask, secrets: SecretWorld, database: Database) -> None:
    everybody = app.test_client()
    page = everybody.get(f"/offers/{secrets.offers['west']}")
    assert page.status_code == 200
    assert secrets.words["west"] in page.text
    for other in ("north", "hospital", "clinic"):
        assert secrets.words[other] not in page.text
    owner, ids = secrets.world.client(app, "west.sales"), secrets.ids["west"]["link"][0]
    assert owner.post(f"/resale/{ids['public_id']}/links/{ids['link_id']}/revoke").status_code == 303
    token = secrets.offers["west"]
    for path in (f"/offers/{token}", f"/offers/{token}/en.pdf", f"/offers/{token}/en.xlsx"):
        for client in (everybody, secrets.world.client(app, "north.sales")):
            gone = client.get(path)
            assert gone.status_code in (404, 410), path
            assert secrets.words["west"] not in gone.text
    for wrong in ("x", token.swapcase(), token[:-1], f"{token}x", "%2e%2e", secrets.offers["north"][::-1]):
        assert everybody.get(f"/offers/{wrong}").status_code in (404, 410)


def test_a_link_that_is_over_shows_nothing(app: Flask, secrets: SecretWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    later = secrets.world.now + timedelta(days=9)
    monkeypatch.setattr("portal.web.utc_now", lambda: later)
    gone = app.test_client().get(f"/offers/{secrets.offers['west']}")
    assert gone.status_code in (404, 410)
    assert secrets.words["west"] not in gone.text


def test_a_customer_finds_no_partner_price_of_what_is_shared_with_him(
    app: Flask, secrets: SecretWorld, database: Database
) -> None:
    """Neither on a page nor as a field of an answer: he reads list prices of a partner's configuration (A13)."""
    world = secrets.world
    actor = world.actor("north.sales")
    with database.writing(actor) as session:
        row = session.scalars(select(Configuration).order_by(Configuration.id).limit(1)).one()
        hospital = world.organisations["hospital"]
        share(session, actor, row, with_organisation_id=hospital, access="edit", now=world.now)
        shared = row.public_id
    own = world.client(app, "north.sales").get(f"/configurations/{shared}").text
    partner_price = re.search(r'id="running-price">([^<]+)<', own)
    assert partner_price
    for who in ("hospital.owner", "hospital.customer"):
        client = world.client(app, who)
        for path in ("", "/finish", "/sharing", "/comments", "/upgrade", "/template"):
            text = client.get(f"/configurations/{shared}{path}").text
            assert partner_price[1].strip() not in text, path
            assert 'id="margin"' not in text
        for path in ("/configurations", "/", "/search?q=Site", f"/configurations/compare?left={shared}&right={shared}"):
            assert partner_price[1].strip() not in client.get(path).text, path
        refused = client.post(f"/configurations/{shared}/choices", data={"key": "x", "value": "1", "version": "1"})
        assert partner_price[1].strip() not in refused.text


def test_a_customer_reads_no_partner_price_in_files_of_an_offer(app: Flask, secrets: SecretWorld) -> None:
    everybody: FlaskClient = app.test_client()
    token = secrets.offers["north"]
    answer = everybody.get(f"/offers/{token}/en.xlsx")
    if answer.status_code == 200:
        book = load_workbook(BytesIO(answer.data))
        text = " ".join(str(cell.value) for sheet in book for cells in sheet.iter_rows() for cell in cells).lower()
        for word in ("purchase", "partner price", "markup", "margin", "gold"):
            assert word not in text
    page = everybody.get(f"/offers/{token}").text.lower()
    for word in ("purchase", "partner price", "markup", "gold"):
        assert word not in page


def test_whoever_is_disabled_is_out_with_his_next_request(app: Flask, secrets: SecretWorld, database: Database) -> None:
    client = secrets.world.client(app, "west.sales")
    assert client.get("/quotes").status_code == 200
    with database.writing(SYSTEM) as session:
        session.get_one(Person, secrets.world.people["west.sales"]).disabled_at = secrets.world.now
    paths = [
        look.path for look in _addresses(app, secrets, "west") if look.method == "GET" and "/api/" not in look.path
    ]
    for path in ("/quotes", "/configurations", *paths):
        page, part = client.get(path), client.get(path, headers={"HX-Request": "true"})
        assert (page.status_code, part.status_code) == (303, 401), path
        assert secrets.words["west"] not in page.text + part.text
        assert page.headers["Location"].startswith("/sign-in")


def test_whoever_moves_sees_only_the_new_organisation_with_his_next_request(
    app: Flask, secrets: SecretWorld, database: Database
) -> None:
    client = secrets.world.client(app, "west.sales")
    assert secrets.words["west"] in client.get("/configurations").text
    with database.writing(SYSTEM) as session:
        moved = session.get_one(Person, secrets.world.people["west.sales"])
        moved.organisation_id, moved.name = secrets.world.organisations["north"], "moved"
    own_person = secrets.ids["west"]["person"]
    notices = {ids["public_id"] for ids in secrets.ids["west"]["notice"]}
    for look in _addresses(app, secrets, "west"):
        named = look.path.split("/")
        if look.method == "GET" and not notices & set(named) and not any(p["public_id"] in named for p in own_person):
            assert client.get(look.path).status_code in (401, 403, 404), look.path
    for path in ("/configurations", "/quotes", "/customers", "/orders", "/resale", "/letterhead", "/search?q=Site"):
        text = client.get(path).text
        assert secrets.words["west"] not in text.replace(secrets.world.emails["west.sales"], ""), path
