"""The one append-only record of who did what to which row, before and after."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base, House, ScopedSession
from portal.policy import Permission


class HistoryEntry(House, Base):
    """One act; rows are never changed nor removed, which a trigger enforces."""

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_thing", "thing_kind", "thing_id", "id"),)
    view_permission = Permission.HISTORY_VIEW

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    thing_kind: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int]
    action: Mapped[str] = mapped_column(String(60))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


def record(
    session: Session,
    thing: Any,
    action: str,
    *,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append that the session's actor did `action` to the flushed row `thing`; secrets never go in here."""
    assert isinstance(session, ScopedSession)
    actor = session.actor
    if via := session.info.get("via"):  # a program did it: the beginning of its token
        after = {**(after or {}), "via": via}
    session.add(
        HistoryEntry(
            at=now,
            person_id=actor.person_id if actor else None,
            organisation_id=getattr(thing, "organisation_id", None),
            thing_kind=thing.__tablename__,
            thing_id=thing.id,
            action=action,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
        )
    )
