"""Quotes from draft to revision: frozen, verified, numbered, priced, in parallel and under faults."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from portal.catalog.models import Price
from portal.configurator.queries import terms_of
from portal.dates import business_date
from portal.db import Database
from portal.deals import operations
from portal.deals.models import Quote, QuoteDocument, QuoteLine
from portal.deals.queries import quote as quote_of
from portal.errors import Conflict, NotAllowed, NotFound
from portal.history import HistoryEntry
from portal.notify.models import Notice
from portal.outbox import OutboxJob
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World

ZONE = "Asia/Shanghai"


@pytest.fixture
def deals(world: World) -> Deals:
    return Deals.open(world)


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


def row(database: Database, public_id: str) -> Quote:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Quote).where(Quote.public_id == public_id)).one()


def lines(database: Database, quote: Quote) -> list[QuoteLine]:
    with database.reading(SYSTEM) as session:
        return operations.lines_of(session, quote)


def test_a_draft_holds_the_whole_bill_and_adds_up(deals: Deals, database: Database) -> None:
    quote = row(database, deals.draft("north.sales"))
    found = lines(database, quote)
    assert {"LQ-D4-I", "LQ-MOUNT"} <= {line.sku for line in found}  # the camera, and the mount that added itself
    assert quote.net_minor == sum(line.net_minor for line in found) == sum(x.quantity * x.unit_minor for x in found)
    assert quote.list_minor == sum(line.quantity * line.list_unit_minor for line in found)
    assert quote.tax_minor == sum(line.tax_minor for line in found)
    assert quote.gross_minor == quote.net_minor + quote.tax_minor
    assert 0 < quote.net_minor < quote.list_minor
    assert quote.state == "draft"
    assert quote.number is None


def test_tiers_pay_different_prices(deals: Deals, database: Database) -> None:
    gold, silver = row(database, deals.draft("north.sales")), row(database, deals.draft("south.sales"))
    assert gold.list_minor == silver.list_minor
    assert gold.net_minor < silver.net_minor


def test_issuing_freezes_numbers_and_asks_for_both_documents(deals: Deals, world: World, database: Database) -> None:
    quote = row(database, deals.issue("north.sales"))
    today = business_date(world.now, ZONE)
    assert (quote.state, quote.number, quote.revision) == ("issued", f"Q-{today.year}-000001", 1)
    assert (quote.issued_on, quote.valid_until) == (today, today + timedelta(days=30))
    with database.reading(SYSTEM) as session:
        documents = session.scalars(select(QuoteDocument).where(QuoteDocument.quote_id == quote.id)).all()
        assert {(d.locale, d.state) for d in documents} == {("en", "waiting"), ("zh", "waiting")}
        assert session.scalar(select(func.count()).select_from(OutboxJob).where(OutboxJob.kind == "quote_pdf")) == 2
        actions = set(session.scalars(select(HistoryEntry.action).where(HistoryEntry.thing_kind == "quote")))
        assert {"draft", "issue"} <= actions
    assert {"choices", "assignment", "rules", "prices", "assumptions", "supplier", "partner"} <= quote.snapshot.keys()
    assert quote.snapshot["rules"]["hash"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE quote SET net_minor = 1 WHERE public_id = :key",
        "UPDATE quote SET state = 'draft' WHERE public_id = :key",
        "DELETE FROM quote WHERE public_id = :key",
        "UPDATE quote_line SET quantity = 99 WHERE quote_id = (SELECT id FROM quote WHERE public_id = :key)",
        "DELETE FROM quote_line WHERE quote_id = (SELECT id FROM quote WHERE public_id = :key)",
    ],
)
def test_the_database_itself_keeps_an_issued_quote(deals: Deals, database: Database, statement: str) -> None:
    key = deals.issue("north.sales")
    with pytest.raises(DBAPIError, match="never changes"), database.writing(SYSTEM) as session:
        session.execute(text(statement), {"key": key})


def test_no_edit_after_issue(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = deals.issue("north.sales")
    before = row(database, key)
    form = {"title": "Other", "customer": "", "validity_days": "5", "note": "", "version": str(before.version)}
    answer = seller.post(f"/quotes/{key}", data=form)
    assert answer.status_code == 409
    assert row(database, key).title == before.title


def test_a_revision_replaces_its_predecessor_when_issued(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = deals.issue("north.sales")
    first = seller.post(f"/quotes/{key}/revise")
    again = seller.post(f"/quotes/{key}/revise")
    assert first.headers["Location"] == again.headers["Location"]
    draft = first.headers["Location"].rsplit("/", 1)[1]
    assert row(database, key).state == "issued"
    assert [x.sku for x in lines(database, row(database, draft))] == [
        x.sku for x in lines(database, row(database, key))
    ]
    issued = seller.post(f"/quotes/{draft}/issue", data={"version": str(row(database, draft).version)})
    assert issued.status_code == 303
    old, new = row(database, key), row(database, draft)
    assert (old.state, new.state, new.number, new.revision) == ("superseded", "issued", old.number, 2)
    assert seller.post(f"/quotes/{key}/revise").status_code == 409
    assert "replaced by a newer revision" in seller.get(f"/quotes/{key}").text


def test_a_changed_configuration_is_not_issued_with_its_old_lines(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    configuration = deals.configure("north.sales")
    draft = seller.post(f"/quotes/from/{configuration}").headers["Location"].rsplit("/", 1)[1]
    seller.post(f"/configurations/{configuration}/choices", data={"key": "cameras", "value": "6", "version": "1"})
    answer = seller.post(f"/quotes/{draft}/issue", data={"version": "1"})
    assert answer.status_code == 409
    assert "Bring its lines up to date first" in answer.text
    again = seller.post(f"/quotes/from/{configuration}")  # leads to the same draft, brought up to date
    assert again.headers["Location"].endswith(draft)
    assert {line.quantity for line in lines(database, row(database, draft)) if line.sku.startswith("LQ-D")} == {6}
    assert seller.post(f"/quotes/{draft}/issue", data={"version": "2"}).status_code == 303


def test_a_draft_can_be_discarded_and_an_issued_quote_cannot(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    key, issued = deals.draft("north.sales"), deals.issue("north.sales")
    assert seller.post(f"/quotes/{key}/discard", data={"version": "9"}).status_code == 409
    assert seller.post(f"/quotes/{key}/discard", data={"version": "1"}).status_code == 303
    assert seller.get(f"/quotes/{key}").status_code == 404
    assert seller.post(f"/quotes/{issued}/discard", data={"version": "2"}).status_code == 409
    assert row(database, issued).state == "issued"
    begun = seller.post(f"/quotes/{issued}/revise").headers["Location"].rsplit("/", 1)[1]
    assert seller.post(f"/quotes/{begun}/discard", data={"version": "1"}).status_code == 303
    assert seller.post(f"/quotes/{issued}/revise").status_code == 303  # the way is free for another revision
    with database.reading(SYSTEM) as session:
        assert "discard" in set(session.scalars(select(HistoryEntry.action)))


def test_the_revision_shows_what_changed(deals: Deals, seller: FlaskClient, world: World, database: Database) -> None:
    configuration = deals.configure("north.sales")
    made = seller.post(f"/quotes/from/{configuration}").headers["Location"].rsplit("/", 1)[1]
    seller.post(f"/quotes/{made}/issue", data={"version": "1"})
    draft = seller.post(f"/quotes/{made}/revise").headers["Location"].rsplit("/", 1)[1]
    page = seller.post(
        f"/configurations/{configuration}/choices", data={"key": "cameras", "value": "6", "version": "1"}
    )
    assert page.status_code == 303
    assert "changed after this draft" in seller.get(f"/quotes/{draft}").text
    seller.post(f"/quotes/{draft}/refresh", data={"version": str(row(database, draft).version)})
    text_ = seller.get(f"/quotes/{draft}").text
    assert "What changed since revision 1" in text_
    assert "8 → 6" in text_


def test_only_one_of_many_parallel_issues_wins(app: Flask, deals: Deals, world: World, database: Database) -> None:
    key = deals.draft("north.sales")
    version = str(row(database, key).version)

    def issue(_: int) -> int:
        return world.client(app, "north.sales").post(f"/quotes/{key}/issue", data={"version": version}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(issue, range(12)))
    assert statuses == [303] + [409] * 11
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(QuoteDocument)) == 2


def test_parallel_issues_of_different_quotes_get_numbers_without_gaps(
    app: Flask, deals: Deals, world: World, database: Database
) -> None:
    keys = [deals.draft("north.sales") for _ in range(6)]
    clients = [world.client(app, "north.sales") for _ in keys]
    with ThreadPoolExecutor(6) as pool:
        list(
            pool.map(
                lambda pair: pair[0].post(f"/quotes/{pair[1]}/issue", data={"version": "1"}),
                zip(clients, keys, strict=True),
            )
        )
    numbers = sorted(row(database, key).number or "" for key in keys)
    assert [number[-6:] for number in numbers] == [f"{n:06d}" for n in range(1, 7)]


def test_prices_that_changed_stop_the_issue_and_show_the_new_ones(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    key = deals.draft("north.sales")
    with database.writing(SYSTEM) as session:
        session.execute(update(Price).values(amount_minor=Price.amount_minor + 100))
    answer = seller.post(f"/quotes/{key}/issue", data={"version": "1"})
    assert answer.status_code == 409
    assert "Prices have changed" in answer.text
    assert row(database, key).state == "draft"
    seller.post(f"/quotes/{key}/refresh", data={"version": "1"})
    assert seller.post(f"/quotes/{key}/issue", data={"version": "2"}).status_code == 303


def test_a_failed_verification_stops_the_document_and_raises_the_alarm(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    key = deals.draft("north.sales")
    with database.writing(SYSTEM) as session:  # as if the solver had been wrong
        quote = session.scalars(select(Quote).where(Quote.public_id == key)).one()
        wrong = {**quote.snapshot["assignment"], "cameras": 64}
        quote.snapshot = {**quote.snapshot, "assignment": wrong}
    answer = seller.post(f"/quotes/{key}/issue", data={"version": "1"})
    assert answer.status_code == 409
    assert row(database, key).state == "draft"
    with database.reading(SYSTEM) as session:
        told = session.scalars(select(Notice).where(Notice.kind == "verification_failed")).all()
        assert [notice.person_id for notice in told] == [world.people["supplier.product_manager"]]
        assert "verification failed" in set(session.scalars(select(HistoryEntry.action)))
        assert session.scalar(select(func.count()).select_from(QuoteDocument)) == 0


def test_lines_that_are_not_the_verified_bill_stop_the_document(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    key = deals.draft("north.sales")
    with database.writing(SYSTEM) as session:
        first = session.scalars(select(QuoteLine).order_by(QuoteLine.id).limit(1)).one()
        first.quantity += 1
    assert seller.post(f"/quotes/{key}/issue", data={"version": "1"}).status_code == 409
    assert row(database, key).state == "draft"


def test_a_quote_needs_a_customer(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = deals.draft("north.sales", customer=False)
    answer = seller.post(f"/quotes/{key}/issue", data={"version": "1"})
    assert answer.status_code == 409
    assert "Choose the customer first" in answer.text


def test_stale_forms_do_not_overwrite(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = deals.draft("north.sales")
    form = {"customer": "", "validity_days": "20", "note": "", "version": "1"}
    assert seller.post(f"/quotes/{key}", data={**form, "title": "First"}).status_code == 303
    answer = seller.post(f"/quotes/{key}", data={**form, "title": "Second <b>"})
    assert answer.status_code == 409
    assert "Second &lt;b&gt;" in answer.text  # what was typed is still in the form
    assert row(database, key).title == "First"


@pytest.mark.parametrize("days", ["", "0", "-1", "366", "1e3", "٣", "9" * 100, "30.5", "abc", "😀"])
def test_bad_validity_keeps_everything_typed(deals: Deals, seller: FlaskClient, database: Database, days: str) -> None:
    key = deals.draft("north.sales")
    form = {"title": "Kept", "customer": "", "validity_days": days, "note": "Kept note", "version": "1"}
    answer = seller.post(f"/quotes/{key}", data=form)
    assert answer.status_code == 422
    assert 'value="Kept"' in answer.text
    assert "Kept note" in answer.text
    assert row(database, key).title == "A site"


def test_a_foreign_customer_cannot_be_named(
    deals: Deals, world: World, seller: FlaskClient, database: Database
) -> None:
    key = deals.draft("north.sales")
    form = {"title": "x", "customer": str(world.customers["south"]), "validity_days": "3", "note": "", "version": "1"}
    assert seller.post(f"/quotes/{key}", data=form).status_code == 422
    with pytest.raises(NotFound), database.writing(world.actor("north.sales")) as session:
        operations.edit_quote(
            session,
            world.actor("north.sales"),
            quote_of(session, key),
            title="x",
            customer_id=world.customers["south"],
            note="",
            validity_days=3,
            version=1,
            now=world.now,
        )


def test_who_only_reads_cannot_write_through_the_operations(deals: Deals, world: World, database: Database) -> None:
    key = deals.draft("north.sales")
    for who in ("supplier.channel_manager", "north.engineer"):
        actor = world.actor(who)
        with pytest.raises(NotAllowed), database.writing(actor) as session:
            quote = quote_of(session, key)
            terms = terms_of(session, quote.organisation_id)
            today = business_date(world.now, ZONE)
            operations.issue_quote(session, actor, quote, terms, version=1, now=world.now, today=today)


def test_an_empty_predecessor_cannot_be_superseded_twice(deals: Deals, world: World, database: Database) -> None:
    key = deals.issue("north.sales")
    actor = world.actor("north.sales")
    with database.writing(actor) as session:
        operations.revise_quote(session, actor, quote_of(session, key), now=world.now)
    with pytest.raises(Conflict), database.writing(actor) as session:
        draft = session.scalars(select(Quote).where(Quote.predecessor_id.is_not(None))).one()
        operations.revise_quote(session, actor, draft, now=world.now)


def test_issuing_from_the_form_saves_what_stands_in_it(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = deals.draft("north.sales")
    before = row(database, key)
    form = {"title": "Gate 3", "validity_days": "20", "note": "", "version": str(before.version), "then": "issue"}
    refused = seller.post(f"/quotes/{key}", data={**form, "customer": ""})
    kept = row(database, key)
    assert refused.status_code == 409
    assert (kept.state, kept.title, kept.validity_days) == ("draft", "Gate 3", 20)
    form |= {"customer": str(before.customer_id), "version": str(kept.version)}
    assert seller.post(f"/quotes/{key}", data=form).status_code == 303
    issued = row(database, key)
    assert (issued.state, issued.title, issued.customer_name) == ("issued", "Gate 3", before.customer_name)


def test_enter_in_a_field_of_a_draft_saves_and_does_not_issue(deals: Deals, seller: FlaskClient) -> None:
    page = seller.get(f"/quotes/{deals.draft('north.sales')}").text
    first = re.search(r"<button[^>]*paper-form[^>]*>", page)
    assert first
    assert "hidden" in first[0]
    assert "issue" not in first[0]
