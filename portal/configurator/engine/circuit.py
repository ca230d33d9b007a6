"""Rules as one circuit of shared numbers: after a change only what reads it is worked out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True, slots=True)
class Path:
    """What follows from one variable: gates in order, and the wires of rules among them."""

    gates: list[tuple[int, Gate]]
    roots: list[int]


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
        self._sides: dict[int, tuple[int, int]] = {}
        self._parts: dict[int, tuple[tuple[int, ...], bool]] = {}
        self._paths: dict[tuple[int, frozenset[int] | None], Path] = {}
        self.reads: dict[int, frozenset[int]] = {}
        for number, check in enumerate(program.checks):
            wire = self._opaque(check.test, check.reads) if check.term is None else self._truth(check.term)
            self.roots.setdefault(wire, []).append(number)
            self.reads[wire] = check.reads
        self.all = [(number, gate) for number, gate in enumerate(self.gates) if gate is not None]

    def path(self, index: int, wanted: frozenset[int] | None = None) -> Path:
        """Return all gates to work out again when a variable changes, in order, and those of them that are rules.

        With `wanted` rules, given by their wires, only what leads to them.
        """
        found = self._paths.get((index, wanted))
        if found is None:
            reached = self._from([index], self.readers)
            if wanted is not None:
                reached &= self._from(reached & wanted, self._sources) | (reached & wanted)
            numbers = sorted(reached)
            found = self._paths[index, wanted] = Path(
                [(number, gate) for number in numbers if (gate := self.gates[number]) is not None],
                [number for number in numbers if number in (self.roots if wanted is None else wanted)],
            )
        return found

    def excess(self, wires: list[Any], wire: int) -> int | None:
        """Return how far a comparison is from holding, 0 where it holds; None of what is no comparison.

        Of several conditions the worst counts, or the best where one is enough.
        """
        if wires[wire] is True:
            return 0
        if wire in self._sides:
            left, right = (wires[side] for side in self._sides[wire])
            return None if left is None or right is None else abs(left - right) + 1
        if wire not in self._parts:
            return None
        parts, one = self._parts[wire]
        found = [self.excess(wires, part) for part in parts]
        known = [far for far in found if far is not None]
        if one:
            return min(known, default=None)
        return max(known) if known and len(known) == len(found) else None

    @cached_property
    def _watched(self) -> tuple[list[tuple[int, Gate]], list[int]]:
        """Return the wires of the watched rules, and all gates that lead to them."""
        watched = {watch.check for watch in self._program.watches}
        roots = [root for root, numbers in self.roots.items() if watched.intersection(numbers)]
        below = sorted(self._from(roots, self._sources).union(roots))
        return [(number, gate) for number in below if (gate := self.gates[number]) is not None], roots

    def failing(self, point: Sequence[int]) -> set[int]:
        """Return the numbers of the watched rules, and of those written the same, that a point does not keep."""
        gates, roots = self._watched
        wires: list[Any] = [*point[: self.size], *self._empty]
        for number, gate in gates:
            wires[number] = gate(wires)
        return {number for root in roots if wires[root] is not True for number in self.roots[root]}

    @cached_property
    def _empty(self) -> list[None]:
        return [None] * (len(self.gates) - self.size)

    @staticmethod
    def _from(starts: Iterable[int], ways: Sequence[Iterable[int]]) -> set[int]:
        reached, stack = set[int](), list(starts)
        while stack:
            for there in ways[stack.pop()]:
                if there not in reached:
                    reached.add(there)
                    stack.append(there)
        return reached

    @cached_property
    def _sources(self) -> list[list[int]]:
        """Return what every gate reads."""
        found: list[list[int]] = [[] for _ in self.gates]
        for number, readers in enumerate(self.readers):
            for reader in readers:
                found[reader].append(number)
        return found

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
        if term.operator in {"+", "-"}:
            plus: list[int] = []
            minus: list[int] = []
            self._gather(term, plus, minus)
            return self._sum(tuple(plus), tuple(minus))
        return self._pair(term.operator, self._number(term.left), self._number(term.right))

    def _gather(self, term: Term, plus: list[int], minus: list[int]) -> None:
        """Sort the wires of a sum's terms by their sign: a long sum is one gate, not a chain of them."""
        if isinstance(term, Binary) and term.operator in {"+", "-"}:
            self._gather(term.left, plus, minus)
            self._gather(term.right, *((plus, minus) if term.operator == "+" else (minus, plus)))
        else:
            plus.append(self._number(term))

    def _sum(self, plus: tuple[int, ...], minus: tuple[int, ...]) -> int:
        def total(wires: list[Any]) -> int | None:
            result = 0
            for wire in plus:
                number = wires[wire]
                if number is None:
                    return None
                result += number
            for wire in minus:
                number = wires[wire]
                if number is None:
                    return None
                result -= number
            return result

        return self._add(("sum", plus, minus), total, (*plus, *minus))

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
            left, right = self._number(term.left), self._number(term.right)
            wire = self._pair(term.operator, left, right)
            self._sides[wire] = (left, right)
            return wire
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

        wire = self._add(("any" if stop else "all", parts), walk, parts)
        self._parts[wire] = parts, stop
        return wire
