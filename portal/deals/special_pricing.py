"""Special prices as numbers: from a percentage and prices of single lines to whole minor units. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from portal.errors import Invalid
from portal.money import BASIS_POINTS, divide_half_up
from portal.words import N_

LARGEST_DISCOUNT: Final = 9_000  # basis points: nothing is given away


class Line(Protocol):
    """A line of a quote as far as its price goes."""

    position: int
    sku: str
    quantity: int
    unit_minor: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: special prices of one piece by position, and the largest discount among them."""

    prices: Mapping[int, int]
    discount_bps: int


def wish(lines: Sequence[Line], percent_bps: int | None, own: Mapping[int, int]) -> Wish:
    """Return the special prices that a percentage on all lines and prices of single lines mean.

    A discount counts as what was typed, not as what rounding to whole minor units makes of it. Raises Invalid for a
    price that is none or not lower than the partner price, and when nothing is wanted.
    """
    prices: dict[int, int] = {}
    largest = 0
    for line in lines:
        if line.position in own:
            special = own[line.position]
            if not 0 < special < line.unit_minor:
                raise Invalid(N_("A special price lies below the partner price and above zero."),
                              field=f"price_{line.position}")  # fmt: skip
            share = -(-(line.unit_minor - special) * BASIS_POINTS // line.unit_minor)  # up: a limit is a limit
            if share > LARGEST_DISCOUNT:
                raise Invalid(N_("At most %(most)d per cent off."), field=f"price_{line.position}",
                              most=LARGEST_DISCOUNT // 100)  # fmt: skip
        elif percent_bps:
            special = divide_half_up(line.unit_minor * (BASIS_POINTS - percent_bps), BASIS_POINTS)
            share = percent_bps
            if not 0 < special < line.unit_minor:  # too small to be divided
                continue
        else:
            continue
        prices[line.position], largest = special, max(largest, share)
    if not prices:
        raise Invalid(N_("Enter a discount, or the price of at least one line."), field="discount")
    return Wish(prices, largest)


def noted(lines: Sequence[Line], prices: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return the lines that are meant, as they stand now, for the record."""
    return [
        {
            "position": line.position,
            "sku": line.sku,
            "quantity": line.quantity,
            "unit_minor": line.unit_minor,
            "special_minor": prices[line.position],
        }
        for line in lines
        if line.position in prices
    ]


def fits(lines: Sequence[Line], record: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the lines that were meant still stand as they did."""
    now = {line.position: (line.sku, line.quantity, line.unit_minor) for line in lines}
    return all(now.get(each["position"]) == (each["sku"], each["quantity"], each["unit_minor"]) for each in record)


def net_of(lines: Sequence[Line], prices: Mapping[int, int]) -> int:
    """Return what the lines cost before tax with these special prices."""
    return sum(line.quantity * prices.get(line.position, line.unit_minor) for line in lines)
