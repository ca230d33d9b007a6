"""Repeated groups: member names, terms of one member, aggregates over all members, presence and absence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from portal.configurator.engine.terms import And, Binary, Compare, If, Number, Or, Ref, Term
from portal.configurator.language.errors import Fault
from portal.configurator.language.parts import Attribute, Repeated
from portal.words import Text

MEMBER_LIMIT = 16
VARIABLE_LIMIT = 2_000
NOWHERE: Term = Binary("floor", Number(0), Number(0))
"""A number that is undefined everywhere: what the smallest of no members is."""


@dataclass(frozen=True, slots=True)
class Span:
    """How often a group may exist."""

    minimum: int
    maximum: int

    @property
    def members(self) -> range:
        """Return the numbers of its members."""
        return range(1, self.maximum + 1)


def member_key(group: str, member: int, key: str) -> str:
    """Return the name of a member's attribute, `camera_group[1].resolution`."""
    return f"{group}[{member}].{key}"


def presence_key(group: str) -> str:
    """Return the name of the rule that ties the members of a group to their number."""
    return f"group:{group}"


def present(group: str, member: int) -> Term:
    """Return the condition that a member exists."""
    return Compare(">=", Ref(group), Number(member))


def absent(group: str, member: int) -> Term:
    """Return the condition that a member does not exist."""
    return Compare("<", Ref(group), Number(member))


def one_group(keys: Iterable[str], groups: Mapping[str, str]) -> str:
    """Return the one repeated group that these attributes belong to, empty for none; two are a fault."""
    found = {groups[key]: key for key in keys if key in groups}
    if len(found) > 1:
        raise Fault("group", ", ".join(sorted(found.values())))
    return next(iter(found), "")


def member_names(group: str, member: int, groups: Mapping[str, str]) -> dict[str, str]:
    """Return how the attributes of a group are called for one member."""
    return {key: member_key(group, member, key) for key, owner in groups.items() if owner == group}


def aggregate(operation: str, group: str, span: Span, terms: Sequence[Term]) -> Term:
    """Join the terms of all members in order; members that do not exist do not count."""
    if operation in {"all", "any"}:
        guard, join = (present, And) if operation == "any" else (absent, Or)
        sure = [
            term if member <= span.minimum else join((guard(group, member), term))
            for member, term in enumerate(terms, 1)
        ]
        return Or(tuple(sure)) if operation == "any" else And(tuple(sure))
    if operation in {"min", "max"}:
        return _extreme(operation, group, span, terms)
    if operation == "count":
        parts: list[Term] = [
            If(term if member <= span.minimum else And((present(group, member), term)), Number(1), Number(0))
            for member, term in enumerate(terms, 1)
        ]
    else:
        parts = [
            term if member <= span.minimum else If(present(group, member), term, Number(0))
            for member, term in enumerate(terms, 1)
        ]
    return _fold("+", parts)


def _extreme(operation: str, group: str, span: Span, terms: Sequence[Term]) -> Term:
    """Let the first member stand for those that do not exist; without any the result is undefined."""
    first = terms[0]
    parts = [
        term if member <= max(span.minimum, 1) else If(present(group, member), term, first)
        for member, term in enumerate(terms, 1)
    ]
    result = _fold(operation, parts)
    return result if span.minimum else If(present(group, 1), result, NOWHERE)


def _fold(operator: str, parts: list[Term]) -> Term:
    """Join in halves, so that sixteen members are four levels deep."""
    while len(parts) > 1:
        pairs = [parts[at : at + 2] for at in range(0, len(parts), 2)]
        parts = [reduce(lambda left, right: Binary(operator, left, right), pair) for pair in pairs]
    return parts[0]


def resting(attribute: Attribute) -> str | int:
    """Return the value that an attribute of a member that does not exist has."""
    return attribute.values[0].key if attribute.kind == "choice" else attribute.minimum


def expanded(attributes: Iterable[Attribute], repeated: Iterable[Repeated]) -> tuple[Attribute, ...]:
    """Return every variable and derived number in page order: a group's quantity stands before its first attribute."""
    groups = {group.key: group for group in repeated}
    result: dict[str, Attribute] = {}
    for attribute in attributes:
        if not attribute.group:
            result[attribute.key] = attribute
            continue
        group = groups[attribute.group]
        result.setdefault(group.key, _quantity(group))
        for member in range(1, group.maximum + 1):
            key = member_key(group.key, member, attribute.key)
            result[key] = replace(attribute, key=key, label=member_label(group, member, attribute.label))
    return tuple(result.values())


def member_title(group: Repeated, member: int) -> Text:
    """Return how one member is called, such as "Camera group 2"."""
    return Text(f"{group.label.en} {member}", f"{group.label.zh} {member}")


def member_label(group: Repeated, member: int, label: Text) -> Text:
    """Return how an attribute of a member is called where its group is not shown around it."""
    title = member_title(group, member)
    return Text(f"{title.en} · {label.en}", f"{title.zh} · {label.zh}")


def _quantity(group: Repeated) -> Attribute:
    return Attribute(
        group.key, "quantity", group.title, group.hint, "count", (), group.minimum, group.maximum, group.section,
        group.prefer,
    )  # fmt: skip
