"""Run the examples of a rule set against the compiled rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portal.configurator.engine.results import Impossible
from portal.configurator.engine.solver import Compiled
from portal.configurator.language.parts import Scalar
from portal.configurator.language.ruleset import Example


def example_failures(compiled: Compiled, example: Example) -> list[str]:
    """Return one sentence per expectation that does not hold."""
    choices = dict(example.choices)
    try:
        _consistent(compiled, choices)
        found = [*_value_failures(compiled, example), *_number_failures(compiled, example)]
    except Impossible as impossible:
        return [f"the choices contradict {', '.join(impossible.explanation.rules)}"]
    found += _reason_failures(compiled, example)
    if example.completed or example.bill:
        found += _completion_failures(compiled, example)
    return found


def _consistent(compiled: Compiled, choices: dict[str, Scalar]) -> None:
    """Raise Impossible when the choices contradict each other."""
    for key, value in choices.items():
        if not compiled.possible(choices, key, value):
            compiled.domains(choices)
        return


def _value_failures(compiled: Compiled, example: Example) -> Iterator[str]:
    """Ask of the values named only: all values of all attributes would take much longer."""
    choices = dict(example.choices)
    every = {variable.key: variable.values for variable in compiled.model.variables}
    for key, expected in example.possible:
        found = [value for value in every[key] if compiled.possible(choices, key, value)]
        if set(expected) != set(found):
            yield f"{key} can be {_listed(found)}, not {_listed(expected)}"
    for key, expected in example.offered:
        if missing := [value for value in expected if not compiled.possible(choices, key, value)]:
            yield f"{key} cannot be {_listed(missing)}"
    for key, expected in example.refused:
        if present := [value for value in expected if compiled.possible(choices, key, value)]:
            yield f"{key} can be {_listed(present)}"


def _number_failures(compiled: Compiled, example: Example) -> Iterator[str]:
    if not example.ranges and not example.derived:
        return
    domains = compiled.domains(dict(example.choices))
    for key, span in example.ranges:
        if span != domains.range[key]:
            yield f"{key} can be {domains.range[key]}, not {span}"
    for key, amount in example.derived:
        if domains.derived[key] != (amount, amount):
            yield f"{key} is {domains.derived[key]}, not {amount}"


def _reason_failures(compiled: Compiled, example: Example) -> Iterator[str]:
    choices = dict(example.choices)
    for reason in example.reasons:
        if compiled.possible(choices, reason.attribute, reason.value):
            yield f"{reason.attribute} can be {reason.value}"
            continue
        explanations = compiled.reasons(choices, reason.attribute, reason.value)
        found = {frozenset(key for key, _ in explanation.choices) for explanation in explanations}
        if found != {frozenset(group) for group in reason.because}:
            shown = "; ".join(_listed(sorted(group)) for group in sorted(found, key=sorted))
            yield f"{reason.attribute} = {reason.value} is refused because of {shown}"


def _completion_failures(compiled: Compiled, example: Example) -> Iterator[str]:
    assignment = compiled.complete(dict(example.choices))
    for key, value in example.completed:
        if assignment[key] != value:
            yield f"{key} is completed as {assignment[key]}, not {value}"
    bill: dict[str, int] = {}
    for line in compiled.lines(assignment):
        bill[line.sku] = bill.get(line.sku, 0) + line.quantity
    for sku, quantity in example.bill:
        if bill.get(sku, 0) != quantity:
            yield f"the bill has {bill.get(sku, 0)} of {sku}, not {quantity}"


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)
