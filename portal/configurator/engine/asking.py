"""Questions of one component to its solver, with the no-goods it learns and the witnesses it finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from pysat.solvers import Minisat22

from portal.configurator.engine import session
from portal.configurator.engine.layout import bits
from portal.configurator.engine.positions import Positions
from portal.configurator.engine.program import Check, Program, Watch
from portal.configurator.engine.scope import Box, Part, Slot
from portal.configurator.engine.splitting import Piece

POOL_SIZE = 2048
POOL_BYTES = 4_000_000
SWITCHES = 200

Chosen = frozenset[int]
"""Bits of the chosen values."""


class Asking(Positions):
    """Finds witnesses that keep all rules, and remembers them."""

    def __init__(self, program: Program, piece: Piece, fixed: Sequence[int], template: Sequence[int]) -> None:
        super().__init__(program, piece, template)
        self._fixed = fixed
        self.solves = self.refused = 0
        self._most = min(POOL_SIZE, POOL_BYTES * 8 // (2 * self.layout.literals + 1))
        self._pool: list[int] = []
        self._forgotten = 0
        self._donors: dict[int, int] = {}
        self._near: dict[int, int] = {}
        self.watched = frozenset(watch.check for watch in piece.watches)
        self.checks: dict[int, list[Check]] = {}
        self.readers: dict[int, list[int]] = {}
        self.inputs: dict[int, list[Slot]] = {}
        self._leading: tuple[int, list[int]] = (0, [])
        self._polarities: dict[tuple[int, int], list[int]] = {}
        if piece.watches:
            self._prepare()
        self._start()

    def _prepare(self) -> None:
        """Sort the rules by what they read, for looking at single slots."""
        for slot in self.slots:
            numbers = [place for place, check in enumerate(self.program.checks) if slot.index in check.reads]
            self.readers[slot.index] = numbers
            own = self.checks[slot.index] = [self.program.checks[place] for place in numbers]
            beside = {
                index
                for place, check in zip(numbers, own, strict=True)
                if place not in self.watched
                for index in check.reads
            }
            self._near[slot.index] = reduce(or_, [self.layout.masks.get(index, 0) for index in beside], 0)
        for watch in self.piece.watches:
            reads = self.program.reads(watch.slots)
            self.inputs[id(watch)] = [slot for slot in self.slots if slot.index in reads]

    def _start(self) -> None:
        self._epoch, self._seen, self._learned = self.program.epoch, 0, 0
        self._switches = 0
        self._made = Minisat22(bootstrap_with=self.piece.clauses)
        if self.piece.top:
            self._made.add_clause([self.piece.top, -self.piece.top])

    @property
    def solver(self) -> Minisat22:
        """The solver; made again when it was given back."""
        if self._made is None:
            self._start()
        return self._made

    def rest(self) -> None:
        """Give the solver's memory back until it is needed again."""
        if self._made is not None:
            self._made.delete()
            self._made = None

    def refresh(self) -> None:
        """Start again when too much was learned; never in the middle of a question, which might then not end."""
        full = self._learned > session.LEARNED_LIMIT or self._switches > SWITCHES + self.piece.top // 4
        if not self.piece.watches and not full:
            return
        self.program.trim()
        if full or self._epoch != self.program.epoch:
            self.rest()
            self._start()
        self._synchronise()

    def _synchronise(self) -> None:
        """Take over the no-goods that any solver found about this component."""
        nogoods, local = self.program.nogoods, self.piece.local
        while self._seen < len(nogoods):
            clause = nogoods[self._seen][1]
            self._seen += 1
            if any(abs(literal) in local for literal in clause):
                self._forbid(clause)

    def _forbid(self, clause: Iterable[int]) -> None:
        """Add a no-good; one that speaks of settled slots only leaves nothing possible."""
        own = self.piece.translate(clause, self._fixed)
        if own is not None:
            for part in [own] if own else [[1], [-1]]:
                self.solver.add_clause(part)

    def solve(self, assumptions: list[int], held: Chosen) -> int | None:
        """Find a witness under assumptions that keeps all rules; slots of `held` values are lifted last."""
        while True:
            self.solves += 1
            if not self.solver.solve(assumptions=assumptions):
                self.refused += 1
                core = self.solver.get_core()
                if core:
                    self._learned += 1
                    self.solver.add_clause([-literal for literal in core])
                return None
            values = self.layout.read(self.solver.get_model())
            if not self.piece.watches:
                break
            point = self.base_point(values)
            failing = self.program.circuit.failing(point)
            broken = [watch for watch in self.piece.watches if watch.check in failing]
            if not broken:
                break
            point = self.program.derive_point(point)
            for watch in broken:
                self._blame(watch, point, held)
            self._synchronise()
        self.remember(values)
        return values

    def any_of(self, assumptions: list[int], literals: list[int], held: Chosen) -> int | None:
        """Find a witness in which one of the literals is true; None refuses all of them at once."""
        self._switches += 1
        switch = self.piece.top + self._switches
        self.solver.add_clause([-switch, *literals])
        found = self.solve([*assumptions, switch], held)
        self.solver.add_clause([-switch])
        return found

    def _blame(self, watch: Watch, point: list[int], held: Chosen) -> None:
        """Learn the lifted no-good of a broken rule, free slots lifted first."""
        box = [slot.single(place) for slot, place in zip(self.program.encoding.slots, point, strict=True)]
        last = {self.layout.owner[bit][0].index for bit in held}
        self._learn(watch, box, last)

    def refuse(self, watch: Watch, box: Box, slot: Slot) -> Part:
        """Learn that a rule holds nowhere in a box; return the part of the slot, lifted last, that this refuses."""
        return self._learn(watch, box, {slot.index})[slot.index]

    def _learn(self, watch: Watch, box: Box, last: set[int]) -> Box:
        program = self.program
        found = program.lifted(watch, sorted(watch.slots, key=lambda slot: slot.index in last), box)
        clause = program.encoding.outside(watch.slots, found)
        program.learn(watch.rule, clause)
        self._forbid(clause)
        return found

    def polarities(self, values: int) -> list[int]:
        """Return the literals that lead the search to a witness; the last answer is kept."""
        if self._leading[0] != values:
            point = self.base_point(values)
            found = [literal for slot in self.slots for literal in self._polarity(slot, point[slot.index])]
            self._leading = values, found
        return self._leading[1]

    def _polarity(self, slot: Slot, position: int) -> list[int]:
        known = self._polarities.get((slot.index, position))
        if known is None:
            place = self.layout.owner[self.bit(self.program.base[slot.index], position)][1]
            known = self._polarities[slot.index, position] = self.layout.polarities(slot, place)
        return known

    def remember(self, values: int, fresh: Iterable[int] | None = None) -> None:
        """Keep a witness, forgetting the older half when there are too many; `fresh` values are to be had from it."""
        self._pool.append(values)
        if self.piece.watches:
            self._donors.update(dict.fromkeys(bits(values) if fresh is None else fresh, values))
        if len(self._pool) > self._most:
            half = self._most // 2
            del self._pool[:half]
            self._forgotten += half

    def points(self) -> list[list[int]]:
        """Return all witnesses as points."""
        return [self.base_point(values) for values in self._pool]

    def seed(self, points: Iterable[Sequence[int]]) -> None:
        """Take over points known to keep all rules; what lies outside this component does not matter."""
        for values in {self.values_of(point): None for point in points}:
            self.remember(values)

    def core(self) -> list[int]:
        """Return the bits' literals that the last failed question needed."""
        return self.solver.get_core() or []

    def assumptions(self, chosen: Chosen) -> list[int]:
        """Return the literals of chosen values."""
        return [literal for bit in chosen for literal in self.layout.assume[bit]]

    def holds(self, chosen: Chosen) -> bool:
        """Tell whether the choices can be kept together with all rules."""
        return self.witness(chosen) is not None

    def witness(self, chosen: Chosen) -> int | None:
        """Return a witness that has the chosen values, None when there is none."""
        need = bits_of(chosen)
        for values in reversed(self._pool):
            if values & need == need:
                return values
        self.refresh()
        return self.solve(self.assumptions(chosen), chosen)

    def agreeing(self, chosen: Chosen) -> list[int]:
        """Return the witnesses that have the chosen values."""
        need = bits_of(chosen)
        return [values for values in self._pool if values & need == need]


def bits_of(chosen: Chosen) -> int:
    """Return the set of the chosen values."""
    found = 0
    for number in chosen:
        found |= 1 << number
    return found
