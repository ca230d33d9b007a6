"""What is agreed with a customer: the calendar his clocks count in, his contract, and the targets that follow."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.calendars.forgiving import Forgiving, forgiving_time
from portal.calendars.queries import SUPPLIER, versioned_time
from portal.db import as_actor
from portal.errors import Invalid
from portal.policy import SYSTEM
from portal.support.tickets import sla
from portal.support.tickets.clock_models import SupportTerms, Target
from portal.support.tickets.triage import CONTRACTS, PRIORITIES

# Minutes of business time until the first response, the next news and the solution, where nobody set others.
USUAL: Final[Mapping[str, tuple[int, int, int]]] = {
    "urgent": (15, 30, 60),
    "high": (60, 120, 240),
    "medium": (60, 240, 480),
    "low": (240, 480, 960),
}
_ORDER: Final = tuple(CONTRACTS)


class Covering(Protocol):
    """Says which contract a piece of equipment has on a day; empty when none."""

    def __call__(self, session: Session, installed_item_id: int, today: date) -> str:
        """Return a key of `CONTRACTS`, or nothing."""
        ...


_covering: list[Covering] = []


def install(covering: Covering) -> None:
    """Let contracts by serial number count too; a second time changes nothing."""
    if covering not in _covering:
        _covering.append(covering)


def terms_of(session: Session, party_id: int, installed_item_id: int | None, today: date) -> tuple[str, str]:
    """Return calendar and contract: the customer's, or the better one that his equipment has."""
    with as_actor(session, SYSTEM):
        row = session.execute(
            select(SupportTerms.calendar, SupportTerms.contract).where(SupportTerms.party_id == party_id)
        ).first()
        calendar, contract = (row[0], row[1]) if row else (SUPPLIER, _ORDER[0])
        found = [each(session, installed_item_id, today) for each in _covering] if installed_item_id else []
    return calendar, max([contract, *(each for each in found if each in CONTRACTS)], key=_ORDER.index)


def targets_of(session: Session, contract: str, priority: str) -> sla.Targets:
    """Return how much business time each clock has."""
    columns = (Target.first_response, Target.next_update, Target.solution)
    its = (Target.contract == contract, Target.priority == priority)
    with as_actor(session, SYSTEM):
        row = session.execute(select(*columns).where(*its)).first()
    minutes = tuple(row) if row else USUAL[priority]
    kinds = (sla.FIRST_RESPONSE, sla.NEXT_UPDATE, sla.SOLUTION)
    return {kind: timedelta(minutes=length) for kind, length in zip(kinds, minutes, strict=True)}


def targets(session: Session) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Return the three lengths in minutes and the version (0: never set) by contract and priority."""
    found = {(contract, priority): (*USUAL[priority], 0) for contract in CONTRACTS for priority in PRIORITIES}
    for row in session.scalars(select(Target)):
        found[row.contract, row.priority] = (row.first_response, row.next_update, row.solution, row.version)
    return found


def hours_of(session: Session, calendar: str) -> sla.Hours:
    """Return what counts in a calendar; one that is gone counts like the supplier's."""
    return versioned_hours(session, calendar)[0]


def versioned_hours(session: Session, calendar: str) -> tuple[sla.Hours, int]:
    """Return what counts in a calendar, and the version of the calendar that says so (0 for another one's hours)."""
    with as_actor(session, SYSTEM):
        try:
            hours, version = versioned_time(session, calendar)
            return Forgiving(hours), version
        except Invalid:
            return forgiving_time(session)[0], 0
