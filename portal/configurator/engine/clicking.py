"""Exact domains after a click: propagation, witnesses, then solving for what is still unproven."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from portal.configurator.engine.pool import Pool
from portal.configurator.engine.program import Program
from portal.configurator.engine.scope import Slot
from portal.configurator.engine.session import Session

CACHE_SIZE = 512
MUTATIONS = 2

Fixed = Mapping[int, int]
"""Value index by slot index."""


class Clicks:
    """Answers questions of possibility with one long-lived session, a witness pool and remembered refusals."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.session = Session(program)
        self.pool = Pool(program.base)
        self._cache: OrderedDict[frozenset[tuple[int, int]], dict[int, int]] = OrderedDict()
        self.removals = {
            literal: removed
            for literal, removed in program.encoding.removals().items()
            if removed[0] < len(program.base)
        }
        self._phases: dict[tuple[int, int], list[int]] = {}

    def literals(self, fixed: Fixed) -> list[int]:
        """Return the assumptions of fixed slots."""
        encoding, base = self.program.encoding, self.program.base
        return [literal for slot, value in fixed.items() for literal in encoding.literals(base[slot], value)]

    def phases(self, slot: Slot, value: int) -> list[int]:
        """Return the polarities that lead to slot = value, remembered."""
        known = self._phases.get((slot.index, value))
        if known is None:
            known = self._phases[slot.index, value] = self.program.encoding.phases(slot, value)
        return known

    def witness(self, fixed: Fixed) -> tuple[int, ...] | None:
        """Return a verified point that agrees with the fixed slots, None when there is none."""
        known = self.pool.first(self.pool.consistent(fixed))
        if known is not None:
            return known
        return self._solve(self.literals(fixed), fixed)

    def _solve(self, assumptions: list[int], fixed: Fixed) -> tuple[int, ...] | None:
        point = self.session.solve(assumptions, frozenset(fixed))
        if point is None:
            core = self.session.core()
            if core:
                self.session.remember(core)
            return None
        self.pool.add(point)
        return tuple(point[: len(self.program.base)])

    def masks(self, fixed: Fixed) -> dict[int, int] | None:
        """Return the mask of possible values per slot, each under the other fixed slots; None when contradictory.

        The mask of a fact is exact at its lowest and highest bit only.
        """
        if self.witness(fixed) is None:
            return None
        base = self.program.base
        result = dict(self._scan(fixed, [slot for slot in base if slot.index not in fixed]))
        for index in fixed:
            others = {slot: value for slot, value in fixed.items() if slot != index}
            result |= self._scan(others, [base[index]])
        return result

    def _scan(self, fixed: Fixed, slots: list[Slot]) -> dict[int, int]:
        """Return exact masks of slots outside `fixed`; answers are remembered per set of fixed slots."""
        key = frozenset(fixed.items())
        known = self._cache.setdefault(key, {})
        self._cache.move_to_end(key)
        missing = [slot for slot in slots if slot.index not in known]
        if missing:
            known |= _Scan(self, fixed, missing, self._refused(fixed, missing)).run()
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return {slot.index: known[slot.index] for slot in slots}

    def _refused(self, fixed: Fixed, slots: list[Slot]) -> dict[int, int]:
        """Return values known to be impossible from fewer choices."""
        dead = {slot.index: 0 for slot in slots}
        parents = [frozenset(pair for pair in fixed.items() if pair[0] != index) for index in fixed]
        for parent in [frozenset[tuple[int, int]](), *parents]:
            for index, mask in self._cache.get(parent, {}).items():
                if index in dead:
                    slot = self.program.base[index]
                    full = (1 << slot.size) - 1
                    span = 0 if slot.exact else (1 << mask.bit_length()) - (mask & -mask)
                    dead[index] |= full & ~(mask | span)
        return dead


