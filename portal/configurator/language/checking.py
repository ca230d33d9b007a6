"""Checks before publication: satisfiable, every value reachable, examples hold, no language gap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portal.configurator.engine.results import Domains, Impossible
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.language.errors import Fault, RuleError, rule_error
from portal.configurator.language.ruleset import Attribute, Example, RuleSet, Text


def check(ruleset: RuleSet) -> tuple[RuleError, ...]:
    """Return everything that forbids publication, empty when there is nothing; errors carry rule ids, not lines."""
    gaps = tuple(_gaps(ruleset))
    try:
        compiled = compile_rules(ruleset)
    except Fault as fault:
        return (*gaps, _error(ruleset, "", fault.code, fault.what))
    try:
        domains = compiled.domains({})
    except Impossible as impossible:
        return (*gaps, _error(ruleset, "", "contradiction", ", ".join(impossible.explanation.rules)))
    unreachable = tuple(_unreachable(ruleset, domains))
    failing = [
        _error(ruleset, example.key, "example", what)
        for example in ruleset.examples
        for what in example_failures(compiled, example)
    ]
    return (*gaps, *unreachable, *failing)


def _error(ruleset: RuleSet, rule: str, code: str, what: str) -> RuleError:
    return rule_error(ruleset.key, 0, rule, code, what)


def _gaps(ruleset: RuleSet) -> Iterator[RuleError]:
    """Yield texts that are missing in a language, for content that did not come through the reader."""
    texts: list[tuple[str, Text]] = [("", ruleset.title)]
    texts += [(section.key, section.title) for section in ruleset.sections]
    texts += [(group.key, group.title) for group in ruleset.groups]
    texts += [(setting.key, setting.label) for setting in ruleset.settings]
    texts += [(rule.key, rule.because) for rule in ruleset.rules]
    texts += [(example.key, example.title) for example in ruleset.examples]
    for attribute in ruleset.attributes:
        texts += [(attribute.key, attribute.label), *((attribute.key, value.label) for value in attribute.values)]
    for owner, text in texts:
        for language, sentence in (("en", text.en), ("zh", text.zh)):
            if not sentence.strip():
                yield _error(ruleset, owner, "language", language)


def _unreachable(ruleset: RuleSet, domains: Domains) -> Iterator[RuleError]:
    """Yield values of choices and quantities, and ends of facts, that no configuration has."""
    for attribute in ruleset.attributes:
        for value in _dead(attribute, domains):
            yield _error(ruleset, attribute.key, "unreachable", f"{attribute.key} = {value}")


def _dead(attribute: Attribute, domains: Domains) -> Iterable[object]:
    key = attribute.key
    if attribute.kind == "choice":
        return [value.key for value in attribute.values if value.key not in domains.values[key]]
    if attribute.kind == "quantity":
        return [value for value in range(attribute.minimum, attribute.maximum + 1) if value not in domains.values[key]]
    if attribute.kind == "fact":
        ends = (attribute.minimum, attribute.maximum)
        return [end for end, found in zip(ends, domains.range[key], strict=True) if end != found]
    return []


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
