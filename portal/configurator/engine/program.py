"""A model made ready for solvers: slots, hard clauses, clauses per authored rule and rules that are watched lazily."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from math import prod

from portal.configurator.engine import diagrams
from portal.configurator.engine.boxes import BoxCircuit
from portal.configurator.engine.circuit import Circuit
from portal.configurator.engine.encoding import Clause, Encoding
from portal.configurator.engine.evaluating import (
    BoxNumber,
    BoxTruth,
    PointTruth,
    box_number,
    box_truth,
    point_number,
    point_truth,
    slots_of,
)
from portal.configurator.engine.lifting import grown, narrowest, pave
from portal.configurator.engine.model import Allowed, Model, Rule
from portal.configurator.engine.model import Clause as AuthoredClause
from portal.configurator.engine.scope import Box, Part, Scope, Slot, slot_of, slot_of_numbers, span_of
from portal.configurator.engine.terms import Compare, Number, Or, Ref, Term, bind

MATERIAL_POINTS = 4096
MATERIAL_VALUES = 512
PAVE_BOXES = 3000
PAVE_HOLES = 400
NOGOOD_LIMIT = 20_000

Hole = list[Part]
"""A box in which a rule is never kept: one part for each slot that the rule reads."""


@dataclass(frozen=True, eq=False)
class Watch:
    """A rule checked on every model found: its place, slots and compiled forms, and its number among all checks."""

    rule: int
    slots: tuple[Slot, ...]
    point: PointTruth
    box: BoxTruth
    check: int


@dataclass(frozen=True)
class Check:
    """Any rule as a test of a point, with the variables that it depends on; `term` when it is an expression."""

    test: PointTruth
    reads: frozenset[int]
    term: Term | None = None


class Program:
    """Everything that is fixed by a model, and the no-goods learned so far, shared by all solvers made from it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.encoding = Encoding()
        self.scope = Scope({}, model.settings, model.functions)
        self.rules = list(dict.fromkeys(rule.key for rule in model.rules))
        self.rule_clauses: list[tuple[int, Clause]] = []
        self.watches: list[Watch] = []
        self.checks: list[Check] = []
        self.nogoods: list[tuple[int, Clause]] = []
        self.epoch = 0
        self._covers: dict[tuple[Term, tuple[object, ...]], tuple[list[Hole], bool]] = {}
        self._aux: list[tuple[int, tuple[int, ...], dict[tuple[int, ...], int]]] = []
        self._inputs: dict[int, frozenset[int]] = {}
        self._bounds: list[tuple[Slot, BoxNumber]] = []
        for variable in model.variables:
            self._add(slot_of(variable, len(self.scope.slots)))
        self.base = tuple(self.scope.slots.values())
        for key, term in model.derived:
            self._derive(key, term)
        places = {key: place for place, key in enumerate(self.rules)}
        for rule in model.rules:
            if isinstance(rule, AuthoredClause):
                self._clause(places[rule.key], rule)
            elif isinstance(rule, Allowed):
                self._allow(places[rule.key], rule)
            else:
                self._require(places[rule.key], rule)
        self.clauses = self.encoding.clauses

    def _add(self, slot: Slot) -> Slot:
        self.scope.slots[slot.key] = slot
        self.encoding.add_slot(slot)
        return slot

    def _derive(self, key: str, term: Term) -> None:
        """Give a derived number its own slot when it has few inputs and values; otherwise inline it."""
        inputs = slots_of(term, self.scope)
        numbers: dict[tuple[int, ...], int] = {}
        if inputs and prod(slot.size for slot in inputs) <= MATERIAL_POINTS:
            read = point_number(term, self.scope)
            point = [0] * len(self.scope.slots)
            for places in product(*(range(slot.size) for slot in inputs)):
                for slot, place in zip(inputs, places, strict=True):
                    point[slot.index] = place
                number = read(point)
                if number is None:
                    numbers.clear()
                    break
                numbers[places] = number
        distinct = sorted(set(numbers.values()))
        if not 1 < len(distinct) <= MATERIAL_VALUES:
            self.scope.inlined[key] = term
            return
        slot = self._add(slot_of_numbers(key, distinct, len(self.scope.slots)))
        table = {places: slot.positions[number] for places, number in numbers.items()}
        self._aux.append((slot.index, tuple(item.index for item in inputs), table))
        self._inputs[slot.index] = self.reads(inputs)
        self._bounds.append((slot, box_number(term, self.scope)))
        for places, target in table.items():
            at = zip(inputs, places, strict=True)
            body = [-literal for item, place in at for literal in self.encoding.literals(item, place)]
            self.encoding.clauses += [[*body, literal] for literal in self.encoding.literals(slot, target)]

    def reads(self, slots: Iterable[Slot]) -> frozenset[int]:
        """Return the variables behind slots: derived numbers are followed to what they are made from."""
        found: set[int] = set()
        for slot in slots:
            found |= self._inputs.get(slot.index, {slot.index})
        return frozenset(found)

    def _require(self, place: int, rule: Rule) -> None:
        """Pave a small rule into clauses; watch a large one."""
        slots = slots_of(rule.term, self.scope)
        boxes, points = box_truth(rule.term, self.scope), point_truth(rule.term, self.scope)
        self.checks.append(Check(points, self.reads(slots), rule.term))
        holes, complete = self._holes(rule.term, slots) if slots else ([], False)
        if not slots and points([]) is not True:
            self.rule_clauses.append((place, []))
        for hole in holes:
            outside = [
                literal for slot, part in zip(slots, hole, strict=True) for literal in self.encoding.beyond(slot, part)
            ]
            self.rule_clauses.append((place, outside))
        if slots and not complete:
            self.watches.append(Watch(place, slots, points, boxes, len(self.checks) - 1))

    def _holes(self, term: Term, slots: tuple[Slot, ...]) -> tuple[list[Hole], bool]:
        """Cover the violations of a rule. "Unless so many exist, …" has those of the rest, where so many exist."""
        if isinstance(term, Or) and len(term.parts) > 1 and (guard := self._guard(term.parts[0])) is not None:
            slot, part = guard
            rest = term.parts[1] if len(term.parts) == 2 else Or(term.parts[1:])
            inner = slots_of(rest, self.scope)
            if inner and slot not in inner:
                holes, complete = self._paved(rest, inner)
                places = [inner.index(each) if each in inner else None for each in slots]
                return [[part if place is None else hole[place] for place in places] for hole in holes], complete
        return self._paved(term, slots)

    def _guard(self, term: Term) -> tuple[Slot, Part] | None:
        """Return the slot of a condition "less than" and the part in which it does not hold, None for all others."""
        if not (isinstance(term, Compare) and term.operator == "<" and isinstance(term.left, Ref)):
            return None
        slot = self.scope.slots.get(term.left.key)
        if slot is None or not slot.ordered or not isinstance(term.right, Number):
            return None
        first = bisect_left(slot.numbers, term.right.value)
        return (slot, (first, slot.size - 1)) if first < slot.size else None

    def _paved(self, term: Term, slots: tuple[Slot, ...]) -> tuple[list[Hole], bool]:
        """Cover the violations of a rule; the instances of one rule for the members of a group are covered once."""
        names = {slot.key: f"{place}" for place, slot in enumerate(slots)}
        shape = (
            bind(term, names, self.scope.inlined),
            tuple((slot.ordered, slot.values, slot.numbers) for slot in slots),
        )
        known = self._covers.get(shape)
        if known is None:
            boxes = box_truth(term, self.scope)
            found, complete = pave(boxes, slots, self.scope.full_box(), PAVE_BOXES, PAVE_HOLES)
            if not complete:
                found, complete = pave(boxes, slots, self.scope.full_box(), PAVE_BOXES, PAVE_HOLES, narrowest)
            known = self._covers[shape] = [[hole[slot.index] for slot in slots] for hole in found], complete
        return known

    def _clause(self, place: int, rule: AuthoredClause) -> None:
        """Take over a clause literally."""
        encoding, slots = self.encoding, self.scope.slots
        clause: Clause = []
        wanted = [(slots[key], slots[key].positions[value], takes) for key, value, takes in rule.literals]
        for slot, position, takes in wanted:
            literals = encoding.literals(slot, position)
            if takes and slot.size > 1 and len(literals) != 1:
                raise ValueError(f"{rule.key}: a clause may say that {slot.key} is a word, not a number")
            clause += literals if takes else [-literal for literal in literals]
        places = [(slot.index, position, takes) for slot, position, takes in wanted]
        self.checks.append(
            Check(
                lambda point: any((point[index] == position) is takes for index, position, takes in places),
                frozenset(index for index, _, _ in places),
            )
        )
        always = any(takes and slot.size == 1 for slot, _, takes in wanted)
        if not always and not any(-literal in clause for literal in clause):
            self.rule_clauses.append((place, sorted(set(clause))))

    def _allow(self, place: int, rule: Allowed) -> None:
        """Encode a table through its decision diagram."""
        slots = [self.scope.slots[key] for key in rule.variables]
        rows = sorted(
            tuple(slot.positions[value] for slot, value in zip(slots, row, strict=True))
            for row in rule.tuples
            if all(value in slot.positions for slot, value in zip(slots, row, strict=True))
        )
        allowed = set(rows)
        indexes = [slot.index for slot in slots]
        self.checks.append(
            Check(lambda point: tuple([point[index] for index in indexes]) in allowed, frozenset(indexes))
        )
        walks, clauses = diagrams.encode(diagrams.reduced(rows, len(slots)), slots, self.encoding)
        self.encoding.clauses += walks
        self.rule_clauses += [(place, clause) for clause in clauses]

    def learn(self, rule: int, clause: Clause) -> None:
        """Keep a no-good for every solver."""
        self.nogoods.append((rule, clause))

    def trim(self) -> None:
        """Forget the no-goods when there are too many; a new epoch tells all solvers to start again."""
        if len(self.nogoods) > NOGOOD_LIMIT:
            self.nogoods.clear()
            self.epoch += 1

    @cached_property
    def circuit(self) -> Circuit:
        """Return the rules as gates."""
        return Circuit(self)

    @cached_property
    def boxes(self) -> BoxCircuit:
        """Return the rules as gates over boxes."""
        return BoxCircuit(self)

    def lifted(self, watch: Watch, order: Iterable[Slot], box: Box) -> Box:
        """Return the largest box found around one in which a watched rule never holds."""
        return grown(partial(self.boxes.stand(box, [watch.check]).put, watch.check), order, box)

    def derive_point(self, values: list[int]) -> list[int]:
        """Extend the value indexes of the variables with those of the materialised derived numbers."""
        point = values[: len(self.base)]
        for _index, inputs, table in self._aux:
            point.append(table[tuple([point[index] for index in inputs])])
        return point

    @cached_property
    def _readers(self) -> dict[int, list[tuple[int, Slot, BoxNumber]]]:
        found: dict[int, list[tuple[int, Slot, BoxNumber]]] = {}
        for place, (slot, bounds) in enumerate(self._bounds, start=len(self.base)):
            for index in self._inputs[slot.index]:
                found.setdefault(index, []).append((place, slot, bounds))
        return found

    def derived_from(self, index: int) -> list[tuple[int, Slot, BoxNumber]]:
        """Return the materialised derived numbers that depend on a variable, with their places."""
        return self._readers.get(index, [])

    def derive_again(self, box: Box, changed: Slot) -> Box:
        """Return a box of all slots after one variable's part was changed, derived numbers in line again."""
        readers = self.derived_from(changed.index)
        if not readers:
            return box
        parts = list(box)
        for place, slot, bounds in readers:
            parts[place] = span_of(slot, bounds(parts))
        return parts

    def derive_box(self, box: Box) -> Box:
        """Extend parts of the variables with those of the materialised derived numbers."""
        parts = box[: len(self.base)]
        for slot, bounds in self._bounds:
            parts.append(span_of(slot, bounds(parts)))
        return parts
