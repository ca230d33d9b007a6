"""Members of repeated groups as building blocks: put one beside the others as a copy, or take one out."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.configurator import operations
from portal.configurator.engines import Engine, engine
from portal.configurator.language.repetition import member_key
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import Configuration
from portal.errors import Invalid
from portal.policy import Actor
from portal.words import N_

Value = str | int


def copy_member(
    session: Session,
    actor: Actor,
    configuration: Configuration,
    group: str,
    member: int,
    *,
    count: int,
    version: int,
    now: datetime,
) -> tuple[str, ...]:
    """Add one more member with the same choices; returns the questions whose choice the rules do not allow twice.

    `count` is how many members there are. Refused when there can be no more.
    """
    built = _checked(session, configuration, group, member, count=count, wanted=count + 1, version=version)
    choices: dict[str, Value] = {**configuration.choices, group: count + 1}
    if not built.compiled.possible(choices, group, count + 1):
        raise operations.Refused(group, count + 1)
    left_out = []
    for key, value in _of_member(configuration.choices, group, member).items():
        copied = member_key(group, count + 1, key)
        if built.compiled.possible(choices, copied, value):
            choices[copied] = value
        else:
            left_out.append(member_key(group, member, key))
    operations.replace_choices(session, actor, configuration, choices, version=version, now=now)
    return tuple(left_out)


def remove_member(
    session: Session,
    actor: Actor,
    configuration: Configuration,
    group: str,
    member: int,
    *,
    count: int,
    version: int,
    now: datetime,
) -> None:
    """Take one member out; those behind it move up with their choices. Refused when there can be no fewer."""
    built = _checked(session, configuration, group, member, count=count, wanted=count - 1, version=version)
    choices = _without(built.ruleset, configuration.choices, group, member, count)
    if not built.compiled.possible(choices, group, count - 1):
        raise operations.Refused(group, count - 1)
    operations.replace_choices(session, actor, configuration, choices, version=version, now=now)


def _checked(
    session: Session, configuration: Configuration, group: str, member: int, *, count: int, wanted: int, version: int
) -> Engine:
    """Return the engine; Stale, or Invalid when there is no such member or there cannot be as many as wanted."""
    if configuration.version != version:
        raise operations.Stale
    built = engine(session, configuration.rule_revision_id)
    if not built.ruleset.is_group(group) or not 1 <= member <= count:
        raise Invalid(N_("There is no such question."))
    operations.parse_value(built.ruleset.attribute(group), str(wanted))
    return built


def _of_member(choices: Mapping[str, Value], group: str, member: int) -> dict[str, Value]:
    """Return the choices about one member by the plain names of its questions."""
    prefix = member_key(group, member, "")
    return {key.removeprefix(prefix): value for key, value in choices.items() if key.startswith(prefix)}


def _without(ruleset: RuleSet, choices: Mapping[str, Value], group: str, member: int, count: int) -> dict[str, Value]:
    """Return the choices without one member, its successors moved up by one, and one member fewer."""
    rest = {key: value for key, value in choices.items() if ruleset.member_of(key)[0] != group}
    rest[group] = count - 1
    for before in (number for number in range(1, count + 1) if number != member):
        after = before if before < member else before - 1
        for key, value in _of_member(choices, group, before).items():
            rest[member_key(group, after, key)] = value
    return rest
