"""Prices: the right book on the right day, in one query, and partner prices for partners only."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event

from portal.catalog.loading import load_catalog
from portal.catalog.pricing import book_of, prices
from portal.errors import Conflict, Invalid
from portal.policy import SYSTEM
from tests.factories.catalogue import write_catalogue
from tests.factories.world import World

DAY = date(2026, 6, 1)


@pytest.fixture
def priced(world: World, tmp_path: Path) -> World:
    with world.database.writing(SYSTEM) as session:
        load_catalog(session, write_catalogue(tmp_path / "catalogue"), now=world.now)
    return world


def test_a_partner_reads_his_tier_beside_the_list(priced: World) -> None:
    with priced.database.reading(priced.actor("north.sales")) as session:
        found = prices(session, ["CAM-2", "CAM-1", "CAM-1"], currency="CNY", book=book_of("gold"), on=DAY)
    assert {sku: (price.list_minor, price.unit_minor) for sku, price in found.items()} == {
        "CAM-1": (50000, 35000),
        "CAM-2": (80000, 56000),
    }
    assert found["CAM-1"].valid_to == date(2026, 12, 31)
    assert (found["CAM-1"].book, found["CAM-1"].invented, found["CAM-2"].invented) == ("gold", True, False)


def test_without_the_permission_only_the_list_is_seen(priced: World) -> None:
    with priced.database.reading(priced.actor("hospital.customer")) as session:
        found = prices(session, ["CAM-1"], currency="CNY", book="gold", on=DAY)
    assert (found["CAM-1"].unit_minor, found["CAM-1"].book) == (50000, "list")


def test_the_newest_book_of_the_day_counts(priced: World) -> None:
    with priced.database.reading(SYSTEM) as session:
        assert prices(session, ["CAM-1"], currency="CNY", book="list", on=date(2027, 1, 1))["CAM-1"].list_minor == 52000
        assert (
            prices(session, ["CAM-1"], currency="CNY", book="list", on=date(2026, 12, 31))["CAM-1"].list_minor == 50000
        )


@pytest.mark.parametrize(
    ("skus", "book", "currency", "on", "error", "words"),
    [
        (["CAM-1", "CAM-9"], "list", "CNY", DAY, Invalid, "CAM-9"),
        (["CAM-2"], "list", "CNY", date(2027, 6, 1), Conflict, "CAM-2"),
        (["CAM-1"], "list", "CNY", date(2025, 6, 1), Conflict, "CAM-1"),
        (["CAM-1"], "list", "USD", DAY, Conflict, "USD"),
        (["CAM-1", "SW-8"], "gold", "CNY", DAY, Conflict, "SW-8"),
        (["CAM-1"], "list", "XXX", DAY, Invalid, "XXX"),
    ],
)
def test_gaps_are_named(
    priced: World, skus: list[str], book: str, currency: str, on: date, error: type, words: str
) -> None:
    with priced.database.reading(SYSTEM) as session, pytest.raises(error, match=words):
        prices(session, skus, currency=currency, book=book, on=on)


def test_all_prices_come_in_one_query(priced: World) -> None:
    statements: list[str] = []
    with priced.database.reading(SYSTEM) as session:
        event.listen(session.bind, "before_cursor_execute", lambda *args: statements.append(args[2]))
        prices(session, ["CAM-1", "CAM-2", "SW-8"], currency="CNY", book="list", on=DAY)
    assert len([text for text in statements if text.lstrip().startswith("SELECT")]) == 1


def test_nothing_costs_nothing(priced: World) -> None:
    with priced.database.reading(SYSTEM) as session:
        assert prices(session, [], currency="CNY", book="list", on=DAY) == {}
