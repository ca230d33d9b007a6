"""What a configuration costs: the bill as a number of a point, and its bounds over a box."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from portal.configurator.engine.arithmetic import TRUE
from portal.configurator.engine.evaluating import box_number, box_truth, point_number, point_truth, slots_of
from portal.configurator.engine.model import Line, Variable
from portal.configurator.engine.program import Program
from portal.configurator.engine.scope import Box, Part, Point, Slot, positions

UNPRICED = 10**15
"""Minor units that stand for a product without a price: dearer than everything else together."""
SHARED = 12


class Bill:
    """The total of bill lines in minor units."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        found = {slot.index: slot for entry in self.entries for slot in entry.slots}
        self.slots = tuple(found[index] for index in sorted(found))

    def total(self, point: Point) -> int:
        """Return the price of one configuration."""
        return sum(entry.total(point) for entry in self.entries)

    def least(self, box: Box) -> int:
        """Return a number that no configuration within the box falls below."""
        return sum(entry.least(box) for entry in self.entries)

    def parts(self, settled: Iterable[int]) -> list[Bill]:
        """Part the lines so that those which hang on the same open slots are together; lines that read many stay alone.

        `settled` are the indexes of slots that have one value left: they connect nothing.
        """
        known = frozenset(settled)
        parts: list[tuple[set[int], list[Entry]]] = []
        for entry in sorted(self.entries, key=lambda entry: len(entry.reads - known)):
            reads = entry.reads - known
            near = [part for part in parts if part[0] & reads and len(part[0] | reads) <= SHARED]
            slots, entries = set(reads), [entry]
            for part in near:
                if len(slots | part[0]) <= SHARED:
                    slots |= part[0]
                    entries += part[1]
                    parts.remove(part)
            parts.append((slots, entries))
        return [Bill(entries) for _, entries in parts]


def bill_of(program: Program, variables: Mapping[str, Variable], costs: Mapping[str, int]) -> Bill:
    """Return the bill of all lines of a model."""
    return Bill(Entry(line, program, variables, costs) for line in program.model.lines)


class Limits:
    """The least total of parts of a bill over a box that is changed slot by slot; no part is less than its floor."""

    def __init__(self, parts: Sequence[Bill], floors: Sequence[int], box: Box) -> None:
        self._box, self._floors = list(box), floors
        self._entries = [(number, entry) for number, part in enumerate(parts) for entry in part.entries]
        self._least = [entry.least(self._box) for _, entry in self._entries]
        self._sums = [0] * len(parts)
        self._readers: dict[int, list[int]] = {}
        for place, (number, entry) in enumerate(self._entries):
            self._sums[number] += self._least[place]
            for slot in entry.slots:
                self._readers.setdefault(slot.index, []).append(place)

    def put(self, slot: Slot, part: Part) -> int:
        """Change the part of a slot and return the least total."""
        self._box[slot.index] = part
        for place in self._readers.get(slot.index, ()):
            number, entry = self._entries[place]
            least = entry.least(self._box)
            self._sums[number] += least - self._least[place]
            self._least[place] = least
        return self.total()

    def total(self) -> int:
        """Return the least total."""
        return sum(map(max, self._sums, self._floors))


class Entry:
    """One line: a quantity times a price that may hang on a choice."""

    def __init__(
        self, line: Line, program: Program, variables: Mapping[str, Variable], costs: Mapping[str, int]
    ) -> None:
        scope = program.scope
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
        self.reads = program.reads(slots)

    def total(self, point: Point) -> int:
        """Return the price of the line."""
        if self._when is not None and self._when(point) is not True:
            return 0
        quantity = self._quantity(point)
        price = self._prices[0 if self._product is None else point[self._product]]
        return max(quantity or 0, 0) * price

    def least(self, box: Box) -> int:
        """Return a number that the price does not fall below within the box."""
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
