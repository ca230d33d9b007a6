"""Prices: the right book on the right day, in one query, and partner prices for partners only."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event

from portal.catalog.loading import load_catalog
from portal.catalog.overview import books, gaps, kinds, unsold
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


BOOKS = """sku,currency,book,amount_minor,valid_from,valid_to
CAM-1,CNY,list,100,2026-01-01,2026-12-31
CAM-2,CNY,list,200,2026-01-01,2026-12-31
CAM-1,CNY,list,110,2026-06-01,2026-06-30
CAM-1,CNY,silver,90,2026-01-01,2026-12-31
CAM-1,CNY,registered,80,2026-01-01,2026-12-31
CAM-1,USD,list,15,2026-01-01,2026-03-31
CAM-1,USD,list,16,2026-07-01,2026-12-31
CAM-1,USD,silver,14,2026-02-01,2026-05-31
"""


@pytest.fixture
def several(world: World, tmp_path: Path) -> World:
    with world.database.writing(SYSTEM) as session:
        load_catalog(session, write_catalogue(tmp_path / "several", prices=BOOKS), now=world.now)
    return world


def paid(world: World, sku: str, currency: str, book: str, on: date) -> tuple[int, int]:
    with world.database.reading(SYSTEM) as session:
        found = prices(session, [sku], currency=currency, book=book, on=on)[sku]
    return found.list_minor, found.unit_minor


@pytest.mark.parametrize(
    ("currency", "book", "on", "expected"),
    [
        ("CNY", "list", date(2026, 5, 31), (100, 100)),
        ("CNY", "list", date(2026, 6, 1), (110, 110)),  # a book that overlaps takes over from its first day
        ("CNY", "list", date(2026, 6, 30), (110, 110)),
        ("CNY", "list", date(2026, 7, 1), (100, 100)),  # and gives back after its last
        ("CNY", "silver", date(2026, 6, 1), (110, 90)),
        ("CNY", "registered", date(2026, 5, 1), (100, 80)),
        ("USD", "list", date(2026, 3, 31), (15, 15)),
        ("USD", "list", date(2026, 7, 1), (16, 16)),
        ("USD", "silver", date(2026, 3, 1), (15, 14)),
    ],
)
def test_books_overlap_by_day_currency_and_buyers(
    several: World, currency: str, book: str, on: date, expected: tuple[int, int]
) -> None:
    assert paid(several, "CAM-1", currency, book, on) == expected


@pytest.mark.parametrize(
    ("sku", "currency", "book", "on"),
    [
        ("CAM-2", "CNY", "list", date(2026, 6, 15)),  # the newer book is no supplement: what it lacks has no price
        ("CAM-1", "CNY", "list", date(2027, 1, 1)),  # expired
        ("CAM-1", "USD", "list", date(2026, 5, 1)),  # between two books
        ("CAM-1", "USD", "silver", date(2026, 1, 15)),  # not begun
        ("CAM-1", "USD", "silver", date(2026, 5, 15)),  # a tier without a list price
        ("CAM-1", "CNY", "gold", date(2026, 5, 1)),  # a tier without a book never pays the price of another one
    ],
)
def test_a_day_without_a_price_is_said_never_bridged(
    several: World, sku: str, currency: str, book: str, on: date
) -> None:
    with pytest.raises(Conflict, match=sku):
        paid(several, sku, currency, book, on)


def test_the_last_day_is_the_earlier_one_of_both_books(several: World) -> None:
    with several.database.reading(SYSTEM) as session:
        found = prices(session, ["CAM-1"], currency="CNY", book="silver", on=date(2026, 6, 1))["CAM-1"]
    assert found.valid_to == date(2026, 6, 30)


def test_figures_of_the_catalogue(several: World) -> None:
    with several.database.reading(SYSTEM) as session:
        states = {(each.book, each.currency, each.valid_from.month): each for each in books(session, date(2026, 6, 15))}
        assert {key: each.state for key, each in states.items()} == {
            ("list", "CNY", 1): "replaced",
            ("list", "CNY", 6): "valid",
            ("list", "USD", 1): "expired",
            ("list", "USD", 7): "coming",
            ("registered", "CNY", 1): "valid",
            ("silver", "CNY", 1): "valid",
            ("silver", "USD", 2): "expired",
        }
        assert (states["list", "CNY", 1].prices, states["list", "CNY", 1].lacking) == (2, 1)
        assert gaps(list(states.values()), date(2026, 6, 15)) == [
            "list USD: no book holds today",
            "list USD: no book between 2026-03-31 and 2026-07-01",
            "silver USD: no book holds today",
        ]
        kinds_now = {each.kind: each for each in kinds(session, date(2026, 6, 15))}
        assert (kinds_now["cameras"].listed, kinds_now["cameras"].unpriced) == (2, 0)
        assert (kinds_now["switches"].unpriced, kinds_now["switches"].not_for_sale) == (1, 0)
        assert (kinds_now["cameras"].values, kinds_now["cameras"].unconfirmed) == (4, 2)
        assert [row[0] for row in unsold(session, date(2026, 6, 15), 5)] == ["SW-8"]
