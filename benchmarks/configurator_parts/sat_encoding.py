"""A textbook encoding for the plain peer: one-hot choices, order-encoded numbers, tuple literals, binary adders.

Arithmetic rules: both sides become a sum of small parts (a variable, or a term of two variables), each tabulated into
bits; adders and one comparison join them. Rules of another shape are written point by point when they are small; else
the model is not for this peer.
"""

from collections.abc import Callable
from itertools import pairwise, product

from benchmarks.configurator_parts.sides import Condition, NotApplicable, Places, Table
from portal.configurator.engine.evaluating import point_number, point_truth
from portal.configurator.engine.terms import And, Binary, Compare, Number, Ref, Term

SMALL = 5_000  # points of a rule that is written out
PART = 5_000  # points of one part of a sum

Bits = list[int]
"""Literals of a number, lowest first."""


class Cnf:
    """Clauses with one literal per value of every variable."""

    def __init__(self, places: Places) -> None:
        self.places, self.top = places, 0
        self.clauses: list[list[int]] = []
        self.equal: list[list[int]] = []
        self.at_least: list[list[int]] = []
        self.true = self.new()
        self.clauses.append([self.true])
        for variable, size in zip(places.variables, places.sizes, strict=True):
            self.equal.append(self._numbers(size) if variable.kind != "choice" else self._words(size))
        for clause in places.clauses:
            self.clauses.append(self._mask_clause(clause))
        for table in places.tables:
            self._table(table)
        for condition in places.conditions:
            self._condition(condition)

    def new(self) -> int:
        """Return a fresh literal."""
        self.top += 1
        return self.top

    def _words(self, size: int) -> list[int]:
        """One literal for two values, one-hot for more."""
        self.at_least.append([])
        if size == 2:
            literal = self.new()
            return [literal, -literal]
        literals = [self.new() for _ in range(size)]
        self.clauses.append(literals)
        if size <= 8:
            self.clauses += [[-a, -b] for at, a in enumerate(literals) for b in literals[at + 1 :]]
        else:
            ladder = [self.new() for _ in literals]
            self.clauses += [[-literal, rung] for literal, rung in zip(literals, ladder, strict=True)]
            self.clauses += [[-low, high] for low, high in pairwise(ladder)]
            self.clauses += [[-low, -literal] for low, literal in zip(ladder, literals[1:], strict=False)]
        return literals

    def _numbers(self, size: int) -> list[int]:
        """Order encoding, and one literal per value defined from it."""
        ladder = [self.new() for _ in range(size)]
        self.at_least.append(ladder)
        self.clauses.append([ladder[0]])
        self.clauses += [[-high, low] for low, high in pairwise(ladder)]
        equal = []
        for place in range(size):
            if place == size - 1:
                equal.append(ladder[place])
                continue
            literal = self.new()
            equal.append(literal)
            self.clauses += [[-literal, ladder[place]], [-literal, -ladder[place + 1]]]
            self.clauses.append([literal, -ladder[place], ladder[place + 1]])
        return equal

    def _mask_clause(self, clause: tuple[tuple[int, int], ...]) -> list[int]:
        sizes = self.places.sizes
        return [self.equal[at][value] for at, mask in clause for value in range(sizes[at]) if mask >> value & 1]

    def _table(self, table: Table) -> None:
        """One literal per tuple, and support for every value."""
        support: dict[int, list[int]] = {literal: [] for at in table.scope for literal in self.equal[at]}
        chosen = []
        for row in table.rows:
            literal = self.new()
            chosen.append(literal)
            for at, value in zip(table.scope, row, strict=True):
                self.clauses.append([-literal, self.equal[at][value]])
                support[self.equal[at][value]].append(literal)
        self.clauses.append(chosen)
        self.clauses += [[-value, *rows] for value, rows in support.items()]

    def _condition(self, condition: Condition) -> None:
        if isinstance(condition.term, And):
            for part in condition.term.parts:
                scope = self.places.scope_of(part)
                self._condition(Condition(scope, part, condition.holds))
            return
        if self.places.space(condition.scope) <= SMALL:
            self._points(condition)
        elif isinstance(condition.term, Compare):
            self._sum(condition.term)
        else:
            raise NotApplicable("a rule that is neither small nor a sum")

    def _points(self, condition: Condition) -> None:
        """Forbid every point where the rule is not true."""
        from_term = self._truth(condition)
        for point in product(*(range(self.places.sizes[at]) for at in condition.scope)):
            if from_term(point) is not True:
                pairs = zip(condition.scope, point, strict=True)
                self.clauses.append([-self.equal[at][value] for at, value in pairs])

    def _truth(self, condition: Condition) -> Callable[[tuple[int, ...]], bool | None]:
        return point_truth(condition.term, self.places.local(condition.scope))

    def _sum(self, term: Compare) -> None:
        """Write `left ? right`: parts that count for the one side or, with the other sign, for the other."""
        parts: dict[tuple[int, ...], list[tuple[int, Term]]] = {}
        constant = self._gather(term.left, 1, parts) + self._gather(term.right, -1, parts)
        sides: tuple[list[Bits], list[Bits]] = ([], [])
        for scope, terms in parts.items():
            for sign in (1, -1):
                chosen = [(abs(factor), part) for factor, part in terms if factor * sign > 0]
                if chosen:
                    least, bits = self._tabulate(scope, chosen)
                    constant += sign * least
                    sides[0 if sign > 0 else 1].append(bits)
        sides[0 if constant > 0 else 1].append(self._constant(abs(constant)))
        self._compare(term.operator, self._add_all(sides[0]), self._add_all(sides[1]))

    def _gather(self, term: Term, factor: int, parts: dict[tuple[int, ...], list[tuple[int, Term]]]) -> int:
        """Take a sum apart; return its constant."""
        scope = self.places.scope_of(term)
        if not scope:
            value = point_number(term, self.places.local(()))([])
            if value is None:
                raise NotApplicable("a number that is undefined")
            return factor * value
        if isinstance(term, Ref) and term.key in self.places.derived:
            return self._gather(self.places.derived[term.key], factor, parts)
        if isinstance(term, Binary) and term.operator in {"+", "-"}:
            other = factor if term.operator == "+" else -factor
            return self._gather(term.left, factor, parts) + self._gather(term.right, other, parts)
        if isinstance(term, Binary) and term.operator == "*" and isinstance(term.left, Number):
            return self._gather(term.right, factor * term.left.value, parts)
        if self.places.space(scope) > PART:
            raise NotApplicable(f"a product or quotient of {len(scope)} variables inside a sum")
        parts.setdefault(scope, []).append((factor, term))
        return 0

    def _tabulate(self, scope: tuple[int, ...], terms: list[tuple[int, Term]]) -> tuple[int, Bits]:
        """Return the least value of a part and its excess over it as bits that follow from the variables."""
        local = self.places.local(scope)
        reads = [(factor, point_number(term, local)) for factor, term in terms]
        table: dict[tuple[int, ...], int] = {}
        for point in product(*(range(self.places.sizes[at]) for at in scope)):
            values = [(factor, read(point)) for factor, read in reads]
            body = [-self.equal[at][value] for at, value in zip(scope, point, strict=True)]
            if any(value is None for _, value in values):
                self.clauses.append(body)  # undefined is not true
            else:
                table[point] = sum(factor * value for factor, value in values if value is not None)
        if not table:
            raise NotApplicable("a rule that is never defined")
        least = min(table.values())
        bits = [self.new() for _ in range((max(table.values()) - least).bit_length())]
        for point, value in table.items():
            body = [-self.equal[at][place] for at, place in zip(scope, point, strict=True)]
            self.clauses += [[*body, bit if value - least >> at & 1 else -bit] for at, bit in enumerate(bits)]
        return least, bits

    def _constant(self, value: int) -> Bits:
        return [self.true if value >> at & 1 else -self.true for at in range(value.bit_length())]

    def _add_all(self, numbers: list[Bits]) -> Bits:
        """Add shortest first."""
        todo = sorted(numbers, key=len)
        while len(todo) > 1:
            total = self._add(todo[0], todo[1])
            todo = sorted([*todo[2:], total], key=len)
        return todo[0] if todo else []

    def _add(self, left: Bits, right: Bits) -> Bits:
        """Add with carry."""
        width, carry, total = max(len(left), len(right)), -self.true, []
        for at in range(width):
            a, b = (bits[at] if at < len(bits) else -self.true for bits in (left, right))
            total.append(self._gate(lambda x, y, z: (x + y + z) & 1, a, b, carry))
            carry = self._gate(lambda x, y, z: (x + y + z) >> 1, a, b, carry)
        return [*total, carry]

    def _gate(self, function: Callable[[int, int, int], int], *inputs: int) -> int:
        """Define a literal as a function of three."""
        output = self.new()
        for values in product((0, 1), repeat=3):
            body = [-literal if value else literal for literal, value in zip(inputs, values, strict=True)]
            self.clauses.append([*body, output if function(*values) else -output])
        return output

    def _compare(self, operator: str, left: Bits, right: Bits) -> None:
        """Demand the comparison, from the lowest bit up."""
        more, less = -self.true, -self.true  # left > right, left < right so far
        for at in range(max(len(left), len(right))):
            a, b = (bits[at] if at < len(bits) else -self.true for bits in (left, right))
            more = self._gate(lambda x, y, before: int(x > y or (x == y and before)), a, b, more)
            less = self._gate(lambda x, y, before: int(x < y or (x == y and before)), a, b, less)
        clauses = {
            "<=": [[-more]], ">=": [[-less]], "<": [[less]], ">": [[more]],
            "==": [[-more], [-less]], "!=": [[more, less]],
        }  # fmt: skip
        self.clauses += clauses[operator]
