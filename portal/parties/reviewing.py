"""What the data steward decides about customer files: reviewed, needs work, two and not one."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.parties.merging_models import PartyPair
from portal.parties.models import REVIEW_STATES, Party
from portal.policy import Actor, Permission
from portal.words import N_

DECIDED: Final = N_("This was decided already.")
CHANGED: Final = N_("Somebody else saved this at the same moment. Open it again, look, and repeat your change.")


def review(session: Session, actor: Actor, party: Party, *, state: str, note: str, version: int, now: datetime) -> None:
    """Say in which state the file of a customer is."""
    _is_steward(actor)
    if state not in REVIEW_STATES:
        raise Invalid(N_("Choose one of the list."), field="state")
    if state == "needs_work" and not note:
        raise Invalid(N_("Say what is to be done."), field="note")
    if party.version != version:
        raise Conflict(CHANGED)
    before = {"state": party.review_state, "note": party.review_note}
    party.review_state, party.review_note = state, note
    party.reviewed_at, party.version = now, party.version + 1
    session.flush()
    record(session, party, "review", now=now, before=before, after={"state": state, "note": note})


def mark_as_different(session: Session, actor: Actor, pair: PartyPair, *, now: datetime) -> None:
    """Say that two parties are two; the pair does not come back."""
    _is_steward(actor)
    if pair.state != "open":
        raise Conflict(DECIDED)
    pair.state, pair.decided_at, pair.decided_by_id = "different", now, actor.person_id
    session.flush()
    record(session, pair, "mark as different", now=now, before={"state": "open"}, after={"state": "different"})


def put_side_by_side(session: Session, actor: Actor, one: Party, other: Party, *, now: datetime) -> PartyPair:
    """Return the pair of two parties that the steward takes for the same, open to be decided."""
    _is_steward(actor)
    left, right = sorted((one.id, other.id))
    if left == right:
        raise Invalid(N_("This is one and the same customer."))
    query = select(PartyPair).where(PartyPair.left_id == left, PartyPair.right_id == right).with_for_update()
    found = session.scalar(query)
    if found is None:
        found = PartyPair(left_id=left, right_id=right, score=50, reason="name", found_at=now)
        session.add(found)
    if found.state != "merged":
        found.state, found.decided_at, found.decided_by_id = "open", None, None
    session.flush()
    return found


def _is_steward(actor: Actor) -> None:
    if not actor.can(Permission.PARTY_STEWARD):
        raise NotAllowed
