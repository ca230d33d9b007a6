"""What is done with a mail that found no ticket."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.errors import Conflict, NotAllowed
from portal.history import record
from portal.policy import Actor, Permission
from portal.support.mailing.models import HELD, MailIn
from portal.words import N_


def settle(session: Session, actor: Actor, row: MailIn, *, now: datetime) -> None:
    """Note that somebody has dealt with a mail; it leaves the list."""
    if not actor.can(Permission.TICKET_MANAGE):
        raise NotAllowed
    if row.outcome not in HELD or row.done_at is not None:
        raise Conflict(N_("This mail was dealt with already."))
    row.done_at, row.done_by_id = now, actor.person_id
    record(session, row, "settle mail", now=now, before={"outcome": row.outcome})
