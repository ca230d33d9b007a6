"""Yes-or-no questions about a model as a whole, answered by one compiled copy of it.

The copy has one more choice, whose values are the questions. A question switches off one rule or none and adds one
condition; it is answered yes when a configuration keeps the rest and the condition. A no comes with a minimal set of
rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from portal.configurator.engine.model import Allowed, Clause, Model, Rule, Value, Variable
from portal.configurator.engine.solver import Compiled
from portal.configurator.engine.terms import Not, Or, Ref, Same, Symbol, Term

QUESTION = "?"
COMPLEMENT = 20_000  # rows that a table may leave out to be examined


@dataclass(frozen=True, slots=True)
class Question:
    """Can `condition` hold in a configuration that keeps every rule but `without`?"""

    name: str
    condition: Term
    without: str = ""


class Questions:
    """A model compiled together with questions about it."""

    def __init__(
        self,
        model: Model,
        questions: Iterable[Question],
        functions: Mapping[tuple[str, str], Mapping[tuple[Value, ...], Value | None]],
    ) -> None:
        asked = tuple(questions)
        off: dict[str, list[str]] = {}
        for question in asked:
            off.setdefault(question.without, []).append(question.name)
        rules = [_switched(rule, off.get(rule.key, [])) for rule in model.rules]
        rules += [Rule(f"{QUESTION}{item.name}", Or((Not(_is(item.name)), item.condition))) for item in asked]
        names = tuple(item.name for item in asked)
        self._compiled = Compiled(
            replace(
                model,
                variables=(*model.variables, Variable(QUESTION, "choice", names)),
                rules=tuple(rules),
                lines=(),
                functions={**model.functions, **functions},
            ),
            scanned=False,
        )

    def answer(self, question: Question) -> bool:
        """Tell whether there is such a configuration."""
        return self._compiled.possible({}, QUESTION, question.name)

    def against(self, question: Question) -> tuple[str, ...]:
        """Return a minimal set of rules because of which the answer is no."""
        found = self._compiled.explain({}, QUESTION, question.name).rules
        return tuple(dict.fromkeys(key for key in found if not key.startswith(QUESTION)))

    def instance(self, question: Question, keys: Iterable[str]) -> list[tuple[str, Value]]:
        """Return how one configuration that answers yes sets some attributes."""
        found = self._compiled.complete({QUESTION: question.name})
        return [(key, found[key]) for key in keys if key in found]


USEFUL = ("?",)


def excluded_otherwise(model: Model, key: str) -> tuple[str, ...] | None:
    """Return a minimal set of rules that excludes all that a table rule excludes; USEFUL when there is none.

    The rows that the table does not have are tried without the table. None says that these are too many, or that
    the rule holds as a condition for some members of a group.
    """
    against: dict[str, None] = {}
    has_conditions = any(rule.key == key and not isinstance(rule, Allowed) for rule in model.rules)
    others = tuple(rule for rule in model.rules if rule.key != key)
    values = {variable.key: variable.values for variable in model.variables}
    for rule in model.rules:
        if not isinstance(rule, Allowed) or rule.key != key:
            continue
        domains = [values[name] for name in rule.variables]
        if prod(len(domain) for domain in domains) - len(rule.tuples) > COMPLEMENT:
            return None
        missing = frozenset(product(*domains)) - rule.tuples
        if not missing:
            continue
        stray = Allowed(QUESTION, rule.variables, missing)
        asked = Variable(QUESTION, "choice", (QUESTION,))
        compiled = Compiled(
            replace(model, variables=(*model.variables, asked), rules=(*others, stray), lines=()), scanned=False
        )
        if compiled.possible({}, QUESTION, QUESTION):
            return USEFUL
        against.update(dict.fromkeys(compiled.explain({}, QUESTION, QUESTION).rules))
    return None if has_conditions else tuple(name for name in against if name != QUESTION)


def _is(name: str) -> Term:
    return Same(Ref(QUESTION), Symbol(name))


def _switched(rule: Rule | Allowed | Clause, off: list[str]) -> Rule | Allowed | Clause:
    """Let a rule hold except under the questions that leave it out."""
    if not off:
        return rule
    if isinstance(rule, Rule):
        return Rule(rule.key, Or((*(_is(name) for name in off), rule.term)))
    if isinstance(rule, Clause):
        return Clause(rule.key, (*rule.literals, *((QUESTION, name, True) for name in off)))
    raise TypeError("a table is not switched; it is left out of the model instead")
