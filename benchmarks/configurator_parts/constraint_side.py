"""python-constraint2 as well as we could tune it: the search of the library, with everything around it that helps.

All levels: what follows from the rules is propagated once (clauses by their last open literal, tables by their
remaining rows); choices are put into the rules before searching; solutions are kept as witnesses and prove values at
later clicks; clauses are a constraint class of their own with forward checking; the search looks first at the value of
the last solution; the library orders variables by degree and size of domain; one getSolution for every value that is
still unproven. Each solver of the library is tried, the best one counts.

- `alone`: the rules as one problem, and every click starts anew: solutions prove values of their own click only.
- `whole`: the rules as one problem, solutions kept for later clicks.
- `split`: rules that share no open variable are problems of their own; a click works on those whose choices changed.
- `propagated`: our own propagation also follows every choice before the split, so that the library only searches what
  is left. Most of the work is then not the library's.
"""

from collections.abc import Iterable, Sequence

from constraint import BacktrackingSolver, OptimizedBacktrackingSolver, RecursiveBacktrackingSolver

from benchmarks.configurator_parts.constraint_components import Component, components
from benchmarks.configurator_parts.sides import Answer, Choices, MakeSide, Places
from benchmarks.configurator_parts.witnesses import Refusals, Witnesses
from portal.configurator.engine.model import Model

SOLVERS = {
    "backtracking": BacktrackingSolver,
    "optimized": OptimizedBacktrackingSolver,
    "recursive": RecursiveBacktrackingSolver,
}


class ConstraintSide:
    """The library behind propagation, components and witnesses."""

    def __init__(self, model: Model, level: str, solver: str) -> None:
        self.places = Places(model)
        self.solver, self.propagating, self.forgets = SOLVERS[solver], level == "propagated", level == "alone"
        self.pool = Witnesses(self.places.sizes)
        self.refusals = Refusals()
        rules = (*self.places.tables, *self.places.conditions)
        self.scopes = [*([place for place, _ in one] for one in self.places.clauses), *(rule.scope for rule in rules)]
        self.scopes_of = self._touching(self.scopes)
        self.clauses_of = self._touching(self.scopes[: len(self.places.clauses)])
        self.tables_of = self._touching([table.scope for table in self.places.tables])
        everything = [(1 << size) - 1 for size in self.places.sizes]
        found = self._propagate(everything, set(range(len(everything))))
        if found is None:
            raise ValueError("the rules contradict each other")
        self.root = found
        whole = [place for place, mask in enumerate(self.root) if mask & (mask - 1)]
        self.groups = [whole] if level in {"alone", "whole"} else components(self.places, self.root)
        self.known: dict[tuple[tuple[int, int], ...], Component] = {}

    def _touching(self, scopes: Iterable[Iterable[int]]) -> list[list[int]]:
        """Return the numbers of the rules of every variable."""
        found: list[list[int]] = [[] for _ in self.places.sizes]
        for number, scope in enumerate(scopes):
            for place in scope:
                found[place].append(number)
        return found

    def click(self, choices: Choices) -> Answer:
        """Work on one component after the other."""
        if self.forgets:
            self.pool, self.known = Witnesses(self.places.sizes), {}
        fixed = self.places.fixed(choices)
        masks = self._begin(fixed)
        alive = self.pool.consistent(fixed)
        proven, hint = self.pool.proven(alive), self.pool.newest(alive)
        before, self.known = self.known, {}
        fresh = False
        for group in components(self.places, masks) if self.propagating else self.groups:
            key = tuple((place, masks[place]) for place in self._read_by(group))
            component = before.get(key)
            if component is None:
                members = [place for place in group if place not in fixed]
                component = Component(self.places, members, masks, self.solver)
                component.decide({place: proven[place] for place in members}, hint)
                fresh = fresh or bool(component.solutions)
            self.known[key] = component
        for component in self.known.values():
            for place, mask in component.possible.items():
                masks[place] = mask
        self.refusals.keep(fixed, {at: ~mask for at, mask in enumerate(masks) if at not in fixed})
        if fresh:
            self._remember(hint or [mask.bit_length() - 1 for mask in masks])
        return self.places.answer(masks)

    def _read_by(self, group: list[int]) -> list[int]:
        """Return every variable that rules of a group read: those beside it say what is left of the rules."""
        if not self.propagating:
            return group
        scopes = {number for place in group for number in self.scopes_of[place]}
        return sorted({place for number in scopes for place in self.scopes[number]})

    def _begin(self, fixed: dict[int, int]) -> list[int]:
        """Return what is possible before any search: rules alone, choices, refusals under fewer choices."""
        masks = list(self.root)
        for place, value in fixed.items():
            masks[place] &= 1 << value
        if not self.propagating:
            return masks
        dead = self.refusals.under(fixed)
        for place, mask in dead.items():
            masks[place] &= ~mask
        reduced = self._propagate(masks, {*fixed, *dead})
        if reduced is None:
            raise ValueError("the choices contradict each other")
        return reduced

    def _remember(self, base: Sequence[int]) -> None:
        """Join the solutions of the components to full configurations."""
        found = [component.solutions for component in self.known.values() if component.solutions]
        for number in range(max(map(len, found), default=0)):
            point = list(base)
            for solutions in found:
                for place, value in solutions[number % len(solutions)].items():
                    point[place] = value
            self.pool.add(point)

    def _propagate(self, masks: list[int], changed: set[int]) -> list[int] | None:
        """Hold clauses and tables to what is still possible until nothing changes; None when nothing is left."""
        masks = list(masks)
        while changed:
            place = changed.pop()
            for number in self.clauses_of[place]:
                if not self._clause(number, masks, changed):
                    return None
            for number in self.tables_of[place]:
                if not self._table(number, masks, changed):
                    return None
        return masks

    def _clause(self, number: int, masks: list[int], changed: set[int]) -> bool:
        last = None
        for place, mask in self.places.clauses[number]:
            if not masks[place] & ~mask:
                return True
            if masks[place] & mask:
                if last is not None:
                    return True
                last = place, mask
        if last is None:
            return False
        masks[last[0]] &= last[1]
        changed.add(last[0])
        return True

    def _table(self, number: int, masks: list[int], changed: set[int]) -> bool:
        table = self.places.tables[number]
        left = [0] * len(table.scope)
        for row in table.rows:
            if all(masks[place] >> value & 1 for place, value in zip(table.scope, row, strict=True)):
                for at, value in enumerate(row):
                    left[at] |= 1 << value
        for place, mask in zip(table.scope, left, strict=True):
            if masks[place] & mask != masks[place]:
                masks[place] &= mask
                changed.add(place)
        return all(left)


def variant(name: str) -> MakeSide:
    """Return the side of `level-solver`."""
    level, _, solver = name.partition("-")
    return lambda model: ConstraintSide(model, level, solver)
