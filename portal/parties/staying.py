"""A customer stays with whoever begins something for it until that is saved, or is gone already.

Whoever hands customers on locks the same rows before he looks what goes along: so what begins here is seen by him, or
he is seen here. This lock comes before those of requests for approval, customers and registrations.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import actor_of, as_actor
from portal.errors import NotFound
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM


def keep(session: Session, party_id: int | None) -> None:
    """Let nobody hand the actor's customer on in this unit of work; raises NotFound if somebody just did."""
    actor = actor_of(session)
    if party_id is None or actor.is_system or actor.organisation_id is None:
        return
    lock(session, {actor.organisation_id}, party_id)
    if session.scalar(select(Party.id).where(Party.id == party_id)) is None:
        raise NotFound


def lock(session: Session, organisations: Collection[int | None], party_id: int) -> None:
    """Let nobody hand the customer of these organisations on; what was read of it before must be read again."""
    its = (Relation.party_id == party_id, Relation.organisation_id.in_([each for each in organisations if each]))
    with as_actor(session, SYSTEM):
        session.execute(select(Relation.id).where(*its).order_by(Relation.id).with_for_update(read=True)).all()
