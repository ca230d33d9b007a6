"""While a registration is protected: extend it with evidence, and say what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.models import Quote
from portal.deals.registrations import deciding, entering, lifecycle, moving, protection
from portal.deals.registrations.lifecycle import HOUSE_LOSSES, LOSSES, Action, State
from portal.deals.registrations.models import EVIDENCE_KINDS, Registration, RegistrationEvidence
from portal.deals.registrations.places import Key
from portal.errors import Conflict, Invalid, NotFound
from portal.limits import bounded
from portal.parameters.queries import values
from portal.policy import Actor
from portal.words import N_

LONGEST_NOTE: Final = 1000
OVER: Final = N_("The protection of this registration is over.")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows that work goes on: a visit or a demonstration on a day with a note, or an issued quote."""

    kind: str
    happened_on: date | None = None  # of a quote: the day it was issued
    note: str = ""
    quote_id: int | None = None


def extend(
    session: Session,
    actor: Actor,
    registration: Registration,
    evidence: Evidence,
    *,
    version: int,
    now: datetime,
    today: date,
) -> RegistrationEvidence:
    """Extend a protection by the set days, so many times, each with evidence of its own."""
    entering.check_may_edit(actor, registration)
    entering.hold(session, registration)
    moving.expect(registration, version)
    lifecycle.after(registration.state, Action.EXTEND)
    assert registration.protected_until is not None
    if protection.is_over(registration.protected_until, today):
        raise Conflict(OVER)
    set_ = values(session)
    if registration.extensions >= set_["registration.extensions"]:
        raise Conflict(
            N_("This registration was extended %(times)s times; that is all."), times=registration.extensions
        )
    day, quote_id = _checked(session, registration, evidence, today)
    until = protection.extended(registration.protected_until, set_["registration.extension_days"])
    shown = RegistrationEvidence(
        organisation_id=registration.organisation_id, registration_id=registration.id, kind=evidence.kind,
        happened_on=day, note=evidence.note.strip(), quote_id=quote_id, until=until, created_by_id=actor.person_id,
        created_at=now,
    )  # fmt: skip
    session.add(shown)
    session.flush()
    moving.move(
        session, registration, Action.EXTEND, now=now, said={"until": until.isoformat(), "evidence": evidence.kind},
        protected_until=until, extensions=registration.extensions + 1, next_step_on=protection.next_step(until, today),
    )  # fmt: skip
    return shown


def _checked(session: Session, registration: Registration, evidence: Evidence, today: date) -> tuple[date, int | None]:
    """Return day and quote of evidence; raises Invalid for what shows nothing."""
    if evidence.kind not in EVIDENCE_KINDS:
        raise Invalid(N_("Choose one of the list."), field="kind")
    bounded(evidence.note, LONGEST_NOTE, field="note")
    if evidence.kind == "quote":
        return _quote(session, registration, evidence.quote_id)
    assert registration.protected_from is not None
    if evidence.happened_on is None or not registration.protected_from <= evidence.happened_on <= today:
        raise Invalid(N_("Name a day since the approval, today at the latest."), field="happened_on")
    if not evidence.note.strip():
        raise Invalid(N_("Say in a few words who met whom."), field="note")
    return evidence.happened_on, None


def _quote(session: Session, registration: Registration, quote_id: int | None) -> tuple[date, int]:
    own = (Quote.id == quote_id, Quote.organisation_id == registration.organisation_id)
    quote = session.scalar(select(Quote).where(*own))
    if quote is None:
        raise NotFound
    if quote.issued_on is None or quote.customer_id != registration.customer_id:
        raise Invalid(N_("Only an issued quote for this customer shows that work goes on."), field="quote_id")
    assert registration.protected_from is not None
    if quote.issued_on < registration.protected_from:
        raise Invalid(N_("Name a day since the approval, today at the latest."), field="quote_id")
    used = (RegistrationEvidence.registration_id == registration.id, RegistrationEvidence.quote_id == quote.id)
    if session.scalar(select(RegistrationEvidence.id).where(*used)) is not None:
        raise Conflict(N_("This quote has extended the protection already."))
    return quote.issued_on, quote.id


def convert(
    session: Session, actor: Actor, registration: Registration, *, version: int, now: datetime, today: date
) -> None:
    """Note that the project became a quote or an order; its protection goes on."""
    _begin(session, actor, registration, version)
    if registration.protected_until is not None and protection.is_over(registration.protected_until, today):
        raise Conflict(OVER)
    moving.move(session, registration, Action.CONVERT, now=now)


def won(
    session: Session, actor: Actor, registration: Registration, *, version: int, now: datetime, today: date
) -> None:
    """Close a registration because the order came."""
    _begin(session, actor, registration, version)
    win(session, registration, now=now)
    deciding.advance(session, Key.of(registration), now=now, today=today)


def win(session: Session, registration: Registration, *, now: datetime) -> None:
    """Close a locked registration because the order came; what is not converted yet, is so on the way."""
    if registration.state == State.APPROVED:
        moving.move(session, registration, Action.CONVERT, now=now)
    moving.close(session, registration, Action.WIN, now=now)


def lost(
    session: Session,
    actor: Actor,
    registration: Registration,
    *,
    reason: str,
    text: str = "",
    version: int,
    now: datetime,
    today: date,
) -> None:
    """Close a registration because the project went elsewhere; the place is free again."""
    if reason not in LOSSES or reason in HOUSE_LOSSES:
        raise Invalid(N_("Choose one of the list."), field="reason")
    bounded(text, LONGEST_NOTE, field="text")
    _begin(session, actor, registration, version)
    moving.close(session, registration, Action.LOSE, now=now, reason=reason, text=text.strip())
    deciding.advance(session, Key.of(registration), now=now, today=today)


def _begin(session: Session, actor: Actor, registration: Registration, version: int) -> None:
    entering.check_may_edit(actor, registration)
    entering.hold(session, registration)
    moving.expect(registration, version)
