"""Writing the sound rows of an imported list: new customers, and what known ones do not say yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.history import record
from portal.parties.comparing import ask_to_compare
from portal.parties.import_models import PartyImport, PartyImportRow
from portal.parties.known import batches, known_parties
from portal.parties.models import Party, Relation, name_key
from portal.parties.noted_models import PartyAlias, PartyIdentifier
from portal.parties.noting import value_key
from portal.parties.operations import Details, new_party, new_relation, reach_of

DETAILS: Final = ("name", "name_en", "phone", "email", "address", "industry", "region", "size")
GAPS: Final = DETAILS[1:]
BATCH: Final = 500


def save_rows(session: Session, made: PartyImport, lines: Sequence[PartyImportRow], *, now: datetime) -> int:
    """Write the rows and return how many; nothing that a known customer says already is overwritten."""
    known = known_parties(session, made.organisation_id, [(line.line, line.cells) for line in lines])
    new = [line for line in lines if line.line not in known]
    old = [line for line in lines if line.line in known]
    for line in old:
        line.party_id = known[line.line]
    _add(session, made, new, now)
    _fill_gaps(session, made, old, now)
    _note(session, made, [*new, *old], now)
    for line in lines:
        line.state = "saved"
    session.flush()
    ask_to_compare(session, [line.party_id for line in lines if line.party_id], index=True, now=now)
    return len(lines)


def _add(session: Session, made: PartyImport, lines: Sequence[PartyImportRow], now: datetime) -> None:
    details = [Details(**{key: line.cells.get(key, "") for key in DETAILS}) for line in lines]
    parties = [new_party(each, now=now) for each in details]
    session.add_all(parties)
    session.flush()
    for line, party, each in zip(lines, parties, details, strict=True):
        line.party_id = party.id
        row = new_relation(made.organisation_id, party, each, now=now)
        row.party_kind = party.kind
        session.add(row)
        record(session, party, "add customer", now=now, after={"name": party.name, "list": made.public_id})
    _add_contacts(session, made, lines, now)


def _add_contacts(session: Session, made: PartyImport, lines: Sequence[PartyImportRow], now: datetime) -> None:
    people = []
    for line in lines:
        if name := line.cells.get("contact"):
            phone, email = reach_of(line.cells.get("reach", ""))
            its = {"name": name, "name_key": name_key(name), "phone": phone, "email": email, "created_at": now}
            people.append(Party(kind="contact", employer_id=line.party_id, **its))
    session.add_all(people)
    session.flush()
    for person in people:
        copied = {key: getattr(person, key) for key in ("name", "name_key", "phone", "email", "created_at")}
        its = {"organisation_id": made.organisation_id, "party_id": person.id, "kind": "customer"}
        session.add(Relation(**its, party_kind="contact", **copied))
    session.flush()


def _fill_gaps(session: Session, made: PartyImport, lines: Sequence[PartyImportRow], now: datetime) -> None:
    for some in batches(lines, BATCH):
        ids = {line.party_id for line in some}
        own = (Relation.organisation_id == made.organisation_id, Relation.kind == "customer")
        query = select(Relation).where(*own, Relation.party_id.in_(ids)).with_for_update()
        relations = {relation.party_id: relation for relation in session.scalars(query)}
        for line in some:
            relation = relations[line.party_id]
            given = {key: line.cells[key] for key in GAPS if line.cells.get(key) and not getattr(relation, key)}
            for key, value in given.items():
                setattr(relation, key, value)
            if given:
                relation.version += 1
                party = session.get_one(Party, line.party_id)
                record(session, party, "edit customer", now=now, after={**given, "list": made.public_id})


def _note(session: Session, made: PartyImport, lines: Sequence[PartyImportRow], now: datetime) -> None:
    """Note codes and further names that are not noted yet."""
    there = _noted(session, made.organisation_id, [line.party_id for line in lines])
    for line in lines:
        its: dict[str, Any] = {"organisation_id": made.organisation_id, "party_id": line.party_id, "created_at": now}
        for kind in ("credit_code", "tax_number"):
            if (text := line.cells.get(kind)) and (line.party_id, kind, key := value_key(kind, text)) not in there:
                session.add(PartyIdentifier(**its, kind=kind, value=text, value_key=key))
        if (text := line.cells.get("alias")) and (line.party_id, "alias", key := name_key(text)) not in there:
            session.add(PartyAlias(**its, name=text, name_key=key))


def _noted(session: Session, organisation_id: int, ids: Sequence[int | None]) -> set[tuple[int | None, str, str]]:
    found: set[tuple[int | None, str, str]] = set()
    for some in batches(ids, BATCH):
        mine = PartyIdentifier
        own = (mine.organisation_id == organisation_id, mine.party_id.in_(some))
        coded = session.execute(select(mine.party_id, mine.kind, mine.value_key).where(*own))
        found |= {(party_id, kind, key) for party_id, kind, key in coded}
        named = (PartyAlias.organisation_id == organisation_id, PartyAlias.party_id.in_(some))
        rows = session.execute(select(PartyAlias.party_id, PartyAlias.name_key).where(*named))
        found |= {(party_id, "alias", key) for party_id, key in rows}
    return found
