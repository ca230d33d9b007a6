"""What happens to registrations and claims as days pass: reminders, the end of a protection, the way into the pool.

Each sweep does a bounded piece. Several workers may run it: a row is taken under its customer's lock and looked at
again, so that nothing happens twice.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.registrations import deciding, falling, moving, places, protection, withdrawing
from portal.deals.registrations.lifecycle import HELD, State
from portal.deals.registrations.models import Registration
from portal.deals.registrations.places import Key
from portal.parameters.queries import Values, values

PIECE: Final = 100


def registrations(session: Session, *, now: datetime, today: date) -> int:
    """Do what is due with registrations; return how many were moved."""
    due = (
        select(Registration.id, Registration.identity_id, Registration.approval_request_id)
        .where(Registration.next_step_on.is_not(None), Registration.next_step_on <= today)
        .order_by(Registration.next_step_on, Registration.id)
        .limit(PIECE)
    )
    found = session.execute(due).all()
    if not found:
        return 0
    set_, moved = values(session), 0
    places.lock(session, [row[1] for row in found if row[1]], [row[2] for row in found])
    for registration_id, _identity, _request in found:
        moved += _step(session, registration_id, set_, now=now, today=today)
    return moved


def _step(session: Session, registration_id: int, set_: Values, *, now: datetime, today: date) -> bool:
    """Do what is due with one registration, unless another worker was quicker."""
    query = select(Registration).where(Registration.id == registration_id).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None or row.next_step_on is None or row.next_step_on > today:
        return False
    if row.state in HELD:
        _protected(session, row, set_, now=now, today=today)
    elif row.state == State.RETURNED:
        withdrawing.take_back(session, row, actor=None, reason="unanswered", now=now, today=today)
        moving.note(session, row, "registration_unanswered", now=now)
    elif row.state == State.EXPIRED and row.identity_id is not None:
        row.next_step_on = None
        falling.fall_in(session, row.identity_id, "expired", row.organisation_id, today=today)
    else:
        row.next_step_on = None
    session.flush()
    return True


def _protected(session: Session, row: Registration, set_: Values, *, now: datetime, today: date) -> None:
    """Remind of the end of a protection, or end it."""
    assert row.protected_until is not None
    assert row.next_step_on is not None
    if protection.is_over(row.protected_until, today):
        moving.lapse(session, row, now=now, today=today, days_unworked=set_["pool.days_unworked"])
        deciding.advance(session, Key.of(row), now=now, today=today)
        return
    left = protection.reminder_due(row.protected_until, row.next_step_on, today)
    if left is not None:
        moving.note(session, row, "registration_reminder", now=now, days=left, until=row.protected_until.isoformat())
    row.next_step_on = protection.next_step(row.protected_until, today)


def claims(session: Session, *, now: datetime, today: date) -> int:
    """End claims from the pool that are over, and let customers nobody works on fall back; return how many."""
    ended = falling.end_claims(session, now=now, today=today, limit=PIECE)
    return ended + falling.let_go(session, now=now, today=today, limit=PIECE)
