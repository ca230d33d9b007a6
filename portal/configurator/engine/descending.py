"""Cheaper configurations near a known one: single slots are moved, and what the rules ask for goes along."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic

from portal.configurator.engine.adapting import Adapter
from portal.configurator.engine.component import Component
from portal.configurator.engine.network import Network
from portal.configurator.engine.pricing import Bill, Entry
from portal.configurator.engine.scope import Box, Slot, holds, positions


class Descent:
    """Makes points cheaper; the `held` slots stay, and all stay within a box."""

    def __init__(self, network: Network, bill: Bill, held: frozenset[int], box: Box) -> None:
        self._network, self._program, self._bill, self._held, self._box = network, network.program, bill, held, box
        self._entries = {
            slot.index: [entry for entry in bill.entries if slot.index in entry.reads] for slot in self._program.base
        }

    def improved(self, start: list[int], until: float) -> list[int]:
        """Return a point from which no single move leads to a cheaper one; less far when the time is over."""
        point = start[: len(self._program.base)]
        for component in self._network.components:
            point = self._within(component, point, until)
        return self._program.derive_point(point)

    def _within(self, component: Component, point: list[int], until: float) -> list[int]:
        slots = [slot for slot in component.slots if self._entries[slot.index] and slot.index not in self._held]
        if not slots:
            return point
        adapter, going = Adapter(component, point), True
        while going:
            going = False
            for slot in slots:
                for position in self._candidates(self._program.base[slot.index], point[slot.index]):
                    if monotonic() > until:
                        return point
                    moved = self._moved(component, adapter, slot, position, point)
                    if moved is not None:
                        point, going = moved, True
                        adapter.stand(point)
        return point

    def _candidates(self, slot: Slot, here: int) -> list[int]:
        part = self._box[slot.index]
        if isinstance(part, tuple):
            near = [part[0], (part[0] + here) // 2, here - 1, here + 1, part[1]]
            return [place for place in dict.fromkeys(near) if place != here and holds(part, place)]
        return [place for place in positions(part) if place != here]

    def _moved(
        self, component: Component, adapter: Adapter, slot: Slot, position: int, point: list[int]
    ) -> list[int] | None:
        """Return a cheaper point in which a slot has another position, None when none is found."""
        entries = self._entries[slot.index]
        there = list(point)
        there[slot.index] = position
        if self._total(entries, there) >= self._total(entries, point):
            return None
        if adapter.fits(slot, position):
            return there
        donor = component.donor(component.bit(slot, position))
        moves = adapter.towards(slot, position, component.base_point(donor), self._held) if donor is not None else None
        if moves is None:
            return None
        for index, place in moves.items():
            there[index] = place
        return there if self._total(self._bill.entries, there) < self._total(self._bill.entries, point) else None

    def _total(self, entries: Iterable[Entry], point: list[int]) -> int:
        derived = self._program.derive_point(point)
        return sum(entry.total(derived) for entry in entries)

    def joined(self, best: list[int], other: list[int], slots: Iterable[Slot]) -> list[int]:
        """Return the best point with some slots as another has them, and what the rules ask for with them."""
        base = len(self._program.base)
        wanted = self._program.reads(slots)
        point = best[:base]
        for component in self._network.components:
            own = [
                slot.index for slot in component.slots if slot.index in wanted and best[slot.index] != other[slot.index]
            ]
            if own:
                moves = Adapter(component, point).all_of(
                    [(index, other[index]) for index in own], other[:base], self._held
                )
                if moves is None:
                    return best
                for index, place in moves.items():
                    point[index] = place
        return self._program.derive_point(point)
