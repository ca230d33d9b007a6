"""What a customer sees through a link: one offer under the partner's letterhead, and never what it was bought for."""

import io
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select, update

from portal.config import Settings
from portal.dates import business_date
from portal.db import Database
from portal.deals import offer_links
from portal.deals.resale_models import OfferLink, ResaleDocument
from portal.notify.models import Notice
from portal.pdf import Renderer
from portal.policy import SYSTEM
from portal.worker import Worker, handlers_of
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.deals.offers import bought_of, issue, link, purchases_of, resale_of, save

FORBIDDEN = (
    "Northern Partner price",
    "partner price",
    "Partner price",
    "gold",
    "margin",
    "Margin",
    "You earn",
    "purchase",
)


@pytest.fixture
def today(world: World) -> str:
    return business_date(world.now, "Asia/Shanghai").isoformat()


@pytest.fixture
def customer(app: Flask) -> FlaskClient:
    """A browser that never signed in."""
    return app.test_client()


def make_documents(database: Database, settings: Settings, renderer: Renderer) -> None:
    """Have every waiting document made."""
    Worker(database, handlers_of(settings, database, renderer)).run(until_idle=True)


def one(database: Database) -> OfferLink:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(OfferLink)).one()


def bare(page: str, token: str) -> str:
    """Return a page without what differs between any two answers."""
    page = page.replace(token, "").replace(quote(token), "")
    return re.sub(r'name="csrf_token" value="[^"]*"|X-CSRFToken": "[^"]*"|[0-9a-hj-np-tv-z]{16}', "", page)


def test_the_customer_sees_the_offer_in_both_languages_and_nothing_about_purchase(
    deals: Deals,
    seller: FlaskClient,
    customer: FlaskClient,
    settings: Settings,
    database: Database,
    world: World,
    renderer: Renderer,
    today: str,
) -> None:
    """HTML source, PDF text and metadata, workbook cells, hidden sheets and properties: all of it is searched."""
    key = issue(seller, database, deals.issue("north.sales"), markup="31", note="Dear customer", tax="6")
    make_documents(database, settings, renderer)
    token = link(seller, key, today)
    offer = resale_of(database, key)
    purchases = purchases_of(bought_of(database, offer).values())
    texts = {}
    for wanted, words in (("en", ("Quotation", "Total with tax")), ("zh", ("RS-",))):
        page = customer.get(f"/offers/{token}?lang={wanted}")
        assert page.status_code == 200
        for word in (*words, offer.number, "Northern Partner", "Customer of Northern Partner", "Dear customer"):
            assert word in page.text, word
        texts[f"page {wanted}"] = page.text
        pdf = customer.get(f"/offers/{token}/{wanted}.pdf")
        assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
        reader = PdfReader(io.BytesIO(pdf.data))
        text = "\n".join(sheet.extract_text() for sheet in reader.pages)
        assert offer.number in text
        assert str(reader.metadata.author) == "Northern Partner"
        texts[f"pdf {wanted}"] = text + str(dict(reader.metadata)) + str(reader.xmp_metadata)
        book = load_workbook(io.BytesIO(customer.get(f"/offers/{token}/{wanted}.xlsx").data))
        assert len(book.worksheets) == 1
        assert all(sheet.sheet_state == "visible" for sheet in book.worksheets)
        assert not any(dimension.hidden for dimension in book.active.column_dimensions.values())
        cells = [str(cell.value) for row in book.active.iter_rows() for cell in row if cell.value is not None]
        assert offer.number in " ".join(cells)
        texts[f"xlsx {wanted}"] = "\n".join(cells) + str(vars(book.properties)) + str(list(book.defined_names))
    people = [address.split("@")[0] for address in world.emails.values()]
    for where, text in texts.items():
        assert not purchases.search(text), where
        for word in (*FORBIDDEN, "Lanqiao Vision Partner", *people):
            assert word not in text, (where, word)


def test_the_page_is_not_indexed_kept_or_told_to_others(
    deals: Deals, seller: FlaskClient, customer: FlaskClient, database: Database, today: str
) -> None:
    token = link(seller, issue(seller, database, deals.issue("north.sales")), today)
    for path in (f"/offers/{token}", f"/offers/{'x' * 22}"):
        answer = customer.get(path)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Cache-Control"] == "no-store"
    page = customer.get(f"/offers/{token}")
    assert not re.findall(r'(?:href|src|action)="(?:https?:)?//', page.text)
    assert "Set-Cookie" not in page.headers  # the customer's browser is given nothing to keep


def test_only_the_hash_is_stored_and_views_are_counted(
    deals: Deals, seller: FlaskClient, customer: FlaskClient, world: World, database: Database, today: str
) -> None:
    key = issue(seller, database, deals.issue("north.sales"))
    token = link(seller, key, today)
    assert len(token) == 22  # 128 bits
    row = one(database)
    assert token not in (row.token_hash, row.public_id)
    assert token not in seller.get(f"/resale/{key}").text  # shown once
    for _ in range(3):
        customer.get(f"/offers/{token}")
    customer.head(f"/offers/{token}")
    assert one(database).views == 3
    assert "opened 3 times" in seller.get(f"/resale/{key}").text
    with database.reading(SYSTEM) as session:
        told = session.scalars(select(Notice).where(Notice.kind == "offer_seen")).all()
    assert [notice.person_id for notice in told] == [world.people["north.sales"]]  # the first time only


