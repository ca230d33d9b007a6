"""What an organisation notes of a party beside its name: identifiers in one form, further names, further addresses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Invalid, NotAllowed, NotFound
from portal.history import record
from portal.limits import bounded
from portal.parties.identity import credit_code
from portal.parties.identity.domains import company_domain
from portal.parties.identity.matching import index
from portal.parties.identity.phones import normal_phone
from portal.parties.models import Party, name_key
from portal.parties.noted_models import PartyAddress, PartyAlias, PartyIdentifier
from portal.parties.queries import relation, sees_all
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_

NOTE_KINDS: Final = ("credit_code", "tax_number", "domain", "phone", "alias", "address")
LONGEST: Final = {"credit_code": 40, "tax_number": 40, "domain": 200, "phone": 40, "alias": 200, "address": 400}
MOST: Final = 50  # notes of one organisation about one party
TAX_SIGNS: Final = (8, 20)
_TABLES: Final[tuple[Any, ...]] = (PartyIdentifier, PartyAlias, PartyAddress)


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One thing that is noted of a party."""

    public_id: str
    kind: str
    text: str
    noted_by: str  # the organisation, for those who see the notes of all


def value_key(kind: str, text: str) -> str:
    """Return an identifier in the form in which it is compared; raises Invalid that says what is wrong with it."""
    if kind == "credit_code":
        return credit_code.check(text)
    if kind == "tax_number":
        return _tax_number(text)
    if kind == "domain":
        found = company_domain(text)
        message = N_("Give a domain of the company's own, for example company.com; public mail providers are not.")
    else:
        found = normal_phone(text)
        message = N_("Give a whole phone number with its area code, like +86 571 8888 0000.")
    if not found:
        raise Invalid(message, field="text")
    return found


def _tax_number(text: str) -> str:
    number = credit_code.normal(text)
    shortest, longest = TAX_SIGNS
    if not number.isascii() or not number.isalnum() or not shortest <= len(number) <= longest:
        raise Invalid(
            N_("A tax number has %(least)d to %(most)d letters and digits."),
            field="text", least=shortest, most=longest,
        )  # fmt: skip
    return number


def add_note(session: Session, actor: Actor, party: Party, *, kind: str, text: str, now: datetime) -> None:
    """Note one more thing of a party that the actor sees; only his organisation reads it. The same twice is once."""
    organisation_id = noting_organisation(actor)
    if kind not in NOTE_KINDS:
        raise Invalid(N_("Choose what you note."), field="kind")
    bounded(text, LONGEST[kind], field="text")
    made = _note(organisation_id, party, kind, text, now)
    if _is_there(session, made):
        return
    if _count(session, organisation_id, party) >= MOST:
        raise Invalid(N_("At most %(max)d notes for one customer; remove some first."), field="text", max=MOST)
    session.add(made)
    session.flush()
    record(session, party, "note", now=now, after={"kind": kind, "text": text, "organisation": organisation_id})
    index(session, party)


def noting_organisation(actor: Actor) -> int:
    """Return for which organisation the actor notes things."""
    if not actor.can(Permission.PARTY_EDIT) or actor.organisation_id is None:
        raise NotAllowed
    return actor.organisation_id


def _note(organisation_id: int, party: Party, kind: str, text: str, now: datetime) -> Any:
    its = {"organisation_id": organisation_id, "party_id": party.id, "created_at": now}
    if kind == "alias":
        return PartyAlias(**its, name=text, name_key=name_key(text))
    if kind == "address":
        return PartyAddress(**its, address=text)
    return PartyIdentifier(**its, kind=kind, value=text, value_key=value_key(kind, text))


def _is_there(session: Session, made: Any) -> bool:
    table = type(made)
    same = [table.organisation_id == made.organisation_id, table.party_id == made.party_id]
    if table is PartyIdentifier:
        same += [PartyIdentifier.kind == made.kind, PartyIdentifier.value_key == made.value_key]
    else:
        column = "name_key" if table is PartyAlias else "address"
        same.append(getattr(table, column) == getattr(made, column))
    return session.scalar(select(table.id).where(*same).limit(1)) is not None


def _count(session: Session, organisation_id: int, party: Party) -> int:
    counts = (
        select(func.count())
        .select_from(table)
        .where(table.party_id == party.id, table.organisation_id == organisation_id)
        for table in _TABLES
    )
    return sum(session.scalar(query) or 0 for query in counts)


def remove_note(session: Session, actor: Actor, party: Party, public_id: str, *, now: datetime) -> None:
    """Take a note of the actor's organisation back, or any for the house; one of others looks like a missing one."""
    row = _find(session, actor, party, public_id)
    before = {"kind": _kind(row), "text": _text(row), "organisation": row.organisation_id}
    session.delete(row)
    session.flush()
    record(session, party, "remove note", now=now, before=before)
    index(session, party)


def make_main(session: Session, actor: Actor, party: Party, public_id: str, *, now: datetime) -> None:
    """Let a further address be the main one; the main one so far becomes a further one."""
    row = _find(session, actor, party, public_id)
    own: Any = party if sees_all(session) else relation(session, party.id, for_update=True)
    if not isinstance(row, PartyAddress) or own is None:
        raise NotFound
    before, own.address = own.address, row.address
    own.version += 1
    if row.organisation_id != noting_organisation(actor):
        pass  # the house takes over what a partner noted, and leaves it with him
    elif before:
        row.address = before
    else:
        session.delete(row)
    session.flush()
    record(session, party, "edit customer", now=now, before={"address": before}, after={"address": own.address})


def _find(session: Session, actor: Actor, party: Party, public_id: str) -> Any:
    own = noting_organisation(actor)
    for table in _TABLES:
        row = session.scalar(
            select(table).where(table.party_id == party.id, table.public_id == public_id).with_for_update()
        )
        if row is not None and (row.organisation_id == own or sees_all(session)):
            return row
    raise NotFound


def notes(session: Session, party: Party) -> list[NoteRow]:
    """Return what is noted of a party, in the order of kinds, as far as the actor may read it."""
    rows = [row for table in _TABLES for row in session.scalars(_newest(table, party))]
    named = _names(session, {row.organisation_id for row in rows}) if sees_all(session) else {}
    found = [NoteRow(row.public_id, _kind(row), _text(row), named.get(row.organisation_id, "")) for row in rows]
    return sorted(found, key=lambda note: NOTE_KINDS.index(note.kind))


def further_addresses(session: Session, party_id: int) -> list[str]:
    """Return the further addresses of a customer, as far as the actor may read them."""
    query = select(PartyAddress.address).where(PartyAddress.party_id == party_id).order_by(PartyAddress.id)
    return list(session.scalars(query.limit(MOST)))


def _newest(table: Any, party: Party) -> Any:
    return select(table).where(table.party_id == party.id).order_by(table.id).limit(4 * MOST)


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    with as_actor(session, SYSTEM):
        return {row.id: row.name for row in session.execute(select(Party.id, Party.name).where(Party.id.in_(ids)))}


def _kind(row: Any) -> str:
    if isinstance(row, PartyIdentifier):
        return row.kind
    return "alias" if isinstance(row, PartyAlias) else "address"


def _text(row: Any) -> str:
    if isinstance(row, PartyIdentifier):
        return row.value
    return str(row.name if isinstance(row, PartyAlias) else row.address)
