"""One independent component: its solver, its witnesses, and what is known under each set of choices."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from pysat.solvers import Minisat22

from portal.configurator.engine import session
from portal.configurator.engine.layout import Layout, bits
from portal.configurator.engine.lifting import lift
from portal.configurator.engine.program import Program, Watch
from portal.configurator.engine.scope import Slot
from portal.configurator.engine.splitting import Piece

RECORDS = 512
POOL_SIZE = 2048
LINES = 2

Chosen = frozenset[int]
"""Bits of the chosen values."""


@dataclass(slots=True)
class Record:
    """What holds under one set of choices: the values still possible and the witnesses that agree.

    Of a fact everything between its lowest and highest possible value is counted as possible. `decoded` is filled by
    whoever turns the values into words.
    """

    values: int
    alive: list[int]
    stamp: int
    decoded: dict[str, tuple[str | int, ...]] | None = field(default=None)


class Component:
    """Answers which values are possible; the same whatever was asked before. Not safe in threads by itself."""

    def __init__(self, program: Program, piece: Piece, fixed: Sequence[int], template: Sequence[int]) -> None:
        self.program, self.piece, self.layout = program, piece, Layout(piece.slots)
        self.slots, self._fixed, self._template = piece.slots, fixed, template
        self.solves = 0
        self._records: OrderedDict[Chosen, Record | None] = OrderedDict()
        self._pool: list[int] = []
        self._forgotten = 0
        own = {slot.index for slot in piece.slots}
        self._checks = (
            {index: [check.test for check in program.checks if index in check.reads] for index in own}
            if piece.watches
            else {}
        )
        self._facts = [slot for slot in piece.slots if not slot.exact]
        self._ordered = [slot for slot in piece.slots if slot.ordered]
        self._start()

    def _start(self) -> None:
        self._epoch, self._seen, self._learned = self.program.epoch, 0, 0
        self._solver = Minisat22(bootstrap_with=self.piece.clauses)
        if self.piece.top:
            self._solver.add_clause([self.piece.top, -self.piece.top])

    def close(self) -> None:
        """Give the solver's memory back."""
        self._solver.delete()

    # -- one question to the solver ------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Start again when too much was learned; never in the middle of a question, which might then not end."""
        if not self.piece.watches and self._learned <= session.LEARNED_LIMIT:
            return
        self.program.trim()
        if self._epoch != self.program.epoch or self._learned > session.LEARNED_LIMIT:
            self._solver.delete()
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
                self._solver.add_clause(part)

    def _solve(self, assumptions: list[int], held: Chosen) -> int | None:
        """Find a witness under assumptions that keeps all rules; slots of `held` values are lifted last."""
        while True:
            self.solves += 1
            if not self._solver.solve(assumptions=assumptions):
                core = self._solver.get_core()
                if core:
                    self._learned += 1
                    self._solver.add_clause([-literal for literal in core])
                return None
            values = self.layout.read(self._solver.get_model())
            if not self.piece.watches:
                break
            point = self._point(values)
            broken = [watch for watch in self.piece.watches if watch.point(point) is not True]
            if not broken:
                break
            for watch in broken:
                self._refuse(watch, point, held)
            self._synchronise()
        self._remember(values)
        return values

    def _point(self, values: int) -> list[int]:
        point = list(self._template)
        self.layout.point(values, point)
        return self.program.derive_point(point)

    def _refuse(self, watch: Watch, point: list[int], held: Chosen) -> None:
        """Learn the lifted no-good of a broken rule, free slots lifted first."""
        program = self.program
        box = [slot.single(place) for slot, place in zip(program.encoding.slots, point, strict=True)]
        last = {self.layout.owner[bit][0].index for bit in held}
        order = sorted(watch.slots, key=lambda slot: slot.index in last)
        clause = program.encoding.outside(watch.slots, lift(watch.box, order, box))
        program.learn(watch.rule, clause)
        self._forbid(clause)

    def _remember(self, values: int) -> None:
        self._pool.append(values)
        if len(self._pool) > POOL_SIZE:
            half = POOL_SIZE // 2
            del self._pool[:half]
            self._forgotten += half

    def points(self) -> list[list[int]]:
        """Return all witnesses as points."""
        return [self._point(values) for values in self._pool]

    def seed(self, points: Iterable[Sequence[int]]) -> None:
        """Take over points known to keep all rules; what lies outside this component does not matter."""
        for values in {self.layout.values(point): None for point in points}:
            self._remember(values)

    def core(self) -> list[int]:
        """Return the bits' literals that the last failed question needed."""
        return self._solver.get_core() or []

    def assumptions(self, chosen: Chosen) -> list[int]:
        """Return the literals of chosen values."""
        return [literal for bit in chosen for literal in self.layout.assume[bit]]

    def witness(self, chosen: Chosen) -> int | None:
        """Return one value of every slot that agrees with the choices and keeps all rules, None when there is none."""
        need = _set(chosen)
        for values in reversed(self._pool):
            if values & need == need:
                return values
        self._refresh()
        return self._solve(self.assumptions(chosen), chosen)

    # -- all values ----------------------------------------------------------------------------------------------

    def record(self, chosen: Chosen) -> Record | None:
        """Return what is possible under the choices, None when they contradict each other."""
        records = self._records
        if chosen in records:
            records.move_to_end(chosen)
            return records[chosen]
        found = self._scan(chosen)
        records[chosen] = found
        if len(records) > RECORDS:
            records.popitem(last=False)
        return found

    def _parent(self, chosen: Chosen) -> tuple[Record | None, bool]:
        """Return the tightest record of all choices but one, or of none; True when a part already contradicts."""
        best: Record | None = None
        for bit in chosen:
            fewer = chosen - {bit}
            if fewer in self._records:
                known = self._records[fewer]
                if known is None or not known.values >> bit & 1:
                    return None, True
                if best is None or known.values.bit_count() < best.values.bit_count():
                    best = known
        if best is None and chosen:
            best = self._records.get(frozenset())
        return best, False

    def nearest(self, chosen: Chosen) -> Record | None:
        """Return the tightest known record of fewer choices."""
        return self._parent(chosen)[0]

    def _scan(self, chosen: Chosen) -> Record | None:
        layout = self.layout
        parent, refused = self._parent(chosen)
        if refused:
            return None
        need = _set(chosen)
        allowed = parent.values if parent else layout.all
        for bit in chosen:
            allowed &= ~layout.masks[layout.owner[bit][0].index]
        allowed |= need
        fresh = self._pool[max(0, (parent.stamp if parent else 0) - self._forgotten) :]
        old = parent.alive if parent else []
        alive = [values for values in old if values & need == need]
        alive += [values for values in fresh if values & need == need]
        proven = reduce(or_, alive, 0)
        if allowed & ~proven or not alive:
            search = _Search(self, chosen, allowed, proven, alive)
            if not search.run():
                return None
            proven = search.proven
        return Record(proven, alive, self._forgotten + len(self._pool))


