"""Markup, own prices and agreed totals: whole minor units that always add up."""

import contextlib
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.deals.amounts import amount_text, basis_points, minor_units, percent_text
from portal.deals.reselling import Offer, marked_up, sell
from portal.errors import Invalid
from portal.money import LARGEST_MINOR


@dataclass(frozen=True)
class Line:
    position: int
    quantity: int
    list_unit_minor: int
    unit_minor: int


MARKUPS = st.integers(-9_000, 90_000)
PRICES = st.integers(0, 10**9)


@st.composite
def bills(draw: st.DrawFn) -> list[Line]:
    rows = draw(st.lists(st.tuples(st.integers(1, 500), PRICES, PRICES), min_size=1, max_size=12))
    return [Line(position, *row) for position, row in enumerate(rows, 1)]


@given(PRICES, MARKUPS)
def test_a_markup_is_the_exact_price_rounded_half_up(unit: int, markup: int) -> None:
    exact = Fraction(unit * (10_000 + markup), 10_000)
    assert abs(marked_up(unit, markup) - exact) <= Fraction(1, 2)
    if (exact * 2).denominator == 1 and exact.denominator == 2:
        assert marked_up(unit, markup) > exact  # a half goes up


@given(PRICES, MARKUPS, st.integers(0, 1000))
def test_a_higher_markup_never_costs_less(unit: int, markup: int, more: int) -> None:
    assert marked_up(unit, min(markup + more, 90_000)) >= marked_up(unit, markup)
    assert marked_up(unit, 0) == unit


@given(bills(), st.sampled_from(["list", "partner"]), MARKUPS, st.integers(0, 10_000))
def test_the_total_is_the_sum_of_rounded_lines(bill: list[Line], basis: str, markup: int, tax: int) -> None:
    sold = sell(bill, Offer(basis, markup, tax, {}))
    for line, money in zip(bill, sold, strict=True):
        base = line.list_unit_minor if basis == "list" else line.unit_minor
        assert money.unit_minor == marked_up(base, markup) >= 0
        assert money.net_minor == money.unit_minor * line.quantity
        assert abs(money.tax_minor - Fraction(money.net_minor * tax, 10_000)) <= Fraction(1, 2)


@settings(max_examples=200)
@given(bills(), MARKUPS, st.integers(1, 10**11), st.data())
def test_an_agreed_total_is_met_to_the_last_minor_unit(
    bill: list[Line], markup: int, total: int, data: st.DataObject
) -> None:
    positions = [line.position for line in bill]
    own = data.draw(st.dictionaries(st.sampled_from(positions), st.integers(1, 10**6), max_size=len(bill)))
    offer = Offer("list", markup, 1300, own, total)
    weights = {line.position: marked_up(line.list_unit_minor, markup) * line.quantity for line in bill}
    kept = sum(own[line.position] * line.quantity for line in bill if line.position in own)
    free = sum(weight for position, weight in weights.items() if position not in own)
    if kept > total or (kept < total and not free):
        with pytest.raises(Invalid):
            sell(bill, offer)
        return
    sold = {money.position: money for money in sell(bill, offer)}
    assert sum(money.net_minor for money in sold.values()) == total
    for line in bill:
        money = sold[line.position]
        if line.position in own:
            assert (money.unit_minor, money.net_minor) == (own[line.position], own[line.position] * line.quantity)
        elif free:
            exact = Fraction((total - kept) * weights[line.position], free)
            assert abs(money.net_minor - exact) < 1  # its share, up or down to a whole minor unit


def test_one_cent_lines_and_a_three_way_split() -> None:
    cents = [Line(position, 1, 1, 1) for position in (1, 2, 3)]
    assert [money.net_minor for money in sell(cents, Offer("list", 0, 0, {}, 100))] == [34, 33, 33]
    assert [money.tax_minor for money in sell(cents, Offer("list", 0, 5_000, {}))] == [1, 1, 1]  # 0.005 goes up
    assert [money.unit_minor for money in sell(cents, Offer("list", -5_000, 0, {}))] == [1, 1, 1]


def test_more_than_any_price_is_refused_and_never_overflows() -> None:
    with pytest.raises(Invalid):
        sell([Line(1, 1, LARGEST_MINOR, 1)], Offer("list", 1, 0, {}))
    with pytest.raises(Invalid):
        sell([Line(1, 10**6, 1, 1)], Offer("list", 0, 0, {1: LARGEST_MINOR}))
    assert sell([Line(1, 1, 1, 1)], Offer("list", 0, 0, {1: LARGEST_MINOR}))[0].net_minor == LARGEST_MINOR


@given(st.integers(-9_000, 90_000))
def test_percentages_are_read_as_they_are_written(points: int) -> None:
    assert basis_points(percent_text(points), field="x", lowest=-9_000, highest=90_000) == points


@given(st.integers(1, LARGEST_MINOR), st.sampled_from(["CNY", "JPY"]))
def test_amounts_are_read_as_they_are_written(minor: int, currency: str) -> None:
    assert minor_units(amount_text(minor, currency), currency, field="x") == minor


@given(st.text(max_size=30))
def test_any_text_is_a_number_in_range_or_invalid(typed: str) -> None:
    with contextlib.suppress(Invalid):
        assert 0 < minor_units(typed, "CNY", field="x") <= LARGEST_MINOR
    with contextlib.suppress(Invalid):
        assert -9_000 <= basis_points(typed, field="x", lowest=-9_000, highest=90_000) <= 90_000


@pytest.mark.parametrize(
    "typed", ["-5", "0", "1e18", "1" + "0" * 18, "1.5e3", "1,000", "١٢٣", "1.234", "", "1 000", "+1"]
)
def test_what_is_no_amount(typed: str) -> None:
    with pytest.raises(Invalid):
        minor_units(typed, "CNY", field="x")


def test_a_chinese_keyboard_types_wide_digits() -> None:
    assert minor_units("１２．５", "CNY", field="x") == 1250
    assert basis_points("－１２．５％", field="x", lowest=-9_000, highest=90_000) == -1250
    with pytest.raises(Invalid):
        minor_units("1.5", "JPY", field="x")
