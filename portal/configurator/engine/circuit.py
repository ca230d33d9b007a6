"""Rules as one circuit of shared numbers: after a change only what reads it is worked out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from portal.configurator.engine import arithmetic
from portal.configurator.engine.evaluating import cells_of
from portal.configurator.engine.terms import (
    And,
    Binary,
    Compare,
    If,
    Lookup,
    Member,
    Not,
    Number,
    Or,
    Ref,
    Same,
    Setting,
    Symbol,
    Term,
)

if TYPE_CHECKING:
    from portal.configurator.engine.program import Program

Gate = Callable[[list[Any]], Any]
Moves = Iterable[tuple[int, int]]
"""Slot indexes with their new positions."""
Undo = list[tuple[int, Any]]


class Circuit:
    """The checks of a program as gates; wires 0 to n - 1 are the positions of its variables, None is undefined.

    Terms that are written the same, such as a member's share in several sums, are one gate.
    """

    def __init__(self, program: Program) -> None:
        self._program, self._scope = program, program.scope
        self._derived = dict(program.model.derived)
        self.size = len(program.base)
        self.gates: list[Gate | None] = [None] * self.size
        self.readers: list[list[int]] = [[] for _ in program.base]
        self._known: dict[object, int] = {}
        self._wires: dict[str, int] = {}
        self.roots: dict[int, list[int]] = {}
        self.reads = [check.reads for check in program.checks]
        for number, check in enumerate(program.checks):
            wire = self._opaque(check.test, check.reads) if check.term is None else self._truth(check.term)
            self.roots.setdefault(wire, []).append(number)

    def _add(self, key: object, gate: Gate, reads: Iterable[int]) -> int:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.gates)
            self.gates.append(gate)
            self.readers.append([])
            for wire in dict.fromkeys(reads):
                self.readers[wire].append(found)
        return found

    def _opaque(self, test: Callable[[Sequence[int]], bool | None], reads: Iterable[int]) -> int:
        return self._add(("test", id(test)), test, reads)

    def _constant(self, value: int | str) -> int:
        return self._add(("constant", type(value), value), lambda _wires: value, ())

    def _number(self, term: Term) -> int:
        """Return the wire of a number."""
        if isinstance(term, Number):
            return self._constant(term.value)
        if isinstance(term, Setting):
            return self._constant(self._scope.settings[term.key])
        if isinstance(term, Ref):
            return self._reference(term.key)
        if isinstance(term, Lookup):
            return self._lookup(term)
        return self._choice(term) if isinstance(term, If) else self._binary(term)

    def _reference(self, key: str) -> int:
        if key in self._derived:
            if key not in self._wires:
                self._wires[key] = self._number(self._derived[key])
            return self._wires[key]
        slot = self._scope.slots[key]
        numbers, index = slot.numbers, slot.index
        return self._add(("number", index), lambda wires: numbers[wires[index]], (index,))

    def _lookup(self, term: Lookup) -> int:
        indexes, cells = cells_of(term, self._scope)
        key = ("cell", term.table, term.column, indexes)
        if len(indexes) == 1:
            column = {places[0]: cell for places, cell in cells.items()}
            index = indexes[0]
            return self._add(key, lambda wires: column.get(wires[index]), indexes)
        return self._add(key, lambda wires: cells.get(tuple([wires[index] for index in indexes])), indexes)

    def _choice(self, term: If) -> int:
        condition, then, otherwise = self._truth(term.condition), self._number(term.then), self._number(term.otherwise)

        def choose(wires: list[Any]) -> Any:
            truth = wires[condition]
            return None if truth is None else wires[then] if truth else wires[otherwise]

        return self._add(("if", condition, then, otherwise), choose, (condition, then, otherwise))

    def _binary(self, term: Term) -> int:
        if not isinstance(term, Binary):
            raise TypeError(f"not a number: {term!r}")
        return self._pair(term.operator, self._number(term.left), self._number(term.right))

    def _pair(self, operator: str, left: int, right: int) -> int:
        operate: Callable[[Any, Any], Any] = {**arithmetic.EXACT, **arithmetic.COMPARE}[operator]

        def both(wires: list[Any]) -> Any:
            first, second = wires[left], wires[right]
            return None if first is None or second is None else operate(first, second)

        return self._add((operator, left, right), both, (left, right))

    def _word(self, term: Term) -> int:
        if isinstance(term, Symbol):
            return self._constant(term.value)
        if isinstance(term, Ref):
            slot = self._scope.slots[term.key]
            words, index = tuple(str(value) for value in slot.values), slot.index
            return self._add(("word", index), lambda wires: words[wires[index]], (index,))
        if not isinstance(term, Lookup):
            raise TypeError(f"not a word: {term!r}")
        cell = self._lookup(term)
        return self._add(("text", cell), lambda wires: None if wires[cell] is None else str(wires[cell]), (cell,))

    def _truth(self, term: Term) -> int:
        """Return the wire of a condition."""
        if isinstance(term, Compare):
            return self._pair(term.operator, self._number(term.left), self._number(term.right))
        if isinstance(term, Same):
            return self._pair("==", self._word(term.left), self._word(term.right))
        if isinstance(term, Member):
            word, symbols = self._word(term.term), frozenset(term.symbols)
            gate: Gate = lambda wires: None if wires[word] is None else wires[word] in symbols  # noqa: E731
            return self._add(("in", word, symbols), gate, (word,))
        if isinstance(term, Not):
            inner = self._truth(term.part)
            return self._add(("not", inner), lambda wires: None if wires[inner] is None else not wires[inner], (inner,))
        if isinstance(term, (And, Or)):
            return self._several(tuple(self._truth(part) for part in term.parts), isinstance(term, Or))
        raise TypeError(f"not a condition: {term!r}")

    def _several(self, parts: tuple[int, ...], stop: bool) -> int:
        def walk(wires: list[Any]) -> bool | None:
            result: bool | None = not stop
            for part in parts:
                truth: bool | None = wires[part]
                if truth is stop:
                    return stop
                if truth is None:
                    result = None
            return result

        return self._add(("any" if stop else "all", parts), walk, parts)


class State:
    """One point and all that follows from it; `broken` are the numbers of the checks that do not hold there."""

    def __init__(self, circuit: Circuit, point: Sequence[int]) -> None:
        self._circuit = circuit
        self.wires: list[Any] = [*point[: circuit.size]]
        self.broken: set[int] = set()
        for number in range(circuit.size, len(circuit.gates)):
            gate = circuit.gates[number]
            assert gate is not None
            self.wires.append(gate(self.wires))
        for wire, checks in circuit.roots.items():
            if self.wires[wire] is not True:
                self.broken.update(checks)

    @property
    def point(self) -> list[int]:
        """Return the positions of the variables."""
        return self.wires[: self._circuit.size]

    def move(self, moves: Moves) -> Undo:
        """Change positions and what follows; return what takes it back."""
        circuit, wires = self._circuit, self.wires
        gates, readers = circuit.gates, circuit.readers
        undo: Undo = []
        heap: list[int] = []
        waiting: set[int] = set()
        for index, position in moves:
            if wires[index] != position:
                undo.append((index, wires[index]))
                wires[index] = position
                for reader in readers[index]:
                    if reader not in waiting:
                        waiting.add(reader)
                        heappush(heap, reader)
        while heap:
            number = heappop(heap)
            value = gates[number](wires)  # type: ignore[misc]
            before = wires[number]
            if value is before or (value == before and value is not None and before is not None):
                continue
            undo.append((number, before))
            wires[number] = value
            for reader in readers[number]:
                if reader not in waiting:
                    waiting.add(reader)
                    heappush(heap, reader)
        self._note(undo)
        return undo

    def back(self, undo: Undo) -> None:
        """Take moves back."""
        for number, before in undo:
            self.wires[number] = before
        self._note(undo)

    def _note(self, changed: Undo) -> None:
        roots, wires = self._circuit.roots, self.wires
        for number, _ in changed:
            if number in roots:
                if wires[number] is True:
                    self.broken.difference_update(roots[number])
                else:
                    self.broken.update(roots[number])
