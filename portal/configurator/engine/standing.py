"""A circuit of rules at one point, and changes tried at it: only what reads a changed variable is worked out again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from portal.configurator.engine.circuit import Circuit

MANY = 12
NEARER = 16


class State:
    """One point that keeps all rules, and all that follows from it."""

    def __init__(self, circuit: Circuit, point: Sequence[int]) -> None:
        self._circuit = circuit
        self._wires: list[Any] = [*point[: circuit.size]]
        for gate in circuit.gates[circuit.size :]:
            assert gate is not None
            self._wires.append(gate(self._wires))

    @property
    def point(self) -> list[int]:
        """Return the positions of the variables."""
        return self._wires[: self._circuit.size]

    def stand(self, point: Sequence[int], indexes: Iterable[int]) -> None:
        """Move to another point, as far as some variables are concerned."""
        Trial(self._circuit, self._wires).put([(index, point[index]) for index in indexes])

    def trial(self) -> Trial:
        """Return a copy to try changes at."""
        return Trial(self._circuit, self._wires.copy())

    def keeps(self, moves: Mapping[int, int], rules: frozenset[int]) -> bool:
        """Tell whether some rules, given by their wires, hold after a change."""
        wires = self._wires.copy()
        paths = [self._circuit.path(index, rules) for index, position in moves.items() if wires[index] != position]
        for index, position in moves.items():
            wires[index] = position
        for path in paths:
            for number, gate in path.gates:
                wires[number] = gate(wires)
        return all(wires[root] is True for path in paths for root in path.roots)

    def fitting(self, index: int, positions: Iterable[int]) -> list[int]:
        """Return the positions of one variable with which the rules that read it hold."""
        path = self._circuit.path(index)
        gates, roots = path.gates, path.roots
        wires, found = self._wires.copy(), []
        for position in positions:
            wires[index] = position
            for number, gate in gates:
                wires[number] = gate(wires)
            if all(wires[root] is True for root in roots):
                found.append(position)
        return found


class Trial:
    """A point some way from one that keeps all rules; `broken` are the wires of rules that do not hold there."""

    def __init__(self, circuit: Circuit, wires: list[Any]) -> None:
        self._circuit, self.wires = circuit, wires
        self._roots: set[int] = set()

    def put(self, moves: Iterable[tuple[int, int]]) -> list[int]:
        """Change positions and what follows; return the wires of rules that do not hold now."""
        circuit, wires = self._circuit, self.wires
        changed = []
        for index, position in moves:
            if wires[index] != position:
                wires[index] = position
                changed.append(index)
        if len(changed) <= MANY:
            for index in changed:  # a gate behind several of them comes right with the last
                path = circuit.path(index)
                self._roots.update(path.roots)
                for number, gate in path.gates:
                    wires[number] = gate(wires)
        else:
            self._roots.update(circuit.roots)
            for number, gate in circuit.all:
                wires[number] = gate(wires)
        return [root for root in self._roots if wires[root] is not True]

    def best(self, index: int, positions: Iterable[int], broken: set[int], wanted: int) -> tuple[int, int] | None:
        """Return how many rules are broken with the best position of one variable that mends the wanted rule, and it.

        `broken` are those broken now. One that breaks nothing new is taken at once.
        """
        first, path = self._circuit.path(index, frozenset({wanted})).gates, self._circuit.path(index)
        gates, roots, wires = path.gates, path.roots, self.wires.copy()
        aside = len(broken.difference(roots))
        found: tuple[int, int] | None = None
        for position in positions:
            wires[index] = position
            for number, gate in first:
                wires[number] = gate(wires)
            if wires[wanted] is not True:
                continue
            for number, gate in gates:
                wires[number] = gate(wires)
            now = [root for root in roots if wires[root] is not True]
            if broken.issuperset(now):
                return aside + len(now), position
            if found is None or aside + len(now) < found[0]:
                found = aside + len(now), position
        return found

    def nearer(self, options: Iterable[tuple[int, list[int]]], broken: set[int], wanted: int) -> tuple[int, int] | None:
        """Return the position of one variable that brings the wanted rule nearest to holding and breaks nothing new."""
        circuit, found = self._circuit, []
        now = circuit.excess(self.wires, wanted)
        if now is None:
            return None
        for index, positions in options:
            gates, wires = circuit.path(index, frozenset({wanted})).gates, self.wires.copy()
            for position in positions:
                wires[index] = position
                for number, gate in gates:
                    wires[number] = gate(wires)
                far = circuit.excess(wires, wanted)
                if far is not None and far < now:
                    found.append((far, index, position))
        for _, index, position in sorted(found)[:NEARER]:
            path, wires = circuit.path(index), self.wires.copy()
            wires[index] = position
            for number, gate in path.gates:
                wires[number] = gate(wires)
            if broken.issuperset([root for root in path.roots if wires[root] is not True]):
                return index, position
        return None
