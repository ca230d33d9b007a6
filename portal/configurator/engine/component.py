"""One independent component: its solver, its witnesses, and what is known under each set of choices."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from pysat.solvers import Minisat22

from portal.configurator.engine import session
from portal.configurator.engine.evaluating import BoxTruth
from portal.configurator.engine.layout import Layout, bits
from portal.configurator.engine.lifting import lift
from portal.configurator.engine.program import Check, Program, Watch
from portal.configurator.engine.scope import Box, Slot
from portal.configurator.engine.searching import Search
from portal.configurator.engine.splitting import Piece

RECORDS = 512
POOL_SIZE = 2048
POOL_BYTES = 4_000_000
SWITCHES = 200

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
        self.solves = self.refused = 0
        self._most = min(POOL_SIZE, POOL_BYTES * 8 // (2 * self.layout.literals + 1))
        self._records: OrderedDict[Chosen, Record | None] = OrderedDict()
        self._ready: dict[Chosen, Record | None] = {}
        self._pool: list[int] = []
        self._forgotten = 0
        self.ordered = [slot for slot in piece.slots if slot.ordered]
        self.facts = [slot for slot in piece.slots if not slot.exact]
        self.checks: dict[int, list[Check]] = {}
        self.points_only: dict[int, list[Check]] = {}
        self.boxes: dict[int, list[BoxTruth]] = {}
        self.inputs: dict[int, list[Slot]] = {}
        self._polarities: dict[tuple[int, int], list[int]] = {}
        if piece.watches:
            self._prepare()
        self._start()

    def _prepare(self) -> None:
        """Sort the rules by what they read, for looking at single slots."""
        for slot in self.slots:
            own = [check for check in self.program.checks if slot.index in check.reads]
            self.checks[slot.index] = own
            self.points_only[slot.index] = [check for check in own if check.box is None]
            self.boxes[slot.index] = [check.box for check in own if check.box is not None]
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

    # -- one question to the solver ------------------------------------------------------------------------------

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
            point = self.point(values)
            broken = [watch for watch in self.piece.watches if watch.point(point) is not True]
            if not broken:
                break
            for watch in broken:
                self._blame(watch, point, held)
            self._synchronise()
        self.remember(values)
        return values

    def any_of(self, assumptions: list[int], literals: list[int]) -> int | None:
        """Find a witness in which one of the literals is true; None refuses all of them at once."""
        self._switches += 1
        switch = self.piece.top + self._switches
        self.solver.add_clause([-switch, *literals])
        found = self.solve([*assumptions, switch], frozenset())
        self.solver.add_clause([-switch])
        return found

    def point(self, values: int) -> list[int]:
        """Return a point of a witness: the highest value of every slot, derived numbers included."""
        point = list(self._template)
        self.layout.point(values, point)
        return self.program.derive_point(point)

    def box(self, values: int) -> Box:
        """Return the box around a set of values."""
        box: Box = [slot.single(place) for slot, place in zip(self.program.base, self._template, strict=True)]
        for slot in self.slots:
            part = self.layout.part(slot, values)
            box[slot.index] = ((part & -part).bit_length() - 1, part.bit_length() - 1) if slot.ordered else part
        return self.program.derive_box(box)

    def derive_box(self, slot: Slot, box: Box) -> Box:
        """Bring derived numbers in line after a slot was changed, where any of them reads it."""
        return self.program.derive_box(box) if self.program.is_read(slot) else box

    def _blame(self, watch: Watch, point: list[int], held: Chosen) -> None:
        """Learn the lifted no-good of a broken rule, free slots lifted first."""
        box = [slot.single(place) for slot, place in zip(self.program.encoding.slots, point, strict=True)]
        last = {self.layout.owner[bit][0].index for bit in held}
        self._learn(watch, box, last)

    def refuse(self, watch: Watch, box: Box, slot: Slot) -> None:
        """Learn that a rule holds nowhere in a box; the slot that was looked at is lifted last."""
        self._learn(watch, box, {slot.index})

    def _learn(self, watch: Watch, box: Box, last: set[int]) -> None:
        program = self.program
        order = sorted(watch.slots, key=lambda slot: slot.index in last)
        clause = program.encoding.outside(watch.slots, lift(watch.box, order, box))
        program.learn(watch.rule, clause)
        self._forbid(clause)

    def polarities(self, values: int) -> list[int]:
        """Return the literals that lead the search to a witness."""
        found: list[int] = []
        for slot in self.slots:
            place = self.layout.part(slot, values).bit_length() - 1
            known = self._polarities.get((slot.index, place))
            if known is None:
                known = self._polarities[slot.index, place] = self.layout.polarities(slot, place)
            found += known
        return found

    def remember(self, values: int) -> None:
        """Keep a witness, forgetting the older half when there are too many."""
        self._pool.append(values)
        if len(self._pool) > self._most:
            half = self._most // 2
            del self._pool[:half]
            self._forgotten += half

    def points(self) -> list[list[int]]:
        """Return all witnesses as points."""
        return [self.point(values) for values in self._pool]

    def seed(self, points: Iterable[Sequence[int]]) -> None:
        """Take over points known to keep all rules; what lies outside this component does not matter."""
        for values in {self.layout.values(point): None for point in points}:
            self.remember(values)

    def core(self) -> list[int]:
        """Return the bits' literals that the last failed question needed."""
        return self.solver.get_core() or []

    def assumptions(self, chosen: Chosen) -> list[int]:
        """Return the literals of chosen values."""
        return [literal for bit in chosen for literal in self.layout.assume[bit]]

    def holds(self, chosen: Chosen) -> bool:
        """Tell whether the choices can be kept together with all rules."""
        need = _set(chosen)
        if any(values & need == need for values in reversed(self._pool)):
            return True
        self.refresh()
        return self.solve(self.assumptions(chosen), chosen) is not None

    def _slots_of(self, chosen: Chosen) -> int:
        """Return all values of the slots that were chosen."""
        layout, found = self.layout, 0
        for bit in chosen:
            found |= layout.masks[layout.owner[bit][0].index]
        return found

    # -- all values ----------------------------------------------------------------------------------------------

    def record(self, chosen: Chosen) -> Record | None:
        """Return what is possible under the choices, None when they contradict each other."""
        records = self._records
        if chosen in self._ready:
            return self._ready[chosen]
        if chosen in records:
            records.move_to_end(chosen)
            return records[chosen]
        found = self._scan(chosen)
        records[chosen] = found
        if len(records) > RECORDS:
            records.popitem(last=False)
        return found

    def prepare(self, effort: int) -> int:
        """Answer the empty question for good, and first and second clicks within an effort; return what it took.

        The effort of a click is the number of literals that it looks at.
        """
        root = self.record(frozenset())
        self._ready[frozenset()] = root
        if root is None or self.piece.watches:
            return 0
        first, spent = bits(root.values), 0
        for clicks in (1, 2):
            cost = len(first) ** clicks * self.layout.literals
            if spent + cost > effort:
                break
            spent += cost
            for chosen in [known for known in self._ready if len(known) == clicks - 1]:
                record = self._ready[chosen]
                for bit in bits(record.values) if record else []:
                    more = chosen | {bit}
                    if more not in self._ready:
                        self._ready[more] = self._scan(more)
        if len(self.slots) == 1:
            self.rest()
        return spent

    def ready(self) -> list[tuple[Chosen, Record]]:
        """Return the questions answered in advance, fewer choices first."""
        found = [(chosen, record) for chosen, record in self._ready.items() if record is not None]
        return sorted(found, key=lambda pair: len(pair[0]))

    def _parent(self, chosen: Chosen) -> tuple[Record | None, bool]:
        """Return the tightest record of all choices but one, or of none; True when a part already contradicts."""
        best: Record | None = None
        for bit in chosen:
            fewer = chosen - {bit}
            if fewer in self._ready or fewer in self._records:
                known = self._ready[fewer] if fewer in self._ready else self._records[fewer]
                if known is None or not known.values >> bit & 1:
                    return None, True
                if best is None or known.values.bit_count() < best.values.bit_count():
                    best = known
        if best is None and chosen:
            best = self._of_fewer(chosen)
            if best is not None and any(not best.values >> bit & 1 for bit in chosen):
                return None, True
        return best, False

    def _of_fewer(self, chosen: Chosen) -> Record | None:
        """Return what is known under the largest part of the choices, after a retraction or a replacement."""
        known = [fewer for fewer, record in self._records.items() if record is not None and fewer <= chosen]
        largest = max(known, key=len, default=frozenset[int]())
        return self._records.get(largest) or self._ready.get(largest)

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
        allowed = allowed & ~self._slots_of(chosen) | need
        fresh = self._pool[max(0, (parent.stamp if parent else 0) - self._forgotten) :]
        old = parent.alive if parent else []
        alive = [values for values in old if values & need == need]
        alive += [values for values in fresh if values & need == need]
        if self.piece.watches:
            alive = [values & allowed for values in alive]
        proven = reduce(or_, alive, 0)
        if allowed & ~proven or not alive:
            search = Search(self, chosen, allowed, proven, alive)
            if not search.run():
                return None
            proven = search.proven
        return Record(proven, alive, self._forgotten + len(self._pool))


def _set(numbers: Chosen) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found
