"""All components of a program: what is fixed from the start, and the way from choices to the components they touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pysat.solvers import Minisat22

from portal.configurator.engine.asking import Chosen
from portal.configurator.engine.component import Component
from portal.configurator.engine.encoding import Clause, is_pair
from portal.configurator.engine.layout import bits
from portal.configurator.engine.program import Program
from portal.configurator.engine.scope import Slot
from portal.configurator.engine.splitting import pieces, propagated

Fixed = Mapping[int, int]
"""Value index by slot index."""
ROUNDS = 2
PREPARED = 2_000_000


class Network:
    """Splits a program once; afterwards a question goes to the components that its choices belong to.

    `settled` holds the value index of slots that the rules alone fix; `contradictory` says that there is no
    configuration at all. Without `scanned` nothing is found out in advance: for models that are asked little.
    """

    def __init__(self, program: Program, *, scanned: bool = True) -> None:
        self.program = program
        self.components: list[Component] = []
        self.settled: dict[int, int] = {}
        self.home: dict[int, int] = {}
        self.contradictory = not self._split(scanned)

    def _split(self, scanned: bool) -> bool:
        program = self.program
        clauses = [*program.clauses, *(clause for _, clause in program.rule_clauses)]
        facts: list[Clause] = []
        for _ in range(ROUNDS):
            fixed = propagated(program.encoding.top, [*clauses, *facts])
            if fixed is None:
                return False
            parts = pieces(program, fixed, facts)
            if self.components and len(parts) == len(self.components):
                break
            known = [(component.slots, component.points()) for component in self.components]
            points = {slot.index: found for slots, found in known for slot in slots}
            for component in self.components:
                component.rest()
            self.settled = self._settle(fixed, {slot.index for piece in parts for slot in piece.slots})
            template = [self.settled.get(slot.index, 0) for slot in program.base]
            self.components = [Component(program, piece, fixed, template) for piece in parts]
            for component in self.components:
                component.seed(points.get(component.slots[0].index, []))
            if not self._sound(fixed):
                return False
            if not scanned:
                break
            if any(component.record(frozenset()) is None for component in self.components):
                return False
            before = len(facts)
            facts = [clause for component in self.components for clause in self._dead(component)]
            if len(facts) == before:
                break
        effort = PREPARED
        for component in sorted(self.components, key=lambda component: len(component.slots)) if scanned else ():
            effort -= component.prepare(effort)
        self.home = {slot.index: number for number, component in enumerate(self.components) for slot in component.slots}
        return scanned or all(component.holds(frozenset()) for component in self.components)

    def _settle(self, fixed: list[int], open_slots: set[int]) -> dict[int, int]:
        """Read the value index of every slot that no component holds."""
        encoding, found = self.program.encoding, {}
        for slot in self.program.base:
            if slot.index not in open_slots:
                first = encoding.first[slot.index]
                if slot.ordered or slot.size == 1:
                    found[slot.index] = sum(fixed[first + place] > 0 for place in range(slot.size)) - 1
                elif is_pair(slot):
                    found[slot.index] = int(fixed[first] > 0)
                else:
                    found[slot.index] = next(place for place in range(slot.size) if fixed[first + place] > 0)
        return found

    def _sound(self, fixed: list[int]) -> bool:
        """Check the rules that read settled slots only, and clauses that belong to no component."""
        program = self.program
        point = program.derive_point([self.settled.get(slot.index, 0) for slot in program.base])
        for check in program.checks:
            if all(index in self.settled for index in check.reads) and check.test(point) is not True:
                return False
        inside = {variable for component in self.components for variable in component.piece.local}
        loose: list[Clause] = []
        for clause in [*program.clauses, *(clause for _, clause in program.rule_clauses)]:
            if not any(abs(literal) in inside for literal in clause):
                loose.append(clause)
        with Minisat22(bootstrap_with=loose) as solver:
            units = [
                variable if fixed[variable] > 0 else -variable for variable in range(len(fixed)) if fixed[variable]
            ]
            return bool(solver.solve(assumptions=[unit for unit in units if abs(unit) not in inside]))

    def _dead(self, component: Component) -> list[Clause]:
        """Return clauses that exclude values which the component never takes."""
        record = component.record(frozenset())
        assert record is not None
        encoding, layout = self.program.encoding, component.layout
        return [encoding.beyond(*component.place(bit)) for bit in bits(layout.all & ~record.values)]

    def place(self, slot: Slot, position: int) -> tuple[int, int] | bool:
        """Return component and bit of a value; True for the settled value of a slot and False for its others."""
        number = self.home.get(slot.index)
        if number is None:
            return not self.contradictory and self.settled.get(slot.index) == position
        return number, self.components[number].bit(slot, position)

    def split(self, fixed: Fixed | Iterable[tuple[int, int]]) -> dict[int, Chosen] | None:
        """Sort choices by component; None when a settled slot is to take another value."""
        found: dict[int, set[int]] = {}
        base = self.program.base
        for index, position in fixed.items() if isinstance(fixed, Mapping) else fixed:
            place = self.place(base[index], position)
            if place is False:
                return None
            if place is not True:
                found.setdefault(place[0], set()).add(place[1])
        return None if self.contradictory else {number: frozenset(chosen) for number, chosen in found.items()}

    def possible(self, fixed: Fixed) -> bool:
        """Tell whether the fixed slots can hold together."""
        chosen = self.split(fixed)
        if chosen is None:
            return False
        return all(self.components[number].holds(own) for number, own in chosen.items())

    def needed(self, choices: Sequence[tuple[int, int]], wish: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return choices that together with the wish contradict each other, given that all of them do.

        A settled slot that is to take another value answers alone; otherwise the components answer in turn.
        """
        base, wished = self.program.base, dict(wish)
        for pair in choices:
            if self.place(base[pair[0]], pair[1]) is False or wished.get(pair[0], pair[1]) != pair[1]:
                return [pair]
        places = {pair: self.place(base[pair[0]], pair[1]) for pair in [*choices, *wish]}
        for number, component in enumerate(self.components):
            own = {
                place[1]: pair for pair, place in places.items() if not isinstance(place, bool) and place[0] == number
            }
            if own and not component.holds(frozenset(own)):
                core = set(component.core())
                return [
                    pair
                    for bit, pair in own.items()
                    if pair in choices and core.intersection(component.assumptions(frozenset({bit})))
                ]
        raise ValueError("nothing to explain: this is possible")

    def strict(self, fixed: Fixed) -> dict[int, int] | None:
        """Return the mask of possible values per slot under all fixed slots; None when they contradict each other.

        The mask of a fact is exact at its lowest and highest bit only.
        """
        chosen = self.split(fixed)
        if chosen is None:
            return None
        result = {index: 1 << position for index, position in self.settled.items()}
        for number, component in enumerate(self.components):
            record = component.record(chosen.get(number, frozenset()))
            if record is None:
                return None
            for slot in component.slots:
                result[slot.index] = component.part(slot, record.values)
        return result

    def masks(self, fixed: Fixed) -> dict[int, int] | None:
        """Return the mask of possible values per slot, each under the *other* fixed slots; None when contradictory."""
        result, chosen = self.strict(fixed), self.split(fixed)
        if result is None or chosen is None:
            return None
        for number, own in chosen.items():
            component = self.components[number]
            for bit, values in component.switches(own).items():
                slot = component.layout.owner[bit][0]
                result[slot.index] = component.part(slot, values)
        return result
