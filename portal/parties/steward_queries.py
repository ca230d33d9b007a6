"""What the data steward reads: possible duplicates, files by their state of review, merges and what one would move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from portal.db import as_actor
from portal.errors import NotFound
from portal.parties.merging_models import PartyMerge, PartyPair
from portal.parties.models import Party, Relation
from portal.parties.queries import signs_in
from portal.parties.references import references
from portal.policy import SYSTEM

PAGE: Final = 25
MOST_KNOWING: Final = 50


@dataclass(frozen=True, slots=True)
class PairRow:
    """One line of the queue."""

    id: int
    public_id: str
    score: int
    reason: str
    found_at: datetime
    left: str
    left_en: str
    right: str
    right_en: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """One customer file in the list by state."""

    id: int
    public_id: str
    name: str
    name_en: str
    review_state: str
    review_note: str
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class MergeRow:
    """One line of the history of merges."""

    id: int
    public_id: str
    survivor: str
    survivor_public_id: str
    merged: str
    merged_at: datetime
    undone_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Moving:
    """How many rows of a kind would follow a merge, and how many of them stand beside one of the survivor already."""

    name: str  # table and column
    count: int
    twice: int


def pairs(session: Session, *, after: tuple[int, int] | None = None, limit: int = PAGE) -> list[PairRow]:
    """Return open pairs, the surest first, one more than `limit` when there are more; `after` is (score, row)."""
    left, right = aliased(Party), aliased(Party)
    pair = PartyPair
    names = (left.name, left.name_en, right.name, right.name_en)
    columns: tuple[Any, ...] = (pair.id, pair.public_id, pair.score, pair.reason, pair.found_at, *names)
    query = (
        select(*columns)
        .join(left, left.id == pair.left_id)
        .join(right, right.id == pair.right_id)
        .where(pair.state == "open", left.archived_at.is_(None), right.archived_at.is_(None))
        .order_by(pair.score.desc(), pair.id.desc())
    )
    if after is not None:
        query = query.where(tuple_(pair.score, pair.id) < tuple_(*after))
    return [PairRow(*row) for row in session.execute(query.limit(limit + 1))]


def pair(session: Session, public_id: str, *, for_update: bool = False) -> PartyPair:
    """Return one pair."""
    query = select(PartyPair).where(PartyPair.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def parties_of(session: Session, found: PartyPair) -> tuple[Party, Party]:
    """Return both parties of a pair."""
    return session.get_one(Party, found.left_id), session.get_one(Party, found.right_id)


def pairs_of_file(session: Session, party: Party) -> list[Row[str, str, str]]:
    """Return public id of the pair, name of the other party and reason, for the open pairs of one customer."""
    other = aliased(Party)
    found: list[Row[str, str, str]] = []
    for mine, theirs in ((PartyPair.left_id, PartyPair.right_id), (PartyPair.right_id, PartyPair.left_id)):
        query = select(PartyPair.public_id, other.name, PartyPair.reason).join(other, other.id == theirs)
        query = query.where(mine == party.id, PartyPair.state == "open", other.archived_at.is_(None))
        found += session.execute(query.order_by(PartyPair.score.desc()).limit(PAGE)).all()
    return found


def files(session: Session, state: str, *, after_id: int | None = None, limit: int = PAGE) -> list[FileRow]:
    """Return customer files in a state of review, newest first, one more than `limit` when there are more."""
    party = Party
    columns = (party.id, party.public_id, party.name, party.name_en, party.review_state, party.review_note)
    query = select(*columns, party.reviewed_at).where(
        party.review_state == state, party.kind == "organisation", party.archived_at.is_(None)
    )
    if after_id is not None:
        query = query.where(party.id < after_id)
    return [FileRow(*row) for row in session.execute(query.order_by(party.id.desc()).limit(limit + 1))]


def file(session: Session, public_id: str, *, for_update: bool = False) -> Party:
    """Return the file of one customer that was not merged into another."""
    query = select(Party).where(Party.public_id == public_id, Party.kind == "organisation", Party.archived_at.is_(None))
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def knowing(session: Session, party: Party) -> Sequence[Row[str, str, str, str, str, str]]:
    """Return who knows a party, and the name, name in the other script, phone, mail and address noted there."""
    organisation = aliased(Party)
    columns = (organisation.name, Relation.name, Relation.name_en, Relation.phone, Relation.email, Relation.address)
    query = select(*columns).join(organisation, organisation.id == Relation.organisation_id)
    query = query.where(Relation.party_id == party.id).order_by(Relation.id).limit(MOST_KNOWING)
    with as_actor(session, SYSTEM):
        return session.execute(query).all()


def merges(session: Session, *, before_id: int | None = None, limit: int = PAGE) -> list[MergeRow]:
    """Return merges, newest first, one more than `limit` when there are more."""
    merge = PartyMerge
    columns = (merge.id, merge.public_id, merge.survivor_name, Party.public_id, merge.merged_name, merge.merged_at)
    query = select(*columns, merge.undone_at, merge.reason).join(Party, Party.id == merge.survivor_id)
    if before_id is not None:
        query = query.where(merge.id < before_id)
    return [MergeRow(*row) for row in session.execute(query.order_by(merge.id.desc()).limit(limit + 1))]


def merge_of(session: Session, public_id: str) -> PartyMerge:
    """Return one merge."""
    found = session.scalar(select(PartyMerge).where(PartyMerge.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def preview(session: Session, survivor: Party, merged: Party) -> list[Moving]:
    """Return what would follow `merged` into `survivor`, counted by table and column."""
    with as_actor(session, SYSTEM):
        connection = session.connection()
        counted = [
            Moving(
                reference.name,
                reference.count(connection, merged.id),
                len(reference.colliding(connection, survivor.id, merged.id)),
            )
            for reference in references()
        ]
    return [moving for moving in counted if moving.count]


def must_survive(session: Session, left: Party, right: Party) -> str:
    """Return "left" or "right" when only that one may remain, "both" when neither may go, "" when it is free."""
    signing = [name for name, party in (("left", left), ("right", right)) if signs_in(session, party)]
    return "both" if len(signing) == 2 else "".join(signing)


def waiting(session: Session, *, cap: int = 100) -> int:
    """Return how many pairs wait for the steward, counting no further than `cap`."""
    some = select(PartyPair.id).where(PartyPair.state == "open").limit(cap).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0
