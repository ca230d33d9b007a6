"""Plain incremental SAT: one long-lived MiniSat 2.2 that holds all rules, and nothing else.

A click: one solve under the choices as assumptions, then one solve per value that is still unproven; the values of
every model found in this click count as proven. No propagation ahead, no components, no memory between clicks but what
the solver learned; of site facts the ends are found by halving.
"""

from pysat.solvers import Minisat22

from benchmarks.configurator_parts.sat_encoding import Cnf
from benchmarks.configurator_parts.sides import Answer, Choices, MakeSide, Places
from portal.configurator.engine.model import Model


class SatSide:
    """The solver with a literal for every value."""

    def __init__(self, model: Model) -> None:
        self.places = Places(model)
        self.cnf = Cnf(self.places)
        self.solver = Minisat22()
        for clause in self.cnf.clauses:
            self.solver.add_clause(clause)
        self.cnf.clauses.clear()

    def click(self, choices: Choices) -> Answer:
        """Prove or refute value by value."""
        fixed, literals = self.places.fixed(choices), self.cnf.equal
        assumptions = [literals[place][value] for place, value in fixed.items()]
        masks = [0] * len(literals)
        free = [place for place in range(len(literals)) if place not in fixed]
        for place, value in fixed.items():
            masks[place] = 1 << value
        exact = [place for place in free if self.places.variables[place].kind != "fact"]
        todo = {literals[place][value]: (place, value) for place in exact for value in range(len(literals[place]))}
        if not self._solve(assumptions, todo, masks):
            raise ValueError("the choices contradict each other")
        while todo:
            literal = next(iter(todo))
            if not self._solve([*assumptions, literal], todo, masks):
                del todo[literal]
        for place in free:
            if self.places.variables[place].kind == "fact":
                masks[place] = self._ends(assumptions, place)
        return self.places.answer(masks)

    def _solve(self, assumptions: list[int], todo: dict[int, tuple[int, int]], masks: list[int]) -> bool:
        """Solve once; what the model proves leaves `todo`."""
        if not self.solver.solve(assumptions=assumptions):
            return False
        model = self.solver.get_model()
        for literal in [one for one in todo if model[abs(one) - 1] == one]:
            place, value = todo.pop(literal)
            masks[place] |= 1 << value
        return True

    def _ends(self, assumptions: list[int], place: int) -> int:
        """Find the least and the greatest possible value of a fact."""
        at_least = self.cnf.at_least[place]
        low, high = 0, len(at_least) - 1
        while low < high:  # the greatest
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.solver.solve([*assumptions, at_least[middle]]) else (low, middle - 1)
        greatest, low = low, 0
        high = greatest
        while low < high:  # the least
            middle = (low + high) // 2
            possible = self.solver.solve([*assumptions, -at_least[middle + 1]])
            low, high = (low, middle) if possible else (middle + 1, high)
        return 1 << greatest | 1 << low


def variant(_name: str) -> MakeSide:
    """Return the side; it has no variants."""
    return SatSide
