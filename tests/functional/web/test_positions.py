"""The address of a list carries where it goes on: whatever else stands there shows the first page, never an error."""

import base64
import json
from itertools import product

import pytest
from flask import Flask

from portal.deals import queries
from portal.deals.queries import QuoteFilter
from portal.paging import read_position, write_position
from tests.factories.world import World

HOSTILE = (
    ["\ud800", 1], ["a\udfff", 1], ["a\x00b", 1], ["\ud83e\udd8a", 1], [2**63, 1], [1, 2**63], [-(2**63) - 1, 1],
    [2**64], [True, 1], [None, 1], [1.5, 1], ["1", "1"], [[], 1], {}, {"a": 1}, [], "x", 5, ["a", 1, 1],
)  # fmt: skip
NUMBERS = ("%00", "%ed%a0%80", "5.%00", "5.%ed%a0%80", f"{2**63}.a", "9" * 30)
PACKED = (
    *(f"/quotes?sort={sort}" for sort in queries.SORTS), "/quotes?q=a", "/quotes?state=draft&sort=total",
    "/orders?", "/orders?q=a", "/orders?q=a&by=purchase",
    *(f"/products?sort={sort}" for sort in ("shelf", "number", "name", "price")),
)  # fmt: skip
PLAIN = {
    "north.sales": ("/customers?", "/configurations?", "/resale?", "/configurations/sent?", "/people?", "/inbox?"),
    "supplier.product_manager": ("/engineering?",),
    "supplier.administrator": ("/administration/outbox?", "/administration/history?"),
}


def packed(values: object) -> str:
    """Return what an address carries, as JSON writes it: half a character as its escape."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize("values", [["é🦩", 7], [7], [-3, 7], ["x" * 200, 2**63 - 1]])
def test_what_is_written_is_read_again(values: list[str | int]) -> None:
    assert read_position(write_position(values), *(type(value) for value in values)) == values


@pytest.mark.parametrize("values", [value for value in HOSTILE if value != ["\ud83e\udd8a", 1]])
def test_nonsense_is_no_position(values: object) -> None:
    for kinds in ((str, int), (int, int), (int,)):
        assert read_position(packed(values), *kinds) is None
    for text in ("", "x", "é", "=" * 9, packed(values)[:-3], "[" * 900, packed([[[[1]]]])):
        assert read_position(text, int) is None


def test_a_deep_position_is_no_position() -> None:
    assert read_position(base64.urlsafe_b64encode(b"[" * 100_000).decode(), int) is None


def test_a_long_name_leads_to_its_next_page() -> None:
    """A position that the filter cut short would show the first page for ever."""
    longest = write_position(["\U0001f9a9" * 200, 2**63 - 1])
    assert QuoteFilter.read("", "customer", "", longest).after == longest


def test_every_list_shows_its_first_page(app: Flask, world: World) -> None:
    seller = world.client(app, "north.sales")
    for path, values in product(PACKED, HOSTILE):
        assert seller.get(f"{path}&after={packed(values)}").status_code == 200, (path, values)
    for who, paths in (*PLAIN.items(), ("north.sales", PACKED)):
        client = world.client(app, who)
        for path, position, name in product(paths, NUMBERS, ("after", "before")):
            answer = client.get(f"{path}&{name}={position}")
            assert answer.status_code in (200, 422), (path, name, position)  # NUL is told to be no text
