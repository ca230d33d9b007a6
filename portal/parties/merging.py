"""Two parties become one, and come apart again exactly as they were."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Conflict, NotAllowed, NotFound
from portal.history import record
from portal.parties.identity.domains import company_domain
from portal.parties.identity.matching import index
from portal.parties.identity.phones import normal_phone
from portal.parties.merging_models import PartyMerge, PartyPair
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyAddress, PartyAlias, PartyIdentifier
from portal.parties.queries import signs_in
from portal.parties.references import Keys, Reference, delete_rows, newest_keys, read_rows, references
from portal.parties.rivals import Followers, follow, rivals
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_

SAME: Final = N_("This is one and the same customer.")
GONE: Final = N_("One of the two was merged in the meantime. Open the list again.")
SIGNS_IN: Final = N_("“%(name)s” signs in to the portal, so it is the one that must remain. Exchange the two.")
COLLIDES: Final = N_(
    "They cannot be one as they are: both hold something that only one may hold (%(table)s). Settle that first."
)
FILLED: Final = ("name_en", "phone", "email", "address", "industry", "region", "size")


@dataclass
class Moves:
    """What a merge did, for its undoing."""

    moved: dict[str, Keys] = field(default_factory=dict)
    set_aside: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    made: dict[str, Keys] = field(default_factory=dict)
    filled: list[list[Any]] = field(default_factory=list)  # table, key, column, before, after
    followers: Followers = field(default_factory=list)


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
        raise Conflict(SIGNS_IN, name=merged.name)


def _knowing(session: Session, party: Party) -> list[int]:
    query = select(Relation.organisation_id).where(Relation.party_id == party.id).distinct()
    return sorted(session.scalars(query))


def _move(session: Session, survivor: Party, merged: Party, *, now: datetime) -> Moves:
    """Move every row; what cannot stand beside a row of the survivor is set aside, and what it says is kept."""
    moves = Moves()
    _fill(moves, survivor, merged)
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
        _fill(moves, kept, lost)
        for row in _leftovers(session, kept, lost, now):
            session.add(row)
            session.flush()
            moves.made.setdefault(row.__tablename__, []).append([row.id])
        session.expunge(lost)  # it is deleted below the session


def _fill(moves: Moves, kept: Party | Relation, lost: Party | Relation) -> None:
    for column in FILLED:
        before, given = getattr(kept, column), getattr(lost, column)
        if not before and given:
            setattr(kept, column, given)
            moves.filled.append([kept.__tablename__, kept.id, column, before, given])


def _leftovers(session: Session, kept: Relation, lost: Relation, now: datetime) -> list[Any]:
    """Return notes of what only the lost relation says, unless the organisation noted the same already."""
    its = {"organisation_id": kept.organisation_id, "party_id": kept.party_id, "created_at": now}
    found: list[Any] = []
    if lost.name_key != kept.name_key:
        found.append(PartyAlias(**its, name=lost.name, name_key=lost.name_key))
    if lost.address and lost.address != kept.address:
        found.append(PartyAddress(**its, address=lost.address))
    for kind, value, key in (
        ("phone", lost.phone, normal_phone(lost.phone) if lost.phone != kept.phone else ""),
        ("domain", lost.email, company_domain(lost.email) if lost.email != kept.email else ""),
    ):
        if key:
            found.append(PartyIdentifier(**its, kind=kind, value=value[:200], value_key=key))
    return [row for row in found if not _is_noted(session, row)]


def _is_noted(session: Session, row: Any) -> bool:
    """Whether a note would stand twice, beside one of the survivor or one that comes with the merged party."""
    table = type(row)
    compared: Mapping[Any, tuple[str, ...]] = {
        PartyAlias: ("name_key",), PartyIdentifier: ("kind", "value_key"), PartyAddress: ("address",),
    }  # fmt: skip
    same = [getattr(table, name) == getattr(row, name) for name in compared[table]]
    query = select(table.id).where(table.organisation_id == row.organisation_id, table.party_id == row.party_id, *same)
    return session.scalar(query.limit(1)) is not None


def decide_pair(session: Session, one: Party, other: Party, state: str, actor: Actor, now: datetime | None) -> None:
    """Write down what became of a pair in the steward's queue."""
    left, right = sorted((one.id, other.id))
    pair = session.scalar(select(PartyPair).where(PartyPair.left_id == left, PartyPair.right_id == right))
    if pair is not None:
        pair.state, pair.decided_at = state, now
        pair.decided_by_id = actor.person_id if now else None
