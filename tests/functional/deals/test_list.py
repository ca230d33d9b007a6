"""The list of quotes: filter, sort, search and keyset pages, in one query."""

import random

import pytest
from sqlalchemy import event, insert, select

from portal.configurator.models import Configuration, RuleRevision
from portal.db import Database, new_public_id
from portal.deals import queries
from portal.deals.models import Quote
from portal.deals.queries import QuoteFilter
from portal.parties.models import name_key
from portal.policy import SYSTEM
from tests.factories.world import World

NAMES = ["青溪医院", "Maple Ridge School", "maple ridge annex", "100%_sure", "Ünïcode", "Zebra", ""]


@pytest.fixture
def many(database: Database, world: World) -> list[dict[str, object]]:
    """One hundred quotes each of two partners, with equal totals and names among them."""
    chance = random.Random(7)
    rows: list[dict[str, object]] = []
    with database.writing(SYSTEM) as session:
        stamp = {"effective_on": world.now.date(), "published_at": world.now}
        rules = RuleRevision(key="none", number=1, content_hash="0", content={}, **stamp)
        session.add(rules)
        session.flush()
        for key in ("north", "south"):
            organisation = world.organisations[key]
            times = {"created_at": world.now, "updated_at": world.now}
            site = Configuration(
                organisation_id=organisation, name="Site", rule_revision_id=rules.id, choices={}, **times
            )
            session.add(site)
            session.flush()
            for number in range(100):
                name = chance.choice(NAMES)
                state = chance.choice(["draft", "issued", "superseded"])
                net = chance.randrange(5) * 100
                rows.append(
                    {
                        "organisation_id": organisation, "public_id": new_public_id(), "revision": 1, "state": state,
                        "number": None if state == "draft" else f"Q-2026-{len(rows):06d}",
                        "configuration_id": site.id, "rule_revision_id": rules.id, "customer_name": name,
                        "customer_key": name_key(name), "title": f"T{number}", "note": "", "currency": "CNY",
                        "tax_mode": "net", "tax_bps": 1300, "validity_days": 30, "list_minor": net, "net_minor": net,
                        "tax_minor": 0, "gross_minor": net, "snapshot": {}, "version": 1,
                        "issued_at": None if state == "draft" else world.now, **times,
                    }
                )  # fmt: skip
        session.execute(insert(Quote), rows)
    return rows


def read_all(database: Database, world: World, who: str, **wanted: str) -> list[queries.QuoteRow]:
    actor, found, after = world.actor(who), [], ""
    for _ in range(100):
        with database.reading(actor) as session:
            page = queries.quotes(session, QuoteFilter.read(
                wanted.get("state", ""), wanted.get("sort", ""), wanted.get("q", ""), after), limit=7)  # fmt: skip
        found += page.rows
        after = page.next_after
        if not after:
            return found
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("sort", ["newest", "total", "customer"])
@pytest.mark.parametrize("state", ["", "draft", "issued"])
def test_pages_hold_every_own_row_once_in_order(
    database: Database, world: World, many: list[dict[str, object]], sort: str, state: str
) -> None:
    found = read_all(database, world, "north.sales", sort=sort, state=state)
    expected = [r for r in many if r["organisation_id"] == world.organisations["north"] and state in ("", r["state"])]
    assert {row.public_id for row in found} == {row["public_id"] for row in expected}
    assert len(found) == len(expected)
    orders = {
        "newest": [-row.id for row in found],
        "total": [(-row.gross_minor, -row.id) for row in found],
        "customer": [(row.customer_key.encode(), row.id) for row in found],
    }
    assert orders[sort] == sorted(orders[sort])  # type: ignore[type-var]


def test_internal_people_read_all_partners(database: Database, world: World, many: list[dict[str, object]]) -> None:
    assert len(read_all(database, world, "supplier.channel_manager", sort="total")) == 200


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("maple", {"Maple Ridge School", "maple ridge annex"}),
        ("MAPLE RIDGE S", {"Maple Ridge School"}),
        ("青", {"青溪医院"}),
        ("100%_", {"100%_sure"}),
        ("%", set()),
        ("' OR 1=1 --", set()),
        ("ü", {"Ünïcode"}),
    ],
)
def test_search_finds_prefixes_literally(
    database: Database, world: World, many: list[dict[str, object]], q: str, names: set[str]
) -> None:
    assert {row.customer_name for row in read_all(database, world, "north.sales", q=q)} == names


def test_search_by_number(database: Database, world: World, many: list[dict[str, object]]) -> None:
    own = next(r for r in many if r["number"] and r["organisation_id"] == world.organisations["north"])
    foreign = next(r for r in many if r["number"] and r["organisation_id"] == world.organisations["south"])
    for q in (str(own["number"]), str(own["number"]).lower(), str(int(str(own["number"])[-6:]))):
        assert [row.public_id for row in read_all(database, world, "north.sales", q=q)] == [own["public_id"]]
    assert read_all(database, world, "north.sales", q=str(foreign["number"])) == []


@pytest.mark.parametrize(
    "query",
    [
        "sort=drop+table&state=x", "after=AAAA", "after=%FF%00", "q=%00", "q=" + "x" * 5000, "after=" + "W" * 5000,
        "sort=customer&after=WzEsMl0", "sort=total&after=W251bGwsMV0", "sort=total&after=WzFlNDAwLDFd",
        "after=WzkyMjMzNzIwMzY4NTQ3NzU4MDhd", "q=%F0%9F%98%80", "q=%ED%A0%80",
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_harmless(app, world: World, many: list[dict[str, object]], query: str) -> None:  # type: ignore[no-untyped-def]
    assert world.client(app, "north.sales").get(f"/quotes?{query}").status_code == 200


def test_one_page_is_one_query(database: Database, world: World, many: list[dict[str, object]]) -> None:
    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    actor = world.actor("north.sales")
    seen.clear()
    with database.reading(actor) as session:
        queries.quotes(session, QuoteFilter.read("issued", "total", "", ""))
    assert len([sql for sql in seen if sql.startswith("SELECT")]) == 1


def test_nobody_without_the_permission_reads_anything(
    database: Database, world: World, many: list[dict[str, object]]
) -> None:
    with database.reading(world.actor("hospital.owner")) as session:
        assert session.scalars(select(Quote.id)).all() == []
