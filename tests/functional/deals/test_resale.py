"""Offers under the partner's own letterhead: priced, issued, frozen, revised, and never a word about purchase."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal.dates import business_date
from portal.db import Database
from portal.deals import resale_operations
from portal.deals.models import Quote, QuoteLine
from portal.deals.resale_models import Letterhead, Resale, ResaleDocument, ResaleLine
from portal.history import HistoryEntry
from portal.money import divide_half_up
from portal.outbox import OutboxJob
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.deals.offers import (
    begin,
    bought_of,
    form_of,
    issue,
    lines_of,
    purchases_of,
    quote_of,
    resale_of,
    save,
)


def test_from_quote_to_issued_offer_in_two_taps(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    quote = deals.issue("north.sales")
    assert "Resale quotation" in seller.get(f"/quotes/{quote}").text
    made = begin(seller, quote)
    draft = resale_of(database, made)
    assert (draft.basis, draft.markup_bps, draft.state) == ("list", 0, "draft")  # nothing remembered: the list price
    assert draft.net_minor == quote_of(database, quote).list_minor
    assert save(seller, database, made, then="issue").status_code == 303
    offer = resale_of(database, made)
    today = business_date(world.now, "Asia/Shanghai")
    assert (offer.state, offer.number, offer.revision) == ("issued", f"RS-{today.year}-000001", 1)
    assert (offer.issued_on, offer.valid_until) == (today, today + timedelta(days=20))
    bought = bought_of(database, offer)
    for line in lines_of(database, offer):
        assert line.unit_minor == divide_half_up(bought[line.position].unit_minor * 12_000, 10_000)
        assert line.net_minor == line.unit_minor * line.quantity
        assert line.tax_minor == divide_half_up(line.net_minor * 1300, 10_000)
    assert offer.net_minor == sum(line.net_minor for line in lines_of(database, offer))
    assert offer.gross_minor == offer.net_minor + offer.tax_minor
    with database.reading(SYSTEM) as session:
        documents = session.scalars(select(ResaleDocument)).all()
        assert {(d.locale, d.state) for d in documents} == {("en", "waiting"), ("zh", "waiting")}
        assert session.scalar(select(func.count()).where(OutboxJob.kind == "resale_pdf")) == 2
        actions = set(session.scalars(select(HistoryEntry.action).where(HistoryEntry.thing_kind == "resale")))
        assert actions == {"draft", "edit", "issue"}
    page = seller.get(f"/resale/{made}").text
    assert offer.number in page
    assert "You earn" in page


def test_the_last_markup_is_remembered(deals: Deals, seller: FlaskClient, database: Database) -> None:
    first = begin(seller, deals.issue("north.sales"))
    assert save(seller, database, first, markup="17.25", basis="partner").status_code == 303
    second = resale_of(database, begin(seller, deals.issue("north.sales")))
    assert (second.markup_bps, second.basis) == (1725, "partner")
    again = seller.post(f"/quotes/{_quote_id(database, second)}/resale")
    assert again.headers["Location"].endswith(second.public_id)  # an open draft is led to, not made twice


def _quote_id(database: Database, resale: Resale) -> str:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Quote.public_id).where(Quote.id == resale.quote_id)).one()


def test_an_offer_and_its_snapshot_hold_nothing_about_purchase(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    offer = resale_of(database, issue(seller, database, deals.issue("north.sales")))
    assert not {"prices", "rules", "bill", "choices", "assignment"} & offer.snapshot.keys()
    held = json.dumps(offer.snapshot)
    assert not purchases_of(bought_of(database, offer).values()).search(held)
    assert "gold" not in held
    assert not {"unit_cost", "purchase", "partner_unit_minor"} & set(ResaleLine.__table__.columns.keys())


STATEMENTS = (
    "UPDATE resale SET net_minor = 1 WHERE public_id = :key",
    "UPDATE resale SET markup_bps = 1 WHERE public_id = :key",
    "UPDATE resale SET snapshot = '{}' WHERE public_id = :key",
    "UPDATE resale SET state = 'draft' WHERE public_id = :key",
    "DELETE FROM resale WHERE public_id = :key",
    "UPDATE resale_line SET unit_minor = 99 WHERE resale_id = (SELECT id FROM resale WHERE public_id = :key)",
    "DELETE FROM resale_line WHERE resale_id = (SELECT id FROM resale WHERE public_id = :key)",
)


def test_the_database_itself_keeps_an_issued_offer(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = issue(seller, database, deals.issue("north.sales"))
    for statement in STATEMENTS:
        with pytest.raises(DBAPIError, match="never changes"), database.writing(SYSTEM) as session:
            session.execute(text(statement), {"key": key})


def test_what_an_issued_quote_was_made_from_never_changes(deals: Deals, database: Database) -> None:
    key = deals.issue("north.sales")
    with pytest.raises(DBAPIError, match="never changes"), database.writing(SYSTEM) as session:
        session.execute(text("UPDATE quote SET snapshot = '{}' WHERE public_id = :key"), {"key": key})


BAD_MARKUPS = [
    "-100",
    "1000000",
    "-90.01",
    "900.01",
    "",
    "1e3",
    "12,5",
    "٣",
    "nan",
    "--1",
    "9" * 12,
    "1.234",
    "0x1f",
    "½",
]


def test_a_bad_markup_is_422_and_keeps_everything_typed(deals: Deals, seller: FlaskClient, database: Database) -> None:
    made = begin(seller, deals.issue("north.sales"))
    before = resale_of(database, made)
    for markup in BAD_MARKUPS:
        answer = save(seller, database, made, markup=markup, title="Kept <b>", note="Kept note", **{"price-1": "77.50"})
        assert answer.status_code == 422, markup
        assert 'value="Kept &lt;b&gt;"' in answer.text
        assert "Kept note" in answer.text
        assert 'value="77.50"' in answer.text
    after = resale_of(database, made)
    assert (after.title, after.markup_bps, after.net_minor) == (before.title, before.markup_bps, before.net_minor)
    assert save(seller, database, made, markup="-90").status_code == 303
    assert save(seller, database, made, markup="900").status_code == 303


BAD_AMOUNTS = [
    "-1",
    "0",
    "0.00",
    "1" + "0" * 18,
    "1e3",
    "1,000",
    "٣",
    "1.005",
    "NaN",
    "one",
    " . ",
    "1.2.3",
    "=1+1",
    "∞",
]


def test_a_bad_amount_is_422_at_its_field(deals: Deals, seller: FlaskClient, database: Database) -> None:
    made = begin(seller, deals.issue("north.sales"))
    before = resale_of(database, made).net_minor
    for field, amount in product(("price-1", "total"), BAD_AMOUNTS):
        answer = save(seller, database, made, **{field: amount})
        assert answer.status_code == 422, (field, amount)
        assert "plain digits" in answer.text
    assert resale_of(database, made).net_minor == before


def test_other_bad_fields_are_422(deals: Deals, seller: FlaskClient, database: Database) -> None:
    made = begin(seller, deals.issue("north.sales"))
    for field in ({"tax": "-1"}, {"tax": "100.01"}, {"validity_days": "0"}, {"basis": "cost"}):
        assert save(seller, database, made, **field).status_code == 422, field


def test_prices_that_become_too_large_are_422_not_an_overflow(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    made = begin(seller, deals.issue("north.sales"))
    answer = save(seller, database, made, **{"price-1": "9999999999999.99"})
    assert answer.status_code == 422
    assert "larger than any price" in answer.text


def test_own_prices_and_an_agreed_total(deals: Deals, seller: FlaskClient, database: Database) -> None:
    made = begin(seller, deals.issue("north.sales"))
    assert save(seller, database, made, **{"price-1": "1234.50"}).status_code == 303
    first = lines_of(database, resale_of(database, made))[0]
    assert (first.own_price, first.unit_minor, first.net_minor) == (True, 123_450, 123_450 * first.quantity)
    answer = save(seller, database, made, total="98765.43", **{"price-1": "1234.50"})
    assert answer.status_code == 303
    offer, lines = resale_of(database, made), lines_of(database, resale_of(database, made))
    assert offer.net_minor == 9_876_543 == sum(line.net_minor for line in lines)
    assert lines[0].net_minor == 123_450 * lines[0].quantity
    too_little = save(seller, database, made, total="1", **{"price-1": "1234.50"})
    assert too_little.status_code == 422
    assert "leaves nothing" in too_little.text


def test_a_line_below_purchase_is_said_but_not_forbidden(deals: Deals, seller: FlaskClient, database: Database) -> None:
    made = begin(seller, deals.issue("north.sales"))
    save(seller, database, made, **{"price-1": "0.01"})
    assert "1 line is sold below your purchase price" in seller.get(f"/resale/{made}").text
    assert save(seller, database, made, then="issue", **{"price-1": "0.01"}).status_code == 303
    assert "1 line is sold below your purchase price" in seller.get(f"/resale/{made}").text


def test_an_offer_needs_a_customer_and_says_so_at_the_field(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    made = begin(seller, deals.issue("north.sales"))
    answer = save(seller, database, made, then="issue", customer="", markup="33")
    assert answer.status_code == 422
    assert "Choose the customer first" in answer.text
    assert 'value="33"' in answer.text
    row = resale_of(database, made)
    assert (row.state, row.markup_bps) == ("draft", 0)  # nothing half saved
    assert f'name="version" value="{row.version}"' in answer.text.replace("\n", "")


def test_a_foreign_customer_cannot_be_named(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    made = begin(seller, deals.issue("north.sales"))
    assert save(seller, database, made, customer=str(world.customers["south"])).status_code == 422


def test_drafts_superseded_and_expired_quotes_are_not_sold_on(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    assert seller.post(f"/quotes/{deals.draft('north.sales')}/resale").status_code == 409
    key = deals.issue("north.sales")
    made = begin(seller, key)
    revision = seller.post(f"/quotes/{key}/revise").headers["Location"].rsplit("/", 1)[1]
    assert seller.post(f"/quotes/{revision}/issue", data={"version": "1"}).status_code == 303
    assert seller.post(f"/quotes/{key}/resale").status_code == 409
    assert save(seller, database, made, then="issue").status_code == 409  # the quote was replaced in between
    actor, late = world.actor("north.sales"), business_date(world.now, "Asia/Shanghai") + timedelta(days=400)
    with database.writing(actor) as session:
        quote = session.scalars(select(Quote).where(Quote.public_id == revision)).one()
        with pytest.raises(Exception, match="no longer valid"):
            resale_operations._is_sellable(quote, today=late)


def test_a_revision_takes_own_prices_along_and_replaces_its_predecessor(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    made = issue(seller, database, deals.issue("north.sales"), **{"price-1": "555.55"})
    begun = seller.post(f"/resale/{made}/revise").headers["Location"].rsplit("/", 1)[1]
    assert seller.post(f"/resale/{made}/revise").headers["Location"].endswith(begun)
    assert lines_of(database, resale_of(database, begun))[0].unit_minor == 55_555
    assert save(seller, database, begun, then="issue", markup="10").status_code == 303
    old, new = resale_of(database, made), resale_of(database, begun)
    assert (old.state, new.state, new.number, new.revision) == ("superseded", "issued", old.number, 2)
    assert seller.post(f"/resale/{made}/revise").status_code == 409
    assert "replaced by a newer revision" in seller.get(f"/resale/{made}").text


def test_each_partner_counts_for_itself(app: Flask, deals: Deals, world: World, database: Database) -> None:
    numbers = []
    for who in ("north.sales", "south.sales", "north.sales"):
        client = world.client(app, who)
        numbers.append(resale_of(database, issue(client, database, deals.issue(who))).number)
    assert [str(number)[-6:] for number in numbers] == ["000001", "000001", "000002"]


def test_only_one_of_many_parallel_issues_wins(
    app: Flask, deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    made = begin(seller, deals.issue("north.sales"))
    form = form_of(database, made, then="issue")
    clients = [world.client(app, "north.sales") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(lambda client: client.post(f"/resale/{made}", data=form).status_code, clients))
    assert statuses == [303] + [409] * 7
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(ResaleDocument)) == 2


@pytest.mark.parametrize("step", ["next_number", "request_resale_documents", "record"])
def test_a_fault_between_the_steps_leaves_nothing_half_saved(
    deals: Deals, seller: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    made = begin(seller, deals.issue("north.sales"))
    before = resale_of(database, made)

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(resale_operations, step, broken)
    assert save(seller, database, made, then="issue", markup="44").status_code == 500
    monkeypatch.undo()
    after = resale_of(database, made)
    assert (after.state, after.number, after.markup_bps, after.version) == (
        "draft",
        None,
        before.markup_bps,
        before.version,
    )
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(ResaleDocument)) == 0
        assert session.scalar(select(func.count()).where(OutboxJob.kind == "resale_pdf")) == 0
        assert session.scalars(select(Letterhead.markup_bps)).all() in ([], [0])
    assert save(seller, database, made, then="issue").status_code == 303
    assert str(resale_of(database, made).number).endswith("000001")


def test_a_stale_form_does_not_overwrite(deals: Deals, seller: FlaskClient, database: Database) -> None:
    made = begin(seller, deals.issue("north.sales"))
    old = form_of(database, made)
    assert seller.post(f"/resale/{made}", data=old | {"title": "First"}).status_code == 303
    answer = seller.post(f"/resale/{made}", data=old | {"title": "Second"})
    assert answer.status_code == 409
    assert 'value="Second"' in answer.text
    assert resale_of(database, made).title == "First"


def test_a_draft_is_discarded_and_an_issued_offer_is_not(deals: Deals, seller: FlaskClient, database: Database) -> None:
    made, issued = begin(seller, deals.issue("north.sales")), issue(seller, database, deals.issue("north.sales"))
    assert seller.post(f"/resale/{made}/discard", data={"version": "1"}).status_code == 303
    assert seller.get(f"/resale/{made}").status_code == 404
    version = str(resale_of(database, issued).version)
    assert seller.post(f"/resale/{issued}/discard", data={"version": version}).status_code == 409


def test_the_supplier_and_the_engineer_see_no_offer(
    app: Flask, deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    made = issue(seller, database, deals.issue("north.sales"))
    for who in ("supplier.channel_manager", "supplier.finance", "supplier.executive", "north.engineer"):
        assert world.client(app, who).get(f"/resale/{made}").status_code == 403
        with database.reading(world.actor(who)) as session:
            assert session.scalars(select(Resale)).all() == []
            assert session.scalars(select(ResaleLine)).all() == []
            assert session.scalars(select(Letterhead)).all() == []
    assert world.client(app, "south.sales").get(f"/resale/{made}").status_code == 404


def test_the_list_shows_own_offers_page_by_page(
    app: Flask, deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    quote = deals.issue("north.sales")
    for number in range(28):
        made = begin(seller, quote)
        save(seller, database, made, title=f"Site number {number:02d}", then="issue")
    page = seller.get("/resale").text
    assert page.count("/resale/") >= 25
    older = page.split('rel="next"')[1].split('href="', 1)[1].split('"', 1)[0]
    assert seller.get(older).text.count("RS-20") == 3
    assert "RS-20" not in world.client(app, "south.sales").get("/resale").text


def test_lines_say_which_member_of_a_group_they_belong_to_when_the_rules_do(deals: Deals, database: Database) -> None:
    key = deals.issue("north.sales")
    quote = quote_of(database, key)
    with database.reading(SYSTEM) as session:
        count = session.scalar(select(func.count()).where(QuoteLine.quote_id == quote.id))
    assert len(quote.snapshot["members"]) == count
