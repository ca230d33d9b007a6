"""One field finds everything one may see, and nothing else."""

import pytest


def find(client, words, **headers):
    return client.get("/search", query_string={"q": words}, headers=headers)


@pytest.mark.parametrize("words", ["Q-2026-000031", "q-2026-31", "31", "qingxi", "QINGXI hos"])
def test_quotes_are_found_by_number_or_customer(app, world, matters, words):
    matters.quote("Qingxi Hospital", number="Q-2026-000031")
    assert "Q-2026-000031" in find(world.client(app, "north.sales"), words).text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("BLOCK b", "Corridors of block B"),
        ("Customer of N", "Customer of Northern Partner"),
        ("dome", "LQ-4M"),
        ("lq-4", "LQ-4M"),
    ],
)
def test_configurations_customers_and_products_are_found(app, world, matters, words, expected):
    matters.configuration("Corridors of block B")
    matters.product("LQ-4M", "Dome camera 4 MP")
    assert expected in find(world.client(app, "north.sales"), words).text


def test_what_belongs_to_others_is_not_found(app, world, matters):
    matters.quote("Qingxi Hospital", number="Q-2026-000031", owner="south")
    client = world.client(app, "north.sales")
    for words in ("Q-2026-000031", "qingxi", "site of", "Customer of Southern"):
        assert "Nothing found" in find(client, words).text


def test_a_customer_finds_no_quotes(app, world, matters):
    matters.quote("Qingxi Hospital", number="Q-2026-000031", owner="hospital")
    assert "Nothing found" in find(world.client(app, "hospital.customer"), "Q-2026-000031").text


def test_five_of_a_kind_are_shown(app, world, matters):
    for number in range(7):
        matters.configuration(f"Warehouse {number}")
    page = find(world.client(app, "north.sales"), "warehouse").text
    assert page.count("<strong>Warehouse ") == 5
    assert "Warehouse 6" in page


@pytest.mark.parametrize("words", ["%", "_", "100%", "\\", "a%b", "'; DROP TABLE quote; --"])
def test_wildcards_are_ordinary_characters(app, world, matters, words):
    matters.configuration("Plain name")
    answer = find(world.client(app, "north.sales"), words)
    assert answer.status_code == 200
    assert "Plain name" not in answer.text


@pytest.mark.parametrize(
    ("words", "status"),
    [("x" * 100_000, 422), ("界" * 101, 422), ("\x00", 200), ("a\x00b\u202e", 200), ("💥" * 100, 200), (" ", 200)],
)
def test_odd_input_is_answered(app, world, words, status):
    assert find(world.client(app, "north.sales"), words).status_code == status


def test_what_was_typed_stays_and_is_escaped(app, world):
    page = find(world.client(app, "north.sales"), '"><b>').text
    assert 'value="&#34;&gt;&lt;b&gt;"' in page


def test_htmx_gets_the_results_only_from_the_same_address(app, world):
    answer = find(world.client(app, "north.sales"), "x", **{"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="results"')
    assert "HX-Request" in answer.vary
