"""Run the examples of a rule set against the compiled rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portal.configurator.engine.results import Domains, Impossible
from portal.configurator.engine.solver import Compiled
from portal.configurator.language.ruleset import Example


def example_failures(compiled: Compiled, example: Example) -> list[str]:
    """Return one sentence per expectation that does not hold."""
    choices = dict(example.choices)
    try:
        domains = compiled.domains(choices)
    except Impossible as impossible:
        return [f"the choices contradict {', '.join(impossible.explanation.rules)}"]
    found = [*_domain_failures(example, domains), *_reason_failures(compiled, example)]
    if example.completed or example.bill:
        found += _completion_failures(compiled, example)
    return found


def _domain_failures(example: Example, domains: Domains) -> Iterator[str]:
    for key, expected in example.possible:
        if set(expected) != set(domains.values[key]):
            yield f"{key} can be {_listed(domains.values[key])}, not {_listed(expected)}"
    for key, span in example.ranges:
        if span != domains.range[key]:
            yield f"{key} can be {domains.range[key]}, not {span}"
    for key, expected in example.offered:
        if missing := [value for value in expected if value not in domains.values[key]]:
            yield f"{key} cannot be {_listed(missing)}"
    for key, expected in example.refused:
        if present := [value for value in expected if value in domains.values[key]]:
            yield f"{key} can be {_listed(present)}"
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
