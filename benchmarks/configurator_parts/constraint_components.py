"""Components of what propagation left over, and the search of python-constraint2 in one of them."""

from collections.abc import Callable, Iterable
from typing import Any

from constraint import Constraint, Domain, FunctionConstraint

from benchmarks.configurator_parts.sides import Condition, Places, Table
from portal.configurator.engine.evaluating import PointTruth

Rules = tuple[list[tuple[tuple[int, int], ...]], list[Table], list[Condition]]


class OneOf(Constraint):  # type: ignore[misc]
    """A clause: some variable lies in its set of values; the last one that can is held to it."""

    def __init__(self, wanted: dict[int, frozenset[int]]) -> None:
        self.wanted = wanted

    def __call__(self, variables: Any, domains: Any, assignments: Any, forwardcheck: Any = False, *_: Any) -> bool:
        last = None
        for variable, values in self.wanted.items():
            if variable in assignments:
                if assignments[variable] in values:
                    return True
            elif last is None:
                last = variable
            else:
                return True
        if last is None:
            return False
        if forwardcheck:
            values = self.wanted[last]
            domain = domains[last]
            for value in domain[:]:
                if value not in values:
                    domain.hideValue(value)
            return bool(domain)
        return True


class Component:
    """Open variables that hang together, with the residual rules as constraints of the library."""

    def __init__(self, places: Places, members: list[int], masks: list[int], solver: Callable[[], Any]) -> None:
        self.members, self.solver = members, solver()
        self.masks = {place: masks[place] for place in members}
        self.possible: dict[int, int] = {}
        self.solutions: list[dict[int, int]] = []
        inside = set(members)
        self.constraints = list(_residual(places, inside, masks))
        self.constraints_of: dict[int, list[Any]] = {place: [] for place in members}
        for constraint in self.constraints:
            for place in constraint[1]:
                self.constraints_of[place].append(constraint)
        self._preprocess()

    def decide(self, proven: dict[int, int], hint: tuple[int, ...] | None) -> None:
        """Prove or refute every value once."""
        if self.possible:
            return
        proven = {place: mask & self.masks[place] for place, mask in proven.items()}
        last = {place: hint[place] for place in self.members} if hint else {}
        for place in self.members:
            for value in bits(self.masks[place]):
                if proven[place] >> value & 1:
                    continue
                solution = self._search(place, value, last)
                if solution is not None:
                    last = solution
                    self.solutions.append(solution)
                    for at, found in solution.items():
                        proven[at] |= 1 << found
        self.possible = proven

    def _search(self, wanted: int, only: int, last: dict[int, int]) -> dict[int, int] | None:
        """Ask the library for one solution with one value fixed; it tries the last value of a list first."""
        domains = {}
        for place in self.members:
            values = bits(self.masks[place]) if place != wanted else [only]
            if last.get(place) in values:
                values.sort(key=lambda value, kept=last[place]: value == kept)
            domains[place] = Domain(values)
        found = self.solver.getSolution(domains, self.constraints, self.constraints_of)
        return dict(found) if found is not None else None

    def _preprocess(self) -> None:
        """Hold variables to the rules that speak of them alone, once, as the library's Problem does."""
        for constraint, scope in self.constraints:
            if len(scope) == 1:
                kept = [value for value in bits(self.masks[scope[0]]) if constraint(scope, {}, {scope[0]: value})]
                self.masks[scope[0]] = sum(1 << value for value in kept)


def bits(mask: int) -> list[int]:
    """List the places of a mask."""
    return [place for place in range(mask.bit_length()) if mask >> place & 1]


def components(places: Places, masks: list[int]) -> list[list[int]]:
    """Return the groups of open variables that rules still connect."""
    leader = list(range(len(masks)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = place = leader[leader[place]]
        return place

    for scope in _open_scopes(places, masks):
        for place in scope[1:]:
            leader[find(place)] = find(scope[0])
    groups: dict[int, list[int]] = {}
    for place, mask in enumerate(masks):
        if mask & (mask - 1):
            groups.setdefault(find(place), []).append(place)
    return list(groups.values())


def _open_scopes(places: Places, masks: list[int]) -> Iterable[list[int]]:
    for clause in places.clauses:
        if all(masks[place] & ~mask for place, mask in clause):
            scope = [place for place, _ in clause if masks[place] & (masks[place] - 1)]
            if scope:
                yield scope
    for rule in (*places.tables, *places.conditions):
        scope = [place for place in rule.scope if masks[place] & (masks[place] - 1)]
        if scope:
            yield scope


def _residual(places: Places, inside: set[int], masks: list[int]) -> Iterable[tuple[Any, list[int]]]:
    """Yield what the rules still demand of the variables inside."""
    for clause in places.clauses:
        if any(place in inside for place, _ in clause) and all(masks[place] & ~mask for place, mask in clause):
            wanted = {place: frozenset(bits(mask & masks[place])) for place, mask in clause if mask & masks[place]}
            yield OneOf(wanted), list(wanted)
    for table in places.tables:
        scope = [place for place in table.scope if place in inside]
        if scope:
            yield FunctionConstraint(_member(table, scope, masks)), scope
    for condition in places.conditions:
        scope = [place for place in condition.scope if place in inside]
        if scope:
            yield FunctionConstraint(_truth(condition, scope, masks)), scope


def _member(table: Table, scope: list[int], masks: list[int]) -> Callable[..., bool]:
    """Return a test of the rows that are left, over the open variables."""
    columns = [table.scope.index(place) for place in scope]
    rows = {
        tuple(row[column] for column in columns)
        for row in table.rows
        if all(masks[place] >> value & 1 for place, value in zip(table.scope, row, strict=True))
    }
    return lambda *values: values in rows


def _truth(condition: Condition, scope: list[int], masks: list[int]) -> Callable[..., bool]:
    holds: PointTruth = condition.holds
    if scope == list(condition.scope):
        return lambda *values: holds(values) is True
    columns = [condition.scope.index(place) for place in scope]
    template = [masks[place].bit_length() - 1 for place in condition.scope]

    def keeps(*values: int) -> bool:
        point = list(template)
        for column, value in zip(columns, values, strict=True):
            point[column] = value
        return holds(point) is True

    return keeps