class _Search:
    """One computation: propagation, then solving for what no witness proves, the search leaning towards it."""

    def __init__(self, component: Component, chosen: Chosen, allowed: int, proven: int, alive: list[int]) -> None:
        self.component, self.layout, self.chosen = component, component.layout, chosen
        self.proven, self.alive = proven, alive
        self.open = allowed & ~proven
        self.assumptions = component.assumptions(chosen)
        self._solver = component._solver

    def run(self) -> bool:
        """Decide every open value; False when the choices contradict each other."""
        component = self.component
        component._refresh()
        self._solver = component._solver
        consistent, implied = self._solver.propagate(assumptions=self.assumptions)
        if not consistent:
            return False
        kills = self.layout.kills
        self.open &= ~reduce(or_, [kills.get(literal, 0) for literal in implied], 0)
        if not self.alive and not self._ask([], self.chosen):
            return False
        for slot in component._ordered:
            self._bound(slot)
        for slot in component._facts:
            self._fill(slot)
        while self.open:
            bit = self.open.bit_length() - 1
            if component._checks and self._line(bit):
                continue
            if not self._ask(self.layout.assume[bit], self.chosen | {bit}):
                self.open &= ~(1 << bit)
        return True

    def _ask(self, more: list[int], held: Chosen) -> bool:
        """Solve under the choices and `more`; a witness proves a value of every slot."""
        assume = self.layout.assume
        self._solver.set_phases([literal for bit in bits(self.open) for literal in assume[bit]])
        values = self.component._solve(self.assumptions + more, held)
        if values is None:
            return False
        self._prove(values)
        return True

    def _prove(self, values: int) -> None:
        self.alive.append(values)
        self.proven |= values
        self.open &= ~values

    def _line(self, bit: int) -> bool:
        """Try a known witness with one value changed: checking its rules is much cheaper than a search."""
        component = self.component
        slot, position = self.layout.owner[bit]
        for values in self.alive[-LINES:]:
            point = component._point(values)
            point[slot.index] = position
            changed = component.program.derive_point(point)
            if all(test(changed) is True for test in component._checks[slot.index]):
                found = values & ~self.layout.masks[slot.index] | 1 << bit
                component._remember(found)
                self._prove(found)
                return True
        return False

    def _fill(self, slot: Slot) -> None:
        """Count all values of a fact between its ends as possible."""
        mask = self.layout.masks[slot.index]
        seen = self.proven & mask
        self.proven |= (1 << seen.bit_length()) - (seen & -seen)
        self.open &= ~mask

    def _bound(self, slot: Slot) -> None:
        """Find the highest and lowest possible value by halving: what lies beyond is refused at once."""
        mask = self.layout.masks[slot.index]
        while above := (self.open & mask) >> (best := (self.proven & mask).bit_length()):
            top = best - 1 + above.bit_length()
            ask = best + (top - best) // 2
            if not self._ask([ask + 1], self.chosen | {ask}):
                self.open &= ~(mask & -(1 << ask))
        while below := self.open & mask & (self.proven & mask & -(self.proven & mask)) - 1:
            best = (self.proven & mask & -(self.proven & mask)).bit_length() - 1
            bottom = (below & -below).bit_length() - 1
            ask = best - 1 - (best - 1 - bottom) // 2
            if not self._ask([-(ask + 2)], self.chosen | {ask}):
                self.open &= ~(mask & (1 << ask + 1) - 1)


def _set(numbers: Chosen) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found
