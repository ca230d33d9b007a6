"""What a person does with a configuration: begin, choose, take back, undo, do again, rename, put away."""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.configurator.engines import Engine, engine
from portal.configurator.language.ruleset import Attribute
from portal.configurator.models import Configuration, ConfigurationStep, RuleRevision
from portal.configurator.rights import borrow_to_edit, demand_owner
from portal.configurator.upgrading_models import check_not_withdrawn, not_withdrawn
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.parties import staying
from portal.policy import Actor, Permission
from portal.words import N_

Value = str | int
LONGEST_TYPED = 200
LONGEST_NUMBER = 12  # digits; what is longer is a typing error for every attribute there is
STEPS_KEPT = 200


class Stale(Conflict):
    """The configuration was changed since this page was made."""

    def __init__(self) -> None:
        super().__init__(N_("This draft was changed elsewhere while this page was open."))


class Refused(Conflict):
    """The value is impossible with the other choices; the page says why."""

    def __init__(self, key: str, value: Value) -> None:
        super().__init__(N_("This value cannot be combined with the other choices."))
        self.key, self.value = key, value


def create_configuration(
    session: Session,
    actor: Actor,
    *,
    name: str,
    revision: RuleRevision,
    now: datetime,
    choices: Mapping[str, Value] | None = None,
    customer_id: int | None = None,
) -> Configuration:
    """Begin a configuration of the actor's organisation; Refused names the first choice that cannot be."""
    if not actor.can(Permission.CONFIGURATION_EDIT) or actor.organisation_id is None:
        raise NotAllowed
    staying.keep(session, customer_id)
    check_not_withdrawn(session, revision.id)
    built = engine(session, revision.id)
    accepted: dict[str, Value] = {}
    for key, value in (choices or {}).items():
        if not built.compiled.possible(accepted, key, value):
            raise Refused(key, value)
        accepted[key] = value
    configuration = Configuration(
        organisation_id=actor.organisation_id,
        name=name,
        customer_id=customer_id,
        rule_revision_id=revision.id,
        person_id=actor.person_id,
        choices=accepted,
        created_at=now,
        updated_at=now,
    )
    session.add(configuration)
    session.flush()
    _remember(session, actor, configuration, now=now)
    record(session, configuration, "create", now=now, after={"name": name, "choices": accepted})
    return configuration


def parse_value(attribute: Attribute, raw: str) -> Value:
    """Return the value a person typed or tapped for `attribute`; raises Invalid with what is accepted."""
    text = unicodedata.normalize("NFKC", raw[:LONGEST_TYPED]).strip()  # a Chinese keyboard types full-width digits
    if attribute.kind == "choice":
        if all(value.key != text for value in attribute.values):
            raise Invalid(N_("Choose one of the values shown."), field=attribute.key)
        return text
    span = {"low": attribute.minimum, "high": attribute.maximum}
    message = N_("Enter a whole number from %(low)s to %(high)s.")
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise Invalid(message, field=attribute.key, **span)
    if not attribute.minimum <= int(text) <= attribute.maximum:
        raise Invalid(message, field=attribute.key, **span)
    return int(text)


def attribute_of(built: Engine, key: str) -> Attribute:
    """Return a question of the rule set; raises Invalid for a name that no question has."""
    try:
        attribute = built.ruleset.attribute(key)
    except KeyError:
        raise Invalid(N_("There is no such question.")) from None
    if attribute.kind == "derived":
        raise Invalid(N_("This number follows from the others and cannot be chosen."))
    return attribute


def choose(
    session: Session, actor: Actor, configuration: Configuration, key: str, value: Value, *, version: int, now: datetime
) -> None:
    """Choose `key = value`; raises Stale, or Refused when the other choices exclude it.

    Fewer members of a repeated group take the choices about the members that are gone with them.
    """
    borrow_to_edit(session, actor, configuration)
    _is_fresh(configuration, version)
    built = engine(session, configuration.rule_revision_id)
    if configuration.choices.get(key) == value:
        return
    choices = _with(built, configuration, key, value)
    if not built.compiled.possible(choices, key, value):
        raise Refused(key, value)
    _step(session, actor, configuration, choices, now=now)


def choose_instead(
    session: Session,
    actor: Actor,
    configuration: Configuration,
    key: str,
    value: Value,
    *,
    costs: Mapping[str, int] | None = None,
    give_up: Collection[str] = (),
    version: int,
    now: datetime,
) -> None:
    """Choose `key = value` and change the choices that stand in its way as the repair with `give_up` proposes.

    Without `give_up`, or when it is no repair any more, the best one is taken: the cheapest by `costs`, else the one
    that changes least.
    """
    borrow_to_edit(session, actor, configuration)
    _is_fresh(configuration, version)
    built = engine(session, configuration.rule_revision_id)
    choices = _with(built, configuration, key, value)
    repairs = built.compiled.repairs(choices, key, value, costs)
    if not repairs:
        raise Refused(key, value)
    wanted = [repair for repair in repairs if {name for name, _ in repair.released} == set(give_up)]
    changed = {name: after for name, _, after in (wanted or repairs)[0].changed}
    _step(session, actor, configuration, {**choices, **changed, key: value}, now=now)


