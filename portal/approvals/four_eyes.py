"""Nobody decides on what his own organisation asks for, on what he made or changed himself, nor twice on it."""

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.approvals.models import ApprovalEvent, ApprovalRequest, ApprovalSeat
from portal.db import as_actor
from portal.errors import NotAllowed
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor
from portal.words import N_

MAKING = ("ask", "amend", "answer")


def check_makers(session: Session, actor: Actor, request: ApprovalRequest) -> None:
    """Raise NotAllowed when the actor may never judge this request, in the words of the reason."""
    if request.organisation_id == actor.organisation_id:
        raise NotAllowed(N_("Nobody decides on a request of his own organisation."))
    with as_actor(session, SYSTEM):
        accounts = accounts_of(session, actor)
        if request.asked_by_id in accounts or _made(session, request, accounts):
            raise NotAllowed(N_("Nobody decides on a request that he made or changed himself."))
        if _is_contact(session, request.organisation_id, accounts):
            raise NotAllowed(N_("You are a contact of the organisation that asks; somebody else has to decide."))


def check_once(session: Session, actor: Actor, request: ApprovalRequest) -> None:
    """Raise NotAllowed when the actor approved an earlier step, or his part of this one."""
    with as_actor(session, SYSTEM):
        if _decided(session, request, set(accounts_of(session, actor))):
            raise NotAllowed(N_("You approved this request already; the next step needs somebody else."))


def accounts_of(session: Session, actor: Actor) -> dict[int, str]:
    """Return the accounts that are known to be the actor's: his own, and those of the same mailbox with another tag."""
    own = session.scalar(select(Person.email).where(Person.id == actor.person_id))
    if own is None:
        return {}
    mailbox, domain = _mailbox(own)
    tagged = Person.email.like(f"{_escaped(mailbox)}+%@{_escaped(domain)}", escape="\\")
    rows = session.execute(
        select(Person.id, Person.email).where(or_(Person.email == f"{mailbox}@{domain}", tagged, Person.email == own))
    )
    return {person_id: email for person_id, email in rows if _mailbox(email) == (mailbox, domain)}


def is_free(actor: Actor, accounts: set[int]) -> ColumnElement[bool]:
    """Return the condition on requests that the actor may judge, as far as one look into each tells."""
    event = ApprovalEvent.__table__.c
    made = exists().where(
        event.request_id == ApprovalRequest.id, event.person_id.in_(accounts), event.action.in_(MAKING)
    )
    seat = ApprovalSeat.__table__.c
    done = exists().where(
        seat.request_id == ApprovalRequest.id,
        seat.round == ApprovalRequest.round,
        seat.approved_by_id.in_(accounts),
    )
    return and_(ApprovalRequest.organisation_id != actor.organisation_id, ~made, ~done)


def _mailbox(email: str) -> tuple[str, str]:
    local, _at, domain = email.casefold().rpartition("@")
    return local.partition("+")[0], domain


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _made(session: Session, request: ApprovalRequest, accounts: dict[int, str]) -> bool:
    query = select(ApprovalEvent.id).where(
        ApprovalEvent.request_id == request.id,
        ApprovalEvent.person_id.in_(accounts),
        ApprovalEvent.action.in_(MAKING),
    )
    return session.scalar(query.limit(1)) is not None


def _decided(session: Session, request: ApprovalRequest, accounts: set[int]) -> bool:
    query = select(ApprovalSeat.id).where(
        ApprovalSeat.request_id == request.id,
        ApprovalSeat.round == request.round,
        ApprovalSeat.approved_by_id.in_(accounts),
    )
    return session.scalar(query.limit(1)) is not None


def _is_contact(session: Session, organisation_id: int, accounts: dict[int, str]) -> bool:
    """Return whether the asking organisation has a contact person with one of these mail addresses."""
    boxes = {_mailbox(email) for email in accounts.values()}
    emails = session.scalars(select(Party.email).where(Party.employer_id == organisation_id, Party.email != ""))
    return any(_mailbox(email) in boxes for email in emails)
