"""Articles: what the house knows, in two languages, in versions that never change once they are published."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Owned, Visible, new_public_id
from portal.files.kinds import Kind, declare
from portal.parties.models import Organisation
from portal.policy import Actor, Permission, Reach
from portal.support.knowledge.lifecycle import ArticleState, VersionState

KINDS: Final = ("article", "manual")  # a manual is read from its files
VISIBILITIES: Final = ("public", "silver", "gold", "internal")  # from the widest to the narrowest
TIERS_OF: Final = {"silver": ("silver", "gold"), "gold": ("gold",)}  # partners of which tiers read such an article
LONGEST_TITLE: Final = 200
LONGEST_BODY: Final = 100_000
LONGEST_NOTE: Final = 500
_OPEN = text("state IN ('draft', 'in_review')")
_DOUBTED = text("doubts > 0")


class Article(Owned, Base):
    """One piece of knowledge; what readers see of it is its published version, whose titles stand here for lists.

    It belongs to the supplier's organisation, so that its files do; who reads it, its visibility says.
    """

    __tablename__ = "article"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(state.value for state in ArticleState)}", name="state"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint("state <> 'published' OR published_version_id IS NOT NULL", name="published"),
        Index("ix_article_changed", "changed_at", "id"),
        Index("ix_article_doubts", "changed_at", "id", sqlite_where=_DOUBTED, postgresql_where=_DOUBTED),
        Index("ix_article_state_changed", "state", "changed_at", "id"),
        Index("ix_article_state_line", "state", "product_line", "changed_at", "id"),
    )
    view_permission = Permission.ARTICLE_VIEW
    edit_permission = Permission.ARTICLE_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    kind: Mapped[str] = mapped_column(String(20), default="article")
    state: Mapped[str] = mapped_column(String(20), default=ArticleState.DRAFT.value)
    visibility: Mapped[str] = mapped_column(String(20), default="internal")  # of what is published
    product_line: Mapped[str] = mapped_column(String(40), default="")  # a root of the fault tree, or empty
    title_en: Mapped[str] = mapped_column(String(LONGEST_TITLE), default="")
    title_zh: Mapped[str] = mapped_column(String(LONGEST_TITLE), default="")
    published_version_id: Mapped[int | None]  # no foreign key: the versions point here already
    source_key: Mapped[str | None] = mapped_column(String(300), unique=True)  # of an imported file
    source_ticket_id: Mapped[int | None] = mapped_column(index=True)  # of a ticket it was made from; keyed by tickets
    helpful: Mapped[int] = mapped_column(default=0)  # counted from the ratings
    unhelpful: Mapped[int] = mapped_column(default=0)
    reads: Mapped[int] = mapped_column(default=0)  # people a day, counted from the uses
    solved: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)  # open “out of date” flags
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """All of them for those who help; what is published and meant for him to everybody else."""
        reach = actor.reach(Permission.ARTICLE_VIEW)
        if reach is not Reach.OWN:
            return reach is Reach.ALL
        return and_(cls.state == ArticleState.PUBLISHED.value, meant_for(cls.visibility, actor))


declare(Kind("article", view=Permission.ARTICLE_VIEW, edit=Permission.ARTICLE_EDIT, thing=Article, most=60))


def meant_for(visibility: Any, actor: Actor) -> Any:
    """Return the condition that a visibility includes the actor's organisation: its kind and tier as they are now."""
    own = Organisation.__table__.c  # the table, not the class: nothing but what stands here narrows a condition
    mine = own.id == actor.organisation_id
    tiers = [
        and_(visibility == level, _own(own.tier, mine, own.kind == "partner").in_(tiers))
        for level, tiers in TIERS_OF.items()
    ]
    staff = _own(own.kind, mine) == "supplier"
    return or_(visibility == "public", *tiers, staff)


def _own(column: Any, *where: Any) -> Any:
    return select(column).where(*where).correlate(None).scalar_subquery()


class ArticleVersion(Owned, Base):
    """One state of an article, as it was written, reviewed and published; `authors` are all who wrote in it."""

    __tablename__ = "article_version"
    __table_args__ = (
        UniqueConstraint("article_id", "number"),
        CheckConstraint(f"state IN {tuple(state.value for state in VersionState)}", name="state"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint("title_en <> '' OR title_zh <> ''", name="title"),
        Index("uq_article_version_open", "article_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_article_version_state", "state", "id"),
    )
    view_permission = Permission.ARTICLE_EDIT  # readers get the published one through its article
    edit_permission = Permission.ARTICLE_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default=VersionState.DRAFT.value)
    visibility: Mapped[str] = mapped_column(String(20))
    title_en: Mapped[str] = mapped_column(String(LONGEST_TITLE), default="")
    title_zh: Mapped[str] = mapped_column(String(LONGEST_TITLE), default="")
    body_en: Mapped[str] = mapped_column(String(LONGEST_BODY), default="")
    body_zh: Mapped[str] = mapped_column(String(LONGEST_BODY), default="")
    product_line: Mapped[str] = mapped_column(String(40), default="")
    facts: Mapped[dict[str, Any]]  # products (ids), faults (keys), error_codes, firmware: lists, see `facts`
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")  # what changed and why
    answer: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")  # of whoever gave it back
    authors: Mapped[list[Any]]  # ids of persons
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """All for those who help; to readers only the version that an article shows which they may see."""
        reach = actor.reach(Permission.ARTICLE_VIEW)
        if reach is not Reach.OWN:
            return reach is Reach.ALL
        article = Article.__table__.c
        seen = (article.state == ArticleState.PUBLISHED.value, meant_for(article.visibility, actor))
        shown = select(article.published_version_id).where(*seen).correlate(None)
        return and_(cls.state == VersionState.PUBLISHED.value, cls.id.in_(shown))


class ArticleLink(Base):
    """A product or a fault type that the published version of an article is about; made anew when it is published."""

    __tablename__ = "article_link"
    __table_args__ = (
        CheckConstraint("kind IN ('product', 'fault')", name="kind"),
        Index("ix_article_link_thing", "kind", "thing_id", "article_id"),
    )

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    thing_id: Mapped[int] = mapped_column(primary_key=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Joined to articles, which are scoped themselves."""
        return actor.can(Permission.ARTICLE_VIEW)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Whoever publishes."""
        return actor.reach(Permission.ARTICLE_EDIT) is Reach.ALL
