"""Checks before publication: satisfiable, every value reachable, every line has a quantity, examples hold, no gap."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from portal.configurator.engine.model import Value
from portal.configurator.engine.results import Domains, Impossible
from portal.configurator.language.analysis import Budget, analyse, quantities
from portal.configurator.language.errors import Fault
from portal.configurator.language.findings import Finding, in_order
from portal.configurator.language.gaps import columns_read, gaps_of
from portal.configurator.language.places import Places
from portal.configurator.language.rehearsal import rehearse
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.language.subject import Subject, spans
from portal.configurator.language.tidiness import texts, tidiness
from portal.configurator.language.trials import example_failures

EXPLAINED = 40  # dead values whose rules are named; explaining each takes a few milliseconds
SECONDS = 10.0  # for questions that need not be answered


def check(ruleset: RuleSet, places: Places | None = None) -> tuple[Finding, ...]:
    """Return everything that forbids publication, empty when there is nothing.

    `places` come from the reader; content without files is named by its key and line 0.
    """
    return tuple(item for item in _examine(Subject(ruleset, places), Budget(SECONDS)) if item.is_error)


def examine(ruleset: RuleSet, places: Places | None = None, seconds: float = SECONDS) -> tuple[Finding, ...]:
    """Return errors and warnings; questions left open after some seconds are themselves a warning."""
    subject, budget = Subject(ruleset, places), Budget(seconds)
    found = _examine(subject, budget)
    if subject.is_sound:
        found = [*found, *tidiness(subject), *analyse(subject, budget)]
    return in_order(found)


def _examine(subject: Subject, budget: Budget) -> list[Finding]:
    found = list(_gaps(subject))
    try:
        domains = subject.compiled.domains({})
    except Fault as fault:
        return [*found, subject.found(fault.code, (), fault.what)]
    except Impossible as impossible:
        rules = impossible.explanation.rules
        first = min(rules, key=subject.at, default="")
        return [*found, subject.found("contradiction", subject.path(first), rules=rules)]
    subject.is_sound = True
    found += _Dead(subject, domains, budget).values()
    found += quantities(subject, budget)
    found += _examples(subject)
    found += rehearse(subject, Budget(SECONDS))
    return list(in_order(found))


def _examples(subject: Subject) -> Iterator[Finding]:
    for example in subject.ruleset.examples:
        for what in example_failures(subject.compiled, example):
            yield subject.found("example", ("examples", example.key), what)


def _gaps(subject: Subject) -> Iterator[Finding]:
    """Yield texts that are missing in a language, for content that did not come through the reader."""
    for path, text in texts(subject.ruleset):
        for language, sentence in (("en", text.en), ("zh", text.zh)):
            if not sentence.strip():
                yield subject.found("language", path, language)


class _Dead:
    """Finds values that no configuration has, and why."""

    def __init__(self, subject: Subject, domains: Domains, budget: Budget) -> None:
        self.subject, self.domains, self.budget = subject, domains, budget
        self._explained = 0
        self._read = columns_read(subject.ruleset)

    def values(self) -> Iterator[Finding]:
        """Yield values of choices and quantities, and ends of facts; those dead for the same reason are one finding.

        A value whose row lacks a fact that is read waits for an engineer; that is no mistake of the rules.
        """
        for attribute in self.subject.ruleset.attributes:
            if attribute.kind == "derived":
                continue
            same: dict[tuple[tuple[str, ...], tuple[str, ...] | None], list[Value]] = {}
            gaps = gaps_of(self.subject.ruleset, attribute, self._read)
            for values in self._dead(attribute):
                path = self._path(attribute, values[0])
                if str(values[0]) in gaps:
                    columns = ", ".join(gaps[str(values[0])])
                    yield self.subject.found("gap", path, f"{attribute.key} = {values[0]}: {columns}")
                    continue
                same.setdefault((path, self._rules(attribute, values[0])), []).extend(values)
            for (path, rules), values in same.items():
                yield self.subject.found("unreachable", path, f"{attribute.key} = {spans(values)}", rules)

    def _path(self, attribute: Attribute, value: Value) -> tuple[str, ...]:
        """Return where a value was written: the listed value, the table it comes from, or an end of the range."""
        path = ("attributes", attribute.key)
        if attribute.kind == "choice":
            listed = (*path, "values", str(value))
            return listed if listed in self.subject.places.known else (*path, "from")
        return (*path, "minimum" if value == attribute.minimum else "maximum")

    def _dead(self, attribute: Attribute) -> list[list[Value]]:
        """Return dead words one by one, dead numbers in runs."""
        alive = self._alive(attribute)
        if attribute.kind == "choice":
            return [[value.key] for value in attribute.values if value.key not in alive]
        steps = range(attribute.minimum, attribute.maximum + 1)
        runs = groupby(steps, key=lambda step: step in alive)
        return [list(run) for is_alive, run in runs if not is_alive]

    def _alive(self, attribute: Attribute) -> set[Value]:
        """Return the values that are possible; of a group's attribute those that its first member can have."""
        key, group = self._variable(attribute), attribute.group
        if not group:
            return _possible(self.domains, key)
        found: set[Value] = set()
        many = len(attribute.values) or attribute.maximum - attribute.minimum + 1
        for count in self.domains.values[group]:
            if isinstance(count, int) and count > 0 and len(found) < many:
                found |= _possible(self.subject.compiled.domains({group: count}), key)
        return found

    def _variable(self, attribute: Attribute) -> str:
        return next((variable.key for variable in self.subject.instances(attribute.key)), attribute.key)

    def _rules(self, attribute: Attribute, value: Value) -> tuple[str, ...] | None:
        """Return a minimal set of rules that excludes a value, while there are not too many of them."""
        self._explained += 1
        if self._explained > EXPLAINED or self.budget.is_used_up():
            return None
        choices = {attribute.group: self.domains.values[attribute.group][-1]} if attribute.group else {}
        return self.subject.compiled.explain(choices, self._variable(attribute), value).rules


def _possible(domains: Domains, key: str) -> set[Value]:
    """Return what an attribute can be; of a fact everything between its ends."""
    if key in domains.values:
        return set(domains.values[key])
    low, high = domains.range[key]
    return set(range(low, high + 1))
