"""Reading returns and visits: those of a ticket, the list of returns, an engineer's day, the documents of a visit."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.catalog.models import Product
from portal.db import as_actor
from portal.errors import NotFound
from portal.files.models import Upload
from portal.policy import SYSTEM, Role
from portal.support.service.models import Return, SparePart, Visit, VisitDocument
from portal.support.tickets.models import Ticket
from portal.support.tickets.people import with_roles

PAGE = 25
MOST = 50


def return_of(session: Session, public_id: str) -> Return:
    """Return one return the actor sees; raises NotFound."""
    found = session.scalar(select(Return).where(Return.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def visit_of(session: Session, public_id: str) -> Visit:
    """Return one visit the actor sees; raises NotFound."""
    found = session.scalar(select(Visit).where(Visit.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def ticket_of(session: Session, row: Return | Visit) -> Ticket:
    """Return the ticket of a return or visit; raises NotFound."""
    found = session.get(Ticket, row.ticket_id)
    if found is None:
        raise NotFound
    return found


def returns_of(session: Session, ticket_id: int) -> Sequence[Return]:
    """Return the returns of a ticket, newest first."""
    query = select(Return).where(Return.ticket_id == ticket_id)
    return session.scalars(query.order_by(Return.id.desc()).limit(MOST)).all()


def visits_of(session: Session, ticket_id: int) -> Sequence[Visit]:
    """Return the visits of a ticket, newest first."""
    query = select(Visit).where(Visit.ticket_id == ticket_id)
    return session.scalars(query.order_by(Visit.id.desc()).limit(MOST)).all()


def returns(session: Session, *, state: str = "", before_id: int | None = None) -> Sequence[Any]:
    """Return a page of returns and one more, newest first, with their product and ticket."""
    query = (
        select(Return.id, Return.public_id, Return.number, Return.state, Return.serial, Return.valid_until,
               Return.dead_on_arrival, Return.requested_at, Product.name_en, Product.name_zh, Ticket.number)
        .join(Product, Product.id == Return.product_id)
        .join(Ticket, Ticket.id == Return.ticket_id)
    )  # fmt: skip
    if state:
        query = query.where(Return.state == state)
    if before_id is not None:
        query = query.where(Return.id < before_id)
    return session.execute(query.order_by(Return.id.desc()).limit(PAGE + 1)).all()


def product(session: Session, row: Return) -> Product | None:
    """Return the product of a return."""
    return session.get(Product, row.product_id)


def day_of(session: Session, engineer_id: int, day: date, zone: str) -> Sequence[Any]:
    """Return an engineer's visits that begin on a day in his zone, in the order of his way."""
    begins = datetime.combine(day, time(0), ZoneInfo(zone))
    ends = datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(zone))
    query = _way(engineer_id).where(Visit.starts_at >= begins, Visit.starts_at < ends)
    return session.execute(query.limit(MOST)).all()


def coming(session: Session, engineer_id: int, day: date, zone: str, *, limit: int = 5) -> Sequence[Any]:
    """Return an engineer's next visits from the beginning of a day in his zone on, in order."""
    begins = datetime.combine(day, time(0), ZoneInfo(zone))
    query = _way(engineer_id).where(Visit.starts_at >= begins)
    return session.execute(query.limit(limit)).all()


def _way(engineer_id: int) -> Any:
    return (
        select(Visit.public_id, Visit.number, Visit.state, Visit.starts_at, Visit.ends_at, Visit.place, Visit.task,
               Ticket.number, Ticket.subject)
        .join(Ticket, Ticket.id == Visit.ticket_id)
        .where(Visit.engineer_id == engineer_id)
        .order_by(Visit.starts_at, Visit.id)
    )  # fmt: skip


def engineers(session: Session) -> Sequence[Row[str, str]]:
    """Return public id and name of everybody who can be sent."""
    ids = with_roles(session, (Role.FIELD_ENGINEER,))
    with as_actor(session, SYSTEM):
        query = select(Person.public_id, Person.name).where(Person.id.in_(ids)).order_by(Person.name, Person.id)
        return session.execute(query).all()


def engineer_id(session: Session, public_id: str) -> int | None:
    """Return the id of somebody who can be sent."""
    with as_actor(session, SYSTEM):
        found = session.scalar(select(Person.id).where(Person.public_id == public_id))
    return found if found is not None and with_roles(session, (Role.FIELD_ENGINEER,), [found]) else None


def parts(session: Session, visit_id: int) -> Sequence[SparePart]:
    """Return the parts that a visit used."""
    return session.scalars(select(SparePart).where(SparePart.visit_id == visit_id).order_by(SparePart.id)).all()


def signature(session: Session, visit: Visit) -> Upload:
    """Return the drawn signature of a visit; raises NotFound."""
    mine = (Upload.id == visit.signature_id, Upload.thing_kind == "visit", Upload.thing_id == visit.id)
    found = session.scalar(select(Upload).where(*mine)) if visit.signature_id else None
    if found is None:
        raise NotFound
    return found


def last_place(session: Session, site_id: int | None) -> tuple[int, int] | None:
    """Return where a site was said to be when somebody was last sent there."""
    if site_id is None:
        return None
    query = select(Visit.site_latitude, Visit.site_longitude).where(
        Visit.site_id == site_id, Visit.site_latitude.is_not(None)
    )
    row = session.execute(query.order_by(Visit.id.desc()).limit(1)).first()
    return (row[0], row[1]) if row is not None and row[0] is not None and row[1] is not None else None


def documents(session: Session, visit_id: int) -> Sequence[VisitDocument]:
    """Return the reports of a visit, without their content."""
    query = select(VisitDocument).where(VisitDocument.visit_id == visit_id).order_by(VisitDocument.locale)
    return session.scalars(query).all()


def document_content(session: Session, visit_id: int, locale: str) -> tuple[bytes, str]:
    """Return content and hash of a finished report; raises NotFound."""
    ready = (VisitDocument.visit_id == visit_id, VisitDocument.locale == locale, VisitDocument.state == "ready")
    row = session.execute(select(VisitDocument.content, VisitDocument.sha256).where(*ready)).first()
    if row is None or row[0] is None:
        raise NotFound
    return row[0], row[1]
