"""Mails that came in: what became of each, so that the same one twice is one, and what somebody must look at."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Visible, new_public_id
from portal.files.kinds import Kind, declare
from portal.policy import Actor, Permission
from portal.support.tickets.models import works

# Into a ticket; nothing to be done; for somebody to look at.
LANDED: Final = ("reply", "opened")
LEFT: Final = ("automatic", "loop")
HELD: Final = ("bounce", "forged", "foreign", "no_access", "unknown", "doubtful", "too_large", "flood", "failed")
OUTCOMES: Final = (*LANDED, *LEFT, *HELD)
LONGEST_TEXT: Final = 4_000
_WAITS: Final = text(f"outcome IN {HELD} AND done_at IS NULL")


class MailIn(Base):
    """One mail that came in; `key` is of its Message-ID. The mail itself, as it came, is a file of this row."""

    __tablename__ = "mail_in"
    __table_args__ = (
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        Index("ix_mail_in_waiting", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_mail_in_sender", "sender", "received_at"),
        Index("ix_mail_in_message", "message_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    received_at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(String(254))
    sender_name: Mapped[str] = mapped_column(String(120), default="")
    recipient: Mapped[str] = mapped_column(String(254), default="")
    subject: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    size: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(20))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_message.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those who work on tickets."""
        return works(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who manage tickets say that one is dealt with; the house writes the rest."""
        return actor.can(Permission.TICKET_MANAGE)


declare(Kind("mail_in", Permission.TICKET_WORK, Permission.TICKET_MANAGE, MailIn))
