"""By when a place is decided, as those hear who ask about it or stand in line for it, when that moves."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.approvals.models import ApprovalRequest
from portal.calendars.queries import business_time
from portal.dates import business_date
from portal.db import as_actor
from portal.deals.registrations.lifecycle import State
from portal.deals.registrations.models import Registration
from portal.parties.models import Party
from portal.policy import SYSTEM


def move(session: Session, request: ApprovalRequest, due_at: datetime) -> bool:
    """Let a registration in review, and whoever stands in line behind it, say the day of the new end.

    The request is locked; False when somebody else is at work on the customer, for whom nobody waits here.
    """
    with as_actor(session, SYSTEM):
        row = session.get_one(Registration, request.thing_id, populate_existing=True)
        held = select(Party.id).where(Party.id == row.identity_id).with_for_update(skip_locked=True, key_share=True)
        if session.scalar(held) is None:
            return False
        session.refresh(row)  # as it is now that nobody else can decide on its customer
        if row.approval_request_id != request.id or row.state != State.IN_REVIEW:
            return True
        place = (
            Registration.identity_id == row.identity_id,
            Registration.product_line == row.product_line,
            Registration.site_key == row.site_key,
            Registration.state.in_((State.IN_REVIEW, State.SUBMITTED)),
        )
        day = business_date(due_at, business_time(session).zone)
        session.execute(update(Registration).where(*place).values(due_on=day))
    return True
