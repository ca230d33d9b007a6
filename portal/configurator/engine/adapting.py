"""Witnesses made from witnesses: a change is put right with values of another witness instead of a search.

The base keeps all choices and rules. One slot of it is changed; while rules are broken, what they read is taken over
from a donor that has the wanted value. Only a point that keeps every rule counts, so this never decides that something
is impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from portal.configurator.engine.scope import Slot
from portal.configurator.engine.standing import State, Trial

if TYPE_CHECKING:
    from portal.configurator.engine.asking import Asking

ROUNDS = 8
DEPTH = 16
FEW = 8
TRIED = 24

Moves = Mapping[int, int]
"""New position by slot index."""
Options = Callable[[int], list[int]]
"""The positions of a slot that are worth trying."""


class Adapter:
    """One component's rules standing at a base, from which changes are tried."""

    def __init__(self, component: Asking, point: Sequence[int]) -> None:
        self._inside = [slot.index for slot in component.slots]
        self._circuit = component.program.circuit
        self._state = State(self._circuit, point)
        own = set(self._inside)
        self._numbers = {slot.index for slot in component.ordered}
        self._sums = frozenset(
            root for root, numbers in self._circuit.roots.items() if component.watched.intersection(numbers)
        )
        self._own = {root for root, reads in self._circuit.reads.items() if own & reads}

    @property
    def point(self) -> list[int]:
        """Return the base."""
        return self._state.point

    def stand(self, point: Sequence[int]) -> None:
        """Take another base, a point that keeps all rules."""
        self._state.stand(point, self._inside)

    def fits(self, slot: Slot, position: int) -> bool:
        """Tell whether the base keeps all rules when one slot is changed."""
        return bool(self._state.fitting(slot.index, [position]))

    def fitting(self, slot: Slot, positions: Iterable[int]) -> list[int]:
        """Return the positions of a slot with which the base, nothing else changed, keeps all rules."""
        return self._state.fitting(slot.index, positions)

    def takes(self, moves: Iterable[tuple[int, int]]) -> bool:
        """Tell whether the base keeps all rules after a change."""
        return self._own.isdisjoint(self._state.trial().put(moves))

    def keeps_sums(self, moves: Moves) -> bool:
        """Tell whether the base keeps the watched rules after a change; of the others nothing is said."""
        return self._state.keeps(moves, self._sums)

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

    def repaired(self, slot: Slot, position: int, held: Collection[int], options: Options) -> Moves | None:
        """Return what to change for a position: one slot after another is moved so that fewer rules are broken."""
        trial = self._state.trial()
        broken = self._own.intersection(trial.put([(slot.index, position)]))
        moves, fixed = {slot.index: position}, {slot.index, *held}
        while broken and len(moves) < DEPTH:
            free = {root: self._circuit.reads[root].difference(fixed) for root in broken}
            wanted = min(broken, key=lambda root: (len(free[root]), root))
            step = self._step(trial, broken, wanted, free[wanted], options)
            if step is None:
                return None
            index, place = step
            broken = self._own.intersection(trial.put([(index, place)]))
            moves[index] = place
            fixed.add(index)
        return None if broken else moves

    def _step(
        self, trial: Trial, broken: set[int], wanted: int, free: Iterable[int], options: Options
    ) -> tuple[int, int] | None:
        """Return the change of one slot that mends a rule and breaks few others, or at least brings it nearer."""
        order = sorted(free, key=lambda index: (len(self._circuit.path(index).gates), index))
        best: tuple[int, int, int] | None = None
        for index in order[:TRIED]:
            found = trial.best(index, options(index), broken, wanted)
            if found is not None and found[0] < len(broken):
                return index, found[1]
            if found is not None and (best is None or found[0] < best[0]):
                best = found[0], index, found[1]
        if best is not None and best[0] <= len(broken) + 1:
            return best[1:]
        if wanted not in self._sums:
            return None
        return trial.nearer([(index, self._few(index, options(index))) for index in order], broken, wanted)

    def _few(self, index: int, positions: list[int]) -> list[int]:
        """Return of many positions of a number only some, the ends among them."""
        if index not in self._numbers or len(positions) <= FEW:
            return positions
        return [*positions[:: len(positions) // FEW], positions[-1]]

    def _pull(self, moves: list[tuple[int, int]], donor: Sequence[int], held: Collection[int]) -> Moves | None:
        trial = self._state.trial()
        wires, changed = trial.wires, {index for index, position in moves if trial.wires[index] != position}
        broken = self._own.intersection(trial.put(moves))
        for _ in range(ROUNDS):
            if not broken:
                break
            wanted = {index for root in broken for index in self._circuit.reads[root]}
            more = [(index, donor[index]) for index in wanted if wires[index] != donor[index] and index not in held]
            if not more:
                break
            changed.update(index for index, _ in more)
            broken = self._own.intersection(trial.put(more))
        return None if broken else {index: wires[index] for index in changed}
