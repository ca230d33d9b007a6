"""Rules as one circuit of intervals and sets: of a change only what reads it is worked out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from portal.configurator.engine import arithmetic, linear
from portal.configurator.engine.arithmetic import FALSE, TRUE
from portal.configurator.engine.evaluating import box_number, box_truth, choice_of, slots_of
from portal.configurator.engine.scope import Box, Part, Slot, span_of
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
    Term,
)

if TYPE_CHECKING:
    from portal.configurator.engine.program import Program

Gate = Callable[[list[Any]], Any]


class BoxCircuit:
    """The rules of a program as gates over boxes; wires 0 to n - 1 are the parts of all its slots.

    Terms that are written the same are one gate, and a gate stands behind everything it reads. Rules that are no
    expressions, such as tables, are left out.
    """

    def __init__(self, program: Program) -> None:
        self.program, self._scope = program, program.scope
        self.size = len(self._scope.slots)
        self.gates: list[Gate] = []
        self._reads: list[frozenset[int]] = []
        self._known: dict[object, int] = {}
        self.roots = [self._truth(check.term) if check.term is not None else None for check in program.checks]
        self._cones: dict[tuple[int, ...], list[int]] = {}
        self._paths: dict[tuple[int, int, bool], list[int]] = {}

    def stand(self, box: Box, numbers: Iterable[int]) -> Standing:
        """Return some of the rules at a box of all slots."""
        return Standing(self, box, self.cone(*(root for number in numbers if (root := self.roots[number]) is not None)))

    def cone(self, *roots: int) -> list[int]:
        """Return all gates that lead to some rules, given by their wires."""
        found = self._cones.get(roots)
        if found is None:
            found = self._cones[roots] = self._below(roots)
        return found

    def path(self, root: int, index: int, derived: bool) -> list[int]:
        """Return the gates of a rule to work out again when a slot changes, or also what is derived from it."""
        found = self._paths.get((root, index, derived))
        if found is None:
            reached = {index, *(place for place, _, _ in self.program.derived_from(index))} if derived else {index}
            found = self._paths[root, index, derived] = []
            for number in self.cone(root):
                if not reached.isdisjoint(self._reads[number - self.size]):
                    reached.add(number)
                    found.append(number)
        return found

    def _below(self, roots: Iterable[int]) -> list[int]:
        found, stack = set[int](), list(roots)
        while stack:
            number = stack.pop()
            if number >= self.size and number not in found:
                found.add(number)
                stack.extend(self._reads[number - self.size])
        return sorted(found)

    def _add(self, key: object, gate: Gate, reads: Iterable[int]) -> int:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.size + len(self.gates)
            self.gates.append(gate)
            self._reads.append(frozenset(reads))
        return found

    def _leaf(self, term: Term, gate: Gate) -> int:
        return self._add(term, gate, [slot.index for slot in slots_of(term, self._scope)])

    def _number(self, term: Term) -> int:
        scope = self._scope
        if isinstance(term, Ref) and term.key in scope.inlined:
            return self._number(scope.inlined[term.key])
        if isinstance(term, (Number, Setting, Ref, Lookup)):
            return self._leaf(term, box_number(term, scope))
        if isinstance(term, If):
            parts = self._truth(term.condition), self._number(term.then), self._number(term.otherwise)
            condition, then, otherwise = parts
            return self._add(
                ("if", *parts), lambda wires: choice_of(wires[condition], wires[then], wires[otherwise]), parts
            )
        if not isinstance(term, Binary):
            raise TypeError(f"not a number: {term!r}")
        return self._sum(term) if linear.is_sum(term) else self._pair(arithmetic.combine, term)

    def _sum(self, term: Binary) -> int:
        found = linear.flatten(term, self._scope)
        rest = [self._number(part) for _, part in found.rest]
        reads: list[Callable[[list[Any]], Any]] = [_wire(number) for number in rest]
        key = (
            "sum",
            found.constant,
            tuple(found.slots.items()),
            tuple((f, w) for (f, _), w in zip(found.rest, rest, strict=True)),
        )
        return self._add(key, linear.box_sum(found, self._scope, reads), [*found.slots, *rest])

    def _pair(self, work: Callable[[str, Any, Any], Any], term: Binary | Compare) -> int:
        operator, left, right = term.operator, self._number(term.left), self._number(term.right)
        return self._add(
            (operator, left, right), lambda wires: work(operator, wires[left], wires[right]), (left, right)
        )

    def _truth(self, term: Term) -> int:
        if isinstance(term, Compare):
            return self._pair(arithmetic.compare, term)
        if isinstance(term, (Same, Member)):
            return self._leaf(term, box_truth(term, self._scope))
        if isinstance(term, Not):
            inner = self._truth(term.part)
            return self._add(("not", inner), lambda wires: arithmetic.negate(wires[inner]), (inner,))
        if isinstance(term, (And, Or)):
            return self._several(tuple(self._truth(part) for part in term.parts), isinstance(term, Or))
        raise TypeError(f"not a condition: {term!r}")

    def _several(self, parts: tuple[int, ...], invert: bool) -> int:
        def walk(wires: list[Any]) -> int:
            result = TRUE
            for part in parts:
                result = arithmetic.conjoin(result, arithmetic.negate(wires[part]) if invert else wires[part])
                if result == FALSE:
                    break
            return arithmetic.negate(result) if invert else result

        return self._add(("any" if invert else "all", parts), walk, parts)


class Standing:
    """Rules at a box."""

    def __init__(self, circuit: BoxCircuit, box: Box, gates: Iterable[int]) -> None:
        self._circuit = circuit
        self._wires: list[Any] = [*box, *[None] * len(circuit.gates)]
        self._work(gates)

    def _work(self, numbers: Iterable[int]) -> None:
        wires, gates, size = self._wires, self._circuit.gates, self._circuit.size
        for number in numbers:
            wires[number] = gates[number - size](wires)

    def truth(self, check: int) -> int:
        """Return the truth values that a rule may take."""
        root = self._circuit.roots[check]
        truth: int = self._wires[root] if root is not None else TRUE | FALSE
        return truth

    def put(self, check: int, slot: Slot, part: Part) -> int:
        """Change the part of a slot for one rule and return the truth values that it may then take."""
        root = self._circuit.roots[check]
        assert root is not None
        self._wires[slot.index] = part
        self._work(self._circuit.path(root, slot.index, derived=False))
        truth: int = self._wires[root]
        return truth

    def trial(self, check: int, slot: Slot, part: Part) -> int:
        """Return the truth values that a rule may take with another part of a slot and what is derived from it."""
        wires, circuit = self._wires, self._circuit
        root = circuit.roots[check]
        if root is None:
            return TRUE | FALSE
        path, derived = circuit.path(root, slot.index, derived=True), circuit.program.derived_from(slot.index)
        before = [(number, wires[number]) for number in (slot.index, *(place for place, _, _ in derived), *path)]
        wires[slot.index] = part
        for place, own, bounds in derived:
            wires[place] = span_of(own, bounds(wires))
        self._work(path)
        result: int = wires[root]
        for number, value in before:
            wires[number] = value
        return result


def _wire(number: int) -> Gate:
    return lambda wires: wires[number]
