"""Counting what people ask about: each identity once a day and person, so many a day, held by the database."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.calendars.queries import business_time
from portal.db import as_actor, insert_into
from portal.deals.registrations.models import DailyUse, Inquiry, Registration
from portal.errors import NotAllowed, TooMany
from portal.policy import SYSTEM, Actor
from portal.words import N_

USED_UP: Final = N_("You have asked about %(limit)s customers today. Ask again tomorrow.")
MOST_SHOWN: Final = 1000  # inquiries a holder is told of at most


def count(
    session: Session, actor: Actor, purpose: str, about: str, *, limit: int, customer_id: int | None,
    product_line: str = "", now: datetime, today: date,
) -> None:  # fmt: skip
    """Count that the actor asks about something; a second time on one day is free. Raises TooMany beyond `limit`.

    The row is written whether or not the house knows the customer, so that both take the same time.
    """
    if actor.person_id is None or actor.organisation_id is None:
        raise NotAllowed
    asked = {
        "person_id": actor.person_id,
        "organisation_id": actor.organisation_id,
        "day": today,
        "purpose": purpose,
        "about": hashlib.sha256(about.encode()).hexdigest()[:40],
        "customer_id": customer_id,
        "product_line": product_line,
        "at": now,
    }
    with as_actor(session, SYSTEM):
        new = insert_into(session, Inquiry).values(asked).on_conflict_do_nothing()
        if session.execute(new.returning(Inquiry.id)).scalar() is not None:
            _use(session, actor.person_id, purpose, limit, now=now, today=today)


def _use(session: Session, person_id: int, purpose: str, limit: int, *, now: datetime, today: date) -> None:
    """Count one use up by a guarded statement: parallel ones cannot pass the limit together."""
    new = insert_into(session, DailyUse).values(person_id=person_id, day=today, purpose=purpose, uses=1)
    counted = new.on_conflict_do_update(
        index_elements=[DailyUse.person_id, DailyUse.day, DailyUse.purpose],
        set_={"uses": DailyUse.uses + 1},
        where=DailyUse.uses < limit,
    )
    if limit < 1 or session.execute(counted.returning(DailyUse.uses)).scalar() is None:
        raise TooMany(USED_UP, retry_after=_until_tomorrow(session, now, today), limit=limit)


def _until_tomorrow(session: Session, now: datetime, today: date) -> int:
    """Return the seconds until the supplier's next day."""
    zone = ZoneInfo(business_time(session).zone)
    tomorrow = datetime.combine(today + timedelta(days=1), datetime.min.time(), zone)
    return max(1, int((tomorrow - now).total_seconds()) + 1)


def looks(session: Session, registration: Registration) -> int:
    """Return how often others asked about the customer of a registration since it is protected, up to MOST_SHOWN."""
    since = registration.protected_from or registration.created_at.date()
    others = (
        select(Inquiry.id)
        .where(
            Inquiry.customer_id == registration.identity_id,
            Inquiry.day >= since,
            Inquiry.purpose == "probe",
            Inquiry.organisation_id != registration.organisation_id,
            Inquiry.product_line.in_(("", registration.product_line)),
        )
        .limit(MOST_SHOWN)
        .subquery()
    )
    with as_actor(session, SYSTEM):
        return session.scalar(select(func.count()).select_from(others)) or 0
