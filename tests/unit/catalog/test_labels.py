"""Every kind, capability and word of the shipped catalogue has a name on screen, and its data hold together."""

import csv
import re

from portal.catalog.devicetypes.traps import TRAPS
from portal.catalog.display import names
from portal.catalog.facets import FACETS, ORDER, missing_of
from portal.catalog.files import read_catalogue
from portal.catalog.labels import CAPABILITIES, KINDS
from portal.catalog.value_labels import NOTICES, WORDS
from portal.config import shipped

FOLDER = shipped("rules") / "catalog"
CATALOGUE = read_catalogue(FOLDER)
PRODUCTS = CATALOGUE.products.values()
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_catalogue_is_named() -> None:
    assert {product.kind for product in PRODUCTS} <= KINDS.keys()
    assert {key for product in PRODUCTS for key in product.capabilities} <= CAPABILITIES.keys()
    assert {product.kind for product in PRODUCTS} == set(ORDER)
    assert {word for facets in FACETS.values() for facet in facets for word in facet.words} <= WORDS.keys()
    assert {code for code, trap in TRAPS.items() if trap.kept} <= NOTICES.keys()


def test_it_is_large_enough_and_marked() -> None:
    assert len(PRODUCTS) >= 200
    assert sum(not product.invented for product in PRODUCTS) >= 50
    for product in PRODUCTS:
        assert (product.maker == "Lanqiao Vision") == product.invented, product.sku
        assert CHINESE.search(product.name_zh), product.sku
        assert not CHINESE.search(product.name_en), product.sku
        said = product.capabilities.values()
        assert not (product.invented and said and all(one.confirmed for one in said)), product.sku


def test_every_product_has_invented_prices_in_every_book() -> None:
    with (FOLDER / "prices.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    prices = {(row["sku"], row["currency"], row["book"]): int(row["amount_minor"]) for row in rows}
    assert {row["invented"] for row in rows} == {"yes"}
    for product in PRODUCTS:
        for currency in ("CNY", "USD"):
            books = [prices[product.sku, currency, book] for book in ("list", "silver", "gold", "registered")]
            assert books == sorted(books, reverse=True), product.sku
            assert books[-1] > 0


def test_real_products_show_gaps_instead_of_guesses() -> None:
    gaps = {
        product.sku: missing_of(product.kind, {key: said.value for key, said in product.capabilities.items()})
        for product in PRODUCTS
    }
    assert {"width_px", "ip"} <= set(gaps["P3737-PLE"])
    assert "poe_budget" in gaps["TL-SG1016PE"]
    assert {sku for sku, missing in gaps.items() if missing and sku.startswith("LQ-")} <= {
        "LQ-B2-P24",
        "LQ-D2-DC",
        "LQ-FSU-AC",
    }


def test_values_read_in_both_languages() -> None:
    for locale, resolution, mounts in (("en", "4 MP", "ceiling, wall"), ("zh", "", "")):
        told = names(locale)
        assert told.value("ip", "67", "count") == "IP67"
        assert told.value("ik", "8", "count") == "IK08"
        assert told.value("northbound", "SNMP MQTT", "") == "SNMP MQTT"
        if resolution:
            assert told.value("resolution", "4mp", "") == resolution
            assert told.value("mounts", "ceiling wall", "") == mounts
            assert told.brief([["resolution", "4mp", ""], ["ir", "30", "m"]]) == "4 MP · Infrared reach 30 m"
            assert told.fact("power_port.1.maximum_draw") == "Power inlet 1: largest draw"
            assert told.fact("poe_out.unknown") == "Ports that supply PoE: of unknown kind"
