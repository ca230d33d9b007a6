"""Returns for repair: asked for, authorised under a number that is good for some days, received, mended, sent back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.catalog.models import InstalledItem
from portal.db import as_actor
from portal.deals.operations import next_number
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.limits import bounded
from portal.policy import SYSTEM, Actor, Permission
from portal.support.service.lifecycle import RETURN_OPEN, RETURNS, ReturnAction, ReturnState
from portal.support.service.models import LONGEST_TEXT, Return
from portal.support.service.telling import tell_customer, tell_house
from portal.support.service.warranty import CHANGED, is_dead_on_arrival, of_serial, swap
from portal.support.tickets.lifecycle import REFUSALS, State
from portal.support.tickets.models import Ticket
from portal.support.tickets.steps import side_of
from portal.words import N_

VALID: Final = timedelta(days=14)
AT_ONCE: Final = 100
WHICH: Final = N_("The ticket does not say which device it is: product and serial number are needed.")
ON_ITS_WAY: Final = N_("This device is on its way already; look at the other return.")
NOT_DEAD: Final = N_("It was installed more than 30 days ago: it is swapped when it has come.")
OVER: Final = N_("The number of this return expired on %(day)s; authorise it again first.")
NOT_INSTALLED: Final = N_("The device is not known as installed, so it cannot be swapped here.")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says with a step: an answer the customer reads, the new serial number, the parcel's number."""

    answer: str = ""
    new_serial: str = ""
    tracking: str = ""


