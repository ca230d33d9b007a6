"""A model of the portal in CP-SAT: one integer variable per attribute (the place of its value), rules as constraints.

Terms of few combinations become tables; the others are linear sums, products, divisions and reified comparisons.
Undefined is carried along as a literal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from ortools.sat.python import cp_model

from benchmarks.configurator_parts.sides import NotApplicable, Places
from portal.configurator.engine.evaluating import point_number, point_truth
from portal.configurator.engine.terms import And, Binary, Compare, If, Not, Or, Ref, Term

SMALL = 3_000  # combinations of a term that becomes a table


@dataclass(frozen=True)
class Amount:
    """A number: an expression with its bounds, and the literal that says it is defined (None: always)."""

    expression: Any
    low: int
    high: int
    defined: Any = None


@dataclass(frozen=True)
class Truth:
    """A condition: the literals of "is true" and "is false"; undefined is neither."""

    true: Any
    false: Any


class CpModel:
    """Builds the constraints; `variables` are in the order of the model's."""

    def __init__(self, places: Places) -> None:
        self.places, self.model = places, cp_model.CpModel()
        self.variables = [self.model.new_int_var(0, size - 1, "") for size in places.sizes]
        self._equal: dict[tuple[int, int], Any] = {}
        self._derived: dict[str, Amount] = {}
        for clause in places.clauses:
            self.model.add_bool_or([self._inside(place, mask) for place, mask in clause])
        for table in places.tables:
            self.model.add_allowed_assignments([self.variables[place] for place in table.scope], table.rows)
        for condition in places.conditions:
            self._demand(condition.term)

    def _inside(self, place: int, mask: int) -> Any:
        """Return the literal of "this variable has one of these values"."""
        size, variable = self.places.sizes[place], self.variables[place]
        if size == 2 and mask in {1, 2}:
            return variable if mask == 2 else ~variable
        if (place, mask) not in self._equal:
            literal = self.model.new_bool_var("")
            inside = [value for value in range(size) if mask >> value & 1]
            outside = [value for value in range(size) if not mask >> value & 1]
            for values, condition in ((inside, literal), (outside, ~literal)):
                domain = cp_model.Domain.from_values(values)
                self.model.add_linear_expression_in_domain(variable, domain).only_enforce_if(condition)
            self._equal[place, mask] = literal
        return self._equal[place, mask]

    def _demand(self, term: Term) -> None:
        """Demand that a rule is true."""
        scope = self.places.scope_of(term)
        if self.places.space(scope) <= SMALL:
            holds = point_truth(term, self.places.local(scope))
            self._allow(scope, [point for point in self._points(scope) if holds(point) is True])
        elif isinstance(term, And):
            for part in term.parts:
                self._demand(part)
        elif isinstance(term, Compare):
            left, right = self.amount(term.left), self.amount(term.right)
            self.model.add(_compared(term.operator, left.expression, right.expression))
            self.model.add_bool_and([one.defined for one in (left, right) if one.defined is not None])
        else:
            self.model.add_bool_or([self.truth(term).true])

    def _allow(self, scope: Sequence[int], rows: list[tuple[int, ...]], more: Sequence[Any] = ()) -> None:
        if not scope:
            self.model.add_bool_or([] if not rows else [self.model.new_constant(1)])
            return
        self.model.add_allowed_assignments([*(self.variables[place] for place in scope), *more], rows)

    def _points(self, scope: Sequence[int]) -> list[tuple[int, ...]]:
        return list(product(*(range(self.places.sizes[place]) for place in scope)))

    def amount(self, term: Term) -> Amount:
        """Return a number term as an expression."""
        scope = self.places.scope_of(term)
        if isinstance(term, Ref) and term.key in self.places.derived:
            if term.key not in self._derived:
                self._derived[term.key] = self.amount(self.places.derived[term.key])
            return self._derived[term.key]
        if isinstance(term, Ref):
            return self._variable(scope[0])
        if isinstance(term, Binary) and term.operator in {"+", "-"}:
            return self._sum(self.amount(term.left), self.amount(term.right), 1 if term.operator == "+" else -1)
        return self._tabulated(term, scope) if self.places.space(scope) <= SMALL else self._composed(term)

    def _composed(self, term: Term) -> Amount:
        if isinstance(term, If):
            return self._if(self.truth(term.condition), self.amount(term.then), self.amount(term.otherwise))
        if not isinstance(term, Binary):
            raise NotApplicable(f"{type(term).__name__} of many combinations")
        left, right = self.amount(term.left), self.amount(term.right)
        if term.operator == "*":
            return self.product(left, right)
        if term.operator in {"min", "max"}:
            return self.extreme(term.operator, left, right)
        return self._quotient(left, right, up=term.operator == "ceil")

    def _variable(self, place: int) -> Amount:
        variable = self.places.variables[place]
        numbers = [value * variable.scale for value in variable.values if isinstance(value, int)]
        step = numbers[1] - numbers[0] if len(numbers) > 1 else 0
        if all(number == numbers[0] + step * at for at, number in enumerate(numbers)):
            return Amount(self.variables[place] * step + numbers[0], numbers[0], numbers[-1])
        return self.read(place, numbers)

    def read(self, place: int, numbers: Sequence[int]) -> Amount:
        """Return the number that stands beside the value of a variable."""
        result = self._new(min(numbers), max(numbers))
        self._allow([place], list(enumerate(numbers)), [result.expression])
        return result

    def _new(self, low: int, high: int, defined: Any = None) -> Amount:
        return Amount(self.model.new_int_var(low, high, ""), low, high, defined)

    def _tabulated(self, term: Term, scope: Sequence[int]) -> Amount:
        read = point_number(term, self.places.local(tuple(scope)))
        rows = [(point, read(point)) for point in self._points(scope)]
        numbers = [number for _, number in rows if number is not None]
        if not numbers:
            return Amount(0, 0, 0, self.model.new_constant(0))
        if not scope:
            return Amount(numbers[0], numbers[0], numbers[0])
        low, high = min(numbers), max(numbers)
        if len(numbers) == len(rows):
            result = self._new(low, high)
            self._allow(scope, [(*point, number) for point, number in rows], [result.expression])
            return result
        result = self._new(low, high, self.model.new_bool_var(""))
        plain = [(*point, low if number is None else number, int(number is not None)) for point, number in rows]
        self._allow(scope, plain, [result.expression, result.defined])
        return result

    def _both(self, *amounts: Amount) -> Any:
        """Return the literal that all are defined."""
        literals = [one.defined for one in amounts if one.defined is not None]
        return self._all(literals) if len(literals) > 1 else literals[0] if literals else None

    def _all(self, literals: Sequence[Any]) -> Any:
        result = self.model.new_bool_var("")
        self.model.add_bool_and(literals).only_enforce_if(result)
        self.model.add_bool_or([*(~literal for literal in literals), result])
        return result

    def _sum(self, left: Amount, right: Amount, sign: int) -> Amount:
        low, high = (right.low, right.high) if sign > 0 else (-right.high, -right.low)
        expression = left.expression + sign * right.expression
        return Amount(expression, left.low + low, left.high + high, self._both(left, right))

    def product(self, left: Amount, right: Amount) -> Amount:
        """Multiply."""
        defined = self._both(left, right)
        corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        if left.low == left.high or right.low == right.high:
            factor, other = (left, right) if left.low == left.high else (right, left)
            return Amount(other.expression * factor.low, min(corners), max(corners), defined)
        result = self._new(min(corners), max(corners), defined)
        self.model.add_multiplication_equality(result.expression, [left.expression, right.expression])
        return result

    def extreme(self, operator: str, left: Amount, right: Amount) -> Amount:
        """Take the lesser or the greater."""
        pick = min if operator == "min" else max
        result = self._new(pick(left.low, right.low), pick(left.high, right.high), self._both(left, right))
        add = self.model.add_min_equality if operator == "min" else self.model.add_max_equality
        add(result.expression, [left.expression, right.expression])
        return result

    def _quotient(self, left: Amount, right: Amount, *, up: bool) -> Amount:
        """Divide by a number that is not negative; by zero is undefined."""
        if right.low < 0:
            raise NotApplicable("division by a number that may be negative")
        defined, positive = self._both(left, right), None
        if right.low == 0:
            positive = self.model.new_bool_var("")
            self.model.add(right.expression >= 1).only_enforce_if(positive)
            self.model.add(right.expression == 0).only_enforce_if(~positive)
            defined = positive if defined is None else self._all([defined, positive])
        least = max(1, right.low)
        ends = [-(-end // d) if up else end // d for end in (left.low, left.high) for d in (least, max(1, right.high))]
        result = self._new(min(ends), max(ends), defined)
        whole = self.product(Amount(result.expression, result.low, result.high), right)
        rest = whole.expression - left.expression if up else left.expression - whole.expression
        constraints = [self.model.add(rest >= 0), self.model.add(rest < right.expression)]
        if positive is not None:
            for constraint in constraints:
                constraint.only_enforce_if(positive)
            self.model.add(result.expression == result.low).only_enforce_if(~positive)
        return result

    def _if(self, condition: Truth, then: Amount, otherwise: Amount) -> Amount:
        result = self._new(min(then.low, otherwise.low), max(then.high, otherwise.high), self.model.new_bool_var(""))
        self.model.add(result.expression == then.expression).only_enforce_if(condition.true)
        self.model.add(result.expression == otherwise.expression).only_enforce_if(condition.false)
        parts = []
        for literal, branch in ((condition.true, then), (condition.false, otherwise)):
            parts.append(literal if branch.defined is None else self._all([literal, branch.defined]))
        self.model.add_bool_or(parts).only_enforce_if(result.defined)
        for part in parts:
            self.model.add_implication(part, result.defined)
        return result

    def truth(self, term: Term) -> Truth:
        """Return a condition as literals."""
        scope = self.places.scope_of(term)
        if scope and self.places.space(scope) <= SMALL:
            holds = point_truth(term, self.places.local(scope))
            result = Truth(self.model.new_bool_var(""), self.model.new_bool_var(""))
            rows = [(*p, int(holds(p) is True), int(holds(p) is False)) for p in self._points(scope)]
            self._allow(scope, rows, [result.true, result.false])
            return result
        if isinstance(term, Not):
            inner = self.truth(term.part)
            return Truth(inner.false, inner.true)
        if isinstance(term, And | Or):
            parts = [self.truth(part) for part in term.parts]
            if isinstance(term, And):
                return Truth(self._all([part.true for part in parts]), self._any([part.false for part in parts]))
            return Truth(self._any([part.true for part in parts]), self._all([part.false for part in parts]))
        if isinstance(term, Compare):
            return self._comparison(term)
        raise NotApplicable(f"{type(term).__name__} of {self.places.space(scope)} combinations")

    def _any(self, literals: Sequence[Any]) -> Any:
        return ~self._all([~literal for literal in literals])

    def _comparison(self, term: Compare) -> Truth:
        left, right = self.amount(term.left), self.amount(term.right)
        holds = self.model.new_bool_var("")
        opposite = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}[term.operator]
        self.model.add(_compared(term.operator, left.expression, right.expression)).only_enforce_if(holds)
        self.model.add(_compared(opposite, left.expression, right.expression)).only_enforce_if(~holds)
        defined = self._both(left, right)
        if defined is None:
            return Truth(holds, ~holds)
        return Truth(self._all([holds, defined]), self._all([~holds, defined]))


def _compared(operator: str, left: Any, right: Any) -> Any:
    """Return the linear constraint; two plain numbers are compared here, CP-SAT wants a variable."""
    if isinstance(left, int) and isinstance(right, int):
        raise NotApplicable("a comparison without variables")
    return {
        "==": lambda: left == right, "!=": lambda: left != right, "<": lambda: left < right,
        "<=": lambda: left <= right, ">": lambda: left > right, ">=": lambda: left >= right,
    }[operator]()  # fmt: skip
