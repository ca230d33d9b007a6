"""Taking a mail in: into the ticket it answers, into a new one, or to the list of the head of support.

Only a signed address leads into a ticket, and only for the person it was made for: whoever forges or forwards one, and
whoever may not see the ticket any more, ends on the list. Machines are never answered.
"""

import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.dates import business_date
from portal.db import as_actor
from portal.errors import PortalError
from portal.files.operations import archive, keep
from portal.files.refusing import NoRoom
from portal.files.stores import Store
from portal.formats import message_of, translations
from portal.notify.mail import send_mail, valid_address, without_controls
from portal.parties.models import Organisation
from portal.policy import OrganisationKind, Permission
from portal.support.mailing.addresses import ReplyTo, read_reply_address
from portal.support.mailing.models import LONGEST_TEXT, MailIn
from portal.support.mailing.parsing import Received, read, read_head
from portal.support.mailing.senders import Sender, by_address, by_public_id
from portal.support.mailing.sources import HEAD, MOST_BYTES, Waiting
from portal.support.tickets.models import Message, Ticket
from portal.support.tickets.opening import Opening, open_ticket
from portal.support.tickets.queries import ticket as ticket_of
from portal.support.tickets.replying import Said, reply
from portal.words import N_

MOST_AN_HOUR: Final = 30  # mails of one sender that make or answer tickets; more is a machine
ONLY_FILES: Final = N_("(files only)")
NOT_TAKEN: Final = N_("Not taken: %(name)s. %(reason)s")
NO_SUBJECT: Final = N_("Mail without a subject")


@dataclass(frozen=True, slots=True)
class Landing:
    """What became of a mail."""

    outcome: str
    ticket_id: int | None = None
    message_id: int | None = None


def receive(session: Session, settings: Settings, store: Store, waiting: Waiting, *, now: datetime) -> MailIn:
    """Take one mail in, as the house; the same mail again changes nothing."""
    whole = waiting.is_whole and not waiting.is_tangled
    mail = read(waiting.raw) if whole else read_head(waiting.raw[:HEAD])
    there = session.scalar(select(MailIn).where(MailIn.key == mail.key))
    if there is not None:
        return there
    sender = by_address(session, mail.sender) if mail.sender else None
    landing = _landed(session, settings, store, mail, sender, waiting, now=now)
    row = MailIn(
        key=mail.key,
        received_at=now,
        sender=mail.sender,
        sender_name=mail.sender_name,
        recipient=next(iter(mail.recipients), ""),
        subject=mail.subject,
        text=mail.text[:LONGEST_TEXT],
        size=waiting.size,
        outcome=landing.outcome,
        ticket_id=landing.ticket_id,
        message_id=landing.message_id,
        person_id=sender.person_id if sender else None,
    )
    session.add(row)
    session.flush()
    if waiting.is_whole and waiting.raw:
        house = session.scalars(
            select(Organisation.id).where(Organisation.kind == OrganisationKind.SUPPLIER.value).limit(1)
        ).one()
        archive(session, row, io.BytesIO(waiting.raw), "mail.eml", "message/rfc822", owner=house, store=store, now=now)
    return row


def _landed(
    session: Session,
    settings: Settings,
    store: Store,
    mail: Received,
    sender: Sender | None,
    waiting: Waiting,
    *,
    now: datetime,
) -> Landing:
    if (aside := _set_aside(session, settings, mail, waiting, now=now)) is not None:
        if aside == "too_large":
            _refuse_politely(session, mail, sender, now=now)
        return Landing(aside)
    named = [found for each in mail.recipients if (found := read_reply_address(settings, each)) is not None]
    if named:
        return _answer(session, settings, store, mail, named[0], sender, now=now)
    if sender is None or settings.support_mail not in mail.recipients:
        return Landing("unknown")
    return _open(session, settings, store, mail, sender, now=now)


def _set_aside(session: Session, settings: Settings, mail: Received, waiting: Waiting, *, now: datetime) -> str | None:
    """Return why a mail is not even looked at, the first reason that there is; None when it may land."""
    reasons = {
        "loop": _is_loop(settings, mail),
        "bounce": mail.is_bounce,
        "automatic": mail.is_automatic,
        "doubtful": mail.is_doubtful,
        "flood": _is_flood(session, mail, now=now),
        "failed": waiting.is_tangled,
        "too_large": not waiting.is_whole,  # the last one, for it is answered
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _is_loop(settings: Settings, mail: Received) -> bool:
    """Whether the portal wrote this itself."""
    own = settings.support_mail
    return own in mail.loops or mail.sender == own or read_reply_address(settings, mail.sender) is not None


def _is_flood(session: Session, mail: Received, *, now: datetime) -> bool:
    lately = (MailIn.sender == mail.sender, MailIn.received_at > now - timedelta(hours=1))
    some = select(MailIn.id).where(*lately).limit(MOST_AN_HOUR).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) >= MOST_AN_HOUR


