"""Taking a merge back: every row that moved goes home, what was set aside returns, what was made for it goes."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import Base, as_actor
from portal.errors import Conflict, NotAllowed
from portal.history import record
from portal.parties.identity.matching import index
from portal.parties.keeping import empty_again
from portal.parties.merging import decide_pair, lock
from portal.parties.merging_models import PartyMerge
from portal.parties.models import Party, Relation
from portal.parties.references import Reference, delete_rows, references, write_rows
from portal.parties.rivals import lead_back
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_

UNDONE: Final = N_("This merge was taken back already.")
LATER: Final = N_("Another customer was merged afterwards. Take the later merge back first.")


def undo_merge(session: Session, actor: Actor, merge: PartyMerge, *, now: datetime) -> Party:
    """Take a merge back and return the party that stands for itself again.

    What an organisation that knew only the merged party did since then goes along with it.
    """
    if not actor.can(Permission.PARTY_STEWARD):
        raise NotAllowed
    with as_actor(session, SYSTEM):
        survivor, merged = (session.get_one(Party, key) for key in (merge.survivor_id, merge.merged_id))
        lock(session, survivor, merged)
        session.refresh(merge, with_for_update=True)
        _check(session, merge, survivor)
        _take_back(session, merge)
        merged.merged_into_id = merged.archived_at = None
        merge.undone_at, merge.undone_by_id = now, actor.person_id
        decide_pair(session, survivor, merged, "open", actor, None)
        session.flush()
        index(session, survivor)
        index(session, merged)
    names = {"survivor": survivor.public_id, "merged": merged.public_id, "name": merged.name}
    record(session, survivor, "undo merge", now=now, before=names)
    record(session, merged, "undo merge", now=now, before=names)
    return merged


def _check(session: Session, merge: PartyMerge, survivor: Party) -> None:
    if merge.undone_at is not None:
        raise Conflict(UNDONE)
    later = select(PartyMerge.id).where(PartyMerge.survivor_id == merge.survivor_id, PartyMerge.undone_at.is_(None))
    if survivor.merged_into_id is not None or session.scalar(later.where(PartyMerge.id > merge.id).limit(1)):
        raise Conflict(LATER)


def _take_back(session: Session, merge: PartyMerge) -> None:
    session.flush()
    connection = session.connection()
    tables = Base.metadata.tables
    following = {reference.name: reference for reference in references()}
    for name, rows in merge.made["rows"].items():
        delete_rows(connection, tables[name], rows)
    for name, rows in merge.moved.items():
        following[name].move(connection, merge.survivor_id, merge.merged_id, rows)
    for name, whole in merge.set_aside.items():
        write_rows(connection, tables[name], whole)
    lead_back(connection, merge.made["followers"])
    session.expire_all()
    empty_again(session, merge.made["filled"])
    for reference in following.values():
        _follow_home(session, merge, reference)
    session.expire_all()


def _follow_home(session: Session, merge: PartyMerge, reference: Reference) -> None:
    """Let rows of later days go to the merged party when their organisation knows that one only."""
    newest = merge.made["newest"].get(reference.table.name)
    moved = {key for (key,) in merge.moved.get("relation.party_id", ())}
    home = session.scalars(select(Relation.organisation_id).where(Relation.id.in_(moved))).all()
    if newest is None or not home:
        return
    own: Any
    if "organisation_id" in reference.table.c:
        own = reference.table.c.organisation_id.in_(home)
    elif reference.column is Party.__table__.c.employer_id:
        noted = select(Relation.__table__.c.party_id).where(Relation.__table__.c.organisation_id.in_(home))
        own = reference.table.c.id.in_(noted)
    else:
        return
    connection = session.connection()
    later = reference.rows_of(connection, merge.survivor_id, reference.table.c.id > newest, own)
    reference.move(connection, merge.survivor_id, merge.merged_id, later)
