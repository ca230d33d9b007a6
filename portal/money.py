"""Money: integer minor units with their currency, half-up lines, largest-remainder shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

MINOR_DIGITS: Final = {"CNY": 2, "USD": 2, "EUR": 2, "KES": 2, "JPY": 0}  # ISO 4217
LARGEST_MINOR: Final = 10**15  # ten trillion in two-digit currencies: anything above is a typing error
BASIS_POINTS: Final = 10_000


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (fen, cents) of an ISO 4217 currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"unknown currency {self.currency!r}")
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError("money is a whole number of minor units")

    def __add__(self, other: Self) -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Self) -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.minor * quantity, self.currency)

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other.minor

    def share(self, basis_points: int) -> "Money":
        """Return `basis_points` / 10,000 of the amount, rounded half up (away from zero)."""
        return Money(divide_half_up(self.minor * basis_points, BASIS_POINTS), self.currency)

    def split(self, weights: Sequence[int]) -> "tuple[Money, ...]":
        """Divide by largest remainder, ties to the lowest index; the parts sum to the amount exactly."""
        return tuple(Money(part, self.currency) for part in largest_remainder(self.minor, weights))


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide integers, halves away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    numerator, denominator = abs(numerator), abs(denominator)
    return sign * ((2 * numerator + denominator) // (2 * denominator))


def largest_remainder(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide `amount` in proportion to non-negative `weights`; raises ValueError when they sum to zero."""
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be non-negative and not all zero")
    sign, size = (-1, -amount) if amount < 0 else (1, amount)
    shares = [size * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % total), i))
    for index in by_remainder[: size - sum(shares)]:
        shares[index] += 1
    return tuple(sign * share for share in shares)


@dataclass(frozen=True, slots=True)
class Priced:
    """One line as money sees it: quantity × unit price, taxed at `tax_bps` (basis points)."""

    quantity: int
    unit: Money
    tax_bps: int

    @property
    def net(self) -> Money:
        """The line's amount before tax in net mode; whole minor units by construction."""
        return self.unit * self.quantity

    @property
    def tax(self) -> Money:
        """The line's tax, rounded half up on the line."""
        return self.net.share(self.tax_bps)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of rounded lines."""

    net: Money
    tax: Money
    gross: Money


def total(lines: Sequence[Priced], currency: str) -> Totals:
    """Sum lines of one currency in net mode: total = sum of rounded lines, so the parts always add up."""
    net = sum((line.net for line in lines), Money(0, currency))
    tax = sum((line.tax for line in lines), Money(0, currency))
    return Totals(net, tax, net + tax)
