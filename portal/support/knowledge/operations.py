"""Writing articles: a draft at a time, seen by nobody but those who write, until somebody else has published it."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalog.models import Product
from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.parties.models import Organisation
from portal.policy import SYSTEM, Actor, Permission, Reach
from portal.support.knowledge.faults import types
from portal.support.knowledge.lifecycle import VERSIONS, VersionAction, VersionState
from portal.support.knowledge.models import KINDS, LONGEST_BODY, LONGEST_TITLE, Article, ArticleVersion
from portal.support.knowledge.written import TEXTS, Written, check
from portal.words import N_

OPEN = (VersionState.DRAFT.value, VersionState.IN_REVIEW.value)


def begin(
    session: Session, actor: Actor, written: Written, *, now: datetime, kind: str = "article", ticket: int | None = None
) -> Article:
    """Begin an article with its first draft."""
    check_writes(actor)
    _check_known(session, check(written))
    if kind not in KINDS:
        raise Invalid(N_("Choose one of these."), field="kind")
    article = Article(
        organisation_id=house_of(session, actor),
        kind=kind,
        visibility="internal",  # until something is published
        product_line=written.product_line,
        title_en=written.title_en,
        title_zh=written.title_zh,
        source_ticket_id=ticket,
        created_by_id=actor.person_id,
        created_at=now,
        changed_at=now,
    )
    session.add(article)
    session.flush()
    add_version(session, actor, article, written, number=1, now=now)
    record(session, article, "begin article", now=now, after={"title": written.title_en or written.title_zh})
    return article


def begin_from(
    session: Session,
    actor: Actor,
    *,
    title: str,
    body: str,
    product_id: int | None,
    fault: str,
    lang: str,
    source_ticket: int,
    now: datetime,
) -> Article:
    """Begin an internal article with what a solved ticket says; a second time returns the article it became.

    Titles and texts are cut to what fits; the writer goes on from there.
    """
    check_writes(actor)
    found = session.scalar(select(Article).where(Article.source_ticket_id == source_ticket).order_by(Article.id))
    if found is not None:
        return found
    tree = types(session)
    texts: dict[str, Any] = {f"title_{lang}": title.strip()[:LONGEST_TITLE], f"body_{lang}": body[:LONGEST_BODY]}
    written = Written(
        **texts,
        product_line=tree.line_of(fault),
        products=() if product_id is None else (product_id,),
        faults=(fault,) if tree.get(fault) else (),
    )
    return begin(session, actor, written, now=now, ticket=source_ticket)


def save(
    session: Session, actor: Actor, version: ArticleVersion, written: Written, *, expected: int, now: datetime
) -> ArticleVersion:
    """Keep what was written into a draft; raises Conflict when somebody else saved it meanwhile."""
    check_writes(actor)
    VERSIONS.after(version.state, VersionAction.EDIT)
    check_unchanged(version, expected)
    _check_known(session, check(written))
    _fill(version, written)
    version.edited_at = now
    if actor.person_id is not None and actor.person_id not in version.authors:
        version.authors = [*version.authors, actor.person_id]
    article = session.get_one(Article, version.article_id)
    article.changed_at = now
    if article.published_version_id is None:  # lists of writers name it by its draft
        article.title_en, article.title_zh = written.title_en, written.title_zh
        article.product_line = written.product_line
    session.flush()
    record(session, article, "write article", now=now, after={"number": version.number})
    return version


def revise(session: Session, actor: Actor, article: Article, *, now: datetime) -> ArticleVersion:
    """Return the open version of an article: the draft there is, or a new one that begins as the published one."""
    check_writes(actor)
    there = open_version(session, article)
    if there is not None:
        return there
    newest = session.scalar(
        select(ArticleVersion).where(ArticleVersion.article_id == article.id).order_by(ArticleVersion.number.desc())
    )
    assert newest is not None  # an article begins with one
    last = session.scalar(select(func.max(ArticleVersion.number)).where(ArticleVersion.article_id == article.id))
    base = session.get(ArticleVersion, article.published_version_id) if article.published_version_id else newest
    version = ArticleVersion(
        organisation_id=article.organisation_id,
        article_id=article.id,
        number=(last or 0) + 1,
        visibility=(base or newest).visibility,
        product_line=(base or newest).product_line,
        facts=dict((base or newest).facts),
        authors=[actor.person_id] if actor.person_id else [],
        created_at=now,
        edited_at=now,
        **{name: getattr(base or newest, name) for name in TEXTS},
    )
    session.add(version)
    session.flush()
    record(session, article, "revise article", now=now, after={"number": version.number})
    return version


def drop(session: Session, actor: Actor, version: ArticleVersion, *, expected: int, now: datetime) -> None:
    """Give up a draft; what is published stays."""
    check_writes(actor)
    check_unchanged(version, expected)
    version.state = VERSIONS.after(version.state, VersionAction.DROP).value
    record(session, session.get_one(Article, version.article_id), "drop draft", now=now,
           after={"number": version.number})  # fmt: skip


def open_version(session: Session, article: Article) -> ArticleVersion | None:
    """Return the version that is being written or reviewed."""
    mine = (ArticleVersion.article_id == article.id, ArticleVersion.state.in_(OPEN))
    return session.scalar(select(ArticleVersion).where(*mine))


def add_version(
    session: Session,
    actor: Actor,
    article: Article,
    written: Written,
    *,
    number: int,
    now: datetime,
    state: str = VersionState.DRAFT.value,
) -> ArticleVersion:
    """Add a version with what was written."""
    version = ArticleVersion(
        organisation_id=article.organisation_id,
        article_id=article.id,
        number=number,
        state=state,
        authors=[actor.person_id] if actor.person_id else [],
        created_at=now,
        edited_at=now,
    )
    _fill(version, written)
    session.add(version)
    session.flush()
    return version


def check_writes(actor: Actor) -> None:
    """Raise NotAllowed for everybody who does not write for the house."""
    if actor.reach(Permission.ARTICLE_EDIT) is not Reach.ALL:
        raise NotAllowed


def check_unchanged(version: ArticleVersion, expected: int) -> None:
    """Raise Conflict when a page shows an older state than the one that is kept."""
    if version.version != expected:
        raise Conflict(N_("Somebody else saved this in between. Look at what changed and repeat your step."))


def house_of(session: Session, actor: Actor) -> int:
    """Return the organisation that articles belong to: the writer's; without a person the supplier's."""
    if actor.organisation_id is not None:
        return actor.organisation_id
    with as_actor(session, SYSTEM):
        found = session.scalar(select(Organisation.id).where(Organisation.kind == "supplier").order_by(Organisation.id))
    if found is None:
        raise Conflict(N_("There is no supplier yet."))
    return found


def _fill(version: ArticleVersion, written: Written) -> None:
    for name in (*TEXTS, "visibility", "product_line", "note"):
        setattr(version, name, getattr(written, name))
    version.facts = written.facts


def _check_known(session: Session, written: Written) -> None:
    """Raise Invalid for products and fault types that do not exist."""
    if written.products:
        known = set(session.scalars(select(Product.id).where(Product.id.in_(written.products))))
        if known != set(written.products):
            raise Invalid(N_("One of these products does not exist."), field="products")
    tree = types(session) if written.faults or written.product_line else None
    if tree is None:
        return
    if any(tree.get(key) is None for key in written.faults):
        raise Invalid(N_("One of these fault types does not exist."), field="faults")
    if written.product_line and written.product_line not in {line.key for line in tree.below.get("", ())}:
        raise Invalid(N_("Choose one of these."), field="product_line")
