"""Bodies and queries that mean harm: refused with 4xx at once, nothing saved."""

import time

from sqlalchemy import func, select

from portal.api.models import ApiAnswer
from portal.configurator.models import Configuration
from portal.db import Database
from portal.policy import SYSTEM
from tests.functional.api.conftest import Programs

GOOD = b'{"rule_set": "video-site", "name": "x"}'


def rows(database: Database) -> tuple[int, int]:
    with database.reading(SYSTEM) as session:
        counted = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Configuration, ApiAnswer)]
    return counted[0], counted[1]


BODIES = [
    (b"", 400), (b"null", 422), (b"[]", 422), (b'"x"', 422), (b"{", 400), (b"{}", 422), (b"nonsense", 400),
    (b'{"rule_set": "video-site", "name": NaN}', 400), (b'{"rule_set": "video-site", "name": 1e309}', 400),
    (b'{"rule_set": "video-site", "name": -Infinity}', 400),
    (b'{"rule_set": "video-site", "name": "a", "name": "b"}', 400),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": 1, "days": 2}}', 400),
    (b"[" * 100_000, 400), (b'{"a":' * 50_000, 400), (b'{"name": ' + b"[" * 30 + b"]" * 30 + b"}", 400),
    (b"\xff\xfe" + GOOD, 400), (GOOD.decode().encode("utf-16"), 400), (b"\xef\xbb\xbf" + GOOD, 400),
    (b'{"rule_set": "video-site", "name": "a\\u0000b"}', 422),
    (b'{"rule_set": "video-site", "name": "a\\ud800b"}', 422),
    (b'{"rule_set": "video-site", "name": "a\\u202eb"}', 422),
    (b'{"rule_set": "video-site", "name": "   "}', 422),
    (b'{"rule_set": "video-site", "name": "' + b"x" * 10_000 + b'"}', 422),
    (b'{"rule_set": "video-site", "name": "' + b"x" * 900_000 + b'"}', 422),
    (b'{"rule_set": "video-site", "name": "' + b"x" * 1_100_000 + b'"}', 413),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": ' + b"9" * 5000 + b"}}", 400),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": ' + b"9" * 400 + b"}}", 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": -0}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": -5}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": 20.5}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": true}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": "1,000"}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"days": "1e18"}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"no_such": 1}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": {"__class__": "x"}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "choices": [1]}', 422),
    (b'{"rule_set": "no-such", "name": "x"}', 422), (b'{"rule_set": 7, "name": "x"}', 422),
    (b'{"rule_set": "video-site", "name": "x", "template": "no-such"}', 422),
    (b'{"rule_set": "video-site", "name": "x", "answers": {"no_such": 1}}', 422),
    (b'{"rule_set": "video-site", "name": "x", "customer": "0000000000000000"}', 404),
    (b'{"rule_set": "video-site", "name": "x", "organisation_id": 1}', 422),
    (b'{"rule_set": "video-site", "name": "x", "id": 1, "version": 7, "person_id": 1}', 422),
]  # fmt: skip


def test_hostile_bodies(program: Programs, database: Database) -> None:
    erp, wrong = program(), []
    before = rows(database)
    for body, status in BODIES:
        began = time.perf_counter()
        answer = erp.post("/configurations", body)
        slow = time.perf_counter() - began > 5  # J14 asks for a second; this machine may be busy
        if answer.status_code != status or slow:
            wrong.append(f"{body[:90]!r}: {answer.status_code}, not {status}: {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
    assert rows(database) == before


def test_unknown_fields_are_named(program: Programs) -> None:
    body = {"rule_set": "video-site", "name": "x", "organisation_id": 1, "price": 2}
    answer = program().post("/configurations", body).get_json()
    assert [(e["field"], e["code"]) for e in answer["errors"]] == [
        ("organisation_id", "unknown_field"), ("price", "unknown_field"),
    ]  # fmt: skip


def test_only_json_is_read(program: Programs) -> None:
    erp = program()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert erp.post("/configurations", GOOD, **{"Content-Type": kind}).status_code == 415


QUERIES = (
    "?after=x", "?after=" + "9" * 30, "?state=' OR 1=1", "?sort=x", "?q=%00", "?q=" + "x" * 5000, "?after=1&after=2",
    "?organisation_id=1", "?q=%ED%A0%80",
)  # fmt: skip
ADDRESSES = (
    "/quotes/%00", "/quotes/..%2f..%2fetc", "/quotes/' OR 1=1", "/quotes/" + "x" * 3000, "/orders/%ff", "/QUOTES",
    "/quotes/", "/configurations/1/explain", "/configurations/1/choose/",
)  # fmt: skip


def test_hostile_queries_and_addresses(program: Programs) -> None:
    erp = program()
    for query in QUERIES:
        for path in ("/configurations", "/quotes", "/orders"):
            assert erp.get(path + query).status_code in (200, 422), query
    for path in ADDRESSES:
        assert erp.get(path).status_code in (404, 422), path


def test_the_method_cannot_be_overridden(program: Programs, deals) -> None:  # type: ignore[no-untyped-def]
    erp, key = program("quotes:read"), deals.draft("north.sales")
    answer = erp.get(f"/quotes/{key}/issue", **{"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 404
    assert erp.get(f"/quotes/{key}").get_json()["state"] == "draft"
