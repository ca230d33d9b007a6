"""What happens to leads as time passes: one that nobody called back in time is everybody's matter."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.calendars.following import is_current
from portal.db import as_actor
from portal.notify.operations import tell
from portal.policy import SYSTEM
from portal.support.phone.leads import about, path_of
from portal.support.phone.models import Lead
from portal.support.phone.people import workers
from portal.support.phone.retiming import COUNTED

AT_ONCE = 100


def escalate(session: Session, *, now: datetime) -> int:
    """Tell everybody who works on leads of those that wait too long; each once. Several workers may run this."""
    with as_actor(session, SYSTEM):
        late = (Lead.state == "new", Lead.escalated_at.is_(None), Lead.due_at < now, is_current(COUNTED))
        rows = session.scalars(select(Lead).where(*late).order_by(Lead.due_at, Lead.id).limit(AT_ONCE)).all()
        told = workers(session) if rows else {}
        moved = 0
        for lead in rows:
            mine = update(Lead).where(Lead.id == lead.id, *late)
            taken = mine.values(escalated_at=now, version=Lead.version + 1).returning(Lead.id)
            if session.execute(taken).first() is None:
                continue
            moved += 1
            for person_id in told:
                tell(session, person_id, "lead_late", about(lead), path_of(lead), now)
    return moved
