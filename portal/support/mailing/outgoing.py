"""Mails about tickets: what was said last, and an address to which an answer may simply be sent."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.db import actor_of
from portal.support.mailing.addresses import reply_address
from portal.support.mailing.plain import MARK
from portal.support.tickets.conversation_models import takes_part
from portal.support.tickets.models import Message, Ticket

PATH: Final = re.compile(r"/tickets/([0-9a-z]{16})(?![0-9a-z])")
LATELY: Final = timedelta(minutes=5)
# What is said of these stays in the house, but an answer by mail would go to the customer: it belongs on the page.
AMONG_US: Final = frozenset({"ticket_noted", "ticket_escalated", "ticket_handed", "ticket_breached", "ticket_warning"})
LONGEST: Final = 3_000  # of a message in a mail; the rest stands behind the link


@dataclass(frozen=True, slots=True)
class About:
    """What a mail about a ticket carries beside its sentence."""

    reply_to: str
    said: list[dict[str, str]]  # the lines of the message that it is about
    mark: str


def about(session: Session, settings: Settings, path: str, person: str, *, kind: str, since: datetime) -> About | None:
    """Return what a mail to a person carries, as he may see it; None for a mail that nobody answers by mail.

    Notes of the house are no messages and so in no mail.
    """
    found = PATH.match(path)
    actor = actor_of(session)
    if found is None or kind in AMONG_US or not settings.support_mail or not takes_part(actor):
        return None
    query = select(Message.body, Message.author_id).join(Ticket, Ticket.id == Message.ticket_id)
    lately = (Ticket.public_id == found[1], Message.created_at.between(since - LATELY, since))
    row = session.execute(query.where(*lately).order_by(Message.id.desc()).limit(1)).first()
    body = row.body if row is not None and row.author_id != actor.person_id else ""
    lines = [{"line": line} for line in body[:LONGEST].splitlines()] if body else []
    return About(reply_address(settings, found[1], person), lines, MARK)