def test_wrong_old_and_revoked_links_look_alike(
    deals: Deals, seller: FlaskClient, customer: FlaskClient, database: Database, today: str
) -> None:
    key = issue(seller, database, deals.issue("north.sales"))
    revoked, expired, living = (link(seller, key, today) for _ in range(3))
    with database.writing(SYSTEM) as session:
        rows = list(session.scalars(select(OfferLink).order_by(OfferLink.id)))
        rows[1].expires_on -= timedelta(days=1)
        first = rows[0].public_id
    assert seller.post(f"/resale/{key}/links/{first}/revoke").status_code == 303
    assert seller.post(f"/resale/{key}/links/{first}/revoke").status_code == 303
    answers = {}
    for name, token in (
        ("revoked", revoked),
        ("expired", expired),
        ("wrong", "A" * 22),
        ("short", "Zq9x"),
        ("odd", "é" * 22),
    ):
        for path in (f"/offers/{token}", f"/offers/{token}/en.pdf", f"/offers/{token}/en.xlsx"):
            answer = customer.get(path)
            assert answer.status_code == 404, (name, path)
            answers[name, path.rpartition("/")[2]] = bare(answer.text, token)
    assert len({text for (_, kind), text in answers.items() if kind == "en.pdf"}) == 1
    assert customer.get(f"/offers/{living}").status_code == 200
    assert customer.get(f"/offers/{living}/fr.xlsx").status_code == 404


def test_a_link_serves_one_offer_only_and_dies_with_the_organisation(
    app: Flask, deals: Deals, seller: FlaskClient, customer: FlaskClient, world: World, database: Database, today: str
) -> None:
    token = link(seller, issue(seller, database, deals.issue("north.sales")), today)
    other = issue(seller, database, deals.issue("north.sales"))
    assert customer.get(f"/resale/{other}").status_code == 303  # the pages of the partner want a sign-in
    south = world.client(app, "south.sales")
    public_id = one(database).public_id
    assert south.post(f"/resale/{other}/links", data={"expires_on": today}).status_code == 404
    assert seller.post(f"/resale/{other}/links/{public_id}/revoke").status_code == 404  # of another offer
    with database.writing(SYSTEM) as session:
        session.execute(
            update(offer_links.Organisation)
            .where(offer_links.Organisation.id == world.organisations["north"])
            .values(archived_at=world.now)
        )
    assert customer.get(f"/offers/{token}").status_code == 404


def test_bad_days_are_422_and_drafts_have_no_links(
    deals: Deals, seller: FlaskClient, database: Database, today: str
) -> None:
    key = issue(seller, database, deals.issue("north.sales"))
    for day in ("", "yesterday", "2020-01-01", "9999-12-31", "2026-02-30", "٢٠٢٦-01-01"):
        assert seller.post(f"/resale/{key}/links", data={"expires_on": day}).status_code == 422, day
    begun = seller.post(f"/resale/{key}/revise").headers["Location"].rsplit("/", 1)[1]
    assert seller.post(f"/resale/{begun}/links", data={"expires_on": today}).status_code == 409
    assert save(seller, database, begun, then="issue").status_code == 303
    assert seller.post(f"/resale/{key}/links", data={"expires_on": today}).status_code == 409


def test_a_superseded_offer_says_so_to_the_customer(
    deals: Deals, seller: FlaskClient, customer: FlaskClient, database: Database, today: str
) -> None:
    key = issue(seller, database, deals.issue("north.sales"))
    token = link(seller, key, today)
    begun = seller.post(f"/resale/{key}/revise").headers["Location"].rsplit("/", 1)[1]
    save(seller, database, begun, then="issue")
    assert "replaced by a newer one" in customer.get(f"/offers/{token}").text


def test_looking_too_often_is_stopped(
    customer: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(offer_links, "LOOKS", offer_links.Limit(3, timedelta(minutes=5)))
    statuses = [customer.get(f"/offers/{number:022d}").status_code for number in range(5)]
    assert statuses == [404, 404, 404, 429, 429]


def test_hostile_text_is_text_on_the_customers_page(
    deals: Deals, seller: FlaskClient, customer: FlaskClient, database: Database, today: str
) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y> {{7*7}}"
    head = dict.fromkeys(("name", "address", "contact", "bank", "footer", "payment_terms"), evil) | {"version": "0"}
    assert seller.post("/letterhead", data=head | {"tax_number": "<b>"}).status_code == 303
    key = issue(seller, database, deals.issue("north.sales"), title=evil, note=evil, payment_terms=evil)
    page = customer.get(f"/offers/{link(seller, key, today)}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("{{7*7}}") >= 7
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(ResaleDocument)).all()
