"""Reading questions to engineers: the queue, one question, those of a configuration."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.configurator.engineering_models import OPEN, EngineerQuestion
from portal.configurator.models import Configuration
from portal.db import as_actor
from portal.errors import NotFound
from portal.parties.models import Party
from portal.policy import SYSTEM

PAGE = 25
SHOWN = 5  # questions that the page of a configuration shows
SHOWN_FOR = timedelta(days=7)  # after the answer


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the queue."""

    id: int
    public_id: str
    configuration: str
    organisation: str
    sku: str
    text: str
    state: str
    asked_at: datetime
    due_at: datetime


def queue(session: Session, *, done: bool, after_id: int | None, limit: int = PAGE) -> list[QueueRow]:
    """Return open questions, those due first on top, or closed ones, newest first; one more than `limit`."""
    question = EngineerQuestion
    query = (
        select(
            question.id, question.public_id, Configuration.name, Party.name, question.sku, question.text,
            question.state, question.asked_at, question.due_at,
        )
        .join(Configuration, Configuration.id == question.configuration_id)
        .join(Party, Party.id == question.organisation_id)
        .limit(limit + 1)
    )  # fmt: skip
    if done:
        query = query.where(question.state.not_in(OPEN)).order_by(question.id.desc())
        query = query if after_id is None else query.where(question.id < after_id)
    else:
        query = query.where(question.state.in_(OPEN)).order_by(question.due_at, question.id)
        if after_id is not None:
            here = select(question.due_at).where(question.id == after_id).scalar_subquery()
            later = or_(question.due_at > here, and_(question.due_at == here, question.id > after_id))
            query = query.where(later)
    return [QueueRow(*row) for row in session.execute(query)]


def question(session: Session, public_id: str, *, for_update: bool = False) -> EngineerQuestion:
    """Return one question that the actor may see; raises NotFound."""
    query = select(EngineerQuestion).where(EngineerQuestion.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def configuration_of(session: Session, row: EngineerQuestion) -> Configuration | None:
    """Return what a question is about; None for somebody who may not see it any more."""
    return session.scalar(select(Configuration).where(Configuration.id == row.configuration_id))


def names_of(session: Session, row: EngineerQuestion) -> tuple[str, str, str]:
    """Return the names of asking organisation, asker and engineer for whoever sees the question."""
    with as_actor(session, SYSTEM):
        people = select(Person.id, Person.name).where(Person.id.in_({row.asked_by_id, row.answered_by_id} - {None}))
        names = {person_id: name for person_id, name in session.execute(people)}  # noqa: C416 - typed as rows, not as pairs
        organisation = session.scalar(select(Party.name).where(Party.id == row.organisation_id)) or ""
    return organisation, names.get(row.asked_by_id or 0, ""), names.get(row.answered_by_id or 0, "")


def questions_of(session: Session, configuration_id: int, *, now: datetime) -> list[EngineerQuestion]:
    """Return the questions about a configuration that its page shows: open ones, and what was answered lately."""
    question = EngineerQuestion
    lately = and_(question.state == "answered", question.answered_at > now - SHOWN_FOR)
    mine = (question.configuration_id == configuration_id, or_(question.state.in_(OPEN), lately))
    return list(session.scalars(select(question).where(*mine).order_by(question.id.desc()).limit(SHOWN)))
