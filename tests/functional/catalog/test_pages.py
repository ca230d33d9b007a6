"""Pages of products: found by word and kind, marked when invented, priced for whoever reads."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.catalog.loading import load_catalog
from portal.catalog.models import Product
from portal.policy import SYSTEM
from tests.factories.catalogue import CAMERAS, PRICES, write_catalogue
from tests.factories.world import World


@pytest.fixture
def stocked(world: World, tmp_path: Path) -> World:
    """A catalogue that is valid today, with 60 further cameras."""
    today = date.fromtimestamp(world.now.timestamp())
    first, last = today - timedelta(days=30), today + timedelta(days=30)
    prices = PRICES.replace("2026-01-01", first.isoformat()).replace("2026-12-31", last.isoformat())
    prices = prices.replace("2027-01-01", (last + timedelta(days=1)).isoformat())
    prices = prices.replace("2027-12-31", (last + timedelta(days=9)).isoformat())
    more = "".join(f"EXTRA-{number:03},Lanqiao,Extra {number},备用 {number},1,wide,s,no,no\n" for number in range(60))
    with world.database.writing(SYSTEM) as session:
        load_catalog(session, write_catalogue(tmp_path / "files", cameras=CAMERAS + more, prices=prices), now=world.now)
    return world


def page_of(world: World, sku: str) -> str:
    with world.database.reading(SYSTEM) as session:
        return f"/products/{session.scalars(select(Product.public_id).where(Product.sku == sku)).one()}"


def test_the_list_is_searched_filtered_and_paged(stocked: World, app: Flask) -> None:
    client = stocked.client(app, "north.sales")
    first = client.get("/products").text
    assert "CAM-1" in first
    assert "EXTRA-030" not in first
    assert 'rel="next"' in first
    found = client.get("/products?q=extra+59").text
    assert "EXTRA-059" in found
    assert "CAM-1" not in found
    assert "SW-8" in client.get("/products?kind=switches").text
    assert "CAM-1" not in client.get("/products?kind=switches").text
    assert "CAM-1" in client.get("/products?kind=nonsense").text
    assert "Dome camera" in client.get("/products?q=半球", headers={"HX-Request": "true"}).text
    assert client.get("/products?q=%25").text.count("<tr>") < 2
    assert client.get("/products?after=" + "9" * 40).status_code == 200


def test_a_product_shows_its_numbers_with_their_sources(stocked: World, app: Flask) -> None:
    client = stocked.client(app, "north.sales")
    page = client.get(page_of(stocked, "CAM-1")).text
    for word in ("6.5 W", "sheet 1", "demonstration", "¥500.00", "¥350.00", "confirmed"):
        assert word in page
    other = client.get(page_of(stocked, "CAM-2")).text
    assert "not confirmed" in other
    assert "invented for demonstration" not in other


def test_the_price_depends_on_who_reads(stocked: World, app: Flask) -> None:
    path = page_of(stocked, "CAM-1")
    for reader, own in (
        ("north.engineer", True),
        ("south.sales", False),
        ("hospital.customer", False),
        ("supplier.finance", False),
    ):
        page = stocked.client(app, reader).get(path).text
        assert "¥500.00" in page, reader
        assert ("¥350.00" in page) is own, reader


def test_a_missing_product_is_missing(stocked: World, app: Flask) -> None:
    assert stocked.client(app, "north.sales").get("/products/0000000000000000").status_code == 404
