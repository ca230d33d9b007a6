"""Notices in a person's inbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Visible, new_public_id
from portal.policy import Actor, Permission


class Notice(Base):
    """Something one person should know; the text is made from `kind` and `params` in his language."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_person_id", "person_id", "id"),
        Index("ix_notice_unread", "person_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]]
    path: Mapped[str] = mapped_column(String(200))  # where the matter is, relative to the portal's address
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """One's own notices."""
        return cls.person_id == actor.person_id if actor.can(Permission.INBOX_VIEW) else False
