"""What a conversation keeps beside its messages: how far everybody has read, and what somebody is still writing."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Visible
from portal.files.kinds import Kind, declare
from portal.policy import Actor, Permission
from portal.support.tickets.models import LONGEST_BODY, Message, Note, of_seen_ticket, works

TARGETS: Final = ("reply", "note")


def takes_part(actor: Actor) -> bool:
    """Return whether somebody says things in tickets, for either side; who only looks on leaves no mark."""
    return works(actor) or actor.can(Permission.TICKET_OPEN)


class TicketRead(Base):
    """How far one person has read a ticket; everybody who sees the ticket sees it."""

    __tablename__ = "ticket_read"
    __table_args__ = (
        UniqueConstraint("ticket_id", "person_id"),
        Index("ix_ticket_read_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("ticket_message.id"))
    read_at: Mapped[datetime]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the ticket."""
        return of_seen_ticket(cls.ticket_id, actor)

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """One's own mark."""
        return cls.person_id == actor.person_id

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """One's own mark, for whoever takes part."""
        return row.person_id == actor.person_id and takes_part(actor)


class TicketDraft(Base):
    """What one person is writing in one ticket; nobody else ever sees it. It is on the server so that it is there on
    the next device and after a sign-out, and no other user of the same device finds it."""

    __tablename__ = "ticket_draft"
    __table_args__ = (UniqueConstraint("person_id", "ticket_id"), Index("ix_ticket_draft_ticket", "ticket_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the ticket's
    body: Mapped[str] = mapped_column(String(LONGEST_BODY), default="")
    target: Mapped[str] = mapped_column(String(10), default="reply")
    saved_at: Mapped[datetime]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever writes it, as long as he sees the ticket."""
        if actor.person_id is None:
            return False
        mine, seen = cls.person_id == actor.person_id, of_seen_ticket(cls.ticket_id, actor)
        return (mine if seen else False) if isinstance(seen, bool) else and_(mine, seen)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Whoever writes it."""
        return row.person_id == actor.person_id and takes_part(actor)


def _brought(actor: Actor, upload: Any) -> bool:
    return actor.person_id is not None and upload.created_by_id == actor.person_id


# What was sent can be taken away by those who work on tickets, a picture with a password in it for example.
VIEW, EDIT = Permission.TICKET_VIEW, Permission.TICKET_WORK
declare(Kind("ticket_message", VIEW, EDIT, Message, adds=Message.writable_by))
declare(Kind("ticket_note", VIEW, EDIT, Note, adds=Note.writable_by))
declare(Kind("ticket_draft", VIEW, EDIT, TicketDraft, adds=TicketDraft.writable_by, removes=_brought))
