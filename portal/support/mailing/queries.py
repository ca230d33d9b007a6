"""Reading mails that came in: those that wait for somebody, one of them, the one behind a message."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.files.models import Upload
from portal.files.queries import uploads
from portal.support.mailing.models import HELD, MailIn
from portal.support.tickets.models import Message, Ticket

PAGE: Final = 25
MOST_COUNTED: Final = 100


def waiting(session: Session, *, before: str = "") -> Sequence[MailIn]:
    """Return mails that somebody must look at, newest first, one more than a page where there are more."""
    query = select(MailIn).where(MailIn.outcome.in_(HELD), MailIn.done_at.is_(None))
    if before:
        query = query.where(MailIn.id < mail(session, before).id)
    return session.scalars(query.order_by(MailIn.id.desc()).limit(PAGE + 1)).all()


def count(session: Session) -> int:
    """Return how many wait, counting no further than a hundred."""
    some = select(MailIn.id).where(MailIn.outcome.in_(HELD), MailIn.done_at.is_(None)).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def mail(session: Session, public_id: str) -> MailIn:
    """Return one mail."""
    found = session.scalar(select(MailIn).where(MailIn.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def behind(session: Session, ticket_id: str, message_id: str) -> MailIn:
    """Return the mail that a message of this very ticket was."""
    query = (
        select(MailIn)
        .join(Message, Message.id == MailIn.message_id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.public_id == message_id, Ticket.public_id == ticket_id)
    )
    found = session.scalar(query.limit(1))
    if found is None:
        raise NotFound
    return found


def original(session: Session, row: MailIn) -> Upload:
    """Return the mail as it came; raises NotFound for one that was too large to be kept."""
    found = uploads(session, row)
    if not found:
        raise NotFound
    return found[0]
