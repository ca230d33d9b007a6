"""How satisfied people are: asked when a ticket is solved, by mail with a link that is good once, or in the portal."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.accounts.tokens import hash_of, new_token
from portal.config import Settings
from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.limits import bounded
from portal.notify.mail import send_mail
from portal.notify.queries import wanting_mail
from portal.outbox import Handler, Job, enqueue
from portal.parameters.queries import values
from portal.policy import SYSTEM, Actor
from portal.support.mailing.addresses import reply_address
from portal.support.tickets.lifecycle import Action, after
from portal.support.tickets.models import Ticket, TicketRating
from portal.support.tickets.steps import happened, locked, side_of
from portal.words import N_

KIND: Final = "ticket_rating"  # the job that asks by mail
POINTS: Final = (1, 2, 3, 4, 5)
RATED: Final = N_("This was rated already. Thank you.")


def ask_for_rating(session: Session, row: Ticket, *, now: datetime) -> None:
    """Ask whoever opened a ticket that was just solved; an older question of it is over."""
    days = values(session)["ticket.rating_days"]
    with as_actor(session, SYSTEM):
        for older in session.scalars(_open_questions(row.id)):
            older.expires_at = min(older.expires_at, now)
        asked = _question(row, now=now, expires_at=now + timedelta(days=days))
        session.add(asked)
        session.flush()
        enqueue(session, KIND, {"rating": asked.id}, now=now)


def _question(row: Ticket, *, now: datetime, expires_at: datetime) -> TicketRating:
    """Return a question whose link nobody knows yet; the worker makes one when it writes the mail."""
    return TicketRating(
        ticket_id=row.id,
        organisation_id=row.organisation_id,
        token_hash=hash_of(new_token()),
        asked_at=now,
        expires_at=expires_at,
    )


def handler(settings: Settings) -> Handler:
    """Return how the worker asks: one mail to whoever opened the ticket, if he wants mails at once."""

    def finish(session: Session, job: Job, _result: None, now: datetime) -> None:
        asked = session.get(TicketRating, int(job.payload["rating"]))
        row = session.get(Ticket, asked.ticket_id) if asked is not None else None
        if asked is None or row is None or asked.rated_at is not None or asked.expires_at <= now:
            return
        person = session.get(Person, row.requester_id) if row.requester_id is not None else None
        if person is None or person.disabled_at is not None:
            return
        if person.id not in wanting_mail(session, [person.id], "ticket_solved"):
            return
        token = new_token()
        asked.token_hash = hash_of(token)
        params: dict[str, str | int] = {
            "receiver": person.name,
            "number": row.number,
            "subject": row.subject,
            "solution": row.solution,
            "rate": f"{settings.base_url}/rate/{token}",
            "link": f"{settings.base_url}/tickets/{row.public_id}",
            "days": (asked.expires_at - asked.asked_at).days,
        }
        reply_to = reply_address(settings, row.public_id, person.public_id)
        send_mail(session, to=person.email, template="ticket_solved", params=params, locale=person.locale, now=now,
                  time_zone=person.time_zone, reply_to=reply_to)  # fmt: skip

    return Handler(run=lambda _job: None, finish=finish)


def may_rate(actor: Actor, ticket: Ticket) -> bool:
    """Whether somebody is asked how it was: nobody rates his own work, and the partner who serves a customer does not
    speak for him."""
    try:
        return side_of(actor, ticket) == "customer"
    except NotAllowed:
        return False


def rate(session: Session, actor: Actor, ticket: Ticket, points: int, comment: str, *, now: datetime) -> TicketRating:
    """Rate a solved ticket in the portal; with that the link of the mail is used too."""
    row = locked(session, ticket)
    if not may_rate(actor, row):
        raise NotAllowed
    with as_actor(session, SYSTEM):
        asked = session.scalar(
            select(TicketRating).where(TicketRating.ticket_id == row.id).order_by(TicketRating.id.desc()).limit(1)
        )
    if asked is None:
        after(row.state, Action.RATE)
        asked = _question(row, now=now, expires_at=now)
    return _keep(session, row, asked, points, comment, person_id=actor.person_id, now=now)


def by_token(session: Session, token: str, *, now: datetime) -> tuple[TicketRating, Ticket]:
    """Return what a link of a mail asks about; raises NotFound when it was used, is too old or was never sent.

    The session acts for the house: whoever holds the link needs no account.
    """
    asked = session.scalar(select(TicketRating).where(TicketRating.token_hash == hash_of(token)))
    if asked is None or asked.rated_at is not None or asked.expires_at <= now:
        raise NotFound
    return asked, session.get_one(Ticket, asked.ticket_id)


def rate_by_token(session: Session, token: str, points: int, comment: str, *, now: datetime) -> Ticket:
    """Rate through the link of a mail."""
    asked, ticket = by_token(session, token, now=now)
    row = locked(session, ticket)
    _keep(session, row, asked, points, comment, person_id=None, now=now)
    return row


def _keep(
    session: Session,
    row: Ticket,
    asked: TicketRating,
    points: int,
    comment: str,
    *,
    person_id: int | None,
    now: datetime,
) -> TicketRating:
    if points not in POINTS:
        raise Invalid(N_("Choose one to five stars."), field="points")
    said = bounded(comment.strip().replace("\x00", ""), 1000, field="comment")
    after(row.state, Action.RATE)
    with as_actor(session, SYSTEM):
        if asked.id is not None:  # another request may have been quicker
            session.refresh(asked, with_for_update=True)
        if asked.rated_at is not None:
            raise Conflict(RATED)
        asked.points, asked.comment, asked.rated_at, asked.rated_by_id = points, said, now, person_id
        session.add(asked)
        row.rating, row.updated_at, row.version = points, now, row.version + 1
    happened(session, row, Action.RATE.value, now=now, person_id=person_id, details={"points": points})
    return asked


def _open_questions(ticket_id: int) -> Select[TicketRating]:
    return select(TicketRating).where(TicketRating.ticket_id == ticket_id, TicketRating.rated_at.is_(None))
