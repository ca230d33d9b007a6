"""Try every template as a person would: its own answers, then each answer at the ends of its range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portal.configurator.language.analysis import Budget
from portal.configurator.language.answering import NoMember, all_choices, answers_of, conflict, firm_choices
from portal.configurator.language.findings import Finding
from portal.configurator.language.parts import Scalar, Template
from portal.configurator.language.subject import Subject


def rehearse(subject: Subject, budget: Budget) -> Iterator[Finding]:
    """Yield templates that cannot be completed, and answers that cannot be combined with a template's others."""
    if not subject.ruleset.templates and subject.ruleset.start:
        yield from _Rehearsal(subject, budget).ends(None, ("start",))
    for template in subject.ruleset.templates:
        rehearsal, path = _Rehearsal(subject, budget), ("templates", template.key)
        found = list(rehearsal.whole(template, path))
        yield from found or rehearsal.ends(template, path)


class _Rehearsal:
    """One template against the compiled rules."""

    def __init__(self, subject: Subject, budget: Budget) -> None:
        self.subject, self.budget, self.ruleset = subject, budget, subject.ruleset

    def whole(self, template: Template, path: tuple[str, ...]) -> Iterator[Finding]:
        """Yield why a template cannot be completed with its own answers and all that it chooses."""
        answers = answers_of(self.ruleset, template)
        try:
            choices = all_choices(self.ruleset, template, answers)
        except NoMember as none:
            yield self.subject.found("template", path, f"{_said(answers)}: {none.group} = 0", ())
            return
        rules = self._against(choices)
        if rules is not None:
            yield self.subject.found("template", path, _said(answers), rules)

    def ends(self, template: Template | None, path: tuple[str, ...]) -> Iterator[Finding]:
        """Yield answers that contradict each other; what a template chooses itself gives way to answers."""
        tried: set[frozenset[tuple[str, Scalar]]] = set()
        for answers in self._ends(template):
            if self.budget.is_used_up():
                yield self.subject.found("undecided", path, _said(answers))
                return
            try:
                choices = firm_choices(self.ruleset, answers)
            except NoMember:  # the first screen says so itself
                continue
            if frozenset(choices.items()) in tried:
                continue
            tried.add(frozenset(choices.items()))
            rules = self._against(choices)
            if rules is not None:
                yield self.subject.found("template", path, _said(answers), rules)

    def _ends(self, template: Template | None) -> Iterator[Mapping[str, int]]:
        """Yield one answer after the other at the ends of its range, then all of them."""
        own = answers_of(self.ruleset, template)
        yield own
        for start in self.ruleset.start:
            yield {**own, start.key: start.minimum}
            yield {**own, start.key: start.maximum}
        yield {start.key: start.minimum for start in self.ruleset.start}
        yield {start.key: start.maximum for start in self.ruleset.start}

    def _against(self, choices: Mapping[str, Scalar]) -> tuple[str, ...] | None:
        """Return rules that forbid these choices together, None when they can be completed."""
        explanation = conflict(self.subject.compiled, choices)
        return None if explanation is None else explanation.rules


def _said(answers: Mapping[str, int]) -> str:
    return ", ".join(f"{key} = {number}" for key, number in answers.items()) or "…"
