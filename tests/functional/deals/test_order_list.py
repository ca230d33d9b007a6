"""The list of orders: keyset pages, search by number, customer and purchase order number, in one query."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, insert

from portal.configurator.models import Configuration, RuleRevision
from portal.db import Database, new_public_id
from portal.deals import order_queries as queries
from portal.deals.models import Quote
from portal.deals.order_models import SalesOrder
from portal.deals.order_queries import OrderFilter
from portal.parties.models import name_key
from portal.policy import SYSTEM
from tests.factories.world import World

NAMES = ["青溪医院", "Maple Ridge School", "maple ridge annex", "100%_sure", "Ünïcode", ""]
AMOUNTS = ("list_minor", "net_minor", "tax_minor", "gross_minor")
PURCHASES = ["PO-1", "PO-10", "4711", "甲 2026/7", "%"]
Rows = list[dict[str, object]]


@pytest.fixture
def many(database: Database, world: World) -> Rows:
    """Sixty orders each of two partners, with equal names and purchase order numbers among them."""
    chance, rows = random.Random(7), Rows()
    today = world.now.date()
    with database.writing(SYSTEM) as session:
        stamp = {"effective_on": today, "published_at": world.now}
        rules = RuleRevision(key="none", number=1, content_hash="0", content={}, **stamp)
        session.add(rules)
        session.flush()
        times = {"created_at": world.now, "updated_at": world.now}
        for key in ("north", "south"):
            owner = {"organisation_id": world.organisations[key]}
            site = Configuration(**owner, name="Site", rule_revision_id=rules.id, choices={}, **times)
            session.add(site)
            session.flush()
            money = {"currency": "CNY", "tax_bps": 1300} | dict.fromkeys(AMOUNTS, 0)
            made_from = {"configuration_id": site.id, "rule_revision_id": rules.id}
            for _ in range(60):
                quote = Quote(**owner, **made_from, title="T", snapshot={}, **money, **times)
                session.add(quote)
                session.flush()
                name, purchase = chance.choice(NAMES), chance.choice(PURCHASES)
                rows.append(
                    {
                        **owner, **money, "public_id": new_public_id(), "number": f"O-2026-{len(rows) + 1:06d}",
                        "form_key": "k", "quote_id": quote.id, "quote_number": "Q", "quote_revision": 1, "title": "T",
                        "configuration_id": site.id, "customer_name": name, "customer_key": name_key(name),
                        "purchase_number": purchase, "purchase_key": name_key(purchase), "tax_mode": "net",
                        "wanted_on": today + timedelta(days=9), "delivery_address": "x", "contact": "y", "note": "",
                        "line_count": 1, "snapshot": {}, "placed_on": today, "placed_at": world.now, "state": "placed",
                    }
                )  # fmt: skip
        session.execute(insert(SalesOrder), rows)
    return rows


def read_all(database: Database, world: World, who: str, q: str = "", by: str = "") -> list[queries.OrderRow]:
    actor, found, after = world.actor(who), list[queries.OrderRow](), ""
    for _ in range(100):
        with database.reading(actor) as session:
            page = queries.orders(session, OrderFilter.read(q, by, after), limit=7)
        found += page.rows
        after = page.next_after
        if not after:
            return found
    raise AssertionError("the pages never end")


def own(many: Rows, world: World) -> Rows:
    return [row for row in many if row["organisation_id"] == world.organisations["north"]]


def ids(rows: Sequence[queries.OrderRow]) -> list[str]:
    return [row.public_id for row in rows]


def test_pages_hold_every_own_row_once_newest_first(database: Database, world: World, many: Rows) -> None:
    found = read_all(database, world, "north.sales")
    assert ids(found) == [row["public_id"] for row in reversed(own(many, world))]
    assert len(read_all(database, world, "supplier.finance")) == 120


@pytest.mark.parametrize(
    ("q", "by", "names"),
    [
        ("maple", "customer", {"Maple Ridge School", "maple ridge annex"}),
        ("青", "customer", {"青溪医院"}),
        ("100%_", "customer", {"100%_sure"}),
        ("%", "customer", set()),
        ("' OR 1=1 --", "customer", set()),
        ("po-1", "purchase", {"PO-1", "PO-10"}),
        ("%", "purchase", {"%"}),
        ("甲", "purchase", {"甲 2026/7"}),
    ],
)
def test_search_finds_beginnings_literally(
    database: Database, world: World, many: Rows, q: str, by: str, names: set[str]
) -> None:
    found = read_all(database, world, "north.sales", q, by)
    column = "customer_name" if by == "customer" else "purchase_number"
    assert {getattr(row, column) for row in found} == names
    assert len(found) == len({row.id for row in found}) == sum(row[column] in names for row in own(many, world))


def test_search_by_number(database: Database, world: World, many: Rows) -> None:
    assert [row.number for row in read_all(database, world, "north.sales", "o-2026-12")] == ["O-2026-000012"]
    assert read_all(database, world, "north.sales", str(many[-1]["number"])) == []


QUERIES = (
    "by=drop+table", "after=AAAA", "after=%FF%00", "q=%00", "q=" + "x" * 5000, "after=" + "W" * 5000,
    "q=a&after=WzEsMl0", "q=a&after=WyJcdWQ4MDAiLDFd", "after=WzFlNDAwXQ", "after=WzkyMjMzNzIwMzY4NTQ3NzU4MDhd",
    "after=" + "Ww" * 500, "q=%ED%A0%80", "q=O-99999-1", "q=O-2026-" + "9" * 90,
)  # fmt: skip


def test_nonsense_in_the_address_is_harmless(app: Flask, world: World, many: Rows) -> None:
    client = world.client(app, "north.sales")
    for query in QUERIES:
        assert client.get(f"/orders?{query}").status_code == 200, query


@pytest.mark.parametrize(("q", "by"), [("", ""), ("maple", "customer"), ("PO", "purchase"), ("O-2026-7", "")])
def test_one_page_is_one_query(database: Database, world: World, many: Rows, q: str, by: str) -> None:
    seen: list[str] = []
    actor = world.actor("north.sales")
    event.listen(database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    with database.reading(actor) as session:
        queries.orders(session, OrderFilter.read(q, by, ""))
    assert len([sql for sql in seen if sql.startswith("SELECT")]) == 1
