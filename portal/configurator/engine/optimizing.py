"""The cheapest configuration: better and better ones, each excluding whatever costs as much, until none is left.

Lines of the bill that hang together are first made cheap for themselves, under all rules. The sum of what each part
costs at least is a lower bound, and leaves little to be searched for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from pysat.solvers import Minisat22

from portal.configurator.engine.arithmetic import FALSE, TRUE
from portal.configurator.engine.descending import Descent
from portal.configurator.engine.encoding import polarities
from portal.configurator.engine.lifting import grown
from portal.configurator.engine.network import Network
from portal.configurator.engine.pricing import Bill, Limits
from portal.configurator.engine.scope import Box, Part, Slot, count

CONFLICTS = 2000
SHARE = 3  # one part of the bill may take a third of the time that is left


class Optimizer:
    """One search for the lowest total under choices; it may be stopped by time and then says how far it came."""

    def __init__(self, network: Network, bill: Bill, fixed: dict[int, int], box: Box) -> None:
        self._program, self._bill = network.program, bill
        encoding = self._program.encoding
        self._parts = bill.parts(slot.index for slot in self._program.base if count(box[slot.index]) == 1)
        self._floors = [part.least(box) for part in self._parts]
        self._descent = Descent(network, bill, frozenset(fixed), box)
        self._fixed = [x for index, place in fixed.items() for x in encoding.literals(encoding.slots[index], place)]
        self._solver = Minisat22(
            bootstrap_with=[
                *self._program.clauses,
                *(c for _, c in [*self._program.rule_clauses, *self._program.nogoods]),
            ]
        )
        if encoding.top:
            self._solver.add_clause([encoding.top, -encoding.top])
        self._guard = encoding.top

    @property
    def lower(self) -> int:
        """Return a total that nothing falls below."""
        return sum(self._floors)

    def close(self) -> None:
        """Give the solver's memory back."""
        self._solver.delete()

    def run(self, start: list[int], seconds: float) -> tuple[list[int], int, bool]:
        """Return the best point, its total, and whether it is proved that none costs less; `start` is a first point."""
        until = monotonic() + seconds
        self._best, self._total = start, self._bill.total(start)
        self._offer(self._descent.improved(start, monotonic() + seconds / SHARE))
        gaps = [part.total(self._best) - floor for part, floor in zip(self._parts, self._floors, strict=True)]
        for number in sorted(range(len(gaps)), key=gaps.__getitem__, reverse=True) if len(gaps) > 1 else ():
            if self._total > self.lower:
                now = monotonic()
                self._floors[number] = self._search([number], now + max(0.0, until - now) / SHARE)
        if self._total > self.lower and self._search(range(len(self._parts)), until) == self._total:
            return self._best, self._total, True
        return self._best, self._total, self._total == self.lower

    def _offer(self, point: list[int]) -> None:
        """Take a point that costs less as the best."""
        total = self._bill.total(point)
        if total < self._total:
            self._best, self._total = point, total

    def _search(self, numbers: Sequence[int], until: float) -> int:
        """Return what some parts of the bill cost at least together: exactly that, unless the time was over before."""
        parts, floors = [self._parts[number] for number in numbers], [self._floors[number] for number in numbers]
        best, lower = self._best, sum(floors)
        total = sum(part.total(best) for part in parts)
        self._guard += 1
        slots = list({slot.index: slot for part in parts for slot in part.slots}.values())
        slots.sort(key=lambda slot: slot.ordered)
        while total > lower:
            self._exclude(parts, floors, slots, best, total)
            found = self._next(parts, floors, slots, best, total, until)
            if found is None:
                return total
            if not found:
                return lower
            best, total = found, sum(part.total(found) for part in parts)
            self._offer(found)
            if len(parts) < len(self._parts):
                self._offer(self._descent.joined(self._best, found, slots))
        return total

    def _next(
        self, parts: list[Bill], floors: list[int], slots: list[Slot], best: list[int], total: int, until: float
    ) -> list[int] | None:
        """Return a cheaper point, None when there is none, an empty list when the time is over."""
        program, encoding = self._program, self._program.encoding
        self._solver.set_phases(
            [
                literal
                for slot in encoding.slots
                for literal in polarities(slot, encoding.first[slot.index], best[slot.index])
            ]
        )
        while True:
            if monotonic() > until:
                return []
            self._solver.conf_budget(CONFLICTS)
            state = self._solver.solve_limited(assumptions=[*self._fixed, self._guard])
            if state is None:
                continue
            if not state:
                return None
            point = encoding.point(self._solver.get_model())
            broken = [watch for watch in program.watches if watch.point(point) is not True]
            for watch in broken:
                clause = encoding.outside(watch.slots, program.lifted(watch, watch.slots, self._box(point)))
                program.learn(watch.rule, clause)
                self._solver.add_clause(clause)
            if sum(part.total(point) for part in parts) >= total:
                self._exclude(parts, floors, slots, point, total)
            elif not broken:
                return point

    def _box(self, point: Sequence[int]) -> Box:
        return [slot.single(place) for slot, place in zip(self._program.encoding.slots, point, strict=True)]

    def _exclude(self, parts: list[Bill], floors: list[int], slots: list[Slot], point: list[int], total: int) -> None:
        """Forbid the largest box found around a point in which the parts cost at least `total`, within this search."""
        box = self._box(point)
        limits = Limits(parts, floors, box)

        def put(slot: Slot, part: Part) -> int:
            return FALSE if limits.put(slot, part) >= total else TRUE

        clause = self._program.encoding.outside(slots, grown(put, slots, box))
        self._solver.add_clause([*clause, -self._guard])
