"""Witnesses made from witnesses: a change is put right with values of another witness instead of a search.

The base keeps all choices and rules. One slot of it is changed; while rules are broken, what they read is taken over
from a donor that has the wanted value. Only a point that keeps every rule counts, so this never decides that something
is impossible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from portal.configurator.engine.circuit import State
from portal.configurator.engine.scope import Slot

if TYPE_CHECKING:
    from portal.configurator.engine.component import Component

ROUNDS = 8

Moves = dict[int, int]
"""New position by slot index."""


class Adapter:
    """One component's rules standing at a base, which can be moved."""

    def __init__(self, component: Component, point: Sequence[int]) -> None:
        circuit = component.program.circuit
        self._inside = [slot.index for slot in component.slots]
        self._reads = circuit.reads
        own = set(self._inside)
        self._state = State(circuit, point)
        self._state.broken = {number for number in self._state.broken if own & circuit.reads[number]}

    def stand(self, point: Sequence[int]) -> None:
        """Take another base, a point that keeps all rules."""
        self._state.move([(index, point[index]) for index in self._inside])

    def fits(self, slot: Slot, position: int) -> bool:
        """Tell whether the base keeps all rules when one slot is changed."""
        return self.takes([(slot.index, position)])

    def takes(self, moves: Iterable[tuple[int, int]]) -> bool:
        """Tell whether the base keeps all rules after a change."""
        undo = self._state.move(moves)
        result = not self._state.broken
        self._state.back(undo)
        return result

    def all_of(self, moves: list[tuple[int, int]], donor: Sequence[int], held: Collection[int]) -> Moves | None:
        """Return what to change for several positions."""
        return self._pull(moves, donor, held)

    def towards(self, slot: Slot, position: int, donor: Sequence[int], held: Collection[int]) -> Moves | None:
        """Return what to change for a position: as much as the rules ask for is taken over from the donor."""
        return self._pull([(slot.index, position)], donor, {slot.index, *held})

    def away(self, slot: Slot, position: int, donor: Sequence[int], held: Collection[int]) -> Moves | None:
        """Return what to change to become the donor with a position, except where the rules ask for the base."""
        moves = [(index, donor[index]) for index in self._inside if index not in held and index != slot.index]
        return self._pull([*moves, (slot.index, position)], self._state.point, {slot.index, *held})

    def mended(self, point: Sequence[int], held: Collection[int]) -> Moves | None:
        """Return what to change to have the held positions of a point, and of the others what the rules let be."""
        return self._pull([(index, point[index]) for index in self._inside], self._state.point, held)

    def _pull(self, moves: Iterable[tuple[int, int]], donor: Sequence[int], held: Collection[int]) -> Moves | None:
        state = self._state
        wires, broken = state.wires, state.broken
        done = [state.move(moves)]
        for _ in range(ROUNDS):
            if not broken:
                break
            wanted = {index for number in broken for index in self._reads[number]}
            more = [(index, donor[index]) for index in wanted if wires[index] != donor[index] and index not in held]
            if not more:
                break
            done.append(state.move(more))
        size = len(donor)
        found = None if broken else {index: wires[index] for undo in done for index, _ in undo if index < size}
        for undo in reversed(done):
            state.back(undo)
        return found
