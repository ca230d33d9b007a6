"""Which solutions a person can begin with, and the templates beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, defer

from portal.accounts.models import Person
from portal.configurator.models import RuleRevision
from portal.configurator.template_models import SavedTemplate
from portal.configurator.upgrading_models import not_withdrawn
from portal.errors import NotFound
from portal.words import Text

TEMPLATES_SHOWN = 50
PERSON = Person.__table__


@dataclass(frozen=True, slots=True)
class Solution:
    """A published rule set in effect, by its newest revision that was not withdrawn."""

    key: str
    revision_id: int
    title: Text


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One saved template of the list."""

    public_id: str
    name: str
    person: str
    created_at: datetime


def solutions(session: Session, *, today: date) -> Sequence[Solution]:
    """Return what can be begun today, by key; the titles are read without the rest of the rules."""
    newest = (
        select(RuleRevision.key.label("key"), func.max(RuleRevision.number).label("number"))
        .where(RuleRevision.effective_on <= today, not_withdrawn(RuleRevision.id))
        .group_by(RuleRevision.key)
        .subquery()
    )
    query = (
        select(RuleRevision.key, RuleRevision.id, RuleRevision.content["title"])
        .join(newest, (newest.c.key == RuleRevision.key) & (newest.c.number == RuleRevision.number))
        .order_by(RuleRevision.key)
    )
    return [Solution(key, number, Text(**title)) for key, number, title in session.execute(query)]


def revision_of(session: Session, revision_id: int) -> RuleRevision:
    """Return a revision without its content, which the engine knows."""
    query = select(RuleRevision).where(RuleRevision.id == revision_id).options(defer(RuleRevision.content))
    return session.scalars(query).one()


def saved_templates(session: Session, rule_key: str) -> list[TemplateRow]:
    """Return the newest templates that the own organisation saved for a solution."""
    return _templates(session, SavedTemplate.rule_key == rule_key, SavedTemplate.archived_at.is_(None))


def archived_templates(session: Session) -> list[TemplateRow]:
    """Return the newest templates that the own organisation put away."""
    return _templates(session, SavedTemplate.archived_at.is_not(None))


def _templates(session: Session, *conditions: ColumnElement[bool]) -> list[TemplateRow]:
    query = (
        select(SavedTemplate.public_id, SavedTemplate.name, PERSON.c.name, SavedTemplate.created_at)
        .outerjoin(PERSON, PERSON.c.id == SavedTemplate.person_id)
        .where(*conditions)
        .order_by(SavedTemplate.id.desc())
        .limit(TEMPLATES_SHOWN)
    )
    return [TemplateRow(key, name, person or "", at) for key, name, person, at in session.execute(query)]


def saved_template(session: Session, public_id: str, *, for_update: bool = False) -> SavedTemplate:
    """Return one saved template of the own organisation; raises NotFound."""
    query = select(SavedTemplate).where(SavedTemplate.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found