def replace_choices(
    session: Session,
    actor: Actor,
    configuration: Configuration,
    choices: Mapping[str, Value],
    *,
    version: int,
    now: datetime,
) -> None:
    """Take other choices as one step; raises Stale, or Refused with the first choice that the others exclude."""
    borrow_to_edit(session, actor, configuration)
    _is_fresh(configuration, version)
    if dict(choices) == configuration.choices:
        return
    built = engine(session, configuration.rule_revision_id)
    kept = {key: value for key, value in choices.items() if configuration.choices.get(key) == value}
    for key, value in choices.items():
        if key not in kept and not built.compiled.possible(kept, key, value):
            raise Refused(key, value)
        kept[key] = value
    _step(session, actor, configuration, kept, now=now)


def _with(built: Engine, configuration: Configuration, key: str, value: Value) -> dict[str, Value]:
    """Return the choices with one more; members that are no longer there take theirs with them."""
    choices = {**configuration.choices, key: value}
    return built.ruleset.without_absent(choices) if built.ruleset.is_group(key) else choices


def follow_rules(
    session: Session,
    actor: Actor,
    configuration: Configuration,
    revision_id: int,
    choices: Mapping[str, Value],
    *,
    version: int,
    now: datetime,
) -> None:
    """Follow other rules from now on, with choices that go together under them, as one step."""
    borrow_to_edit(session, actor, configuration)
    _is_fresh(configuration, version)
    configuration.rule_revision_id = revision_id
    _step(session, actor, configuration, dict(choices), now=now)


def take_back(
    session: Session, actor: Actor, configuration: Configuration, key: str, *, version: int, now: datetime
) -> None:
    """Leave a question open again."""
    borrow_to_edit(session, actor, configuration)
    _is_fresh(configuration, version)
    if key in configuration.choices:
        rest = {name: value for name, value in configuration.choices.items() if name != key}
        _step(session, actor, configuration, rest, now=now)


def move(session: Session, actor: Actor, configuration: Configuration, by: int, *, version: int, now: datetime) -> None:
    """Undo (`by` = -1) or do again (`by` = +1) one step; nothing happens at either end."""
    borrow_to_edit(session, actor, configuration)
    _is_fresh(configuration, version)
    target = configuration.step + by
    step = (
        session.get(ConfigurationStep, (configuration.id, target)) if 0 <= target <= configuration.last_step else None
    )
    if step is None:
        return
    configuration.choices, configuration.step = dict(step.choices), target
    configuration.rule_revision_id = step.rule_revision_id or configuration.rule_revision_id
    _touch(configuration, now=now)


def rename(
    session: Session,
    actor: Actor,
    configuration: Configuration,
    *,
    name: str,
    customer_id: int | None,
    version: int,
    now: datetime,
) -> None:
    """Call the site otherwise, or say whose it is: the owner's to do."""
    demand_owner(session, actor, configuration)
    _is_fresh(configuration, version)
    staying.keep(session, customer_id)
    before = {"name": configuration.name, "customer": configuration.customer_id}
    configuration.name, configuration.customer_id = name, customer_id
    _touch(configuration, now=now)
    record(session, configuration, "rename", now=now, before=before, after={"name": name, "customer": customer_id})


def set_archived(
    session: Session, actor: Actor, configuration: Configuration, archived: bool, *, now: datetime
) -> None:
    """Put a configuration away, or take it out again."""
    demand_owner(session, actor, configuration)
    configuration.archived_at = now if archived else None
    _touch(configuration, now=now)
    record(session, configuration, "archive" if archived else "restore", now=now)


def newest_revision(session: Session, key: str, *, today: Any) -> RuleRevision:
    """Return the newest rule revision in effect that was not withdrawn; raises Conflict when there is none."""
    query = select(RuleRevision).where(
        RuleRevision.key == key, RuleRevision.effective_on <= today, not_withdrawn(RuleRevision.id)
    )
    found = session.scalar(query.order_by(RuleRevision.number.desc()).limit(1))
    if found is None:
        raise Conflict(N_("No rules are published yet; ask the product manager."))
    return found


def _is_fresh(configuration: Configuration, version: int) -> None:
    if configuration.version != version:
        raise Stale


def _touch(configuration: Configuration, *, now: datetime) -> None:
    configuration.updated_at = now
    configuration.version += 1


def _step(
    session: Session, actor: Actor, configuration: Configuration, choices: dict[str, Value], *, now: datetime
) -> None:
    """Take a new step; what was undone before is forgotten, and steps beyond the last 200."""
    forgotten = (ConfigurationStep.number > configuration.step) | (
        ConfigurationStep.number < configuration.step + 1 - STEPS_KEPT
    )
    session.execute(delete(ConfigurationStep).where(ConfigurationStep.configuration_id == configuration.id, forgotten))
    configuration.step += 1
    configuration.last_step = configuration.step
    configuration.choices = choices
    _touch(configuration, now=now)
    _remember(session, actor, configuration, now=now)


def _remember(session: Session, actor: Actor, configuration: Configuration, *, now: datetime) -> None:
    session.add(
        ConfigurationStep(
            organisation_id=configuration.organisation_id,
            configuration_id=configuration.id,
            number=configuration.step,
            choices=dict(configuration.choices),
            rule_revision_id=configuration.rule_revision_id,
            person_id=actor.person_id,
            at=now,
        )
    )
    session.flush()
