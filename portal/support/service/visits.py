"""Visits of field engineers: planned into a free slot, arrival, work, parts, the customer's signature, leaving."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import IO, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.calendars.clock import BusinessTime
from portal.calendars.queries import business_time
from portal.catalog.models import Site
from portal.db import as_actor
from portal.deals.operations import next_number
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.files.operations import keep
from portal.files.stores import Store
from portal.history import record
from portal.limits import bounded
from portal.policy import SYSTEM, Actor, Permission, Role
from portal.support.service.lifecycle import VISIT_TAKES_TIME, VISITS, VisitAction, VisitState
from portal.support.service.models import LONGEST_NAME, LONGEST_SERIAL, LONGEST_TEXT, SparePart, Visit
from portal.support.service.places import Place, metres
from portal.support.service.report import DRAWN, request_report
from portal.support.service.slots import LENGTHS, Slot, is_working_time
from portal.support.service.telling import tell_customer, tell_engineer, tell_house
from portal.support.service.warranty import CHANGED
from portal.support.tickets import working
from portal.support.tickets.lifecycle import REFUSALS, Action, State, can
from portal.support.tickets.models import Ticket
from portal.support.tickets.people import with_roles
from portal.support.tickets.terms import terms_of
from portal.words import N_

MOST_PARTS: Final = 100
TAKEN: Final = N_("The engineer is somewhere else at that time. Choose another slot.")
CLOSED: Final = N_("This is not in working time. Choose another slot.")
PAST: Final = N_("This slot has begun already. Choose another one.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody who sends an engineer says."""

    engineer: str  # public id
    slot: Slot
    task: str
    place: Place | None = None


def hours_of(session: Session, ticket: Ticket, *, now: datetime) -> BusinessTime:
    """Return the customer's calendar, which visits are planned in; the supplier's where that one is gone."""
    calendar, _contract = terms_of(session, ticket.customer_id, None, now.date())
    with as_actor(session, SYSTEM):
        try:
            return business_time(session, calendar)
        except Invalid:
            return business_time(session)


def taken_slots(session: Session, engineer_id: int, begins: datetime, ends: datetime) -> list[Slot]:
    """Return when an engineer is somewhere between two instants, in order; of everybody's visits."""
    states = [state.value for state in VISIT_TAKES_TIME]
    mine = (Visit.engineer_id == engineer_id, Visit.starts_at < ends, Visit.ends_at > begins, Visit.state.in_(states))
    with as_actor(session, SYSTEM):
        query = select(Visit.starts_at, Visit.ends_at).where(*mine).order_by(Visit.starts_at)
        return [(row[0], row[1]) for row in session.execute(query)]


