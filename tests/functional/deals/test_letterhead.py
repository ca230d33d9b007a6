"""The page of the own paper: texts, a logo that is no trap, and offers that keep what they had."""

import gc
import io
import struct
import zlib

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from portal.db import Database
from portal.deals.resale_models import Letterhead, Logo
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.deals.offers import issue, resale_of

TEXTS = {
    "name": "云岭安防", "name_en": "Yunling Security", "address": "昆明市示范路 18 号",
    "contact": "sales@yunling.example",
    "tax_number": "91530100MA6K", "bank": "Bank of Yunnan\n6222 0000", "footer": "Thank you",
    "payment_terms": "30 days net",
    "delivery_terms": "Two weeks",
}  # fmt: skip


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 100)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (10, 90, 120)).save(out, kind)
    return out.getvalue()


def wide_png(width: int) -> bytes:
    """A small file that says it is very wide."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def upload(seller: FlaskClient, content: bytes, name: str = "logo.png") -> TestResponse:
    return seller.post("/letterhead/logo", data={"logo": (io.BytesIO(content), name)})


def test_it_begins_with_what_is_known_and_keeps_what_is_typed(app: Flask, world: World, database: Database) -> None:
    seller = world.client(app, "north.sales")
    assert 'value="Northern Partner"' in seller.get("/letterhead").text
    assert seller.post("/letterhead", data=TEXTS | {"version": "0"}).status_code == 303
    assert "云岭安防" in seller.get("/letterhead").text
    stale = seller.post("/letterhead", data=TEXTS | {"version": "0", "name": "Typed again"})
    assert stale.status_code == 409
    assert 'value="Typed again"' in stale.text
    bad = seller.post("/letterhead", data=TEXTS | {"version": "2", "name": "", "bank": "kept"})
    assert bad.status_code == 422
    assert "kept" in bad.text
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(Letterhead.name)).all() == ["云岭安防"]


def test_who_does_not_sell_for_a_partner_has_no_paper(app: Flask, world: World) -> None:
    for who in ("north.engineer", "supplier.channel_manager", "hospital.owner"):
        assert world.client(app, who).get("/letterhead").status_code == 403


def test_a_quote_begins_with_the_usual_terms_and_keeps_what_is_changed(
    deals: Deals, seller: FlaskClient, database: Database
) -> None:
    seller.post("/letterhead", data=TEXTS | {"version": "0"})
    key = deals.draft("north.sales")
    page = seller.get(f"/quotes/{key}").text
    assert "30 days net" in page
    form = {"title": "x", "customer": "", "validity_days": "5", "note": "", "version": "1"}
    changed = form | {"payment_terms": "In advance", "delivery_terms": ""}
    assert seller.post(f"/quotes/{key}", data=changed).status_code == 303
    assert seller.post(f"/quotes/{key}/refresh", data={"version": "2"}).status_code == 303  # keeps them as well
    page = seller.get(f"/quotes/{key}").text
    assert "In advance" in page
    assert "30 days net" not in page


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_drawn_anew_and_frozen_in_issued_offers(
    deals: Deals, seller: FlaskClient, database: Database, kind: str
) -> None:
    assert upload(seller, picture(kind), f"logo.{kind.lower()}").status_code == 303
    shown = seller.get("/letterhead/logo.png")
    assert (shown.status_code, shown.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.data)).format == "PNG"
    key = issue(seller, database, deals.issue("north.sales"))
    kept = resale_of(database, key).logo_id
    assert kept is not None
    upload(seller, picture(kind, (50, 60)))
    assert resale_of(database, key).logo_id == kept
    assert seller.post("/letterhead/logo/remove").status_code == 303
    assert seller.get("/letterhead/logo.png").status_code == 404
    with pytest.raises(DBAPIError), database.writing(SYSTEM) as session:
        session.execute(text("UPDATE logo SET width = 1"))
    with pytest.raises(DBAPIError), database.writing(SYSTEM) as session:
        session.execute(text("DELETE FROM logo WHERE id = :id"), {"id": kept})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the form parser's own file
def test_traps_are_422_with_a_sentence_and_nothing_is_lost(
    app: Flask, world: World, seller: FlaskClient, database: Database
) -> None:
    seller.post("/letterhead", data=TEXTS | {"version": "0"})
    assert upload(seller, picture()).status_code == 303
    before = seller.get("/letterhead/logo.png").data
    traps = {
        "4000 pixels": wide_png(60_000),
        "no PNG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "no PNG, JPEG": b"GIF89a" + b"\0" * 500,
        "damaged": picture()[:-40],
        "more than a picture": picture() + b"<html><script>alert(1)</script>",
        "larger than 2 MB": b"\x89PNG\r\n\x1a\n" + b"\0" * 2_500_000,
        "Choose a file": b"",
    }
    for sentence, content in traps.items():
        answer = upload(seller, content)
        assert answer.status_code == 422, sentence
        assert sentence in answer.text
        assert "云岭安防" in answer.text  # the texts of the page are still there
    assert upload(seller, b"\x89PNG\r\n\x1a\n" + b"\0" * 17_000_000).status_code == 413
    assert seller.get("/letterhead/logo.png").data == before
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Logo)) == 1
    assert world.client(app, "south.sales").get("/letterhead/logo.png").status_code == 404
    gc.collect()


def test_other_pages_still_refuse_large_requests(seller: FlaskClient) -> None:
    assert seller.post("/customers/new", data={"name": "x" * 1_500_000}).status_code == 413


def test_the_name_of_a_file_means_nothing(seller: FlaskClient) -> None:
    for name in ("../../etc/passwd", "a.svg", 'x"><svg onload=1>.png', "\u202egnp.exe", "a" * 4000):
        assert upload(seller, picture(), name).status_code == 303, name


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the form parser's own file
def test_half_an_upload_leaves_nothing(app: Flask, seller: FlaskClient, database: Database) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="logo"; filename="a.png"\r\n\r\n' + picture()[:50]
    answer = seller.post("/letterhead/logo", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code in (400, 413, 422)
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Logo)) == 0
    gc.collect()
