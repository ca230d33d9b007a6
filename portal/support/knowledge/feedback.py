"""What readers say of an article: helpful or not, out of date and why; and that it was used."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from portal.db import as_actor, insert_into
from portal.errors import Invalid, NotAllowed, NotFound
from portal.history import record
from portal.limits import bounded
from portal.notify.operations import tell
from portal.policy import SYSTEM, Actor, Permission, Reach
from portal.support.knowledge.feedback_models import LONGEST_REASON, ArticleFlag, ArticleRating, ArticleUse
from portal.support.knowledge.models import Article
from portal.words import N_, Text


def rate(session: Session, actor: Actor, article: Article, *, helpful: bool, now: datetime) -> None:
    """Note whether somebody found an article helpful; the last word counts."""
    person_id, organisation_id = _speaks(actor)
    mine = (ArticleRating.article_id == article.id, ArticleRating.person_id == person_id)
    row = session.scalar(select(ArticleRating).where(*mine))
    if row is None:
        row = ArticleRating(
            article_id=article.id, person_id=person_id, organisation_id=organisation_id, helpful=helpful, at=now
        )
        session.add(row)
    row.helpful, row.at = helpful, now
    session.flush()
    _count_ratings(session, article.id)


def rating_of(session: Session, actor: Actor, article: Article) -> bool | None:
    """Return what somebody said of an article."""
    mine = (ArticleRating.article_id == article.id, ArticleRating.person_id == actor.person_id)
    return session.scalar(select(ArticleRating.helpful).where(*mine))


def flag(session: Session, actor: Actor, article: Article, *, reason: str, now: datetime) -> ArticleFlag:
    """Say that an article is out of date and why; saying it again replaces the reason."""
    person_id, organisation_id = _speaks(actor)
    if not reason.strip():
        raise Invalid(N_("Say what is not right any more."), field="reason")
    reason = bounded(reason.strip(), LONGEST_REASON, field="reason")
    mine = (ArticleFlag.article_id == article.id, ArticleFlag.person_id == person_id, ArticleFlag.settled_at.is_(None))
    row = session.scalar(select(ArticleFlag).where(*mine))
    if row is None:
        row = ArticleFlag(article_id=article.id, person_id=person_id, organisation_id=organisation_id, at=now)
        session.add(row)
    row.reason, row.at = reason, now
    session.flush()
    record(session, row, "doubt article", now=now)
    _count_flags(session, article.id)
    if article.created_by_id is not None and article.created_by_id != actor.person_id:
        title = {"title": Text(article.title_en or article.title_zh, article.title_zh or article.title_en)}
        with as_actor(session, SYSTEM):
            tell(session, article.created_by_id, "article_doubted", title, f"/knowledge/{article.public_id}", now)
    return row


def settle(session: Session, actor: Actor, row: ArticleFlag, *, now: datetime) -> None:
    """Note that a flag was looked after: the article was corrected, or is right as it is."""
    if actor.reach(Permission.ARTICLE_EDIT) is not Reach.ALL:
        raise NotAllowed
    if row.settled_at is None:
        row.settled_at, row.settled_by_id = now, actor.person_id
        session.flush()
        record(session, row, "settle doubt", now=now)
        _count_flags(session, row.article_id)


def flags(session: Session, article: Article) -> list[ArticleFlag]:
    """Return the open flags of an article: one's own, all to those who write."""
    query = select(ArticleFlag).where(ArticleFlag.article_id == article.id, ArticleFlag.settled_at.is_(None))
    return list(session.scalars(query.order_by(ArticleFlag.id).limit(50)))


def flag_of(session: Session, article: Article, public_id: str) -> ArticleFlag:
    """Return one flag of an article; raises NotFound."""
    found = session.scalar(
        select(ArticleFlag).where(ArticleFlag.article_id == article.id, ArticleFlag.public_id == public_id)
    )
    if found is None:
        raise NotFound
    return found


def used(session: Session, article_id: int, kind: str, *, person_id: int, organisation_id: int, today: date) -> bool:
    """Note that somebody read an article, was helped by it or got it sent: once a day; return whether it counts."""
    row = {"article_id": article_id, "kind": kind, "person_id": person_id, "organisation_id": organisation_id}
    with as_actor(session, SYSTEM):
        insert = insert_into(session, ArticleUse).values(row | {"day": today}).on_conflict_do_nothing()
        added = session.scalar(insert.returning(ArticleUse.id)) is not None
        if added and kind in _COUNTED:
            column = _COUNTED[kind]
            _write(session, [article_id], {column: getattr(Article, column) + 1})
    return added


_COUNTED = {"read": "reads", "solved": "solved"}


def _speaks(actor: Actor) -> tuple[int, int]:
    if actor.person_id is None or actor.organisation_id is None or not actor.can(Permission.ARTICLE_VIEW):
        raise NotAllowed
    return actor.person_id, actor.organisation_id


def _count_ratings(session: Session, article_id: int) -> None:
    with as_actor(session, SYSTEM):
        yes = func.coalesce(func.sum(case((ArticleRating.helpful, 1), else_=0)), 0)
        counted = select(yes, func.count(ArticleRating.id)).where(ArticleRating.article_id == article_id)
        helpful, total = session.execute(counted).one()
        _write(session, [article_id], {"helpful": helpful, "unhelpful": total - helpful})


def _count_flags(session: Session, article_id: int) -> None:
    with as_actor(session, SYSTEM):
        still = (ArticleFlag.article_id == article_id, ArticleFlag.settled_at.is_(None))
        _write(session, [article_id], {"doubts": session.scalar(select(func.count(ArticleFlag.id)).where(*still)) or 0})


def _write(session: Session, ids: Iterable[int], values: dict[str, object]) -> None:
    """Write counters past the version that protects what people write."""
    session.execute(
        update(Article).where(Article.id.in_(list(ids))).values(values),
        execution_options={"synchronize_session": False},
    )
