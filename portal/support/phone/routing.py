"""Keeping the table of whom leads go to."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Invalid, NotAllowed, NotFound
from portal.history import record
from portal.parties.words import TABLES
from portal.policy import Actor, Permission, Reach
from portal.support.phone.models import LeadRoute
from portal.support.phone.people import workers
from portal.words import N_


def set_route(session: Session, actor: Actor, *, industry: str, region: str, person: str, now: datetime) -> LeadRoute:
    """Send leads of an industry and region, "" for all, to somebody by his public id."""
    _may(actor)
    if industry not in ("", *TABLES["industry"]) or region not in ("", *TABLES["region"]):
        raise Invalid(N_("Choose one of the list."), field="region")
    to = next((key for key, (public_id, _name) in workers(session).items() if public_id == person), None)
    if to is None:
        raise Invalid(N_("Choose somebody of the list."), field="person")
    same = (LeadRoute.industry == industry, LeadRoute.region == region)
    row = session.scalar(select(LeadRoute).where(*same).with_for_update())
    before = row.person_id if row else None
    row = row or LeadRoute(industry=industry, region=region)
    row.person_id, row.changed_at = to, now
    session.add(row)
    session.flush()
    record(session, row, "set lead route", now=now, before={"person": before},
           after={"industry": industry, "region": region, "person": to})  # fmt: skip
    return row


def remove_route(session: Session, actor: Actor, public_id: str, *, now: datetime) -> None:
    """Take a route away; its leads stay where they are."""
    _may(actor)
    row = session.scalar(select(LeadRoute).where(LeadRoute.public_id == public_id))
    if row is None:
        raise NotFound
    gone = {"industry": row.industry, "region": row.region, "person": row.person_id}
    record(session, row, "remove lead route", now=now, before=gone)
    session.delete(row)


def _may(actor: Actor) -> None:
    if actor.reach(Permission.LEAD_WORK) is not Reach.ALL:
        raise NotAllowed
