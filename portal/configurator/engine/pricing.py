"""What a configuration costs: the bill as a number of a point, and its bounds over a box."""

from __future__ import annotations

from collections.abc import Mapping

from portal.configurator.engine.arithmetic import TRUE
from portal.configurator.engine.evaluating import box_number, box_truth, point_number, point_truth, slots_of
from portal.configurator.engine.model import Line, Variable
from portal.configurator.engine.program import Program
from portal.configurator.engine.scope import Box, Point, Scope, Slot, positions

UNPRICED = 10**15
"""Minor units that stand for a product without a price: dearer than everything else together."""


class Bill:
    """The total of all bill lines in minor units."""

    def __init__(self, program: Program, variables: Mapping[str, Variable], costs: Mapping[str, int]) -> None:
        self._entries = [_Entry(line, program.scope, variables, costs) for line in program.model.lines]
        found = {slot.index: slot for entry in self._entries for slot in entry.slots}
        self.slots = tuple(found[index] for index in sorted(found))

    def total(self, point: Point) -> int:
        """Return the price of one configuration."""
        return sum(entry.total(point) for entry in self._entries)

    def least(self, box: Box) -> int:
        """Return a number that no configuration within the box falls below."""
        return sum(entry.least(box) for entry in self._entries)


class _Entry:
    """One line: a quantity times a price that may hang on a choice."""

    def __init__(self, line: Line, scope: Scope, variables: Mapping[str, Variable], costs: Mapping[str, int]) -> None:
        self._quantity, self._quantities = point_number(line.quantity, scope), box_number(line.quantity, scope)
        self._when = point_truth(line.when, scope) if line.when else None
        self._whens = box_truth(line.when, scope) if line.when else None
        slots = {*slots_of(line.quantity, scope), *(slots_of(line.when, scope) if line.when else ())}
        self._product: int | None = None
        if line.product is None:
            self._prices: tuple[int, ...] = (_price(line.sku, costs),)
        else:
            slot = scope.slots[line.product]
            self._product = slot.index
            self._prices = tuple(_price(sku, costs) for sku in variables[line.product].skus)
            slots.add(slot)
        self.slots: set[Slot] = slots

    def total(self, point: Point) -> int:
        if self._when is not None and self._when(point) is not True:
            return 0
        quantity = self._quantity(point)
        price = self._prices[0 if self._product is None else point[self._product]]
        return max(quantity or 0, 0) * price

    def least(self, box: Box) -> int:
        if self._whens is not None and self._whens(box) != TRUE:
            return 0
        low, high, undefined = self._quantities(box)
        if undefined or low <= 0 or low > high:
            return 0
        if self._product is None:
            return low * self._prices[0]
        return low * min(self._prices[place] for place in positions(box[self._product]))


def _price(sku: str | None, costs: Mapping[str, int]) -> int:
    return 0 if sku is None else costs.get(sku, UNPRICED)
