"""Which rows of a list are customers that an organisation knows already, found in few queries."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.parties.identity.models import PartyMark
from portal.parties.identity.names import parse
from portal.parties.models import Relation, name_key
from portal.parties.noted_models import PartyAlias, PartyIdentifier
from portal.parties.noting import value_key

BATCH: Final = 500
Rows = Sequence[tuple[int, Mapping[str, str]]]  # line and cells
Search = Callable[[Sequence[str]], Select[str, int]]


def known_parties(session: Session, organisation_id: int, rows: Rows) -> dict[int, int]:
    """Return, by line, the organisation's own customer that a row certainly means."""
    searches: tuple[tuple[Callable[[Mapping[str, str]], str], Search], ...] = (
        (_code, lambda keys: _identifiers(organisation_id, keys)),
        (lambda cells: name_key(cells["name"]), lambda keys: _relations(organisation_id, keys)),
        (lambda cells: name_key(cells["name"]), lambda keys: _aliases(organisation_id, keys)),
        (lambda cells: parse(cells["name"]).key, lambda keys: _marks(organisation_id, keys)),
    )
    found: dict[int, int] = {}
    for key_of, search in searches:
        keys = {line: key for line, cells in rows if line not in found and (key := key_of(cells))}
        there = _look(session, search, sorted(set(keys.values())))
        found |= {line: there[key] for line, key in keys.items() if key in there}
    return found


def _code(cells: Mapping[str, str]) -> str:
    return value_key("credit_code", cells["credit_code"]) if cells.get("credit_code") else ""


def _look(session: Session, search: Search, keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in batches(keys, BATCH):
        for key, party_id in session.execute(search(some)):
            found.setdefault(key, party_id)
    return found


def batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield the items in lists of at most `size`."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


def _relations(organisation_id: int, keys: Sequence[str]) -> Select[str, int]:
    own = (Relation.organisation_id == organisation_id, Relation.kind == "customer")
    query = select(Relation.name_key, Relation.party_id).where(*own, Relation.party_kind == "organisation")
    return query.where(Relation.name_key.in_(keys)).order_by(Relation.party_id)


def _aliases(organisation_id: int, keys: Sequence[str]) -> Select[str, int]:
    own = PartyAlias.organisation_id == organisation_id
    query = select(PartyAlias.name_key, PartyAlias.party_id).where(own, PartyAlias.name_key.in_(keys))
    return query.join(Relation, Relation.party_id == PartyAlias.party_id).where(
        Relation.organisation_id == organisation_id, Relation.kind == "customer"
    )


def _identifiers(organisation_id: int, keys: Sequence[str]) -> Select[str, int]:
    mine = PartyIdentifier
    own = (mine.organisation_id == organisation_id, mine.kind == "credit_code", mine.value_key.in_(keys))
    return select(mine.value_key, mine.party_id).where(*own).order_by(mine.party_id)


def _marks(organisation_id: int, keys: Sequence[str]) -> Select[str, int]:
    own = (Relation.organisation_id == organisation_id, Relation.kind == "customer")
    query = select(PartyMark.value, PartyMark.party_id).join(Relation, Relation.party_id == PartyMark.party_id)
    same = (PartyMark.organisation_id == organisation_id, PartyMark.kind == "name", PartyMark.value.in_(keys))
    return query.where(*own, *same, Relation.party_kind == "organisation").order_by(PartyMark.party_id)
