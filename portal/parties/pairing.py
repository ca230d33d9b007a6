"""Which parties may be the same as some others: candidates by name and by mark, judged by all that the house knows."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from portal.parties.identity.matching import find
from portal.parties.identity.models import HOUSE, PartyMark, PartyName
from portal.parties.identity.scoring import Record, same
from portal.parties.known import batches
from portal.parties.models import Party

NEIGHBOURS: Final = 20  # parties that one is compared with
MAYBE: Final = 0.5  # below it the steward would look in vain
BATCH: Final = 500
WHY: Final = {"code": "credit_code", "phone": "phone", "domain": "domain"}  # anything else is about names
FIELDS: Final = {"code": "codes", "domain": "domains", "phone": "phones"}


@dataclass(frozen=True, slots=True)
class Found:
    """Two parties that may be the same."""

    left_id: int
    right_id: int
    score: int  # percent
    reason: str


def live(party: Any) -> tuple[Any, ...]:
    """Return the conditions on parties that may have duplicates."""
    return party.kind == "organisation", party.archived_at.is_(None)


def pairs_of(session: Session, ids: Sequence[int]) -> list[Found]:
    """Return, as the house, what parties may be the same as others."""
    pairs = {tuple(sorted(pair)) for pair in (*_by_marks(session, ids), *_by_names(session, ids))}
    records = _records(session, {party_id for pair in pairs for party_id in pair})
    found = []
    for left, right in sorted(pairs):
        if left in records and right in records:
            verdict = same(records[left], records[right])
            if verdict.probability >= MAYBE:
                score = min(round(verdict.probability * 100), 100)
                found.append(Found(left, right, score, WHY.get(verdict.why, "name")))
    return found


def _by_names(session: Session, ids: Sequence[int]) -> Iterable[tuple[int, int]]:
    names = select(Party.id, Party.name).where(Party.id.in_(ids), *live(Party))
    for party_id, name in session.execute(names).all():
        for match in find(session, name, limit=NEIGHBOURS):
            if match.party_id != party_id:
                yield party_id, match.party_id


def _by_marks(session: Session, ids: Sequence[int]) -> Iterable[tuple[int, int]]:
    mine, other, party = aliased(PartyMark), aliased(PartyMark), aliased(Party)
    equal = and_(mine.kind == other.kind, mine.value == other.value, mine.party_id != other.party_id)
    house = (mine.organisation_id == HOUSE, other.organisation_id == HOUSE)
    query = select(mine.party_id, other.party_id).join(other, equal).join(party, party.id == other.party_id)
    query = query.where(*house, mine.party_id.in_(ids), *live(party)).limit(NEIGHBOURS * max(len(ids), 1))
    return [(one, two) for one, two in session.execute(query)]


def _records(session: Session, ids: Collection[int]) -> dict[int, Record]:
    names: dict[int, list[str]] = {}
    marks: dict[int, dict[str, set[str]]] = {}
    for some in batches(sorted(ids), BATCH):
        named = select(PartyName.party_id, PartyName.name).where(PartyName.party_id.in_(some))
        for party_id, name in session.execute(named.where(PartyName.organisation_id == HOUSE)):
            names.setdefault(party_id, []).append(name)
        marked = select(PartyMark.party_id, PartyMark.kind, PartyMark.value).where(PartyMark.party_id.in_(some))
        marked = marked.where(PartyMark.organisation_id == HOUSE, PartyMark.kind.in_(FIELDS))
        for party_id, kind, value in session.execute(marked):
            marks.setdefault(party_id, {}).setdefault(FIELDS[kind], set()).add(value)
    return {
        party_id: Record(tuple(said), **{key: frozenset(values) for key, values in marks.get(party_id, {}).items()})
        for party_id, said in names.items()
    }
