"""Two parties become one, and come apart again exactly as they were."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Conflict, NotAllowed, NotFound
from portal.history import record
from portal.parties.identity.matching import index
from portal.parties.keeping import Moves, fill, keep_words
from portal.parties.merging_models import PartyMerge, PartyPair
from portal.parties.models import Party, Relation
from portal.parties.queries import signs_in
from portal.parties.references import Reference, delete_rows, newest_keys, read_rows, references
from portal.parties.rivals import follow, rivals
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_, both_names

SAME: Final = N_("This is one and the same customer.")
GONE: Final = N_("One of the two was merged in the meantime. Open the list again.")
SIGNS_IN: Final = N_("“%(name)s” signs in to the portal, so it is the one that must remain. Exchange the two.")
COLLIDES: Final = N_(
    "They cannot be one as they are: both hold something that only one may hold (%(table)s). Settle that first."
)


def merge(
    session: Session, actor: Actor, survivor: Party, merged: Party, *, reason: str = "", now: datetime
) -> PartyMerge:
    """Let everything that refers to `merged` refer to `survivor`; each organisation keeps its own words.

    Raises Conflict when the two cannot be one as they stand.
    """
    if not actor.can(Permission.PARTY_STEWARD):
        raise NotAllowed
    lock(session, survivor, merged)
    _check(session, survivor, merged)
    with as_actor(session, SYSTEM):
        made = PartyMerge(
            survivor_id=survivor.id, merged_id=merged.id, survivor_name=survivor.name, merged_name=merged.name,
            reason=reason, moved={}, set_aside={}, made={}, knew=_knowing(session, merged), merged_at=now,
            merged_by_id=actor.person_id,
        )  # fmt: skip
        session.add(made)
        session.flush()
        newest = newest_keys(session.connection())
        moves = _move(session, survivor, merged, now=now)
        made.moved, made.set_aside = moves.moved, moves.set_aside
        made.made = {
            "rows": moves.made, "filled": moves.filled, "followers": moves.followers, "newest": newest,
        }  # fmt: skip
        merged.merged_into_id, merged.archived_at = survivor.id, now
        decide_pair(session, survivor, merged, "merged", actor, now)
        session.flush()
        index(session, merged)
        index(session, survivor)
    names = {"survivor": survivor.public_id, "merged": merged.public_id, "name": merged.name, "reason": reason}
    record(session, survivor, "merge", now=now, after=names)
    record(session, merged, "merge", now=now, after=names)
    return made


def lock(session: Session, *parties: Party) -> None:
    """Lock both parties in the order of their keys and read them again."""
    query = select(Party).where(Party.id.in_([party.id for party in parties])).order_by(Party.id)
    session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def _check(session: Session, survivor: Party, merged: Party) -> None:
    if survivor.id == merged.id:
        raise Conflict(SAME)
    if any(party.kind != "organisation" for party in (survivor, merged)):
        raise NotFound
    if any(party.merged_into_id or party.archived_at for party in (survivor, merged)):
        raise Conflict(GONE)
    if signs_in(session, merged):
        raise Conflict(SIGNS_IN, name=both_names(merged.name, merged.name_en))


def _knowing(session: Session, party: Party) -> list[int]:
    query = select(Relation.organisation_id).where(Relation.party_id == party.id).distinct()
    return sorted(session.scalars(query))


def _move(session: Session, survivor: Party, merged: Party, *, now: datetime) -> Moves:
    """Move every row; what cannot stand beside a row of the survivor is set aside, and what it says is kept."""
    moves = Moves()
    fill(moves, survivor, merged)
    for reference in references():
        _set_aside(session, moves, reference, survivor, merged, now=now)
        session.flush()
        connection = session.connection()
        rows = reference.rows_of(connection, merged.id)
        if not rows:
            continue
        try:
            with session.begin_nested():
                reference.move(connection, merged.id, survivor.id, rows)
        except IntegrityError:
            raise Conflict(COLLIDES, table=reference.table.name) from None
        moves.moved[reference.name] = rows
    made = {name: [list(key) for key in keys] for name, keys in moves.made.items()}
    moves.made = made
    session.expire_all()
    return moves


def _set_aside(
    session: Session, moves: Moves, reference: Reference, survivor: Party, merged: Party, *, now: datetime
) -> None:
    connection = session.connection()
    rows = reference.colliding(connection, survivor.id, merged.id)
    for lost, kept in rivals(reference, connection, survivor.id, merged.id).items():
        moves.followers += follow(connection, reference.table, lost, kept)
        rows.append([lost])
    if not rows:
        return
    if reference.table is Relation.__table__:
        _keep_words(session, moves, [row[0] for row in rows], survivor, now=now)
    moves.set_aside.setdefault(reference.table.name, []).extend(read_rows(connection, reference.table, rows))
    try:
        with session.begin_nested():
            delete_rows(session.connection(), reference.table, rows)
    except IntegrityError:
        raise Conflict(COLLIDES, table=reference.table.name) from None


def _keep_words(session: Session, moves: Moves, ids: list[int], survivor: Party, *, now: datetime) -> None:
    """Let an organisation that knew both keep, of the relation it loses, what the other one does not say."""
    for lost in session.scalars(select(Relation).where(Relation.id.in_(ids))).all():
        same = (Relation.organisation_id == lost.organisation_id, Relation.kind == lost.kind)
        kept = session.scalars(select(Relation).where(Relation.party_id == survivor.id, *same)).one()
        keep_words(session, moves, kept, lost, now=now)


def decide_pair(session: Session, one: Party, other: Party, state: str, actor: Actor, now: datetime | None) -> None:
    """Write down what became of a pair in the steward's queue."""
    left, right = sorted((one.id, other.id))
    pair = session.scalar(select(PartyPair).where(PartyPair.left_id == left, PartyPair.right_id == right))
    if pair is not None:
        pair.state, pair.decided_at = state, now
        pair.decided_by_id = actor.person_id if now else None