def plan(
    session: Session, actor: Actor, ticket: Ticket, wanted: Plan, *, form_key: str, now: datetime, today: date
) -> Visit:
    """Send an engineer; no two visits of one engineer overlap. The same form twice is one visit."""
    if not actor.can(Permission.DISPATCH_MANAGE):
        raise NotAllowed
    if not wanted.task.strip():
        raise Invalid(N_("Please fill this in."), field="task")
    hours = hours_of(session, ticket, now=now)
    engineer_id = _held_engineer(session, wanted.engineer)
    there = session.scalar(select(Visit).where(Visit.ticket_id == ticket.id, Visit.form_key == form_key[:40]))
    if there is not None:
        return there
    begins, ends = wanted.slot
    if ends - begins not in [timedelta(minutes=length) for length in LENGTHS] or not is_working_time(
        hours, wanted.slot
    ):
        raise Invalid(CLOSED, field="slot")
    if begins <= now:
        raise Invalid(PAST, field="slot")
    if taken_slots(session, engineer_id, begins, ends):
        raise Conflict(TAKEN)
    if ticket.state in (State.CLOSED, State.MERGED):
        raise Conflict(REFUSALS[State(ticket.state)])
    site = session.get(Site, ticket.site_id) if ticket.site_id else None
    row = Visit(
        ticket_id=ticket.id,
        organisation_id=ticket.organisation_id,
        form_key=form_key[:40],
        number=next_number(session, "V", today.year),
        state=VisitState.PLANNED.value,
        engineer_id=engineer_id,
        site_id=ticket.site_id,
        place=f"{site.name}, {site.address}".strip(", ") if site else "",
        site_latitude=wanted.place.latitude if wanted.place else None,
        site_longitude=wanted.place.longitude if wanted.place else None,
        starts_at=begins,
        ends_at=ends,
        task=bounded(wanted.task.strip(), LONGEST_TEXT, field="task"),
        planned_by_id=actor.person_id,
        planned_at=now,
    )
    session.add(row)
    session.flush()
    said = {"number": row.number, "starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
    record(session, row, "plan visit", now=now, after=said)
    if ticket.state != "waiting_us" and can(ticket.state, Action.HOLD):
        working.hold(session, actor, ticket, now=now)
    tell_customer(session, ticket, row, "visit_planned", now=now)
    tell_engineer(session, ticket, row, "visit_given", now=now)
    return row


def _held_engineer(session: Session, public_id: str) -> int:
    """Return a field engineer's id and hold his row, so that nobody else plans with him until the end."""
    with as_actor(session, SYSTEM):
        query = select(Person.id).where(Person.public_id == public_id)
        found = session.scalar(query.with_for_update(key_share=True))
    if found is None or not with_roles(session, (Role.FIELD_ENGINEER,), [found]):
        raise Invalid(N_("Choose one of these."), field="engineer")
    return found


def cancel(session: Session, actor: Actor, visit: Visit, *, version: int, now: datetime) -> None:
    """Call a planned visit off."""
    if not actor.can(Permission.DISPATCH_MANAGE):
        raise NotAllowed
    _step(session, visit, VisitAction.CANCEL, version, now=now)
    ticket = _ticket(session, visit)
    tell_customer(session, ticket, visit, "visit_cancelled", now=now)
    tell_engineer(session, ticket, visit, "visit_cancelled", now=now)


def arrive(session: Session, actor: Actor, visit: Visit, place: Place | None, *, version: int, now: datetime) -> None:
    """Note that the engineer is there; being far from the site is noted and never stops him."""
    _mine(actor, visit)
    _step(session, visit, VisitAction.ARRIVE, version, now=now)
    visit.arrived_at = now
    if place is not None:
        visit.arrived_latitude, visit.arrived_longitude = place.latitude, place.longitude
        if visit.site_latitude is not None and visit.site_longitude is not None:
            visit.arrived_metres = metres(place, Place(visit.site_latitude, visit.site_longitude))
    session.flush()
    tell_customer(session, _ticket(session, visit), visit, "visit_arrived", now=now)


def note_work(session: Session, actor: Actor, visit: Visit, text: str, *, version: int, now: datetime) -> None:
    """Write down what was done."""
    _mine(actor, visit)
    if not text.strip():
        raise Invalid(N_("Please fill this in."), field="work_done")
    _step(session, visit, VisitAction.WORK, version, now=now)
    visit.work_done = bounded(text.strip(), LONGEST_TEXT, field="work_done")
    _unsign(visit)


def add_part(
    session: Session, actor: Actor, visit: Visit, name: str, serial: str, quantity: int, *, form_key: str, now: datetime
) -> None:
    """Note parts that were used; the same form twice is one entry."""
    _mine(actor, visit)
    if not name.strip():
        raise Invalid(N_("Please fill this in."), field="name")
    if not 1 <= quantity <= 999:
        raise Invalid(N_("Between 1 and 999."), field="quantity")
    row = _locked(session, visit)
    VISITS.after(row.state, VisitAction.WORK)
    there = session.scalars(select(SparePart.form_key).where(SparePart.visit_id == visit.id)).all()
    if form_key[:40] in there:
        return
    if len(there) >= MOST_PARTS:
        raise Invalid(N_("At most %(max)d kinds of parts."), field="name", max=MOST_PARTS)
    part = SparePart(
        visit_id=visit.id,
        ticket_id=visit.ticket_id,
        organisation_id=visit.organisation_id,
        form_key=form_key[:40],
        name=bounded(name.strip(), LONGEST_NAME, field="name"),
        serial=bounded(serial.strip(), LONGEST_SERIAL, field="serial"),
        quantity=quantity,
        added_at=now,
    )
    session.add(part)
    _unsign(row)
    session.flush()
    record(session, row, "use part", now=now, after={"name": part.name, "quantity": quantity})


def remove_part(session: Session, actor: Actor, visit: Visit, public_id: str, *, now: datetime) -> None:
    """Take a part out of the list again."""
    _mine(actor, visit)
    row = _locked(session, visit)
    VISITS.after(row.state, VisitAction.WORK)
    part = session.scalar(select(SparePart).where(SparePart.visit_id == visit.id, SparePart.public_id == public_id))
    if part is None:
        raise NotFound
    session.delete(part)
    _unsign(row)
    session.flush()
    record(session, row, "take part out", now=now, before={"name": part.name, "quantity": part.quantity})


def sign(
    session: Session,
    actor: Actor,
    visit: Visit,
    signer: str,
    drawn: IO[bytes] | None,
    *,
    version: int,
    store: Store,
    now: datetime,
) -> None:
    """Note that the customer signed what is written: by a drawing, or by the typed name alone."""
    _mine(actor, visit)
    if not signer.strip():
        raise Invalid(N_("Please fill this in."), field="signer")
    if not visit.work_done:
        raise Conflict(N_("Write down what was done first: the customer signs it."))
    _step(session, visit, VisitAction.WORK, version, now=now)
    visit.signer, visit.signed_at = bounded(signer.strip(), LONGEST_NAME, field="signer"), now
    visit.signature_id = None
    session.flush()
    if drawn is not None:
        kept = keep(session, actor, visit, drawn, "signature.png", store=store, now=now)
        if kept.content_type not in DRAWN:
            raise Invalid(N_("A signature is a drawing. Sign again, or send the typed name alone."), field="signer")
        visit.signature_id = kept.id
        session.flush()
    record(session, visit, "sign visit", now=now, after={"signer": visit.signer, "drawn": drawn is not None})


def _unsign(visit: Visit) -> None:
    """What changed after the signature is not signed any more."""
    visit.signer, visit.signed_at, visit.signature_id = "", None, None


def leave(session: Session, actor: Actor, visit: Visit, place: Place | None, *, version: int, now: datetime) -> None:
    """End a visit: its report is drawn, and the ticket goes on."""
    _mine(actor, visit)
    if not visit.work_done and visit.state == VisitState.UNDER_WAY:
        raise Conflict(N_("Write down what was done first."))
    _locked(session, visit)
    visit.left_at = now
    if place is not None:
        visit.left_latitude, visit.left_longitude = place.latitude, place.longitude
    _step(session, visit, VisitAction.LEAVE, version, now=now)
    request_report(session, visit, now=now)
    ticket = _ticket(session, visit)
    if ticket.state == "waiting_us":
        working.take_up(session, actor, ticket, now=now)
    tell_house(session, ticket, visit, "visit_done", now=now)


def _mine(actor: Actor, visit: Visit) -> None:
    if not actor.can(Permission.VISIT_WORK) or visit.engineer_id != actor.person_id:
        raise NotAllowed


def _locked(session: Session, visit: Visit) -> Visit:
    query = select(Visit).where(Visit.id == visit.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _step(session: Session, visit: Visit, action: VisitAction, version: int, *, now: datetime) -> None:
    row = visit if action is VisitAction.LEAVE else _locked(session, visit)
    if row.version != version:
        raise Conflict(CHANGED)
    before = row.state
    row.state, row.version = VISITS.after(row.state, action).value, row.version + 1
    session.flush()
    if row.state != before:
        record(session, row, f"{action.value} visit", now=now, before={"state": before}, after={"state": row.state})


def _ticket(session: Session, visit: Visit) -> Ticket:
    found = session.get(Ticket, visit.ticket_id)
    if found is None:
        raise NotFound
    return found
