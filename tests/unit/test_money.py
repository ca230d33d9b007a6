"""Money adds up to the last minor unit, and only money is money."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import BASIS_POINTS, MINOR_DIGITS, Money, Priced, divide_half_up, largest_remainder, total

CURRENCIES = st.sampled_from(sorted(MINOR_DIGITS))
MINOR = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any)
LINES = st.lists(st.tuples(st.integers(-1000, 1000), MINOR, st.integers(0, 10_000)), max_size=30)


def half_up(exact: Fraction) -> int:
    """Round by the book: halves away from zero."""
    size = floor(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size


def by_hand(amount: int, weights: Sequence[int]) -> list[int]:
    """Hand out unit by unit to whoever is furthest below his exact part; ties go to the front."""
    exact = [Fraction(abs(amount) * weight, sum(weights)) for weight in weights]
    parts = [floor(part) for part in exact]
    while sum(parts) < abs(amount):
        short = [
            part - given if given == floor(part) else Fraction(-1) for part, given in zip(exact, parts, strict=True)
        ]
        parts[short.index(max(short))] += 1
    return [part if amount >= 0 else -part for part in parts]


@given(MINOR, CURRENCIES, WEIGHTS)
def test_a_split_sums_to_the_amount_exactly(minor: int, currency: str, weights: list[int]) -> None:
    parts = Money(minor, currency).split(weights)
    assert sum(part.minor for part in parts) == minor
    assert {part.currency for part in parts} == {currency}
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - Fraction(minor * weight, sum(weights))) < 1
        assert weight or part.minor == 0


@given(st.integers(-500, 500), WEIGHTS)
def test_a_split_is_the_one_made_by_hand(amount: int, weights: list[int]) -> None:
    assert list(largest_remainder(amount, weights)) == by_hand(amount, weights)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (101, [1, 1, 1], (34, 34, 33)),
        (1, [1, 1, 1], (1, 0, 0)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (5, [0, 1, 1], (0, 3, 2)),
        (10, [1, 2, 1], (3, 5, 2)),
        (0, [3, 4], (0, 0)),
    ],
)
def test_ties_go_to_the_lowest_index(amount: int, weights: list[int], parts: tuple[int, ...]) -> None:
    assert largest_remainder(amount, weights) == parts


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1], [-1, -1]])
def test_weights_without_a_sum_divide_nothing(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        largest_remainder(10, weights)


@given(MINOR, st.integers(1, 10**6), st.booleans())
def test_halves_go_away_from_zero(numerator: int, denominator: int, negative: bool) -> None:
    below = -denominator if negative else denominator
    assert divide_half_up(numerator, below) == half_up(Fraction(numerator, below))


@given(MINOR, st.integers(-20_000, 20_000))
def test_a_share_is_what_decimal_arithmetic_says(minor: int, basis_points: int) -> None:
    exact = Decimal(minor) * basis_points / BASIS_POINTS
    assert Money(minor, "CNY").share(basis_points).minor == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("minor", "basis_points", "share"),
    [(50, 100, 1), (-50, 100, -1), (49, 100, 0), (1, 5000, 1), (-1, 5000, -1), (3, 5000, 2)],
)
def test_half_a_cent_is_a_cent(minor: int, basis_points: int, share: int) -> None:
    assert Money(minor, "EUR").share(basis_points) == Money(share, "EUR")


@given(LINES, CURRENCIES)
def test_a_total_is_the_sum_of_its_rounded_lines(lines: list[tuple[int, int, int]], currency: str) -> None:
    priced = [Priced(quantity, Money(unit, currency), tax) for quantity, unit, tax in lines]
    sums = total(priced, currency)
    assert sums.net.minor == sum(quantity * unit for quantity, unit, _ in lines)
    assert sums.tax.minor == sum(
        half_up(Fraction(quantity * unit * tax, BASIS_POINTS)) for quantity, unit, tax in lines
    )
    assert sums.gross == sums.net + sums.tax
    assert {sums.net.currency, sums.tax.currency, sums.gross.currency} == {currency}


def test_the_tax_is_rounded_on_the_line_not_on_the_sum() -> None:
    lines = [Priced(1, Money(4, "CNY"), 1300)] * 3  # 0.52 each: three times 1 on the lines, 2 on the sum
    assert total(lines, "CNY").tax == Money(3, "CNY")


@given(MINOR, MINOR, CURRENCIES)
def test_adding_and_taking_away_come_back(one: int, other: int, currency: str) -> None:
    here, there = Money(one, currency), Money(other, currency)
    assert here + there - there == here
    assert here + there == there + here


@given(CURRENCIES, CURRENCIES)
def test_currencies_do_not_mix(one: str, other: str) -> None:
    if one == other:
        return
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, one) + Money(1, other)
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, one) - Money(1, other)
    with pytest.raises(ValueError, match="do not add up"):
        total([Priced(1, Money(1, one), 0)], other)
    assert Money(1, one) != Money(1, other)


@pytest.mark.parametrize("minor", [1.0, 0.1, float("nan"), True, False, "1", None, Decimal(1), Fraction(1)])
def test_only_whole_numbers_are_money(minor: Any) -> None:
    with pytest.raises(TypeError, match="whole number"):
        Money(minor, "CNY")


@pytest.mark.parametrize("currency", ["", "cny", "RMB", "XXX", None])
def test_only_known_currencies_are_money(currency: Any) -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, currency)


@pytest.mark.parametrize("factor", [1.5, 0.1, float("inf")])
def test_money_times_a_fraction_is_no_money(factor: Any) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        Money(3, "CNY") * factor
    with pytest.raises((TypeError, ValueError, OverflowError)):
        Money(3, "CNY").share(factor)
    with pytest.raises((TypeError, ValueError, OverflowError)):
        _ = Priced(factor, Money(3, "CNY"), 0).net


def test_money_does_not_change() -> None:
    amount = Money(1, "CNY")
    with pytest.raises(AttributeError):
        amount.minor = 2  # type: ignore[misc]
