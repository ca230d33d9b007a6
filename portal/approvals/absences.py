"""Being away: somebody who decides names who decides for him from one day to another."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals.models import Absence
from portal.approvals.people import deciders
from portal.errors import Invalid, NotAllowed, NotFound
from portal.history import record
from portal.notify.operations import tell
from portal.policy import Actor, Permission
from portal.words import N_

LONGEST_DAYS = 400


def be_absent(
    session: Session,
    actor: Actor,
    *,
    delegate: str,
    starts_on: date,
    ends_on: date,
    now: datetime,
    today: date,
) -> Absence:
    """Note that the actor is away; `delegate` is a public id, or empty for nobody: then the group decides."""
    if not actor.can(Permission.APPROVAL_DECIDE) or actor.person_id is None:
        raise NotAllowed
    if ends_on < starts_on:
        raise Invalid(N_("The last day lies before the first."), field="ends_on")
    if ends_on < today:
        raise Invalid(N_("These days are over."), field="ends_on")
    if (ends_on - starts_on).days > LONGEST_DAYS:
        raise Invalid(N_("At most %(days)d days."), field="ends_on", days=LONGEST_DAYS)
    people = deciders(session, today)
    chosen = next((person for person in people.people.values() if person.public_id == delegate), None)
    if delegate and (chosen is None or chosen.id == actor.person_id):
        raise Invalid(N_("Choose somebody who may decide."), field="delegate")
    clash = select(Absence.id).where(
        Absence.person_id == actor.person_id,
        Absence.ended_at.is_(None),
        Absence.starts_on <= ends_on,
        Absence.ends_on >= starts_on,
    )
    if session.scalar(clash.limit(1)) is not None:
        raise Invalid(N_("You are away on some of these days already; take that back first."), field="starts_on")
    row = Absence(person_id=actor.person_id, delegate_id=chosen.id if chosen else None)
    row.starts_on, row.ends_on, row.created_at = starts_on, ends_on, now
    session.add(row)
    session.flush()
    after = {"from": starts_on.isoformat(), "until": ends_on.isoformat(), "delegate": chosen.name if chosen else ""}
    record(session, row, "be absent", now=now, after=after)
    if chosen is not None:
        own = people.people.get(actor.person_id)
        tell(session, chosen.id, "approval_delegate", {"person": own.name if own else "", **after}, "/approvals", now)
    return row


def end_absence(session: Session, actor: Actor, public_id: str, *, now: datetime) -> None:
    """Take an absence back: what waits is one's own again. A second time changes nothing."""
    row = session.scalar(select(Absence).where(Absence.public_id == public_id, Absence.person_id == actor.person_id))
    if row is None:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = now
        record(session, row, "end absence", now=now)


def absences(session: Session, actor: Actor, today: date) -> list[Absence]:
    """Return the actor's own absences that are not over, the next one first."""
    query = select(Absence).where(
        Absence.person_id == actor.person_id, Absence.ended_at.is_(None), Absence.ends_on >= today
    )
    return list(session.scalars(query.order_by(Absence.starts_on).limit(50)))
