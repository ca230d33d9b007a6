"""How a configuration begins: from answers, from a saved template, as a copy; and templates made of configurations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.engine.results import Impossible
from portal.configurator.engines import Engine, engine
from portal.configurator.language.parts import Attribute, Scalar, Template
from portal.configurator.models import Configuration, RuleRevision
from portal.configurator.operations import create_configuration, newest_revision
from portal.configurator.solutions import TEMPLATES_SHOWN, revision_of
from portal.configurator.starting import Beginning, begin, keep_possible
from portal.configurator.template_models import SavedTemplate
from portal.configurator.upgrading_models import not_withdrawn
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.parties.models import Party
from portal.policy import Actor, Permission, allows
from portal.words import N_, Text


class Together(Conflict):
    """The answers of the first screen contradict each other; `because` says why, in the words of the rules."""

    def __init__(self, because: tuple[Text, ...]) -> None:
        super().__init__(N_("These answers cannot be combined."))
        self.because = because


@dataclass(frozen=True, slots=True)
class Begun:
    """A new configuration, and what of a template it could not have: name, question where there is one, value."""

    configuration: Configuration
    dropped: tuple[tuple[str, Attribute | None, Scalar], ...] = ()


def begin_configuration(
    session: Session,
    actor: Actor,
    *,
    name: str,
    revision: RuleRevision,
    template: Template | None,
    answers: Mapping[str, int],
    customer_id: int | None,
    now: datetime,
) -> Begun:
    """Begin with the answers of the first screen and what they allow of a template.

    Raises Together when the answers contradict each other, NoMember when they make nothing.
    """
    built = engine(session, revision.id)
    try:
        beginning = begin(built.ruleset, built.compiled, template, answers)
    except Impossible as impossible:
        rules = impossible.explanation.rules
        raise Together(tuple(dict.fromkeys(built.ruleset.rule(key).because for key in rules))) from impossible
    return _begun(session, actor, built, beginning, name=name, revision=revision, customer_id=customer_id, now=now)


def begin_from(
    session: Session,
    actor: Actor,
    saved: SavedTemplate,
    *,
    name: str,
    customer_id: int | None,
    today: date,
    now: datetime,
) -> Begun:
    """Begin with the choices of a saved template, as far as the newest rules know and allow them."""
    revision = newest_revision(session, saved.rule_key, today=today)
    return _follow(session, actor, saved.choices, name=name, revision=revision, customer_id=customer_id, now=now)


def copy_configuration(
    session: Session,
    actor: Actor,
    configuration: Configuration,
    *,
    name: str,
    customer_id: int | None,
    today: date,
    now: datetime,
) -> Begun:
    """Begin a draft of one's own with all choices of a configuration that one sees.

    It follows the same rules, or the newest ones where those were withdrawn.
    """
    still = select(RuleRevision.id).where(
        RuleRevision.id == configuration.rule_revision_id, not_withdrawn(RuleRevision.id)
    )
    revision = revision_of(session, configuration.rule_revision_id)
    if session.scalar(still) is None:
        revision = newest_revision(session, revision.key, today=today)
    return _follow(
        session, actor, configuration.choices, name=name, revision=revision, customer_id=customer_id, now=now
    )


def _follow(
    session: Session,
    actor: Actor,
    choices: Mapping[str, Scalar],
    *,
    name: str,
    revision: RuleRevision,
    customer_id: int | None,
    now: datetime,
) -> Begun:
    """Begin with earlier choices under rules that may have changed since; earlier questions count more than later ones.

    Their order is that of the rules: databases do not keep that of stored choices.
    """
    built = engine(session, revision.id)
    asked = [item for item in built.ruleset.everything if item.key in choices]
    known = {item.key: choices[item.key] for item in asked if _is_value(item, choices[item.key])}
    unknown = tuple((key, value) for key, value in choices.items() if key not in known)
    kept = keep_possible(built.compiled, {}, known)
    beginning = Beginning(kept.choices, (*kept.dropped, *unknown))
    return _begun(session, actor, built, beginning, name=name, revision=revision, customer_id=customer_id, now=now)


def _begun(
    session: Session,
    actor: Actor,
    built: Engine,
    beginning: Beginning,
    *,
    name: str,
    revision: RuleRevision,
    customer_id: int | None,
    now: datetime,
) -> Begun:
    made = create_configuration(
        session, actor, name=name, revision=revision, choices=beginning.choices, customer_id=customer_id, now=now
    )
    known = {item.key: item for item in built.ruleset.everything}
    return Begun(made, tuple((key, known.get(key), value) for key, value in beginning.dropped))


def _is_value(attribute: Attribute, value: Scalar) -> bool:
    """Tell whether a question still has this value."""
    if attribute.kind == "choice":
        return any(known.key == value for known in attribute.values)
    return attribute.kind != "derived" and isinstance(value, int) and attribute.minimum <= value <= attribute.maximum


def save_template(
    session: Session, actor: Actor, configuration: Configuration, *, name: str, now: datetime
) -> SavedTemplate:
    """Keep the choices of a configuration under a name, for all of the own organisation; raises Invalid, Conflict."""
    if not actor.can(Permission.CONFIGURATION_EDIT) or actor.organisation_id is None:
        raise NotAllowed
    revision = revision_of(session, configuration.rule_revision_id)
    live = select(SavedTemplate.name).where(SavedTemplate.rule_key == revision.key, SavedTemplate.archived_at.is_(None))
    names = session.scalars(live.limit(TEMPLATES_SHOWN)).all()
    if name in names:
        raise Invalid(N_("There is a template of this name already."), field="name")
    if len(names) >= TEMPLATES_SHOWN:
        raise Conflict(N_("There are %(max)d templates already. Archive one first."), max=TEMPLATES_SHOWN)
    saved = SavedTemplate(
        organisation_id=actor.organisation_id,
        rule_key=revision.key,
        name=name,
        choices=dict(configuration.choices),
        person_id=actor.person_id,
        created_at=now,
    )
    session.add(saved)
    session.flush()
    record(session, saved, "save template", now=now, after={"name": name, "configuration": configuration.public_id})
    return saved


def set_template_archived(
    session: Session, actor: Actor, saved: SavedTemplate, archived: bool, *, now: datetime
) -> None:
    """Put a template away, or take it out again."""
    if not allows(actor, Permission.CONFIGURATION_EDIT, saved):
        raise NotAllowed
    saved.archived_at = now if archived else None
    record(session, saved, "archive" if archived else "restore", now=now)


def known_customer(session: Session, customer_id: int | None) -> int | None:
    """Return the customer if the actor knows him, None otherwise."""
    return session.scalar(select(Party.id).where(Party.id == customer_id)) if customer_id is not None else None
