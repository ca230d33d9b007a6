"""What a relation says that gives way to another one of the same party and organisation is kept, and can be taken out.

Two parties become one (`merging`), or a customer comes to an organisation that knows it already (transfers): of two
relations one is set aside. The other takes from it what it does not say itself, the rest becomes notes beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.parties.identity.domains import company_domain
from portal.parties.identity.phones import normal_phone
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyAddress, PartyAlias, PartyIdentifier
from portal.parties.references import Keys
from portal.parties.rivals import Followers

FILLED: Final = ("name_en", "phone", "email", "address", "industry", "region", "size")


@dataclass
class Moves:
    """What was done to rows, for its undoing."""

    moved: dict[str, Keys] = field(default_factory=dict)
    set_aside: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    made: dict[str, Keys] = field(default_factory=dict)
    filled: list[list[Any]] = field(default_factory=list)  # table, key, column, before, after
    followers: Followers = field(default_factory=list)


def keep_words(session: Session, moves: Moves, kept: Relation, lost: Relation, *, now: datetime) -> None:
    """Let `kept` say, itself or in notes beside it, what only `lost` says; the caller removes `lost`."""
    fill(moves, kept, lost)
    for row in _leftovers(session, kept, lost, now):
        session.add(row)
        session.flush()
        moves.made.setdefault(row.__tablename__, []).append([row.id])
    session.expunge(lost)  # it is deleted below the session


def fill(moves: Moves, kept: Party | Relation, lost: Party | Relation) -> None:
    """Write what `kept` leaves empty."""
    for column in FILLED:
        before, given = getattr(kept, column), getattr(lost, column)
        if not before and given:
            setattr(kept, column, given)
            moves.filled.append([kept.__tablename__, kept.id, column, before, given])


def empty_again(session: Session, filled: list[list[Any]]) -> None:
    """Take out what was filled in, unless somebody wrote something else there since."""
    classes: dict[str, type[Party] | type[Relation]] = {"party": Party, "relation": Relation}
    for table, key, column, before, given in filled:
        row = session.get(classes[table], key)
        if row is not None and getattr(row, column) == given:
            setattr(row, column, before)
    session.flush()


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
    """Whether a note would stand twice, beside one that is there or one that came along."""
    table = type(row)
    compared: Mapping[Any, tuple[str, ...]] = {
        PartyAlias: ("name_key",), PartyIdentifier: ("kind", "value_key"), PartyAddress: ("address",),
    }  # fmt: skip
    same = [getattr(table, name) == getattr(row, name) for name in compared[table]]
    query = select(table.id).where(table.organisation_id == row.organisation_id, table.party_id == row.party_id, *same)
    return session.scalar(query.limit(1)) is not None
