"""What a resale costs the customer: markup, own prices, an agreed total. Pure, in whole minor units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from portal.errors import Invalid
from portal.money import BASIS_POINTS, LARGEST_MINOR, divide_half_up, largest_remainder
from portal.words import N_

TOO_LARGE: Final = N_("A line or the total becomes larger than any price; lower the markup or the price.")
NO_ROOM: Final = N_("The agreed total leaves nothing for the lines without a price of their own.")


class Bought(Protocol):
    """A line of the quote as far as it is sold on."""

    position: int
    quantity: int
    list_unit_minor: int
    unit_minor: int


@dataclass(frozen=True, slots=True)
class Offer:
    """How the customer's prices are made: a markup on one of two prices, prices of single lines, an agreed total."""

    basis: str  # list or partner
    markup_bps: int
    tax_bps: int
    own: Mapping[int, int]  # position -> price of one piece in minor units
    fixed_net_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """The money of one line; with an agreed total the piece price is the amount divided and rounded."""

    position: int
    own_price: bool
    unit_minor: int
    net_minor: int
    tax_minor: int


def marked_up(unit_minor: int, markup_bps: int) -> int:
    """Return a price with its markup, rounded half up."""
    return divide_half_up(unit_minor * (BASIS_POINTS + markup_bps), BASIS_POINTS)


def sell(lines: Sequence[Bought], offer: Offer) -> tuple[Sold, ...]:
    """Price every line; the total is the sum of rounded lines, and an agreed total is met to the last minor unit."""
    units = {line.position: _unit(line, offer) for line in lines}
    nets = {line.position: units[line.position] * line.quantity for line in lines}
    if offer.fixed_net_minor is not None:
        nets |= _shared(lines, nets, offer, offer.fixed_net_minor)
        free = (line for line in lines if line.position not in offer.own)
        units |= {line.position: divide_half_up(nets[line.position], line.quantity) for line in free}
    if sum(nets.values()) > LARGEST_MINOR or max(units.values(), default=0) > LARGEST_MINOR:
        raise Invalid(TOO_LARGE, field="markup")
    return tuple(_sold(line, units[line.position], nets[line.position], offer) for line in lines)


def _unit(line: Bought, offer: Offer) -> int:
    if line.position in offer.own:
        return offer.own[line.position]
    return marked_up(line.list_unit_minor if offer.basis == "list" else line.unit_minor, offer.markup_bps)


def _shared(lines: Sequence[Bought], nets: Mapping[int, int], offer: Offer, total: int) -> dict[int, int]:
    """Divide what the lines with their own price leave of `total` among the others, in proportion to their amounts."""
    free = [line.position for line in lines if line.position not in offer.own]
    rest = total - sum(nets[position] for position in offer.own if position in nets)
    weights = [nets[position] for position in free]
    if rest < 0 or (rest > 0 and not sum(weights)):
        raise Invalid(NO_ROOM, field="total")
    return dict(zip(free, largest_remainder(rest, weights), strict=True)) if sum(weights) else {}


def _sold(line: Bought, unit: int, net: int, offer: Offer) -> Sold:
    tax = divide_half_up(net * offer.tax_bps, BASIS_POINTS)
    return Sold(line.position, line.position in offer.own, unit, net, tax)
