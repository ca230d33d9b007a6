"""Reading for the administrator: history, published rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import Person
from portal.configurator.models import Configuration, RuleRevision
from portal.configurator.upgrading_models import RuleWithdrawal
from portal.db import ScopedSession, as_actor
from portal.deals.models import Quote
from portal.errors import NotAllowed, NotFound
from portal.history import HistoryEntry
from portal.parties.models import Party
from portal.policy import SYSTEM, Permission

PAGE = 50
BY_ONESELF = frozenset({"sign in", "accept invitation", "request password reset", "reset password"})


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the history: who did what to which row; `person` is None for the house itself."""

    id: int
    at: datetime
    kind: str
    thing_id: int
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    person: str | None
    person_public_id: str | None
    organisation: str | None
    subject: str | None  # the name of the person it was done to

    @property
    def doer(self) -> str | None:
        """Return who did it: a person, a token by its beginning, or whom it was done to before anybody signs in."""
        return self.person or (self.after or {}).get("via") or (self.subject if self.action in BY_ONESELF else None)

    def changes(self) -> list[tuple[str, Any, Any]]:
        """Return (name, before, after) of what the act noted; None where one side says nothing."""
        before, after = self.before or {}, self.after or {}
        return [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]


def acts(session: Session, *, kind: str = "", before_id: int | None = None, limit: int = PAGE) -> list[Act]:
    """Return what was done, newest first, one more than `limit` when there are more.

    Who may read the history reads who did it, whether or not he sees people and organisations elsewhere.
    """
    assert isinstance(session, ScopedSession)
    if session.actor is None or not session.actor.can(Permission.HISTORY_VIEW):
        raise NotAllowed
    entry, subject = HistoryEntry, aliased(Person)
    query = (
        select(entry.id, entry.at, entry.thing_kind, entry.thing_id, entry.action, entry.before, entry.after,
               Person.name, Person.public_id, Party.name, subject.name)
        .outerjoin(Person, Person.id == entry.person_id)
        .outerjoin(subject, and_(entry.thing_kind == "person", subject.id == entry.thing_id))
        .outerjoin(Party, Party.id == entry.organisation_id)
        .order_by(entry.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if kind:
        query = query.where(entry.thing_kind == kind)
    if before_id is not None:
        query = query.where(entry.id < before_id)
    with as_actor(session, SYSTEM):
        return [Act(*row) for row in session.execute(query)]


RevisionLine = Row[int, str, int, str, date, datetime, datetime | None]


def revisions(session: Session, *, before_id: int | None = None, limit: int = PAGE) -> Sequence[RevisionLine]:
    """Return published revisions, newest first, one more than `limit` when there are more."""
    rule = RuleRevision
    columns = (rule.id, rule.key, rule.number, rule.content_hash, rule.effective_on, rule.published_at)
    withdrawal = RuleWithdrawal.rule_revision_id == rule.id
    query = select(*columns, RuleWithdrawal.withdrawn_at).outerjoin(RuleWithdrawal, withdrawal)
    if before_id is not None:
        query = query.where(rule.id < before_id)
    return session.execute(query.order_by(rule.id.desc()).limit(limit + 1)).all()


def revision(session: Session, key: str, number: int) -> RuleRevision:
    """Return one published revision with all it says."""
    found = session.scalar(select(RuleRevision).where(RuleRevision.key == key, RuleRevision.number == number))
    if found is None:
        raise NotFound
    return found


def newest_revision(session: Session, key: str) -> RuleRevision:
    """Return the newest published revision of a rule set with all it says."""
    query = select(RuleRevision).where(RuleRevision.key == key).order_by(RuleRevision.number.desc()).limit(1)
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def quotes_of(
    session: Session, customer: Party, *, limit: int = 10
) -> Sequence[Row[str, str, str | None, int, str, datetime]]:
    """Return title, public id, number, revision, state and last change of a customer's newest quotes."""
    columns = (Quote.title, Quote.public_id, Quote.number, Quote.revision, Quote.state, Quote.updated_at)
    return session.execute(
        select(*columns).where(Quote.customer_id == customer.id).order_by(Quote.id.desc()).limit(limit)
    ).all()


def configurations_of(session: Session, customer: Party, *, limit: int = 10) -> Sequence[Row[str, str, datetime]]:
    """Return name, public id and last change of the newest configurations for a customer."""
    columns = (Configuration.name, Configuration.public_id, Configuration.updated_at)
    mine = (Configuration.customer_id == customer.id, Configuration.archived_at.is_(None))
    return session.execute(select(*columns).where(*mine).order_by(Configuration.id.desc()).limit(limit)).all()
