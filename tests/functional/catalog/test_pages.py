"""Pages of products: found, filtered and ordered by their address, marked, priced for whoever reads."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.catalog.loading import load_catalog
from portal.catalog.models import Product
from portal.configurator.language.reader import read_ruleset
from portal.configurator.publishing import publish
from portal.policy import SYSTEM
from tests.factories.catalogue import CAMERAS, PRICES, write_catalogue
from tests.factories.rules import VIDEO_SITE
from tests.factories.stock import stock
from tests.factories.world import World


@pytest.fixture
def stocked(world: World, tmp_path: Path) -> World:
    """A catalogue that is valid today, with 60 further cameras of one price."""
    today = date.fromtimestamp(world.now.timestamp())
    first, last = today - timedelta(days=30), today + timedelta(days=30)
    prices = PRICES.replace("2026-01-01", first.isoformat()).replace("2026-12-31", last.isoformat())
    prices = prices.replace("2027-01-01", (last + timedelta(days=1)).isoformat())
    prices = prices.replace("2027-12-31", (last + timedelta(days=9)).isoformat())
    more = "".join(f"EXTRA-{number:03},Lanqiao,Extra {number},备用 {number},1,wide,s,no,no\n" for number in range(60))
    prices += "".join(f"EXTRA-{number:03},CNY,gold,90000,{first},{last}\n" for number in range(60))
    with world.database.writing(SYSTEM) as session:
        load_catalog(session, write_catalogue(tmp_path / "files", cameras=CAMERAS + more, prices=prices), now=world.now)
    return world


@pytest.fixture
def shipped_world(world: World) -> World:
    """The catalogue that comes along."""
    stock(world)
    return world


def page_of(world: World, sku: str) -> str:
    with world.database.reading(SYSTEM) as session:
        return f"/products/{session.scalars(select(Product.public_id).where(Product.sku == sku)).one()}"


def numbers(text: str) -> list[str]:
    """Return the product numbers of a list, in its order."""
    return re.findall(r'class="number text-break"><bdi>([^<]*)</bdi>', text)


def all_pages(client: FlaskClient, path: str) -> list[str]:
    """Follow the list to its end."""
    found: list[str] = []
    while path:
        text = client.get(path).text
        found += numbers(text)
        following = re.search(r'rel="next"\s+href="([^"]*)"', text)
        path = unescape(following[1]) if following else ""
        assert len(found) < 1000
    return found


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Collect the statements that are sent."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(world.database.engine, "before_cursor_execute", note)


def test_the_list_is_searched_filtered_and_paged(stocked: World, app: Flask) -> None:
    client = stocked.client(app, "north.sales")
    first = client.get("/products").text
    assert "CAM-1" in first
    assert "EXTRA-030" not in first
    assert "63 products" in first
    assert 'rel="next"' in first
    assert numbers(client.get("/products?q=extra+59").text) == ["EXTRA-059"]
    assert numbers(client.get("/products?kind=switches").text) == ["SW-8"]
    assert numbers(client.get("/products?maker=Othermaker").text) == ["SW-8"]
    assert numbers(client.get("/products?q=半球").text) == ["CAM-1"]
    assert numbers(client.get("/products?invented=yes").text) == ["CAM-1"]
    assert numbers(client.get("/products?confirmed=yes").text) == ["CAM-1", "SW-8"]
    assert numbers(client.get("/products?q=%25").text) == []


@pytest.mark.parametrize("sort", ["", "number", "name", "price"])
def test_paging_shows_every_product_once(stocked: World, app: Flask, sort: str) -> None:
    client = stocked.client(app, "north.sales")
    found = all_pages(client, f"/products?sort={sort}")
    assert len(found) == len(set(found))
    assert len(found) == (62 if sort == "price" else 63)  # a gold partner has no price for the switch
    if sort == "number":
        assert found == sorted(found)
    if sort == "price":
        assert found[:3] == ["CAM-1", "CAM-2", "EXTRA-000"]


@pytest.mark.parametrize(
    "position", ["x", "9" * 40, "W10", "WyJhIiwxLDJd", "bnVsbA", "WyJcdWQ4MDAiLDFd", "WyJcdTAwMDAiLDFd", "é" * 200]
)
def test_a_position_that_is_none_begins_at_the_start(stocked: World, app: Flask, position: str) -> None:
    client = stocked.client(app, "north.sales")
    answer = client.get(f"/products?after={quote(position)}")
    assert answer.status_code == 200
    assert numbers(answer.text)[0] == "CAM-1"


def test_what_the_address_says_wrongly_is_left_out_visibly(stocked: World, app: Flask) -> None:
    client = stocked.client(app, "north.sales")
    text = client.get("/products?kind=nonsense<b>&price_from=abc&maker=Othermaker&poe_ports=-1").text
    assert numbers(text) == ["SW-8"]
    for word in ("Left out", "nonsense&lt;b&gt;", "abc", "-1"):
        assert word in text
    assert "Left out" not in client.get("/products?kind=switches").text


def test_filters_are_chips_that_can_be_taken_off(shipped_world: World, app: Flask) -> None:
    client = shipped_world.client(app, "north.sales")
    text = client.get("/products?kind=switches&poe_ports=16&poe_type=at&maker=Ubiquiti").text
    assert "PoE ports ≥ 16" in text
    assert "PoE type: 802.3at" in text
    chips = [unescape(path) for path in re.findall(r'<li>\s*<a href="([^"]*)"><bdi>', text)]
    assert len(chips) == 4
    counts = {len(numbers(client.get(path).text)) for path in chips}
    assert min(counts) >= len(numbers(text)) == 6
    assert "/products?kind=switches&maker=Ubiquiti&poe_type=at" in chips


def test_capabilities_filter_by_base_units(shipped_world: World, app: Flask) -> None:
    client = shipped_world.client(app, "north.sales")

    def found(query: str) -> list[str]:
        return all_pages(client, f"/products?{query}")

    assert {"LQ-S24BT", "USW-PRO-48-POE"} <= set(found("kind=switches&poe_budget=600"))
    assert "LQ-S24" not in found("kind=switches&poe_budget=400.1")
    assert "LQ-S24" in found("kind=switches&poe_budget=400")
    assert set(found("kind=recorders&incoming=640")) == {"LQ-R64", "LQ-R128"}
    assert set(found("kind=cameras&resolution=12mp")) == {"LQ-D12-I", "LQ-B12-O", "LQ-F12-O"}
    assert set(found("kind=transceivers&reach_single_mode=40000")) == {"LQ-SFP-EX", "LQ-SFP-ZX"}
    assert found("q=7716 录像机") == ["DS-7716NXI-I4/16P/S"]
    assert {"LQ-D4-I", "LQ-D8-I"} <= set(found("q=半球"))


def test_prices_of_the_list_and_its_range_are_the_readers(shipped_world: World, app: Flask) -> None:
    gold, customer = (shipped_world.client(app, who) for who in ("north.sales", "hospital.customer"))
    assert "¥382.20" in gold.get("/products?q=LQ-D4-I").text  # gold of 490.00
    assert "¥490.00" in customer.get("/products?q=LQ-D4-I").text
    assert "¥382.20" not in customer.get("/products?q=LQ-D4-I").text
    between = "/products?kind=cameras&price_from=380&price_to=385"
    assert "LQ-D4-I" in numbers(gold.get(between).text)
    assert "LQ-D4-I" not in numbers(customer.get(between).text)


@pytest.mark.parametrize(
    "query", ["", "q=lq&sort=price", "kind=switches&poe_ports=8&poe_budget=60&price_from=1", "q=zzz", "offer=known"]
)
def test_a_list_takes_two_statements_and_the_readers_own(shipped_world: World, app: Flask, query: str) -> None:
    client = shipped_world.client(app, "north.sales")
    client.get("/products")
    with statements(shipped_world) as sent:
        assert client.get(f"/products?{query}").status_code == 200
    assert len(sent) == 3, sent


def test_the_fragment_is_the_part_of_the_page(shipped_world: World, app: Flask) -> None:
    client = shipped_world.client(app, "north.sales")
    for query in ("", "?kind=switches&poe_ports=8", "?q=nothing-is-called-so"):
        page, part = (client.get(f"/products{query}", headers=headers) for headers in ({}, {"HX-Request": "true"}))
        assert part.text.strip() in page.text
        assert part.text.lstrip().startswith('<div id="catalogue">')
        assert "HX-Request" in page.vary


def test_an_empty_list_says_what_to_do(shipped_world: World, app: Flask) -> None:
    client = shipped_world.client(app, "north.sales")
    assert "No product fits these filters" in client.get("/products?q=zzz").text
    assert "There are none of these" in client.get("/products?offer=known").text
    with shipped_world.database.writing(SYSTEM) as session:
        assert session.scalars(select(Product.id)).first()


def test_a_product_shows_its_numbers_with_their_sources(stocked: World, app: Flask) -> None:
    client = stocked.client(app, "north.sales")
    page = client.get(page_of(stocked, "CAM-1")).text
    for word in ("6.5 W", "sheet 1", "demonstration", "¥500.00", "¥350.00", "confirmed", "Source 1"):
        assert word in page
    other = client.get(page_of(stocked, "CAM-2")).text
    assert "not confirmed" in other
    assert "invented for demonstration" not in other
    assert "missing: needs an engineer" in other


def test_values_of_one_product_have_sources_of_their_own(shipped_world: World, app: Flask) -> None:
    client = shipped_world.client(app, "north.sales")
    page = client.get(page_of(shipped_world, "DS-2CD2143G2-I")).text
    assert "4911afd5d3f9" in page
    assert page.count('class="proof"') == 4
    assert page.count('class="doubt"') == 5
    assert 'id="source-3"' in page


def test_a_product_names_what_it_fits_with_from_both_sides(shipped_world: World, app: Flask) -> None:
    client = shipped_world.client(app, "north.sales")
    camera, box = page_of(shipped_world, "LQ-D4-I"), page_of(shipped_world, "LQ-BOX-D")
    assert box in client.get(camera).text
    assert page_of(shipped_world, "LQ-S8P24") not in client.get(camera).text
    disk, recorder = page_of(shipped_world, "LQ-HD16"), page_of(shipped_world, "LQ-R32")
    assert recorder in client.get(disk).text
    assert disk in client.get(recorder).text
    gap = client.get(page_of(shipped_world, "P3737-PLE")).text
    assert "This cannot be said" in gap


def test_the_price_depends_on_who_reads(stocked: World, app: Flask) -> None:
    path = page_of(stocked, "CAM-1")
    for reader, own in (
        ("north.engineer", True),
        ("south.sales", False),
        ("hospital.customer", False),
        ("hospital.owner", False),
        ("supplier.finance", True),
        ("supplier.product_manager", False),
        ("supplier.support_agent", False),
    ):
        page = stocked.client(app, reader).get(path).text
        assert "¥500.00" in page, reader
        assert ("¥350.00" in page) is own, reader
        assert ("Gold partners" in page) is (reader == "supplier.finance"), reader


def test_an_archived_product_is_found_as_such_only(stocked: World, app: Flask, tmp_path: Path) -> None:
    path = page_of(stocked, "CAM-2")
    with stocked.database.writing(SYSTEM) as session:
        few = CAMERAS.replace("CAM-2", "CAM-3").replace("Bullet", "Other bullet")
        prices = PRICES.replace("CAM-2", "CAM-3")
        load_catalog(session, write_catalogue(tmp_path / "files", cameras=few, prices=prices), now=stocked.now)
    client = stocked.client(app, "north.sales")
    assert numbers(client.get("/products?q=CAM").text) == ["CAM-1", "CAM-3"]
    assert "CAM-2" in numbers(client.get("/products?offer=archived&q=CAM").text)
    assert "no longer sold" in client.get(path).text


def test_a_missing_product_is_missing(stocked: World, app: Flask) -> None:
    assert stocked.client(app, "north.sales").get("/products/0000000000000000").status_code == 404


def test_a_product_says_which_rule_sets_offer_it(shipped_world: World, app: Flask) -> None:
    today = date.fromtimestamp(shipped_world.now.timestamp()) - timedelta(days=2)
    with shipped_world.database.writing(SYSTEM) as session:
        rules = read_ruleset(VIDEO_SITE)
        publish(session, rules, effective_on=today, now=shipped_world.now)
    seller, agent = (shipped_world.client(app, who) for who in ("north.sales", "supplier.support_agent"))
    offered, other = page_of(shipped_world, "LQ-D4-I"), page_of(shipped_world, "LQ-U3000R")
    assert "Video surveillance site" in seller.get(offered).text
    assert "Configure a site" in seller.get(offered).text
    assert "Video surveillance site" not in seller.get(other).text
    assert "Video surveillance site" in agent.get(offered).text
    assert "Configure a site" not in agent.get(offered).text
