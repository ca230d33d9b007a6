"""Four eyes: whoever wrote in a version does not publish it, nor with another account of the same mailbox."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.approvals.four_eyes import accounts_of
from portal.db import as_actor
from portal.errors import Invalid, NotAllowed
from portal.history import record
from portal.limits import bounded
from portal.notify.operations import tell
from portal.policy import GRANTS, SYSTEM, Actor, OrganisationKind, Permission, Reach
from portal.support.knowledge.faults import types
from portal.support.knowledge.lifecycle import ARTICLES, VERSIONS, ArticleAction, VersionAction
from portal.support.knowledge.models import LONGEST_NOTE, Article, ArticleLink, ArticleVersion
from portal.support.knowledge.operations import check_unchanged, check_writes
from portal.words import N_, Text

REVIEWING_ROLES: Final = tuple(
    role.value
    for role, grants in GRANTS[OrganisationKind.SUPPLIER].items()
    if grants.get(Permission.ARTICLE_REVIEW) is Reach.ALL
)
MOST_TOLD: Final = 20
WROTE_IT: Final = N_("You wrote in this version; somebody else publishes it.")


def submit(session: Session, actor: Actor, version: ArticleVersion, *, expected: int, now: datetime) -> None:
    """Hand a draft in for review; those who may publish it are told."""
    check_writes(actor)
    check_unchanged(version, expected)
    version.state = VERSIONS.after(version.state, VersionAction.SUBMIT).value
    if not (version.body_en or version.body_zh) and session.get_one(Article, version.article_id).kind == "article":
        raise Invalid(N_("Write the text first."), field="body_zh")
    version.submitted_by_id, version.submitted_at = actor.person_id, now
    article = session.get_one(Article, version.article_id)
    record(session, article, "submit article", now=now, after={"number": version.number})
    _tell(session, _reviewers(session, version), "article_review", article, version, now)


def give_back(
    session: Session, actor: Actor, version: ArticleVersion, *, answer: str, expected: int, now: datetime
) -> None:
    """Let a version be written again, saying why."""
    _check_reviews(actor)
    check_unchanged(version, expected)
    if not answer.strip():
        raise Invalid(N_("Say what is missing."), field="answer")
    version.state = VERSIONS.after(version.state, VersionAction.GIVE_BACK).value
    version.answer = bounded(answer.strip(), LONGEST_NOTE, field="answer")
    article = session.get_one(Article, version.article_id)
    record(session, article, "give article back", now=now, after={"number": version.number})
    _tell(session, _others(actor, version.submitted_by_id), "article_given_back", article, version, now)


def publish(session: Session, actor: Actor, version: ArticleVersion, *, expected: int, now: datetime) -> Article:
    """Show a version to its readers in place of the one before; never one's own."""
    _check_reviews(actor)
    if wrote_in(session, actor, version):
        raise NotAllowed(WROTE_IT)
    check_unchanged(version, expected)
    state = VERSIONS.after(version.state, VersionAction.PUBLISH)
    article = show(session, version, reviewer=actor.person_id, now=now)
    assert state == version.state
    record(session, article, "publish article", now=now,
           after={"number": version.number, "visibility": version.visibility})  # fmt: skip
    _tell(session, _others(actor, version.submitted_by_id), "article_published", article, version, now)
    return article


def show(session: Session, version: ArticleVersion, *, reviewer: int | None, now: datetime) -> Article:
    """Make a version the one that readers see; imports by the house come here without a review."""
    article = session.get_one(Article, version.article_id)
    before = session.get(ArticleVersion, article.published_version_id) if article.published_version_id else None
    if before is not None and before.id != version.id:
        before.state = VERSIONS.after(before.state, VersionAction.REPLACE).value
    article.state = ARTICLES.after(article.state, ArticleAction.PUBLISH).value
    version.state, version.published_at, version.reviewed_by_id = "published", now, reviewer
    article.published_version_id, article.published_at, article.changed_at = version.id, now, now
    for name in ("visibility", "product_line", "title_en", "title_zh"):
        setattr(article, name, getattr(version, name))
    session.flush()
    _link(session, article, version)
    return article


def retire(session: Session, actor: Actor, article: Article, *, now: datetime) -> None:
    """Let readers find an article no longer; it can be restored."""
    _turn(session, actor, article, ArticleAction.RETIRE, "retire article", now)


def restore(session: Session, actor: Actor, article: Article, *, now: datetime) -> None:
    """Let readers find a retired article again, as it was."""
    _turn(session, actor, article, ArticleAction.RESTORE, "restore article", now)


def wrote_in(session: Session, actor: Actor, version: ArticleVersion) -> bool:
    """Return whether the actor, with any of his accounts, wrote in a version."""
    with as_actor(session, SYSTEM):
        return bool(set(version.authors) & set(accounts_of(session, actor)))


def _turn(session: Session, actor: Actor, article: Article, act: ArticleAction, word: str, now: datetime) -> None:
    _check_reviews(actor)
    before = article.state
    article.state = ARTICLES.after(article.state, act).value
    article.changed_at = now
    record(session, article, word, now=now, before={"state": before}, after={"state": article.state})


def _check_reviews(actor: Actor) -> None:
    if actor.reach(Permission.ARTICLE_REVIEW) is not Reach.ALL:
        raise NotAllowed


def _link(session: Session, article: Article, version: ArticleVersion) -> None:
    """Write what an article is about anew, as rows that products and fault types find."""
    tree = types(session)
    faults = [fault.id for key in version.facts.get("faults", ()) if (fault := tree.get(key))]
    rows = [
        {"article_id": article.id, "kind": kind, "thing_id": thing_id}
        for kind, ids in (("product", version.facts.get("products", ())), ("fault", faults))
        for thing_id in dict.fromkeys(ids)
    ]
    with as_actor(session, SYSTEM):
        session.execute(delete(ArticleLink).where(ArticleLink.article_id == article.id))
        if rows:
            session.execute(insert(ArticleLink), rows)


def _reviewers(session: Session, version: ArticleVersion) -> list[int]:
    """Return who may publish a version, without those who wrote in it."""
    with as_actor(session, SYSTEM):
        query = (
            select(Person.id)
            .join(PersonRole, PersonRole.person_id == Person.id)
            .where(
                Person.organisation_id == version.organisation_id,
                Person.disabled_at.is_(None),
                PersonRole.role.in_(REVIEWING_ROLES),
                Person.id.not_in(version.authors or [0]),
            )
            .distinct()
            .order_by(Person.id)
        )
        return list(session.scalars(query.limit(MOST_TOLD)))


def _others(actor: Actor, person_id: int | None) -> list[int]:
    return [person_id] if person_id is not None and person_id != actor.person_id else []


def _tell(
    session: Session, people: list[int], kind: str, article: Article, version: ArticleVersion, now: datetime
) -> None:
    params = {"title": Text(version.title_en or version.title_zh, version.title_zh or version.title_en)}
    with as_actor(session, SYSTEM):
        for person_id in people:
            tell(session, person_id, kind, params, f"/knowledge/{article.public_id}/edit", now)
