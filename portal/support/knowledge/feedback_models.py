"""What readers say of articles and how they use them: ratings, “out of date” flags, uses."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, Owned, new_public_id
from portal.policy import Actor, Permission

LONGEST_REASON: Final = 500
USES: Final = ("read", "solved", "sent")  # opened; solved a fault; sent to somebody in a ticket
_OPEN = text("settled_at IS NULL")


class _Said(Owned):
    """Mixin: what somebody said of an article; it belongs to his organisation, and those who write articles see it."""

    view_permission = Permission.ARTICLE_VIEW
    edit_permission = Permission.ARTICLE_EDIT

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """The own words, or whoever looks after articles."""
        return super().writable_by(actor, row) or (
            row.person_id == actor.person_id and row.organisation_id == actor.organisation_id
        )


class ArticleRating(_Said, Base):
    """Whether one person found an article helpful; he may change his mind."""

    __tablename__ = "article_rating"
    __table_args__ = (UniqueConstraint("article_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    helpful: Mapped[bool]
    at: Mapped[datetime]


class ArticleFlag(_Said, Base):
    """That an article is out of date, why, and what became of it; one open flag for each person."""

    __tablename__ = "article_flag"
    __table_args__ = (
        Index("uq_article_flag_open", "article_id", "person_id", unique=True, sqlite_where=_OPEN,
              postgresql_where=_OPEN),
        Index("ix_article_flag_article_id", "article_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON))
    at: Mapped[datetime]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]


class ArticleUse(House, Base):
    """That somebody read an article, was helped by it or got it sent; counted once for a person and day."""

    __tablename__ = "article_use"
    __table_args__ = (
        CheckConstraint(f"kind IN {USES}", name="kind"),
        UniqueConstraint("article_id", "kind", "person_id", "day"),
        Index("ix_article_use_day", "day", "kind", "article_id"),
    )
    view_permission = Permission.SUPPORT_NUMBERS

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    kind: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    day: Mapped[date]