class _Scan:
    """One computation of masks under fixed slots that are known to be consistent or at least were met before."""

    def __init__(self, clicks: Clicks, fixed: Fixed, slots: list[Slot], dead: dict[int, int]) -> None:
        self.clicks, self.fixed, self.slots, self.dead = clicks, dict(fixed), slots, dead
        self.encoding = clicks.program.encoding
        self.assumptions = clicks.literals(fixed)
        self.alive = clicks.pool.consistent(fixed)
        self.proven = clicks.pool.proven(self.alive, slots)
        first = clicks.pool.first(self.alive)
        self.known: list[tuple[int, ...]] = [first] if first is not None else []

    def run(self) -> dict[int, int]:
        """Prove or refuse every value of every slot."""
        if not any(self._open(slot) for slot in self.slots):
            return self.proven
        self._propagate()
        self._start_from_witness()
        if not self.alive:
            self._try(self.assumptions)
        for slot in self.slots:
            if slot.ordered:
                self._bound_high(slot)
                self._bound_low(slot)
            if slot.exact:
                self._each(slot)
        return self.proven

    def _propagate(self) -> None:
        removals, dead = self.clicks.removals, self.dead
        for literal in self.clicks.session.propagate(self.assumptions):
            removed = removals.get(literal)
            if removed is not None and removed[0] in dead:
                dead[removed[0]] |= removed[1]

    def _start_from_witness(self) -> None:
        """Lead the search to a known point once; later models keep their own polarity."""
        known = self.clicks.pool.first(self.alive)
        if known is not None:
            full = self.clicks.program.derive_point(list(known))
            slots = self.encoding.slots
            self.clicks.session.lean(
                [literal for slot in slots for literal in self.clicks.phases(slot, full[slot.index])]
            )

    def _try(self, assumptions: list[int], fixed: Fixed | None = None) -> bool:
        """Solve, leaning towards unproven values; a model proves a value of every slot."""
        self._lean()
        point = self.clicks._solve(assumptions, self.fixed if fixed is None else fixed)
        if point is None:
            return False
        self._prove(point)
        return True

    def _prove(self, point: tuple[int, ...]) -> None:
        self.known.insert(0, point)
        for slot in self.slots:
            self.proven[slot.index] |= 1 << point[slot.index]

    def _lean(self) -> None:
        """Set polarities to unproven values."""
        phases: list[int] = []
        for slot in self.slots:
            open_values = self._open(slot)
            if open_values and slot.exact:
                phases += self.clicks.phases(slot, open_values.bit_length() - 1)
        if phases:
            self.clicks.session.lean(phases)

    def _open(self, slot: Slot) -> int:
        return (1 << slot.size) - 1 & ~self.proven[slot.index] & ~self.dead[slot.index]

    def _each(self, slot: Slot) -> None:
        """Decide the values that are still open one by one."""
        while open_values := self._open(slot):
            value = open_values.bit_length() - 1
            if self._mutate(slot, value):
                continue
            wanted = {**self.fixed, slot.index: value}
            if not self._try(self.assumptions + self.encoding.literals(slot, value), wanted):
                self.dead[slot.index] |= 1 << value

    def _mutate(self, slot: Slot, value: int) -> bool:
        """Try a known point with only this slot changed: checking the rules is much cheaper than a search."""
        program, pool = self.clicks.program, self.clicks.pool
        for known in self.known[:MUTATIONS]:
            values = list(known)
            values[slot.index] = value
            if program.accepts(program.derive_point(values)):
                pool.add(values)
                self._prove(tuple(values))
                return True
        return False

    def _bound_high(self, slot: Slot) -> None:
        """Find the highest possible value: ask for more than the best so far, by halves."""
        while True:
            best = self.proven[slot.index].bit_length() - 1
            above = self._open(slot) >> best + 1
            if not above:
                return
            top = best + above.bit_length()
            ask = best + 1 + (top - best - 1) // 2 if top - best > 2 else best + 1
            if not self._ask_high(slot, ask):
                self.dead[slot.index] |= (1 << slot.size) - (1 << ask)

    def _ask_high(self, slot: Slot, value: int) -> bool:
        literal = self.encoding.at_least(slot, value)
        return self._try(self.assumptions + ([literal] if literal else []), {**self.fixed, slot.index: value})

    def _bound_low(self, slot: Slot) -> None:
        """Find the lowest possible value likewise."""
        while True:
            mask = self.proven[slot.index]
            best = (mask & -mask).bit_length() - 1
            below = self._open(slot) & (1 << best) - 1
            if not below:
                return
            bottom = (below & -below).bit_length() - 1
            ask = best - 1 - (best - 1 - bottom) // 2 if best - bottom > 1 else bottom
            if not self._ask_low(slot, ask):
                self.dead[slot.index] |= (1 << ask + 1) - 1

    def _ask_low(self, slot: Slot, value: int) -> bool:
        literal = self.encoding.at_least(slot, value + 1)
        return self._try(self.assumptions + ([-literal] if literal else []), {**self.fixed, slot.index: value})
