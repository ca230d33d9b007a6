"""Who hears of returns and visits: notices that lead to their pages."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.db import actor_of
from portal.notify.operations import tell
from portal.support.service.models import Return, Visit
from portal.support.tickets.models import Ticket
from portal.support.tickets.people import customer_side, house_side


def path_of(thing: Return | Visit) -> str:
    """Return the address of a return's or a visit's page."""
    return f"/{'returns' if isinstance(thing, Return) else 'visits'}/{thing.public_id}"


def tell_customer(session: Session, ticket: Ticket, thing: Return | Visit, kind: str, *, now: datetime) -> None:
    """Tell those on the customer's side."""
    _tell(session, customer_side(session, ticket), ticket, thing, kind, now)


def tell_house(session: Session, ticket: Ticket, thing: Return | Visit, kind: str, *, now: datetime) -> None:
    """Tell those who answer for the house."""
    _tell(session, house_side(session, ticket), ticket, thing, kind, now)


def tell_engineer(session: Session, ticket: Ticket, visit: Visit, kind: str, *, now: datetime) -> None:
    """Tell the engineer of a visit."""
    _tell(session, [visit.engineer_id], ticket, visit, kind, now)


def _tell(
    session: Session, people: Iterable[int], ticket: Ticket, thing: Return | Visit, kind: str, now: datetime
) -> None:
    me, said = actor_of(session).person_id, {"number": thing.number, "subject": ticket.subject}
    for person_id in dict.fromkeys(people):
        if person_id != me:
            tell(session, person_id, kind, said, path_of(thing), now)
