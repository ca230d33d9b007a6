"""How a proposal reads: values with their units, figures, and the bill of material with its prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from portal.catalog.pricing import UnitPrice
from portal.configurator.engine.results import BomLine
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.language.units import unit_factor
from portal.money import Money, divide_half_up
from portal.words import Text

Choices = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Figure:
    """A derived number of the proposal, in base units and as people read it."""

    attribute: Attribute
    value: int
    shown: Text


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of the bill with its prices, and why it was added when a requirement did."""

    line: BomLine
    product: UnitPrice
    list_total: Money
    total: Money
    because: Text | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """The bill of material of the proposal."""

    groups: tuple[tuple[Text, tuple[PricedLine, ...]], ...]
    list_total: Money
    total: Money

    @property
    def margin(self) -> Money:
        """Return what lies between list price and the buyer's price."""
        return self.list_total - self.total

    @property
    def margin_bps(self) -> int:
        """Return the margin in basis points of the list price, to a tenth of a percent."""
        return divide_half_up(self.margin.minor * 1_000, self.list_total.minor) * 10 if self.list_total.minor else 0


UNIT_WORDS = {
    "count": Text("", ""),
    "d": Text("days", "天"),
    "h": Text("hours", "小时"),
    "min": Text("minutes", "分钟"),
    "m": Text("m", "米"),
}
DECIMALS = 3  # of derived numbers, rounded half up


def anchor_of(key: str) -> str:
    """Return a question's name as elements of a page are named, `camera_group-1-fps`."""
    return key.replace("].", "-").replace("[", "-")


def unit_of(attribute: Attribute) -> Text:
    """Return how the unit of a question reads."""
    return UNIT_WORDS.get(attribute.unit, Text(attribute.unit, attribute.unit))


def amount_of(attribute: Attribute, value: int) -> Text:
    """Return a number in base units in the attribute's own unit, for example 65536 kbit/s as `65.536 Mbit/s`."""
    factor = unit_factor(attribute.unit or "count")
    whole, rest = divmod((2 * abs(value) * 10**DECIMALS + factor) // (2 * factor), 10**DECIMALS)
    decimals = f".{rest:0{DECIMALS}d}".rstrip("0").rstrip(".")
    shown, unit = f"{'-' if value < 0 else ''}{whole:,}{decimals}", unit_of(attribute)
    return Text(f"{shown} {unit.en}".strip(), f"{shown} {unit.zh}".strip())


def label_of(attribute: Attribute, value: str | int) -> Text:
    """Return how a value reads, with its unit."""
    if attribute.kind == "choice":
        return next((known.label for known in attribute.values if known.key == value), Text(str(value), str(value)))
    unit = unit_of(attribute)
    return Text(f"{value} {unit.en}".strip(), f"{value} {unit.zh}".strip())


def plain_label(ruleset: RuleSet, attribute: Attribute) -> Text:
    """Return the label without the member that it belongs to, for places that show the member around it."""
    group, _ = ruleset.member_of(attribute.key)
    plain = attribute.key.rpartition("].")[2]
    return next(item.label for item in ruleset.attributes if item.key == plain) if group else attribute.label


def figures_of(ruleset: RuleSet, assignment: Choices) -> tuple[Figure, ...]:
    """Return the derived numbers of a full assignment."""
    derived = (attribute for attribute in ruleset.existing(assignment) if attribute.kind == "derived")
    found = ((attribute, assignment.get(attribute.key)) for attribute in derived)
    return tuple(Figure(a, value, amount_of(a, value)) for a, value in found if isinstance(value, int))


def merged(lines: Sequence[BomLine]) -> list[BomLine]:
    """Add up what an authored line puts on the bill more than once: the members of a group that take one product."""
    found: dict[tuple[str, str, str], BomLine] = {}
    for line in lines:
        key = (line.group, line.rule, line.sku)
        found[key] = replace(line, quantity=line.quantity + found[key].quantity) if key in found else line
    return list(found.values())


def bill_of(ruleset: RuleSet, lines: Sequence[BomLine], prices: Mapping[str, UnitPrice], currency: str) -> Bill:
    """Price the lines of a bill and arrange them by group."""
    priced = []
    for line in merged(lines):
        product = prices[line.sku]
        unit, listed = Money(product.unit_minor, currency), Money(product.list_minor, currency)
        because = ruleset.because_of(line.rule)
        priced.append(PricedLine(line, product, listed * line.quantity, unit * line.quantity, because))
    groups = tuple(
        (group.title, tuple(line for line in priced if line.line.group == group.key)) for group in ruleset.groups
    )
    zero = Money(0, currency)
    list_total = sum((line.list_total for line in priced), zero)
    return Bill(tuple(g for g in groups if g[1]), list_total, sum((line.total for line in priced), zero))


def costs_of(prices: Mapping[str, UnitPrice]) -> dict[str, int]:
    """Return what the engine weighs: minor money of one piece per sku."""
    return {sku: price.unit_minor for sku, price in prices.items()}
