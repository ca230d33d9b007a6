"""\"This solved it\": the wording is learned, and a contact that did not happen is counted, once it surely did not."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, CursorResult, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.parties.models import Organisation
from portal.policy import SYSTEM, Actor, Permission, Reach
from portal.search.sources import installed
from portal.support.knowledge.feedback import used
from portal.support.matching.asked import Asked
from portal.support.matching.learning import learn
from portal.support.matching.models import CASES, Deflection
from portal.support.numbers.noticing import changed
from portal.support.tickets.models import Message, Ticket
from portal.words import N_

WAITS: Final = timedelta(days=7)
AT_ONCE: Final = 200
LONGEST_KEY: Final = 40


def case_of(session: Session, kind: str, public_id: str) -> Any:
    """Return a case that the actor sees; raises NotFound."""
    if kind not in CASES or kind not in installed():
        raise Invalid(N_("Choose one of these."), field="kind")
    model: Any = installed()[kind].model
    found = session.scalar(select(model).where(model.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def solved(
    session: Session, actor: Actor, asked: Asked, kind: str, case: Any, *, form_key: str, now: datetime, today: date
) -> Deflection | None:
    """Note that a case solved a fault; return the contact that waits to be counted, None for our own people.

    A second tap changes nothing. When another case had solved the same fault a few days ago, that one did not.
    """
    if not actor.can(Permission.TICKET_OPEN) or actor.person_id is None or actor.organisation_id is None:
        raise NotAllowed
    if not asked.fault:
        raise Invalid(N_("Choose what is wrong first."), field="fault")
    key = f"{actor.person_id}:{form_key[:LONGEST_KEY]}"
    there = session.scalar(select(Deflection).where(Deflection.form_key == key))
    if there is not None:
        return there
    learn(session, actor, kind, case.id, asked.text, serial=asked.serial, now=now)
    if kind == "article":
        used(session, case.id, "solved", person_id=actor.person_id, organisation_id=actor.organisation_id, today=today)
    if actor.reach(Permission.TICKET_WORK) is Reach.ALL:
        return None  # whoever answers a call was contacted
    return _count_once(session, actor, asked, kind, case.id, key, now, today)


def _count_once(
    session: Session, actor: Actor, asked: Asked, kind: str, case_id: int, key: str, now: datetime, today: date
) -> Deflection:
    serial = asked.item.serial if asked.item is not None and asked.item.serial else ""
    row = Deflection(
        organisation_id=actor.organisation_id,
        person_id=actor.person_id,
        form_key=key,
        case_kind=kind,
        case_id=case_id,
        product_line=asked.line,
        product_id=asked.product.id if asked.product else None,
        installed_item_id=asked.item.id if asked.item else None,
        serial=serial,
        fault=asked.fault,
        error_code=asked.error_code,
        firmware=asked.firmware,
        at=now,
        day=today,
        settle_on=today + WAITS + timedelta(days=1),
    )
    same = _same(row)
    with as_actor(session, SYSTEM):
        mine = select(Organisation.id).where(Organisation.id == actor.organisation_id)
        session.execute(mine.with_for_update(key_share=True))  # two taps at one moment come one after the other
        before = session.scalars(select(Deflection).where(Deflection.state == "waiting", *same)).all()
        for earlier in before:
            if (earlier.case_kind, earlier.case_id) == (kind, case_id):
                return earlier
            earlier.state, earlier.settled_at = "contacted", now
        session.add(row)
        session.flush()
    return row


def _same(row: Deflection) -> tuple[ColumnElement[bool], ...]:
    """Return the condition on contacts of the same organisation about the same equipment and fault."""
    return (
        Deflection.organisation_id == row.organisation_id,
        Deflection.serial == row.serial,
        Deflection.fault == row.fault,
    )


def deflection(session: Session, public_id: str) -> Deflection:
    """Return one of the own organisation's; raises NotFound."""
    found = session.scalar(select(Deflection).where(Deflection.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def take_back(actor: Actor, row: Deflection, *, now: datetime) -> None:
    """Take "this solved it" back: the fault is still there."""
    if row.person_id != actor.person_id:
        raise NotAllowed
    if row.state == "counted":
        raise Conflict(N_("This was settled in the meantime."))
    if row.state == "waiting":
        row.state, row.settled_at = "contacted", now


def settle(session: Session, *, now: datetime, today: date) -> int:
    """Count the contacts that did not happen, and those that happened all the same; a piece at a time, as the house."""
    with as_actor(session, SYSTEM):
        due = (Deflection.state == "waiting", Deflection.settle_on <= today)
        query = select(Deflection).where(*due).order_by(Deflection.settle_on, Deflection.id).limit(AT_ONCE)
        done = 0
        for row in session.scalars(query).all():
            state = "contacted" if came_back(session, row) else "counted"
            moved = session.execute(
                update(Deflection)
                .where(Deflection.id == row.id, Deflection.state == "waiting")
                .values(state=state, settled_at=now),
                execution_options={"synchronize_session": False},
            )
            assert isinstance(moved, CursorResult)
            done += moved.rowcount
            changed(session, "deflection", [row.id])
        return done


def came_back(session: Session, row: Deflection) -> bool:
    """Return whether the organisation opened a ticket about the same equipment and fault within the days of waiting,
    or said something in one that there was.

    A ticket without serial number or fault type counts as one about this: rather one too few than one too many.
    """
    theirs = or_(
        Ticket.organisation_id == row.organisation_id, Ticket.partner_organisation_id == row.organisation_id
    )  # fmt: skip
    same = [Ticket.fault.in_((row.fault, ""))]
    if row.serial:
        same.append(Ticket.serial.in_((row.serial, "")))
    opened = and_(Ticket.created_at >= row.at, Ticket.created_at < row.at + WAITS)
    during = (Message.created_at >= row.at, Message.created_at < row.at + WAITS)
    said = exists().where(Message.ticket_id == Ticket.id, Message.side != "house", *during)
    contacts = or_(opened, and_(Ticket.last_message_at >= row.at, said))
    return session.scalar(select(Ticket.id).where(theirs, contacts, *same).limit(1)) is not None
