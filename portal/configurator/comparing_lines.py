"""What differs between two bills of material, product by product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.catalog.pricing import UnitPrice
from portal.configurator.engine.results import BomLine


@dataclass(frozen=True, slots=True)
class LineChange:
    """A product on one of two bills, or on both with its quantities."""

    sku: str
    name_en: str
    name_zh: str
    before: int
    after: int

    @property
    def differs(self) -> bool:
        """Whether the bills hold different quantities."""
        return self.before != self.after


def beside(
    before: Sequence[BomLine], after: Sequence[BomLine], prices: Mapping[str, UnitPrice]
) -> tuple[LineChange, ...]:
    """Return every product of two bills with both quantities, in the order of the bills."""
    counts: dict[str, list[int]] = {}
    for side, lines in enumerate((before, after)):
        for line in lines:
            counts.setdefault(line.sku, [0, 0])[side] += line.quantity
    return tuple(LineChange(sku, prices[sku].name_en, prices[sku].name_zh, *pair) for sku, pair in counts.items())


def changes(
    before: Sequence[BomLine], after: Sequence[BomLine], prices: Mapping[str, UnitPrice]
) -> tuple[LineChange, ...]:
    """Return the products whose quantity differs between two bills."""
    return tuple(line for line in beside(before, after, prices) if line.differs)
