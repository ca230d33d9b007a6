"""What every side of the comparison does: take in a model, then answer clicks with exact domains in one form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Protocol

from portal.configurator.engine.evaluating import PointTruth, point_truth
from portal.configurator.engine.model import Allowed, Clause, Model, Rule, Value, Variable
from portal.configurator.engine.scope import Scope, slot_of
from portal.configurator.engine.terms import Term, names

Choices = Mapping[str, Value]
Answer = dict[str, tuple[Value, ...]]
"""The values still possible of every variable; a chosen one has its value, a site fact its least and greatest."""


class NotApplicable(Exception):
    """This side cannot take in this model; the text says why."""


class Side(Protocol):
    """One way to answer clicks; making it is the set-up."""

    def click(self, choices: Choices) -> Answer:
        """Return the exact domains under choices."""


MakeSide = Callable[[Model], Side]


@dataclass(frozen=True)
class Table:
    """A table over value places."""

    scope: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Condition:
    """A rule over value places; `holds` takes the places in the order of `scope`."""

    scope: tuple[int, ...]
    term: Term
    holds: PointTruth


class Places:
    """A model over the places of values instead of words, as the peers take it in."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.variables = model.variables
        self.index = {variable.key: place for place, variable in enumerate(model.variables)}
        self.sizes = [len(variable.values) for variable in model.variables]
        self.position = [{value: at for at, value in enumerate(variable.values)} for variable in model.variables]
        self.derived = dict(model.derived)
        self.clauses: list[tuple[tuple[int, int], ...]] = []  # pairs of variable and mask of its values
        self.tables: list[Table] = []
        self.conditions: list[Condition] = []
        for rule in model.rules:
            if isinstance(rule, Clause):
                self._clause(rule)
            elif isinstance(rule, Allowed):
                self._table(rule)
            else:
                self._condition(rule)

    def fixed(self, choices: Choices) -> dict[int, int]:
        """Return choices by place."""
        return {self.index[key]: self.position[self.index[key]][value] for key, value in choices.items()}

    def answer(self, masks: list[int]) -> Answer:
        """Return masks of possible places in the common form."""
        result: Answer = {}
        for variable, mask in zip(self.variables, masks, strict=True):
            values = variable.values
            if variable.kind == "fact":
                result[variable.key] = (values[(mask & -mask).bit_length() - 1], values[mask.bit_length() - 1])
            elif mask & (mask - 1):
                result[variable.key] = tuple([value for at, value in enumerate(values) if mask >> at & 1])
            else:
                result[variable.key] = (values[mask.bit_length() - 1],)
        return result

    def _clause(self, rule: Clause) -> None:
        masks: dict[int, int] = {}
        for key, value, positive in rule.literals:
            place = self.index[key]
            bit = 1 << self.position[place][value]
            masks[place] = masks.get(place, 0) | (bit if positive else (1 << self.sizes[place]) - 1 & ~bit)
        self.clauses.append(tuple(masks.items()))

    def _table(self, rule: Allowed) -> None:
        scope = tuple(self.index[key] for key in rule.variables)
        rows = (tuple(self.position[i].get(v, -1) for i, v in zip(scope, row, strict=True)) for row in rule.tuples)
        self.tables.append(Table(scope, tuple(sorted(row for row in rows if -1 not in row))))

    def _condition(self, rule: Rule) -> None:
        scope = self.scope_of(rule.term)
        self.conditions.append(Condition(scope, rule.term, point_truth(rule.term, self.local(scope))))

    def scope_of(self, term: Term) -> tuple[int, ...]:
        """Return the variables that a term reads, also through derived numbers."""
        found, seen, todo = set[int](), set[str](), [term]
        while todo:
            for key in names(todo.pop()):
                if key in self.derived and key not in seen:
                    seen.add(key)
                    todo.append(self.derived[key])
                elif key in self.index:
                    found.add(self.index[key])
        return tuple(sorted(found))

    def local(self, scope: tuple[int, ...]) -> Scope:
        """Return what names mean to a function whose point holds the places of these variables only."""
        slots = {self.variables[at].key: slot_of(self.variables[at], place) for place, at in enumerate(scope)}
        return Scope(slots, self.model.settings, self.model.functions, self.derived)

    def space(self, scope: tuple[int, ...]) -> int:
        """Return how many combinations of values a scope has."""
        return prod(self.sizes[at] for at in scope)


def masks_of(answer: Answer, variables: tuple[Variable, ...]) -> list[str]:
    """Return one short text per variable, the same for equal domains."""
    return [_mask(answer[variable.key], variable) for variable in variables]


def _mask(values: tuple[Value, ...], variable: Variable) -> str:
    if variable.kind == "fact":
        return f"{values[0]}..{values[-1]}"
    if len(variable.values) == 2:
        return "3" if len(values) == 2 else "1" if values[0] == variable.values[0] else "2"
    wanted = set(values)
    return f"{sum(1 << at for at, value in enumerate(variable.values) if value in wanted):x}"