def ask(
    session: Session, actor: Actor, ticket: Ticket, reason: str, *, form_key: str, now: datetime, today: date
) -> Return:
    """Ask for a return of the device that a ticket is about; the same form twice is one."""
    side = side_of(actor, ticket)
    if not actor.can(Permission.TICKET_OPEN):
        raise NotAllowed
    if not reason.strip():
        raise Invalid(N_("Please fill this in."), field="reason")
    mine = select(Return).where(Return.ticket_id == ticket.id, Return.form_key == form_key[:40])
    if (there := session.scalar(mine)) is not None:
        return there
    if ticket.state in (State.CLOSED, State.MERGED):
        raise Conflict(REFUSALS[State(ticket.state)])
    if ticket.product_id is None or not ticket.serial or (side != "house" and ticket.installed_item_id is None):
        raise Conflict(WHICH)  # a number that somebody only typed may be of somebody else's device: the house looks
    with as_actor(session, SYSTEM):
        warranty = of_serial(session, ticket.product_id, ticket.serial)
        starts_on = warranty.starts_on if warranty else None
        open_states = [state.value for state in RETURN_OPEN]
        same = (Return.product_id == ticket.product_id, Return.serial == ticket.serial, Return.state.in_(open_states))
        number = next_number(session, "RMA", today.year)  # holds the counter: two askers come one after the other
        if (there := session.scalar(mine)) is not None:
            return there  # the other half of a double click
        if session.scalar(select(Return.id).where(*same)) is not None:
            raise Conflict(ON_ITS_WAY)
    row = Return(
        ticket_id=ticket.id,
        organisation_id=ticket.organisation_id,
        form_key=form_key[:40],
        number=number,
        state=ReturnState.REQUESTED.value,
        installed_item_id=ticket.installed_item_id,
        product_id=ticket.product_id,
        serial=ticket.serial,
        reason=bounded(reason.strip(), LONGEST_TEXT, field="reason"),
        dead_on_arrival=starts_on is not None and is_dead_on_arrival(starts_on, today),
        requested_at=now,
        requested_by_id=actor.person_id,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(ON_ITS_WAY) from error
    record(session, row, "ask for return", now=now, after={"number": row.number, "serial": row.serial})
    if side == "house":
        tell_customer(session, ticket, row, "return_begun", now=now)
    else:
        tell_house(session, ticket, row, "return_asked", now=now)
    return row


def advance(
    session: Session,
    actor: Actor,
    row: Return,
    action: ReturnAction,
    said: Said,
    *,
    version: int,
    now: datetime,
    today: date,
) -> None:
    """Do one step with a return; raises Conflict for what its state does not allow."""
    if not actor.can(Permission.RETURN_MANAGE):
        raise NotAllowed
    locked = select(Return).where(Return.id == row.id).with_for_update()
    session.scalars(locked.execution_options(populate_existing=True)).one()
    if row.version != version:
        raise Conflict(CHANGED)
    state = RETURNS.after(row.state, action)
    before = {"state": row.state}
    _EFFECTS[action](session, row, said, now, today)
    row.state, row.version = state.value, row.version + 1
    session.flush()
    record(session, row, f"{action.value} return", now=now, before=before, after={"state": row.state})
    ticket = session.get(Ticket, row.ticket_id)
    if ticket is None:
        raise NotFound
    tell_customer(session, ticket, row, f"return_{row.state}", now=now)


Effect = Callable[[Session, Return, Said, datetime, date], None]


def _authorise(_session: Session, row: Return, said: Said, now: datetime, today: date) -> None:
    row.authorised_at, row.valid_until = now, today + VALID
    _answer(row, said)


def _refuse(_session: Session, row: Return, said: Said, now: datetime, _today: date) -> None:
    if not said.answer.strip():
        raise Invalid(N_("Say why; the customer reads it."), field="answer")
    row.closed_at = now
    _answer(row, said)


def _receive(_session: Session, row: Return, said: Said, now: datetime, today: date) -> None:
    if row.valid_until is not None and today > row.valid_until:
        raise Conflict(OVER, day=row.valid_until)
    row.received_at = now
    _answer(row, said)


def _repair(_session: Session, row: Return, said: Said, now: datetime, _today: date) -> None:
    if not said.answer.strip():
        raise Invalid(N_("Say what was done; the customer reads it."), field="answer")
    row.mended_at = now
    _answer(row, said)


def _swap(session: Session, row: Return, said: Said, now: datetime, _today: date) -> None:
    if row.installed_item_id is None:
        raise Conflict(NOT_INSTALLED)
    new = swap(session, row.installed_item_id, said.new_serial, now=now)
    row.new_serial, row.new_item_id, row.mended_at = new.serial or "", new.id, now
    _answer(row, said)


def _swap_at_once(session: Session, row: Return, said: Said, now: datetime, today: date) -> None:
    if not row.dead_on_arrival:
        raise Conflict(NOT_DEAD)
    _swap(session, row, said, now, today)


def _send_back(_session: Session, row: Return, said: Said, now: datetime, _today: date) -> None:
    row.sent_back_at, row.tracking = now, bounded(said.tracking.strip(), 80, field="tracking")
    _answer(row, said)


def _close(_session: Session, row: Return, said: Said, now: datetime, _today: date) -> None:
    row.closed_at = now
    _answer(row, said)


def _expire(_session: Session, row: Return, _said: Said, _now: datetime, today: date) -> None:
    if row.valid_until is None or today <= row.valid_until:
        raise Conflict(N_("The number of this return is still good."))


def _answer(row: Return, said: Said) -> None:
    if said.answer.strip():
        row.answer = bounded(said.answer.strip(), LONGEST_TEXT, field="answer")


_EFFECTS: Final[Mapping[ReturnAction, Effect]] = {
    ReturnAction.AUTHORISE: _authorise,
    ReturnAction.REFUSE: _refuse,
    ReturnAction.RECEIVE: _receive,
    ReturnAction.REPAIR: _repair,
    ReturnAction.SWAP: _swap,
    ReturnAction.SWAP_AT_ONCE: _swap_at_once,
    ReturnAction.SEND_BACK: _send_back,
    ReturnAction.CLOSE: _close,
    ReturnAction.EXPIRE: _expire,
}


def expire(session: Session, *, now: datetime, today: date) -> int:
    """Let numbers expire under which nothing came; as the house. Several workers may run this."""
    with as_actor(session, SYSTEM):
        late = (Return.state == ReturnState.AUTHORISED.value, Return.valid_until < today)
        query = select(Return).where(*late).order_by(Return.valid_until, Return.id).limit(AT_ONCE)
        rows = session.scalars(query.with_for_update(skip_locked=True)).all()
        for row in rows:
            row.state = RETURNS.after(row.state, ReturnAction.EXPIRE).value
            row.version += 1
            session.flush()
            record(session, row, "expire return", now=now, after={"state": row.state})
            tell_customer(session, session.get_one(Ticket, row.ticket_id), row, "return_expired", now=now)
    return len(rows)


def device(session: Session, row: Return) -> InstalledItem | None:
    """Return the equipment of a return, as far as the actor sees it."""
    return session.get(InstalledItem, row.installed_item_id) if row.installed_item_id else None