def _answer(
    session: Session,
    settings: Settings,
    store: Store,
    mail: Received,
    named: ReplyTo,
    sender: Sender | None,
    *,
    now: datetime,
) -> Landing:
    """Put an answer into its ticket, on behalf of the person whose address it was sent to."""
    if not named.genuine:
        return Landing("forged")
    person = by_public_id(session, named.person)
    if person is None:
        return Landing("no_access")
    if sender is None or sender.person_id != person.person_id:
        return Landing("foreign")
    try:
        with session.begin_nested(), as_actor(session, person.actor):
            said = Said(_words(mail, person), mail.key[:40], has_files=bool(mail.attachments), channel="mail")
            today = business_date(now, settings.supplier_zone)
            row = reply(session, person.actor, ticket_of(session, named.ticket), said, now=now, today=today)
            _attach(session, store, mail, person, row, now=now)
    except NoRoom:
        raise
    except PortalError:
        return Landing("no_access")
    return Landing("reply", row.ticket_id, row.id)


def _open(
    session: Session, settings: Settings, store: Store, mail: Received, sender: Sender, *, now: datetime
) -> Landing:
    """Open a ticket for somebody whom we know."""
    if not sender.actor.can(Permission.TICKET_OPEN) or sender.actor.can(Permission.TICKET_WORK):
        return Landing("no_access")
    subject = mail.subject or translations(sender.locale).gettext(NO_SUBJECT)
    said = Opening(
        form_key=mail.key[:40],
        kind="question",
        impact="part",
        subject=subject,
        body=_words(mail, sender),
        locale=sender.locale,
        channel="mail",
        has_files=bool(mail.attachments),
    )
    try:
        with session.begin_nested(), as_actor(session, sender.actor):
            ticket = open_ticket(session, sender.actor, said, now=now, today=business_date(now, settings.supplier_zone))
            row = _first_message(session, ticket)
            if row is not None:
                _attach(session, store, mail, sender, row, now=now)
    except NoRoom:
        raise
    except PortalError:
        return Landing("failed")
    return Landing("opened", ticket.id, row.id if row is not None else None)


def _first_message(session: Session, ticket: Ticket) -> Message | None:
    return session.scalar(select(Message).where(Message.ticket_id == ticket.id).order_by(Message.id).limit(1))


def _words(mail: Received, person: Sender) -> str:
    """Return what the mail says, with a line for every file that is not taken; something in every case."""
    if mail.text or not mail.attachments:
        return mail.text or "–"
    return translations(person.locale).gettext(ONLY_FILES)


def _attach(session: Session, store: Store, mail: Received, person: Sender, row: Message, *, now: datetime) -> None:
    """Keep the files of a mail with its message; those that are not taken are named below its words."""
    refused: list[str] = []
    for file in mail.attachments:
        try:
            with session.begin_nested():
                keep(session, person.actor, row, io.BytesIO(file.content), file.name, store=store, now=now)
        except NoRoom:
            raise
        except PortalError as error:
            reason = message_of(error, person.locale)
            line = translations(person.locale).gettext(NOT_TAKEN)
            refused.append(line % {"name": without_controls(file.name)[:150], "reason": reason})
    if refused:
        row.body = "\n\n".join([row.body, *refused])[:10_000]


def _refuse_politely(session: Session, mail: Received, sender: Sender | None, *, now: datetime) -> None:
    """Tell somebody whom we know that his mail was too large; strangers get no answer, their names may be forged."""
    if sender is None:
        return
    send_mail(
        session,
        to=valid_address(sender.email),
        template="mail_too_large",
        params={"name": sender.name, "subject": mail.subject or "–", "megabytes": MOST_BYTES // 1_000_000},
        locale=sender.locale,
        now=now,
        dedupe_key=f"mail-too-large-{mail.key}",
        time_zone=sender.time_zone,
    )


def unreadable(session: Session, waiting: Waiting, reason: str, *, now: datetime) -> None:
    """Note a mail that could not be taken in at all, so that it does not come again and again."""
    mail = replace(read_head(waiting.raw[:HEAD]), text=reason)
    if session.scalar(select(MailIn.id).where(MailIn.key == mail.key)) is None:
        session.add(
            MailIn(
                key=mail.key, received_at=now, sender=mail.sender, subject=mail.subject, text=reason,
                size=waiting.size, outcome="failed",
            )
        )  # fmt: skip
