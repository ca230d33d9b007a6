"""Orders: placed once from an issued, valid quote; frozen; under parallel clicks, faults and hostile input."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.catalog.models import InstalledItem, Product, Site
from portal.catalog.serials import WITH_SERIAL_NUMBER
from portal.dates import business_date
from portal.db import Database
from portal.deals import verifying
from portal.deals.models import Quote, QuoteLine
from portal.deals.order_models import OrderDocument, SalesOrder, SalesOrderLine
from portal.history import HistoryEntry
from portal.notify.models import Notice
from portal.outbox import OutboxJob
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World

ZONE = "Asia/Shanghai"
DIFFERS = re.compile(r'[0-9a-hj-np-tv-z]{16}|"csrf_token" value="[^"]*"|X-CSRFToken": "[^"]*"')
COUNTED = (SalesOrder, SalesOrderLine, OrderDocument, InstalledItem, Site, OutboxJob)


@pytest.fixture
def deals(world: World) -> Deals:
    return Deals.open(world)


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


def today_of(world: World) -> date:
    return business_date(world.now, ZONE)


def form_of(world: World, **changes: str) -> dict[str, str]:
    wanted = (today_of(world) + timedelta(days=14)).isoformat()
    typed = {
        "purchase_number": "PO 4711/26", "wanted_on": wanted, "delivery_address": "1 Harbour Road, Gate 3",
        "contact": "Yuan, +86 571 8888 0000", "note": "Ring first", "form_key": "key-of-one-form",
    }  # fmt: skip
    return {**typed, **changes}


def counts(database: Database) -> list[int]:
    with database.reading(SYSTEM) as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in COUNTED]


def placed(database: Database) -> list[SalesOrder]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(SalesOrder).order_by(SalesOrder.id)))


def expire(database: Database, world: World, key: str, days: int) -> None:
    """Let a quote have ended so many days ago, past the wall that keeps issued quotes as they are."""
    wall = "DROP TRIGGER quote_frozen" + ("" if database.is_sqlite else " ON quote")
    with database.writing(SYSTEM) as session:
        session.execute(text(wall))
        until = today_of(world) - timedelta(days=days)
        session.execute(text("UPDATE quote SET valid_until = :u WHERE public_id = :k"), {"u": until, "k": key})


def test_an_order_copies_the_quote_and_waits_for_serials(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    key = deals.issue("north.sales")
    page = seller.get(f"/orders/from/{key}")
    assert page.status_code == 200
    assert page.text.count("form-label") == 5
    answer = seller.post(f"/orders/from/{key}", data=form_of(world))
    assert answer.status_code == 303
    (order,) = placed(database)
    assert answer.headers["Location"] == f"/orders/{order.public_id}"
    assert order.number == f"O-{today_of(world).year}-000001"
    with database.reading(SYSTEM) as session:
        quote = session.scalars(select(Quote).where(Quote.public_id == key)).one()
        theirs = session.scalars(select(QuoteLine).where(QuoteLine.quote_id == quote.id).order_by(QuoteLine.position))
        ours = session.scalars(select(SalesOrderLine).order_by(SalesOrderLine.position)).all()
        for line, copy in zip(theirs.all(), ours, strict=True):
            for column in ("position", "sku", "quantity", "unit_minor", "net_minor", "tax_minor", "name_zh"):
                assert getattr(line, column) == getattr(copy, column)
        assert (order.net_minor, order.gross_minor) == (quote.net_minor, quote.gross_minor)
        assert order.net_minor == sum(line.net_minor for line in ours)
        products = {p.id: p.kind for p in session.scalars(select(Product))}
        wanted = sum(line.quantity for line in ours if products[line.product_id] in WITH_SERIAL_NUMBER)
        items = session.scalars(select(InstalledItem)).all()
        assert len(items) == wanted > 8
        assert {(item.state, item.serial) for item in items} == {("expected", None)}
        kinds = {products[item.product_id] for item in items}
        assert {"cameras", "recorders", "disks"} <= kinds
        assert not {"cables", "licences", "accessories"} & kinds
        assert all(item.configuration_line and item.order_line_id for item in items)
        (site,) = session.scalars(select(Site)).all()
        assert (site.party_id, site.address) == (world.customers["north"], "1 Harbour Road, Gate 3")
        assert site.organisation_id == world.organisations["north"]
        assert {"place"} <= set(session.scalars(select(HistoryEntry.action)))
        jobs = session.scalars(select(OutboxJob).where(OutboxJob.kind.in_(("order_pdf", "mail")))).all()
        assert sorted(job.kind for job in jobs) == ["mail", "order_pdf", "order_pdf"]
    shown = seller.get(f"/orders/{order.public_id}").text
    for word in ("PO 4711/26", "1 Harbour Road, Gate 3", "Yuan", "Ring first", f"{len(items)} wait"):
        assert word in shown
    assert f"Ordered as {order.number}" in seller.get(f"/quotes/{key}").text
    assert seller.get(f"/orders/from/{key}").status_code == 303


def test_a_second_order_to_the_same_address_uses_the_same_site(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    for address in ("1 Harbour Road", "1  harbour ROAD ", "2 Harbour Road"):
        form = form_of(world, delivery_address=address, form_key=f"form-key-{address[:1]}{len(address)}")
        assert seller.post(f"/orders/from/{deals.issue('north.sales')}", data=form).status_code == 303
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(Site.address).order_by(Site.id)).all() == ["1 Harbour Road", "2 Harbour Road"]


STATEMENTS = (
    "UPDATE sales_order SET net_minor = 1",
    "UPDATE sales_order SET note = 'x'",
    "DELETE FROM sales_order",
    "UPDATE sales_order_line SET quantity = 99",
    "DELETE FROM sales_order_line",
    "INSERT INTO sales_order_line (order_id, position, group_en, group_zh, product_id, sku, maker, name_en, name_zh, "
    "invented, quantity, list_unit_minor, unit_minor, tax_bps, list_minor, net_minor, tax_minor, organisation_id) "
    "SELECT order_id, 900, group_en, group_zh, product_id, sku, maker, name_en, name_zh, invented, 1, 1, 1, 0, 1, 1, "
    "0, organisation_id FROM sales_order_line WHERE position = 1",
)


def test_the_database_itself_keeps_an_order(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    assert seller.post(f"/orders/from/{deals.issue('north.sales')}", data=form_of(world)).status_code == 303
    for statement in STATEMENTS:
        with pytest.raises(DBAPIError, match="never changes"), database.writing(SYSTEM) as session:
            session.execute(text(statement))


def test_fifty_clicks_at_once_are_one_order(app: Flask, deals: Deals, world: World, database: Database) -> None:
    key, form = deals.issue("north.sales"), form_of(world)
    clients = [world.client(app, "north.sales") for _ in range(50)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda client: client.post(f"/orders/from/{key}", data=form), clients))
    assert {answer.status_code for answer in answers} == {303}
    (order,) = placed(database)
    assert {answer.headers["Location"] for answer in answers} == {f"/orders/{order.public_id}"}
    with database.reading(SYSTEM) as session:
        mails = session.scalars(select(OutboxJob).where(OutboxJob.dedupe_key.is_not(None))).all()
        assert len(mails) == 1


def test_another_form_of_an_ordered_quote_is_led_to_the_order(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    key = deals.issue("north.sales")
    seller.post(f"/orders/from/{key}", data=form_of(world))
    answer = seller.post(f"/orders/from/{key}", data=form_of(world, form_key="another-form", purchase_number="Two"))
    assert answer.status_code == 409
    (order,) = placed(database)
    assert f"/orders/{order.public_id}" in answer.text


def test_the_database_holds_one_order_for_a_quote(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    seller.post(f"/orders/from/{deals.issue('north.sales')}", data=form_of(world))
    (order,) = placed(database)
    copy = {c.key: getattr(order, c.key) for c in SalesOrder.__table__.columns if c.key not in ("id", "public_id")}
    with pytest.raises(DBAPIError), database.writing(SYSTEM) as session:
        session.add(SalesOrder(**{**copy, "number": "O-2026-999999"}))


def test_what_cannot_be_ordered(deals: Deals, seller: FlaskClient, world: World, database: Database) -> None:
    draft = deals.draft("north.sales")
    old = deals.issue("north.sales")
    new = seller.post(f"/quotes/{old}/revise").headers["Location"].rsplit("/", 1)[1]
    assert seller.post(f"/quotes/{new}/issue", data={"version": "1"}).status_code == 303
    for key, sentence in ((draft, "still a draft"), (old, "replaced by a newer revision")):
        for answer in (seller.get(f"/orders/from/{key}"), seller.post(f"/orders/from/{key}", data=form_of(world))):
            assert answer.status_code == 409
            assert sentence in answer.text
    assert f"/quotes/{new}" in seller.post(f"/orders/from/{old}", data=form_of(world)).text
    assert placed(database) == []


@pytest.mark.parametrize(("days", "status"), [(0, 303), (1, 409), (400, 409)])
def test_the_last_day_counts_and_the_next_one_does_not(
    deals: Deals, seller: FlaskClient, world: World, database: Database, days: int, status: int
) -> None:
    key = deals.issue("north.sales")
    expire(database, world, key, days)
    answer = seller.post(f"/orders/from/{key}", data=form_of(world))
    assert answer.status_code == status
    if status == 409:
        assert "no longer valid" in answer.text
        assert "today:" in answer.text
        assert 'value="PO 4711/26"' in answer.text
        assert placed(database) == []


def test_a_failed_verification_stops_the_order_and_raises_the_alarm(
    deals: Deals, seller: FlaskClient, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = deals.issue("north.sales")

    def differs(*_: Any) -> None:
        raise verifying.VerificationFailed(["recorder-bandwidth"])

    monkeypatch.setattr(verifying, "verify", differs)
    before = counts(database)
    answer = seller.post(f"/orders/from/{key}", data=form_of(world))
    assert answer.status_code == 409
    assert 'value="PO 4711/26"' in answer.text
    assert counts(database)[:-1] == before[:-1]  # the alarm itself may be mailed
    with database.reading(SYSTEM) as session:
        told = session.scalars(select(Notice).where(Notice.kind == "verification_failed")).all()
        assert [notice.person_id for notice in told] == [world.people["supplier.product_manager"]]
        assert "verification failed" in set(session.scalars(select(HistoryEntry.action)))


STEPS = (
    "INSERT INTO sales_order ", "INSERT INTO sales_order_line", "INSERT INTO installed_item",
    "INSERT INTO order_document", "INSERT INTO outbox", "INSERT INTO history", "INSERT INTO site",
)  # fmt: skip


def test_a_fault_between_two_steps_saves_nothing(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    key, hit, fails = deals.issue("north.sales"), set[str](), list(STEPS)

    def gone(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(fails[-1]):
            hit.add(fails[-1])
            raise OperationalError(statement, {}, RuntimeError("server closed the connection unexpectedly"))

    before = counts(database)
    event.listen(database.engine, "before_cursor_execute", gone)
    while fails:
        answer = seller.post(f"/orders/from/{key}", data=form_of(world))
        assert answer.status_code == 503, fails[-1]
        assert "PO 4711/26" in answer.text
        assert counts(database) == before
        if len(fails) == 1:
            event.remove(database.engine, "before_cursor_execute", gone)
        fails.pop()
    assert hit == set(STEPS)
    assert seller.post(f"/orders/from/{key}", data=form_of(world)).status_code == 303
    assert placed(database)[0].number.endswith("000001")  # a number that was not used is given again


BAD_VALUES = [
    ("wanted_on", ""), ("wanted_on", "2020-01-01"), ("wanted_on", "0"), ("wanted_on", "-1"),
    ("wanted_on", "1e18"), ("wanted_on", "٢٠٢٧-٠١-٠١"), ("wanted_on", "9999-12-31"), ("wanted_on", "2027-02-30"),
    ("wanted_on", "20270101"), ("wanted_on", "2027-W01-1"), ("wanted_on", "x" * 10_000),
    ("purchase_number", ""), ("purchase_number", "   "), ("purchase_number", "x" * 61),
    ("purchase_number", "a\x00b"), ("purchase_number", "a\u202eb"), ("delivery_address", ""),
    ("delivery_address", "y" * 10_000), ("contact", ""), ("contact", "z" * 10_000), ("note", "n" * 10_000),
    ("form_key", ""), ("form_key", "' OR 1=1 --"),
]  # fmt: skip


def test_bad_values_keep_everything_typed(deals: Deals, seller: FlaskClient, world: World, database: Database) -> None:
    key, before = deals.issue("north.sales"), counts(database)
    kept = {"purchase_number": "PO 4711/26", "delivery_address": "1 Harbour Road, Gate 3", "note": "Ring first"}
    for field, typed in BAD_VALUES:
        answer = seller.post(f"/orders/from/{key}", data=form_of(world, **{field: typed}))
        assert answer.status_code == 422, (field, typed[:30])
        for name, value in kept.items():
            assert name == field or value in answer.text, (field, typed[:30])
    assert counts(database) == before


def test_yesterday_in_the_suppliers_zone_is_over(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    key, today = deals.issue("north.sales"), today_of(world)
    yesterday = form_of(world, wanted_on=(today - timedelta(days=1)).isoformat())
    answer = seller.post(f"/orders/from/{key}", data=yesterday)
    assert answer.status_code == 422
    assert "This day is over" in answer.text
    assert seller.post(f"/orders/from/{key}", data=form_of(world, wanted_on=today.isoformat())).status_code == 303


def test_fields_that_nobody_asked_for_change_nothing(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    key = deals.issue("north.sales")
    south = str(world.organisations["south"])
    more = {"organisation_id": south, "net_minor": "1", "state": "delivered", "number": "O-1", "customer_id": south}
    assert seller.post(f"/orders/from/{key}", data={**form_of(world), **more}).status_code == 303
    (order,) = placed(database)
    assert order.organisation_id == world.organisations["north"]
    assert order.customer_id == world.customers["north"]
    assert (order.state, order.number[-6:]) == ("placed", "000001")
    assert order.net_minor > 1


REFUSED = {"south.sales": 404, "north.engineer": 403, "hospital.owner": 403, "supplier.channel_manager": 403}


def test_who_may_not_order(app: Flask, deals: Deals, world: World, database: Database) -> None:
    key = deals.issue("north.sales")
    for who, status in REFUSED.items():
        client = world.client(app, who)
        assert client.post(f"/orders/from/{key}", data=form_of(world)).status_code == status
        assert client.get(f"/orders/from/{key}").status_code == status
    assert placed(database) == []


def test_a_foreign_order_looks_like_a_missing_one(app: Flask, deals: Deals, world: World, database: Database) -> None:
    world.client(app, "north.sales").post(f"/orders/from/{deals.issue('north.sales')}", data=form_of(world))
    (order,) = placed(database)
    stranger = world.client(app, "south.sales")
    stranger.get("/profile")
    for path in ("", "/documents", "/en.pdf"):
        foreign, missing = stranger.get(f"/orders/{order.public_id}{path}"), stranger.get(f"/orders/{'0' * 16}{path}")
        assert (foreign.status_code, missing.status_code) == (404, 404)
        bare = [DIFFERS.sub("", answer.text) for answer in (foreign, missing)]
        assert bare[0] == bare[1]
    listed = stranger.get("/orders?q=PO&by=purchase").text
    assert "PO 4711" not in listed
    assert order.number not in listed
    assert order.number in world.client(app, "supplier.finance").get("/orders").text


FORMULAS = ("=1+1", "@SUM(A1)", "-2", '=HYPERLINK("http://x")', "＝1")


def test_texts_that_look_like_formulas_stay_texts(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    for bad in FORMULAS:
        _order_with(bad, deals, seller, world, database)


def _order_with(bad: str, deals: Deals, seller: FlaskClient, world: World, database: Database) -> None:
    form = form_of(world, purchase_number=bad, delivery_address=bad, contact=bad, note=bad)
    assert seller.post(f"/orders/from/{deals.issue('north.sales', name=bad)}", data=form).status_code == 303
    order = placed(database)[-1]
    content = seller.get(f"/orders/{order.public_id}/lines.xlsx").data
    page = openpyxl.load_workbook(io.BytesIO(content))["Order"]
    cells = [cell for line in page.iter_rows() for cell in line]
    found = [cell for cell in cells if cell.value == bad]
    assert len(found) == 5  # title, number, address, contact, note
    assert {cell.data_type for cell in found} == {"s"}
    formulas = [cell for cell in cells if cell.data_type == "f"]
    assert len(formulas) == order.line_count
    amounts = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Order"]
    assert any(cell.value == order.gross_minor / 100 for line in amounts.iter_rows() for cell in line)
    written = seller.get(f"/orders/{order.public_id}/lines.csv").data.decode("utf-8-sig")
    assert len(written.splitlines()) == order.line_count + 1
    assert not any(cell[:1] in "=+-@" for line in csv.reader(io.StringIO(written)) for cell in line if cell)


def test_hostile_text_stays_text(deals: Deals, seller: FlaskClient, world: World, database: Database) -> None:
    bad = '=1+1"><script>alert(1)</script>{{7*7}}'
    form = form_of(world, purchase_number=bad, delivery_address=bad, contact=bad, note=bad)
    assert seller.post(f"/orders/from/{deals.issue('north.sales')}", data=form).status_code == 303
    (order,) = placed(database)
    for path in (f"/orders/{order.public_id}", "/orders"):
        shown = seller.get(path).text
        assert "<script>alert" not in shown
        assert "{{7*7}}" in shown  # nothing was worked out
