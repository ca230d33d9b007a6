"""Keeping what finds parties in step with their names and identifiers; set-based, only differences are written."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import delete, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.db import Base, as_actor, insert_into
from portal.parties.identity.beginnings import rows_of, vocabulary_of
from portal.parties.identity.models import HOUSE, ContactPhone, NameWord, PartyMark, PartyName, PartyWord
from portal.parties.identity.names import parse
from portal.parties.identity.phones import normal_phone
from portal.parties.identity.sources import SOURCES, Said, normal
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM

BATCH: Final = 500  # parties of one step
DELETED: Final = 200  # rows of one statement
KEYS: Final[dict[type[Base], tuple[str, ...]]] = {
    PartyName: ("organisation_id", "party_id", "place"),
    PartyWord: ("organisation_id", "word", "party_id"),
    PartyMark: ("organisation_id", "kind", "value", "party_id"),
    ContactPhone: ("value", "party_id"),
}
Named = tuple[str, str, str]  # a name as written, its compared form, its key
Word = tuple[int, str, int]  # organisation, beginning, party
Marked = tuple[int, str, str, int]  # organisation, kind, value, party


@dataclass(slots=True)
class Rows:
    """All derived rows of some parties."""

    names: dict[tuple[int, int], list[Named]] = field(default_factory=dict)  # by organisation and party
    words: set[Word] = field(default_factory=set)
    marks: set[Marked] = field(default_factory=set)
    vocabulary: set[str] = field(default_factory=set)

    def add(self, said: Said) -> None:
        """Note what somebody says of a party, for himself and for the house."""
        form = normal(said.kind, said.value)
        if not form:
            return
        for organisation_id in {HOUSE, said.organisation_id}:
            self.marks.add((organisation_id, said.kind, form, said.party_id))
            if said.kind == "name":
                self.add_name(organisation_id, said.party_id, said.value)

    def add_name(self, organisation_id: int, party_id: int, text: str) -> None:
        """Note a name by which an organisation, or the house, finds a party."""
        names = self.names.setdefault((organisation_id, party_id), [])
        name = parse(text)
        named = (text, name.letters, name.key)
        if named in names:
            return
        names.append(named)
        self.words.update((organisation_id, word, party_id) for word in rows_of(name))
        self.vocabulary.update(vocabulary_of(name))

    def name_rows(self, keys: Collection[tuple[int, int]]) -> Iterator[dict[str, Any]]:
        """Yield the rows of names of these organisations and parties."""
        for organisation_id, party_id in sorted(keys & self.names.keys()):
            for place, (text, letters, key) in enumerate(self.names[organisation_id, party_id]):
                yield {
                    "organisation_id": organisation_id,
                    "party_id": party_id,
                    "place": place,
                    "name": text,
                    "letters": letters,
                    "key": key,
                }


def index_parties(session: Session, ids: Iterable[int]) -> int:
    """Bring the derived rows of these parties to what is known of them; return how many were looked at.

    Archived and merged parties keep no rows; contacts, of these parties or named themselves, only their numbers.
    """
    wanted = sorted(set(ids))
    session.flush()
    with as_actor(session, SYSTEM):
        for start in range(0, len(wanted), BATCH):
            _index(session, wanted[start : start + BATCH])
            _index_contacts(session, wanted[start : start + BATCH])
    return len(wanted)


def index_missing(session: Session) -> int:
    """Index organisations that have no rows yet; return how many there were."""
    bare = ~exists().where(PartyName.organisation_id == HOUSE, PartyName.party_id == Party.id)
    with as_actor(session, SYSTEM):
        ids = session.scalars(select(Party.id).where(*_findable(), bare).order_by(Party.id)).all()
    return index_parties(session, ids)


def index_all(session: Session) -> int:
    """Throw all derived rows away and write them anew; return how many organisations there are."""
    session.flush()
    with as_actor(session, SYSTEM):
        for table in (PartyName, PartyWord, PartyMark, ContactPhone, NameWord):
            session.execute(delete(table))
    return index_missing(session)


def _findable() -> tuple[Any, ...]:
    return Party.kind == "organisation", Party.archived_at.is_(None), Party.merged_into_id.is_(None)


def _index(session: Session, ids: list[int]) -> None:
    live = select(Party.id).where(Party.id.in_(ids), *_findable()).order_by(Party.id).with_for_update()
    wanted, held = _wanted(session, session.scalars(live).all()), _held(session, ids)
    _take_out(session, PartyWord, held.words - wanted.words)
    _take_out(session, PartyMark, held.marks - wanted.marks)
    changed = {key for key in wanted.names.keys() | held.names.keys() if wanted.names.get(key) != held.names.get(key)}
    _take_out(session, PartyName, changed & held.names.keys())
    _put_in(session, PartyName, wanted.name_rows(changed))
    _put_in(
        session,
        PartyWord,
        ({"organisation_id": o, "word": word, "party_id": i} for o, word, i in sorted(wanted.words - held.words)),
    )
    _put_in(
        session,
        PartyMark,
        (
            {"organisation_id": o, "kind": kind, "value": value, "party_id": i}
            for o, kind, value, i in sorted(wanted.marks - held.marks)
        ),
    )
    # In order, so that two who write the same words at the same time wait for one another in one direction only.
    new = sorted(wanted.vocabulary - held.vocabulary)
    _put_in(session, NameWord, ({"word": word, "reversed": word[::-1]} for word in new))


def _index_contacts(session: Session, ids: Collection[int]) -> None:
    """Bring the numbers of contacts, and of the contacts of organisations, to what is noted of them."""
    who = or_(Party.id.in_(ids), Party.employer_id.in_(ids))
    contacts = session.execute(
        select(Party.id, Party.phone, Party.archived_at).where(Party.kind == "contact", who)
    ).all()
    everybody = [row.id for row in contacts]
    if not everybody:
        return
    live = {row.id for row in contacts if row.archived_at is None}
    said = {(row.phone, row.id) for row in contacts if row.id in live}
    noted = select(Relation.phone, Relation.party_id).where(Relation.party_id.in_(live))
    said.update((row.phone, row.party_id) for row in session.execute(noted))
    wanted = {(form, party_id) for text, party_id in said if (form := normal_phone(text))}
    there = select(ContactPhone.value, ContactPhone.party_id).where(ContactPhone.party_id.in_(everybody))
    held = {(row.value, row.party_id) for row in session.execute(there)}
    _take_out(session, ContactPhone, held - wanted)
    _put_in(session, ContactPhone, ({"value": form, "party_id": i} for form, i in sorted(wanted - held)))


def _wanted(session: Session, ids: Collection[int]) -> Rows:
    rows = Rows()
    for source in SOURCES:
        for said in source(session, ids):
            rows.add(said)
    return rows


def _held(session: Session, ids: Collection[int]) -> Rows:
    """Return what is written now; words follow from names."""
    rows = Rows()
    columns = (PartyName.organisation_id, PartyName.party_id, PartyName.name)
    names = select(*columns).where(PartyName.party_id.in_(ids))
    for row in session.execute(names.order_by(PartyName.organisation_id, PartyName.party_id, PartyName.place)):
        rows.add_name(*row)
    marks = select(PartyMark.organisation_id, PartyMark.kind, PartyMark.value, PartyMark.party_id)
    rows.marks = {
        (o, kind, value, i) for o, kind, value, i in session.execute(marks.where(PartyMark.party_id.in_(ids)))
    }
    return rows


def _take_out(session: Session, table: type[Base], keys: Iterable[tuple[Any, ...]]) -> None:
    """Delete rows by the first columns of their key."""
    ordered = sorted(keys)
    if ordered:
        columns = [getattr(table, name) for name in KEYS[table][: len(ordered[0])]]
        for start in range(0, len(ordered), DELETED):
            session.execute(delete(table).where(tuple_(*columns).in_(ordered[start : start + DELETED])))


def _put_in(session: Session, table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows; those that somebody else wrote at the same moment are there already."""
    made = list(rows)
    if made:
        session.execute(insert_into(session, table).on_conflict_do_nothing(), made)
