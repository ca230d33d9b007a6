"""What the answers of the first screen and a template choose, as choices of the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from portal.configurator.engine.results import Explanation
from portal.configurator.engine.solver import Compiled
from portal.configurator.language.parts import Authored, Scalar, Start, Template
from portal.configurator.language.repetition import member_key


class NoMember(Exception):
    """The answers make no member of a group that must have some; `group` names it."""

    def __init__(self, group: str) -> None:
        super().__init__(group)
        self.group = group


def answers_of(rules: Authored, template: Template | None = None) -> dict[str, int]:
    """Return what the first screen proposes: the template's answers, the questions' defaults for the rest."""
    given = dict(template.start) if template else {}
    return {start.key: given.get(start.key, start.default) for start in rules.start}


def firm_choices(rules: Authored, answers: Mapping[str, int]) -> dict[str, Scalar]:
    """Return what a person said by his answers; raises NoMember when a group that must have members has none."""
    found: dict[str, Scalar] = {}
    members: dict[str, int] = dict.fromkeys((start.group for start in rules.start if start.group), 0)
    for start, member in _members(rules.start, answers):
        if not start.group:
            found[start.sets] = answers[start.key]
            continue
        members[start.group] = member
        found[member_key(start.group, member, start.count)] = answers[start.key]
        found |= {member_key(start.group, member, key): value for key, value in start.choices}
    least = {group.key: group.minimum for group in rules.repeated}
    for group, count in members.items():
        if count < least[group]:
            raise NoMember(group)
    return {**members, **found}


def soft_choices(rules: Authored, template: Template | None, answers: Mapping[str, int]) -> dict[str, Scalar]:
    """Return what a template chooses beside the answers, for those members that the answers make."""
    if template is None:
        return {}
    found, chosen = dict(template.choices), dict(template.members)
    for start, member in _members(rules.start, answers):
        for key, value in chosen.get(start.key, ()) if start.group else ():
            found[member_key(start.group, member, key)] = value
    return found


def all_choices(rules: Authored, template: Template | None, answers: Mapping[str, int]) -> dict[str, Scalar]:
    """Return everything that answers and a template choose; where both speak the answer counts."""
    firm = firm_choices(rules, answers)
    return {**firm, **{key: value for key, value in soft_choices(rules, template, answers).items() if key not in firm}}


def conflict(compiled: Compiled, choices: Mapping[str, Scalar]) -> Explanation | None:
    """Return why choices cannot be completed together, None when they can; a proposal is not made for it."""
    if not choices:
        return None
    key, value = list(choices.items())[-1]
    return None if compiled.possible(choices, key, value) else compiled.explain(choices, key, value)


def _members(starts: Iterable[Start], answers: Mapping[str, int]) -> Iterator[tuple[Start, int]]:
    """Yield the questions with the number of the member that each makes; those answered 0 make none."""
    made: dict[str, int] = {}
    for start in starts:
        if start.group and not answers[start.key]:
            continue
        if start.group:
            made[start.group] = made.get(start.group, 0) + 1
        yield start, made.get(start.group, 0)
