"""What the solver knows about rules as a whole: useless rules, conditions that never hold, numbers without a value."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from portal.configurator.engine.model import Allowed, Model, Value
from portal.configurator.engine.model import Rule as Required
from portal.configurator.engine.terms import And, Compare, Not, Number, Or, Ref, Term, bind, names
from portal.configurator.language.findings import Finding
from portal.configurator.language.negation import NO, YES, Negation, TooLarge, every, some
from portal.configurator.language.questions import USEFUL, Question, Questions, excluded_otherwise
from portal.configurator.language.repetition import member_names, one_group, present
from portal.configurator.language.ruleset import Rule
from portal.configurator.language.subject import GROUPED, Subject, authored

TOGETHER = 64  # questions that share one compiled model
EXACT = 10**15 - 1  # whole numbers up to here survive spreadsheets and browsers
LISTED = 10  # names in one finding


class Budget:
    """Some seconds of the processor for questions that need not be answered: a busy machine finds the same."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def is_used_up(self) -> bool:
        """Tell whether no further question may be asked."""
        return self._clock() >= self._end


@dataclass(frozen=True)
class Doubt:
    """A question about a part, what is found when the answer is `bad`, and the attributes that it reads."""

    question: Question
    code: str
    path: tuple[str, ...]
    bad: bool
    reads: tuple[str, ...] = ()


def analyse(subject: Subject, budget: Budget) -> Iterator[Finding]:
    """Yield warnings about rules that can be met; what the budget leaves open is a warning of its own."""
    yield from _overflows(subject)
    analysis = _Analysis(subject, budget)
    yield from analysis.settle(analysis.numbers())
    yield from analysis.settle(analysis.conditions())
    yield from analysis.tables()
    if analysis.left_open:
        yield subject.found("undecided", (), _few(analysis.left_open))


def quantities(subject: Subject, budget: Budget) -> Iterator[Finding]:
    """Yield lines of the bill that have no quantity in some configuration: its bill could not be made."""
    analysis = _Analysis(subject, budget)
    yield from analysis.settle(analysis.lines())
    if analysis.left_open:
        yield subject.found("undecided", (), _few(analysis.left_open))


def _overflows(subject: Subject) -> Iterator[Finding]:
    """Yield derived numbers whose safe bounds are too long."""
    seen: set[str] = set()
    for key, bounds in subject.compiled.domains({}).derived.items():
        name = authored(key)
        if bounds is not None and max(map(abs, bounds)) > EXACT and name not in seen:
            seen.add(name)
            yield subject.found("overflow", ("attributes", name, "expression"), str(max(bounds, key=abs)))


