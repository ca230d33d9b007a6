"""The registrations for one customer, for its page."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.deals.registrations.lifecycle import STANDINGS, Standing, State
from portal.deals.registrations.models import Registration
from portal.parties.models import Party
from portal.words import N_

MOST: Final = 10
SHORT: Final = {
    Standing.DRAFT: N_("Draft"),
    Standing.REVIEW: N_("In review"),
    Standing.YOUR_TURN: N_("Your turn"),
    Standing.PROTECTED: N_("Protected"),
    Standing.CLOSED: N_("Closed"),
}


def of_customer(session: Session, customer: Party) -> list[tuple[Registration, str, datetime]]:
    """Return the newest registrations for a customer that the actor may see, with their state and last change."""
    same = or_(Registration.customer_id == customer.id, Registration.identity_id == customer.id)
    rows = session.scalars(select(Registration).where(same).order_by(Registration.id.desc()).limit(MOST))
    return [(row, SHORT[STANDINGS[State(row.state)]], row.updated_at) for row in rows]
