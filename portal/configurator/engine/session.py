"""One incremental solver over a program: solve, check arithmetic on the model, learn, repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pysat.solvers import Minisat22

from portal.configurator.engine.encoding import Clause
from portal.configurator.engine.lifting import lift
from portal.configurator.engine.program import Program, Watch

LEARNED_LIMIT = 20_000


class Session:
    """A solver with the choices as assumptions; guarded sessions switch authored rules by selector literals."""

    def __init__(self, program: Program, *, guarded: bool = False) -> None:
        self.program = program
        self.guarded = guarded
        self.solves = 0
        self._start()

    def _start(self) -> None:
        program = self.program
        self._epoch, self._seen, self._learned = program.epoch, 0, 0
        self._first_selector = program.encoding.top + 1
        last = program.encoding.top + (len(program.rules) if self.guarded else 0)
        self._solver = Minisat22()
        if last:
            self._solver.add_clause([last, -last])
        for clause in program.clauses:
            self._solver.add_clause(clause)
        for rule, clause in program.rule_clauses:
            self._solver.add_clause(self._guard(rule, clause))

    def _guard(self, rule: int, clause: Clause) -> Clause:
        if self.guarded:
            return [*clause, -self.selector(rule)]
        return clause or self._falsehood()

    def _falsehood(self) -> Clause:
        """Return an unsatisfiable unit pair for a rule without variables that is never true."""
        literal = self.program.encoding.top + 1
        self._solver.add_clause([literal])
        return [-literal]

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
            self._solver.add_clause(self._guard(*nogoods[self._seen]))
            self._seen += 1

    def solve(
        self, assumptions: Sequence[int], held: frozenset[int] = frozenset(), rules: frozenset[int] | None = None
    ) -> list[int] | None:
        """Find a point under assumptions that keeps all rules (or only `rules`); `held` slots are lifted last."""
        program = self.program
        watches = [watch for watch in program.watches if rules is None or watch.rule in rules]
        self._refresh()
        while True:
            self.solves += 1
            if not self._solver.solve(assumptions=assumptions):
                return None
            point = program.encoding.point(self._solver.get_model())
            broken = [watch for watch in watches if watch.point(point) is not True]
            if not broken:
                return point
            for watch in broken:
                self._refuse(watch, point, held)
            self._synchronise()

    def _refuse(self, watch: Watch, point: list[int], held: frozenset[int]) -> None:
        """Learn the lifted no-good of a broken rule, free slots lifted first."""
        program = self.program
        box = [slot.single(place) for slot, place in zip(program.encoding.slots, point, strict=True)]
        order = sorted(watch.slots, key=lambda slot: slot.index in held)
        program.learn(watch.rule, program.encoding.outside(watch.slots, lift(watch.box, order, box)))

    def core(self) -> list[int]:
        """Return the assumptions that the last failed solve needed."""
        return self._solver.get_core() or []

    def remember(self, core: Iterable[int]) -> None:
        """Keep a failed core as a clause, so that propagation finds it next time."""
        self._learned += 1
        self._solver.add_clause([-literal for literal in core])

    def propagate(self, assumptions: Sequence[int]) -> list[int]:
        """Return literals that follow by unit propagation; level-0 ones may be missing."""
        self._refresh()
        return list(self._solver.propagate(assumptions=assumptions)[1])

    def lean(self, literals: Sequence[int]) -> None:
        """Set the polarity that the next search tries first."""
        self._solver.set_phases(literals)
