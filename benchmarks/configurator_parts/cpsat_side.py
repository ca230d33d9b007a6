"""CP-SAT of OR-Tools with the engine's own reuse of witnesses: one worker, the model built once.

A click fixes the choices in the model. What earlier solutions prove counts, and what was impossible under fewer choices
stays so; the rest takes one solve per value, and every solution found proves all its values. The last solution is
handed on as a hint. With and without presolve are tried, the better one counts.
"""

from ortools.sat.python import cp_model

from benchmarks.configurator_parts.cpsat_model import CpModel
from benchmarks.configurator_parts.sides import Answer, Choices, MakeSide, Places
from benchmarks.configurator_parts.witnesses import Refusals, Witnesses
from portal.configurator.engine.model import Model


class CpSatSide:
    """One model and one solver, with presolve or without."""

    def __init__(self, model: Model, *, presolve: bool) -> None:
        self.places = Places(model)
        self.built = CpModel(self.places)
        self.proto = self.built.model.proto
        self.solver = cp_model.CpSolver()
        self.solver.parameters.num_workers = 1
        self.solver.parameters.cp_model_presolve = presolve
        self.solver.parameters.random_seed = 1
        self.pool, self.refusals = Witnesses(self.places.sizes), Refusals()

    def click(self, choices: Choices) -> Answer:
        """Prove or refute value by value."""
        fixed = self.places.fixed(choices)
        alive = self.pool.consistent(fixed)
        proven = self.pool.proven(alive)
        dead = dict(self.refusals.under(fixed))
        for place, value in fixed.items():
            self._hold(place, value, value)
            proven[place], dead[place] = 1 << value, -1
        for place, size in enumerate(self.places.sizes):
            exact = self.places.variables[place].kind != "fact"
            if exact:
                self._values(place, size, proven, dead)
            elif place not in fixed:
                self._ends(place, proven, dead.get(place, 0))
        for place in fixed:
            self._hold(place, 0, self.places.sizes[place] - 1)
        free = (place for place in range(len(proven)) if place not in fixed)
        self.refusals.keep(fixed, {p: ~proven[p] for p in free if self.places.variables[p].kind != "fact"})
        return self.places.answer(proven)

    def _values(self, place: int, size: int, proven: list[int], dead: dict[int, int]) -> None:
        for value in range(size):
            if not (proven[place] | dead.get(place, 0)) >> value & 1:
                self._ask(place, value, value, proven)

    def _ends(self, place: int, proven: list[int], dead: int) -> None:
        """Find the least and the greatest value of a fact by halving."""
        size = self.places.sizes[place]
        if not proven[place]:
            self._ask(place, 0, size - 1, proven)
        top = size - 1
        while (best := proven[place].bit_length() - 1) < top:
            middle = (best + top + 1) // 2
            if not self._ask(place, middle, top, proven):
                top = middle - 1
        bottom = 0
        while (best := (proven[place] & -proven[place]).bit_length() - 1) > bottom:
            middle = (bottom + best - 1) // 2
            if not self._ask(place, bottom, middle, proven):
                bottom = middle + 1

    def _hold(self, place: int, low: int, high: int) -> None:
        domain = self.proto.variables[self.built.variables[place].index].domain
        domain[0], domain[1] = low, high

    def _ask(self, place: int, low: int, high: int, proven: list[int]) -> bool:
        """Solve with one variable held between two places."""
        self._hold(place, low, high)
        status = self.solver.solve(self.built.model)
        self._hold(place, 0, self.places.sizes[place] - 1)
        if status == cp_model.INFEASIBLE:
            return False
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise RuntimeError(f"CP-SAT: {self.solver.status_name(status)}")
        solution = self.solver.response_proto.solution
        point = [solution[variable.index] for variable in self.built.variables]
        self.pool.add(point)
        for at, value in enumerate(point):
            proven[at] |= 1 << value
        self.built.model.clear_hints()
        for variable, value in zip(self.built.variables, point, strict=True):
            self.built.model.add_hint(variable, value)
        return True


def variant(name: str) -> MakeSide:
    """Return the side with or without presolve."""
    return lambda model: CpSatSide(model, presolve=name != "no-presolve")
