"""One independent component: its solver, its witnesses, and what is known under each set of choices."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import itemgetter, or_

from pysat.solvers import Minisat22

from portal.configurator.engine import session
from portal.configurator.engine.adapting import Adapter
from portal.configurator.engine.layout import Layout, bits
from portal.configurator.engine.program import Check, Program, Watch
from portal.configurator.engine.scope import Box, Part, Slot
from portal.configurator.engine.searching import Search
from portal.configurator.engine.splitting import Piece
from portal.configurator.engine.switching import switches

RECORDS = 512
POOL_SIZE = 2048
POOL_BYTES = 4_000_000
SWITCHES = 200
POINTS = 512
PULL = 3

Chosen = frozenset[int]
"""Bits of the chosen values."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A change that led to a value: all values of its slots, the new ones, and what rules without sums saw beside."""

    moves: Mapping[int, int]
    changed: int
    part: int
    beside: int
    seen: int


@dataclass(slots=True)
class Record:
    """What holds under one set of choices: the values still possible and the witnesses that agree.

    Of a fact everything between its lowest and highest possible value is counted as possible. `decoded` is filled by
    whoever turns the values into words.
    """

    values: int
    alive: list[int]
    stamp: int
    base: int = 0
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
        self._points: dict[int, list[int]] = {}
        self._donors: dict[int, int] = {}
        self._deltas: dict[int, Delta] = {}
        self._near: dict[int, int] = {}
        self._base = self._standing = self._scans = 0
        self._pulled: dict[int, int] = {}
        self._adapter: Adapter | None = None
        self._switched: OrderedDict[Chosen, dict[int, int]] = OrderedDict()
        self.ordered = [slot for slot in piece.slots if slot.ordered]
        self.facts = [slot for slot in piece.slots if not slot.exact]
        self.watched = frozenset(watch.check for watch in piece.watches)
        self.checks: dict[int, list[Check]] = {}
        self.readers: dict[int, list[int]] = {}
        self.inputs: dict[int, list[Slot]] = {}
        self._leading: tuple[int, list[int]] = (0, [])
        self._polarities: dict[tuple[int, int], list[int]] = {}
        self._where = {bit: (own.index, self.single(bit)) for bit, (own, _) in self.layout.owner.items()}
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

    # -- positions of the model and bits of this component ---------------------------------------------------------

    def bit(self, slot: Slot, position: int) -> int:
        """Return the bit of a position of a slot as the model has it."""
        spans = self.piece.spans.get(slot.index)
        if spans is not None:
            position = bisect_right(spans, position, key=itemgetter(0)) - 1
        return self.layout.bit(self.layout.own[slot.index], position)

    def place(self, bit: int) -> tuple[Slot, Part]:
        """Return the slot of the model and the part of it that a bit stands for."""
        own, position = self.layout.owner[bit]
        slot, spans = self.program.base[own.index], self.piece.spans.get(own.index)
        return slot, slot.single(position) if spans is None else spans[position]

    def part(self, slot: Slot, values: int) -> int:
        """Return the mask of the model's positions of one slot within a set of values."""
        mask, spans = self.layout.part(self.layout.own[slot.index], values), self.piece.spans.get(slot.index)
        if spans is None:
            return mask
        return sum((2 << spans[place][1]) - (1 << spans[place][0]) for place in bits(mask))

    def single(self, bit: int) -> int:
        """Return a position of the model that a bit stands for."""
        own, position = self.layout.owner[bit]
        spans = self.piece.spans.get(own.index)
        return position if spans is None else spans[position][0]

    def base_point(self, values: int) -> list[int]:
        """Return a point of a witness, without derived numbers."""
        known = self._points.get(values)
        if known is None:
            known, where = list(self._template), self._where
            for bit in bits(values):
                index, position = where[bit]
                known[index] = position
            if len(self._points) >= POINTS:
                self._points.clear()
            self._points[values] = known
        return known.copy()

    def alone(self, values: int) -> int:
        """Return one witness out of a line of witnesses."""
        return values if values.bit_count() == len(self.slots) else self.values_of(self.base_point(values))

    def bits_at(self, moves: Mapping[int, int]) -> list[int]:
        """Return the bits of positions of slots."""
        return [self.bit(self.program.base[index], position) for index, position in moves.items()]

    def moved(self, values: int, moves: Mapping[int, int]) -> int:
        """Return a witness with some slots at other positions."""
        masks, base = self.layout.masks, self.program.base
        for index, position in moves.items():
            values = values & ~masks[index] | 1 << self.bit(base[index], position)
        return values

    def point(self, values: int) -> list[int]:
        """Return a point of a witness, derived numbers included."""
        return self.program.derive_point(self.base_point(values))

    def values_of(self, point: Sequence[int]) -> int:
        """Return the set of values of a point."""
        found = 0
        for slot in self.slots:
            found |= 1 << self.bit(slot, point[slot.index])
        return found

    def box(self, values: int) -> Box:
        """Return the box around a set of values."""
        box: Box = [slot.single(place) for slot, place in zip(self.program.base, self._template, strict=True)]
        for slot in self.slots:
            box[slot.index] = self._span(slot, values)
        return self.program.derive_box(box)

    def narrowed(self, box: Box, slot: Slot, values: int) -> Box:
        """Return the box with one slot's part of a set of values."""
        narrow = list(box)
        narrow[slot.index] = self._span(slot, values)
        return self.program.derive_again(narrow, slot)

    def _span(self, slot: Slot, values: int) -> Part:
        part = self.layout.part(slot, values)
        if not slot.ordered:
            return part
        low, high = (part & -part).bit_length() - 1, part.bit_length() - 1
        spans = self.piece.spans.get(slot.index)
        return (low, high) if spans is None else (spans[low][0], spans[high][1])

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
        need = _set(chosen)
        for values in reversed(self._pool):
            if values & need == need:
                return values
        self.refresh()
        return self.solve(self.assumptions(chosen), chosen)

    def agreeing(self, chosen: Chosen) -> list[int]:
        """Return the witnesses that have the chosen values."""
        need = _set(chosen)
        return [values for values in self._pool if values & need == need]

    def allowed(self, chosen: Chosen) -> int:
        """Return a set that holds all values still possible: what is known already, without asking anything."""
        record = self._ready.get(chosen) or self._records.get(chosen)
        if record is None:
            return self.layout.all
        return record.values | self._slots_of(chosen)

    # -- witnesses from witnesses ----------------------------------------------------------------------------------

    def adapter(self, values: int) -> Adapter:
        """Return the rules standing at a witness."""
        if self._adapter is None:
            self._adapter = Adapter(self, self.base_point(values))
        elif self._standing != values:
            self._adapter.stand(self.base_point(values))
        self._standing = values
        return self._adapter

    def base(self, chosen: Chosen, alive: list[int]) -> int | None:
        """Return a witness that has the chosen values, near the one before, so that changes still fit."""
        need = _set(chosen)
        if not self._base or self._base & need != need:
            self._base = self._nearer(chosen, need, alive) or (
                self._approached(chosen, alive[-1]) if alive else self._base
            )
        return self._base if self._base and self._base & need == need else None

    def _approached(self, chosen: Chosen, values: int) -> int:
        """Return a witness with as many slots as possible moved to where the base has them."""
        values = self.alone(values)
        if not self._base:
            return values
        held = {self.layout.owner[bit][0].index for bit in chosen}
        aim = [pair for pair in map(self._where.__getitem__, bits(self._base & ~values)) if pair[0] not in held]
        adapter = self.adapter(values)
        before = len(aim) + 1
        while len(aim) < before:
            before, left = len(aim), []
            for pair in aim:
                if adapter.takes([pair]):
                    values = self.moved(values, dict([pair]))
                    adapter.stand(self.base_point(values))
                else:
                    left.append(pair)
            aim = left
        self._standing = values
        self.remember(values)
        return values

    def drift(self, bit: int, base: int, moves: Mapping[int, int]) -> int | None:
        """Move the base along with a change that a value asked for where sums were too tight, but not to the value.

        So the base comes to a place from where most values are one step away. One value does not pull again and again.
        """
        slot, adapter = self.layout.owner[bit][0], self.adapter(base)
        if len(moves) < 2 or self._scans - self._pulled.get(bit, -PULL) < PULL:
            return None
        if adapter.keeps_sums({slot.index: self.single(bit)}):
            return None
        self._pulled[bit] = self._scans
        point = adapter.point
        rest = [(index, position) for index, position in moves.items() if index != slot.index]
        fitting = adapter.all_of(rest, point, {slot.index}) or {}
        rest = [(index, position) for index, position in fitting.items() if position != point[index]]
        if not rest:
            return None
        self._base = self.moved(base, dict(rest))
        self.remember(self._base, self.bits_at(dict(rest)))
        return self._base

    def _nearer(self, chosen: Chosen, need: int, alive: list[int]) -> int | None:
        """Return the base with the chosen values it lacks and what they bring with them."""
        missing = bits(need & ~self._base)
        held = {self.layout.owner[bit][0].index for bit in chosen}
        donors = [alive[-1]] if alive else [donor for bit in missing if (donor := self.donor(bit)) is not None]
        if self._base:
            for donor in dict.fromkeys(donors):
                wanted = [self._where[bit] for bit in missing]
                moves = self.adapter(self._base).all_of(wanted, self.base_point(donor), held)
                if moves is not None:
                    return self.moved(self._base, moves)
        return None

    def change(self, bit: int, base: int, moves: Mapping[int, int]) -> int:
        """Keep how a value comes about from a base: it fits again wherever the sums allow it, all else being alike."""
        changed = beside = 0
        for index in moves:
            changed |= self.layout.masks[index]
            beside |= self._near[index]
        found = self.moved(base, moves)
        beside &= ~changed
        self._deltas[bit] = Delta(dict(moves), changed, found & changed, beside, found & beside)
        return found

    def again(self, bit: int, base: int, need: int) -> int | None:
        """Return the base with the change that last led to a value, when it is sure to fit."""
        delta = self._deltas.get(bit)
        if delta is None or base & delta.beside != delta.seen:
            return None
        found = base & ~delta.changed | delta.part
        return found if found & need == need and self.adapter(base).keeps_sums(delta.moves) else None

    def last_change(self, bit: int) -> Mapping[int, int]:
        """Return the positions of the change that last led to a value, nothing without one."""
        delta = self._deltas.get(bit)
        return delta.moves if delta is not None else {}

    def donor(self, bit: int) -> int | None:
        """Return a witness with a value, the latest one."""
        return self._donors.get(bit)

    def switches(self, chosen: Chosen) -> dict[int, int]:
        """Return for every chosen value what its slot could have beside all other choices, as a set of values."""
        if not self.piece.watches or not chosen:
            return {bit: self._others(chosen, bit) for bit in chosen}
        known = self._switched.get(chosen)
        if known is None:
            fewer = max((known for known in self._switched if known < chosen), key=len, default=frozenset[int]())
            known = self._switched[chosen] = switches(self, chosen, self._switched.get(fewer, {}))
            if len(self._switched) > RECORDS:
                self._switched.popitem(last=False)
        return known

    def _others(self, chosen: Chosen, bit: int) -> int:
        record = self.record(chosen - {bit})
        assert record is not None
        return record.values

    def straying(self, chosen: Chosen) -> dict[int, int]:
        """Return by chosen bit the values of its slot that witnesses have which keep all other choices."""
        need, masks = _set(chosen), self.layout.masks
        found, common = dict.fromkeys(chosen, 0), 0
        for values in self._pool:
            missed = need & ~values
            if not missed:
                common |= values
            elif not missed & missed - 1:
                found[missed.bit_length() - 1] |= values
        return {bit: (known | common) & masks[self.layout.owner[bit][0].index] for bit, known in found.items()}

    def known(self, chosen: Chosen) -> int:
        """Return values of which those possible under the choices are a part."""
        record = self._of_fewer(chosen) or self.record(frozenset())
        return record.values if record else 0

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
        self._scans += 1
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
            if parent is not None and parent.base:
                self._base = parent.base
            search = Search(self, chosen, allowed, proven, alive)
            if not search.run():
                return None
            proven = search.proven
        return Record(proven, alive, self._forgotten + len(self._pool), self._base)


def _set(numbers: Chosen) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found
