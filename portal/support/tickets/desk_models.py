"""The desk: queues, who works on them, and macros."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Visible, new_public_id
from portal.policy import Actor
from portal.support.tickets.clock_models import manages
from portal.support.tickets.models import works

LONGEST_MACRO = 4_000
MACRO_ACTIONS = ("answer", "ask", "hold", "solve")


class _Desk:
    """Mixin: what those who work on tickets see and those who manage them write."""

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those who work on tickets."""
        return works(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Whoever keeps queues, targets and macros."""
        return manages(actor)


class Queue(_Desk, Base):
    """A line in which tickets wait; empty lists take all product lines, regions, kinds or skills."""

    __tablename__ = "ticket_queue"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
    name_zh: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)  # of two that fit equally well the first one takes it
    lines: Mapped[list[Any]]  # product lines
    regions: Mapped[list[Any]]
    kinds: Mapped[list[Any]]
    skills: Mapped[list[Any]]  # what its tickets need: languages and fault keys, see routing
    assigns: Mapped[bool] = mapped_column(default=False)  # hands tickets to members by itself
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class QueueMember(_Desk, Base):
    """That somebody works on a queue, and what he is good at."""

    __tablename__ = "ticket_queue_member"
    __table_args__ = (UniqueConstraint("queue_id", "person_id"), Index("ix_ticket_queue_member_person", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("ticket_queue.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    skills: Mapped[list[Any]]


class Macro(_Desk, Base):
    """An answer that is written once, and what is done with it."""

    __tablename__ = "ticket_macro"
    __table_args__ = (
        CheckConstraint(f"action IN {MACRO_ACTIONS}", name="action"),
        Index("ix_ticket_macro_position", "position", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    name_en: Mapped[str] = mapped_column(String(80))
    name_zh: Mapped[str] = mapped_column(String(80))
    body_en: Mapped[str] = mapped_column(String(LONGEST_MACRO))
    body_zh: Mapped[str] = mapped_column(String(LONGEST_MACRO))
    action: Mapped[str] = mapped_column(String(20), default="answer")
    position: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form