class _Analysis:
    """Asks questions in parcels until the budget is used up."""

    def __init__(self, subject: Subject, budget: Budget) -> None:
        self.subject, self.budget, self.model = subject, budget, subject.model
        self.negation = Negation(self.model)
        self.left_open: dict[str, None] = {}

    def settle(self, doubts: Iterable[Doubt]) -> Iterator[Finding]:
        """Ask and yield what is found; a rule that never applies is not called useless as well."""
        waiting, never = iter(doubts), set[tuple[str, ...]]()
        while parcel := list(islice(waiting, TOGETHER)):
            asked = [doubt.question for doubt in parcel if doubt.question.condition not in {YES, NO}]
            questions = _Lazy(self.model, asked, self.negation)
            for doubt in parcel:
                if self.budget.is_used_up():
                    self.left_open[doubt.path[1]] = None
                elif doubt.path[:2] not in never and questions.answer(doubt.question) is doubt.bad:
                    never.update([doubt.path[:2]] if doubt.code == "never" else [])
                    yield self._found(questions, doubt)

    def _found(self, questions: _Lazy, doubt: Doubt) -> Finding:
        if doubt.bad:
            such = ", ".join(f"{key} = {value}" for key, value in questions.instance(doubt.question, doubt.reads))
            return self.subject.found(doubt.code, doubt.path, f": {such}" if such else "")
        rules = questions.against(doubt.question)
        code = "always" if doubt.code == "useless" and not rules else doubt.code
        return self.subject.found(code, doubt.path, rules=rules)

    def numbers(self) -> Iterator[Doubt]:
        """Yield the doubt whether a derived number always has a value; members of a group count where they exist."""
        for key, number in self.model.derived:
            if _of_others((key,)):
                continue
            path = ("attributes", authored(key), "expression")
            try:
                missing = every((_existing(key), self.negation.undefined(number)))
            except TooLarge:
                self.left_open[path[1]] = None
                continue
            yield Doubt(
                Question(f"number {key}", self._of_first(missing)), "no-value", path, True, self.negation.inputs(number)
            )

    def lines(self) -> Iterator[Doubt]:
        """Yield the doubt whether a line always has a quantity."""
        for line in self.model.lines:
            if _of_others(names(every((line.when or YES, line.quantity)))):
                continue
            path = self.subject.path(line.key)
            try:
                missing = every((line.when or YES, self.negation.undefined(line.quantity)))
            except TooLarge:
                self.left_open[line.key] = None
                continue
            inputs = self.negation.inputs(line.quantity)
            yield Doubt(Question(f"line {line.key}", self._of_first(missing)), "no-quantity", path, True, inputs)

    def conditions(self) -> Iterator[Doubt]:
        """Yield the doubts whether a rule ever applies, and whether it excludes anything that the others leave."""
        terms: dict[str, list[Term]] = {}
        for lowered in self.model.rules:
            if (
                isinstance(lowered, Required)
                and lowered.key not in self._in_tables
                and not _of_others(names(lowered.term))
            ):
                terms.setdefault(lowered.key, []).append(lowered.term)
        for advice in self.subject.ruleset.advice:
            shown = some(self._for_members(self.subject.ruleset.parsed.advice[advice.key]))
            yield Doubt(Question(f"advice {advice.key}", shown), "never", ("advice", advice.key, "when"), False)
        for rule in self.subject.ruleset.rules:
            if rule.when:
                question = Question(f"when {rule.key}", some(self._whens(rule)), rule.key)
                yield Doubt(question, "never", ("rules", rule.key, "when"), False)
            try:
                broken = some([self.negation.broken(term) for term in terms.get(rule.key, [])])
            except TooLarge:
                self.left_open[rule.key] = None
                continue
            if rule.key in terms:
                yield Doubt(Question(f"not {rule.key}", broken, rule.key), "useless", ("rules", rule.key), False)

    def _of_first(self, condition: Term) -> Term:
        """Leave out alternatives about later members, beside which nothing is said of single ones."""
        if isinstance(condition, Or):
            kept = [self._of_first(part) for part in condition.parts if not _of_others(names(part))]
            return some(kept)
        if isinstance(condition, And) and not any(map(self._is_of_some, condition.parts)):
            return every(tuple(self._of_first(part) for part in condition.parts))
        return condition

    def _is_of_some(self, term: Term) -> bool:
        """Tell whether a condition reads some members of a group but not all."""
        read: dict[str, set[str]] = {}
        for key in names(term):
            if match := GROUPED.fullmatch(key):
                read.setdefault(match["group"], set()).add(match["member"])
        most = {item.key: item.maximum for item in self.subject.ruleset.repeated}
        return any(len(members) < most[group] for group, members in read.items())

    @cached_property
    def _in_tables(self) -> set[str]:
        return {rule.key for rule in self.model.rules if isinstance(rule, Allowed)}

    def _whens(self, rule: Rule) -> Iterator[Term]:
        """Yield the condition of a rule, for each member of the group that it reads."""
        term = self.subject.ruleset.parsed.rules[rule.key]
        assert isinstance(term, Or)
        assert isinstance(term.parts[0], Not)
        yield from self._for_members(term.parts[0].part, term)

    def _for_members(self, when: Term, whole: Term | None = None) -> Iterator[Term]:
        """Yield a condition as it stands, or for the first member of the group that the whole of it reads."""
        groups = {item.key: item.group for item in self.subject.ruleset.attributes if item.group}
        group = one_group(names(whole or when), groups)
        if not group:
            yield when
            return
        yield every((present(group, 1), bind(when, member_names(group, 1, groups))))

    def tables(self) -> Iterator[Finding]:
        """Yield table rules that exclude nothing; each takes a compilation of its own."""
        for rule in self.subject.ruleset.rules:
            if rule.key not in self._in_tables:
                continue
            against = None if self.budget.is_used_up() else excluded_otherwise(self.model, rule.key)
            if against is None:
                self.left_open[rule.key] = None
            elif against is not USEFUL:
                yield self.subject.found("useless" if against else "always", ("rules", rule.key), rules=against)


class _Lazy:
    """Questions that are compiled when the first of them needs a solver."""

    def __init__(self, model: Model, asked: Sequence[Question], negation: Negation) -> None:
        self._model, self._asked, self._negation = model, asked, negation

    @cached_property
    def _questions(self) -> Questions:
        return Questions(self._model, self._asked, self._negation.functions)

    def answer(self, question: Question) -> bool:
        """Tell the answer; conditions that are always or never true need no solver."""
        if question.condition in {YES, NO}:
            return question.condition == YES
        return self._questions.answer(question)

    def against(self, question: Question) -> tuple[str, ...]:
        """Return a minimal set of rules because of which the answer is no."""
        return () if question.condition == NO else self._questions.against(question)

    def instance(self, question: Question, keys: Iterable[str]) -> list[tuple[str, Value]]:
        """Return how one configuration that answers yes sets some attributes."""
        return [] if question.condition == YES else self._questions.instance(question, keys)


def _of_others(read: Iterable[str]) -> bool:
    """Tell whether only later members of a group are read.

    Rules cannot tell members apart: what a later member can be, the first can be as well, with the two exchanged.
    """
    members = {match["member"] for key in read if (match := GROUPED.fullmatch(key))}
    return bool(members) and "1" not in members


def _existing(key: str) -> Term:
    """Return the condition that the member of a group exists, for what belongs to one."""
    match = GROUPED.fullmatch(key)
    return Compare(">=", Ref(match["group"]), Number(int(match["member"]))) if match else YES


def _few(names: Iterable[str]) -> str:
    listed = list(dict.fromkeys(names))
    return ", ".join(listed[:LISTED]) + (f" +{len(listed) - LISTED}" if len(listed) > LISTED else "")
