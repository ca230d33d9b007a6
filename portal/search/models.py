"""What the index still has to read: one row for each change, written in the transaction that made it."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, utc_now
from portal.policy import Permission


class SearchChange(House, Base):
    """A row that documents are made of was written, removed or shown to somebody else."""

    __tablename__ = "search_change"
    __table_args__ = (Index("ix_search_change_at", "at", "id"),)
    view_permission = Permission.OUTBOX_MANAGE

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    row_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=utc_now)  # of the machine; nothing but tidying and lateness reads it
