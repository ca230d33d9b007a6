"""One solver over the whole program that switches authored rules by selector literals: for reasons only."""

from __future__ import annotations

from collections.abc import Sequence

from pysat.solvers import Minisat22

from portal.configurator.engine.program import Program, Watch

LEARNED_LIMIT = 20_000


class Session:
    """A solver in which every authored rule holds only while its selector literal is assumed."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._start()

    def _start(self) -> None:
        program = self.program
        self._epoch, self._seen, self._learned = program.epoch, 0, 0
        self._first_selector = program.encoding.top + 1
        last = program.encoding.top + len(program.rules)
        self._solver = Minisat22()
        if last:
            self._solver.add_clause([last, -last])
        for clause in program.clauses:
            self._solver.add_clause(clause)
        for rule, clause in program.rule_clauses:
            self._solver.add_clause([*clause, -self.selector(rule)])

    def selector(self, rule: int) -> int:
        """Return the literal that switches an authored rule on."""
        return self._first_selector + rule

    def _refresh(self) -> None:
        """Start again when too much was learned; never in the middle of a question, which might then not end."""
        self.program.trim()
        if self._epoch != self.program.epoch or self._learned > LEARNED_LIMIT:
            self._solver.delete()
            self._start()
        self._synchronise()

    def _synchronise(self) -> None:
        """Take over the no-goods that any solver found."""
        nogoods = self.program.nogoods
        while self._seen < len(nogoods):
            rule, clause = nogoods[self._seen]
            self._solver.add_clause([*clause, -self.selector(rule)])
            self._seen += 1

    def agrees(self, assumptions: Sequence[int], held: frozenset[int], rules: frozenset[int]) -> bool:
        """Tell whether `rules` can be kept under assumptions; `held` slots are lifted last."""
        program = self.program
        watches = [watch for watch in program.watches if watch.rule in rules]
        self._refresh()
        while True:
            if not self._solver.solve(assumptions=assumptions):
                return False
            if not watches:
                return True
            point = program.encoding.point(self._solver.get_model())
            broken = [watch for watch in watches if watch.point(point) is not True]
            if not broken:
                return True
            for watch in broken:
                self._refuse(watch, point, held)
            self._synchronise()

    def _refuse(self, watch: Watch, point: list[int], held: frozenset[int]) -> None:
        """Learn the lifted no-good of a broken rule, free slots lifted first."""
        program = self.program
        box = [slot.single(place) for slot, place in zip(program.encoding.slots, point, strict=True)]
        order = sorted(watch.slots, key=lambda slot: slot.index in held)
        program.learn(watch.rule, program.encoding.outside(watch.slots, program.lifted(watch, order, box)))

    def core(self) -> list[int]:
        """Return the assumptions that the last failed solve needed."""
        return self._solver.get_core() or []
