"""The cheapest configuration: better and better ones, each excluding whatever costs as much, until none is left."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from pysat.solvers import Minisat22

from portal.configurator.engine.arithmetic import FALSE, TRUE
from portal.configurator.engine.encoding import polarities
from portal.configurator.engine.lifting import lift
from portal.configurator.engine.pricing import Bill
from portal.configurator.engine.program import Program
from portal.configurator.engine.scope import Box

CONFLICTS = 2000


class Optimizer:
    """One search for the lowest total under assumptions; it may be stopped by time and then says how far it came."""

    def __init__(self, program: Program, bill: Bill, box: Box) -> None:
        self._program, self._bill = program, bill
        self.lower = bill.least(box)
        clauses = [*program.clauses, *(clause for _, clause in [*program.rule_clauses, *program.nogoods])]
        self._solver = Minisat22(bootstrap_with=clauses)
        if program.encoding.top:
            self._solver.add_clause([program.encoding.top, -program.encoding.top])
        self._cheap = sorted(bill.slots, key=lambda slot: slot.ordered)

    def close(self) -> None:
        """Give the solver's memory back."""
        self._solver.delete()

    def run(self, assumptions: Sequence[int], start: list[int], seconds: float) -> tuple[list[int], int, bool]:
        """Return the best point, its total, and whether it is proved that none costs less; `start` is a first point."""
        best, total = start, self._bill.total(start)
        until = monotonic() + seconds
        self._exclude(best, total)
        while total > self.lower:
            found = self._next(assumptions, best, total, until)
            if found is None:
                self.lower = total
            elif found:
                best, total = found, self._bill.total(found)
                self._exclude(best, total)
            else:
                return best, total, False
        return best, total, True

    def _next(self, assumptions: Sequence[int], best: list[int], total: int, until: float) -> list[int] | None:
        """Return a cheaper point, None when there is none, an empty list when the time is over."""
        encoding = self._program.encoding
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
            state = self._solver.solve_limited(assumptions=list(assumptions))
            if state is None:
                continue
            if not state:
                return None
            point = encoding.point(self._solver.get_model())
            broken = [watch for watch in self._program.watches if watch.point(point) is not True]
            for watch in broken:
                box = self._box(point)
                clause = encoding.outside(watch.slots, lift(watch.box, watch.slots, box))
                self._program.learn(watch.rule, clause)
                self._solver.add_clause(clause)
            if self._bill.total(point) >= total:
                self._exclude(point, total)
            elif not broken:
                return point

    def _box(self, point: Sequence[int]) -> Box:
        return [slot.single(place) for slot, place in zip(self._program.encoding.slots, point, strict=True)]

    def _exclude(self, point: Sequence[int], total: int) -> None:
        """Forbid the largest box found around a point in which everything costs at least `total`."""

        def cheaper(box: Box) -> int:
            return FALSE if self._bill.least(box) >= total else TRUE

        slots = self._bill.slots
        self._solver.add_clause(self._program.encoding.outside(slots, lift(cheaper, self._cheap, self._box(point))))
