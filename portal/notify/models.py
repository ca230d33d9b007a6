"""Notices in a person's inbox, and how people want to be told beside it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Visible, new_public_id
from portal.policy import Actor, Permission

_WAITS = text("digest_at IS NOT NULL")


class Notice(Base):
    """Something one person should know; the text is made from `kind` and `params` in his language."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_person_id", "person_id", "id"),
        Index("ix_notice_unread", "person_id", "read_at"),
        Index("ix_notice_digest_at", "digest_at", "person_id", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]]
    path: Mapped[str] = mapped_column(String(200))  # where the matter is, relative to the portal's address
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    digest_at: Mapped[datetime | None]  # the morning whose mail it waits for

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """One's own notices."""
        return cls.person_id == actor.person_id if actor.can(Permission.INBOX_VIEW) else False


class NoticePreference(Base):
    """How one person wants to be told of one topic; without a row as usual."""

    __tablename__ = "notice_preference"
    __table_args__ = (
        UniqueConstraint("person_id", "topic"),
        CheckConstraint("way IN ('at_once', 'digest', 'inbox')", name="way"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    topic: Mapped[str] = mapped_column(String(20))
    way: Mapped[str] = mapped_column(String(10))

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """One's own."""
        return cls.person_id == actor.person_id if actor.can(Permission.INBOX_VIEW) else False

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Oneself."""
        return bool(row.person_id == actor.person_id)
