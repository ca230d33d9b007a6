"""What the address of the list asks for, and what of it is left out visibly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.facets import ALL_FACETS
from portal.catalog.filters import ProductFilter, read_filter

KINDS, MAKERS = {"switches": 2, "cameras": 3}, {"Acme": 5}


def read(**args: str) -> ProductFilter:
    return read_filter(args, kinds=KINDS, makers=MAKERS, currency="CNY")


def test_everything_that_is_understood_stands_in_the_address_again() -> None:
    args = {
        "q": "switch", "kind": "switches", "maker": "Acme", "confirmed": "no", "invented": "yes", "price_from": "10",
        "price_to": "99.50", "poe_ports": "8", "poe_type": "bt3", "sort": "price",
    }  # fmt: skip
    wanted = read(**args)
    assert wanted.params() == args
    assert not wanted.ignored
    assert (wanted.low_minor, wanted.high_minor) == (1000, 9950)
    assert {part.facet.key: part.number for part in wanted.facets} == {"poe_ports": 8, "poe_type": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "nonsense"), ("maker", "Nobody"), ("offer", "x"), ("sort", "; drop"), ("confirmed", "maybe"),
        ("price_from", "-1"), ("price_to", "1e3"), ("price_to", "1.005"), ("price_from", "9" * 18),
        ("poe_ports", "many"), ("poe_ports", "-1"), ("resolution", "3mp"), ("poe_ports", "9" * 30), ("channels", "4"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_named(name: str, value: str) -> None:
    wanted = read(**{name: value})
    assert [left[0] for left in wanted.ignored] == [name]
    assert name not in wanted.params()
    assert wanted.sort == "shelf"


def test_a_filter_of_another_kind_is_left_out_visibly() -> None:
    wanted = read(kind="cameras", poe_budget="100")
    assert wanted.ignored == (("poe_budget", "100"),)
    assert wanted.params() == {"kind": "cameras"}


def test_taking_the_kind_off_takes_its_own_filters_along() -> None:
    wanted = read(kind="switches", poe_ports="8", poe_budget="100", q="x")
    assert wanted.without("poe_ports") == {"kind": "switches", "poe_budget": "100", "q": "x"}
    assert wanted.without("kind") == {"poe_ports": "8", "q": "x"}


@given(
    st.dictionaries(st.sampled_from(["q", "kind", "maker", "price_from", "after", *ALL_FACETS]), st.text(max_size=60))
)
def test_no_address_breaks_it(args: dict[str, str]) -> None:
    wanted = read(**args)
    again = read_filter(wanted.params(), kinds=KINDS, makers=MAKERS, currency="CNY")
    assert again.params() == wanted.params()
    assert not again.ignored
