"""Where names and marks of parties come from: one function for each table that holds some."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.parties.identity import credit_code
from portal.parties.identity.domains import company_domain
from portal.parties.identity.models import HOUSE
from portal.parties.identity.names import parse
from portal.parties.identity.phones import normal_phone
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyAlias, PartyIdentifier

KINDS: Final = {"credit_code": "code", "tax_number": "tax", "domain": "domain", "phone": "phone"}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a party, as written: a name, a code, a tax number, a domain or a phone."""

    party_id: int
    organisation_id: int  # whose word it is, or `HOUSE`
    kind: str
    value: str


Source = Callable[[Session, Collection[int]], Iterable[Said]]


def of_parties(session: Session, ids: Collection[int]) -> Iterator[Said]:
    """Yield what the rows of organisations themselves say."""
    columns = (Party.id, Party.name, Party.name_en, Party.email, Party.phone)
    for party_id, name, name_en, email, phone in session.execute(select(*columns).where(Party.id.in_(ids))):
        yield from _said(party_id, HOUSE, name, name_en, email, phone)


def of_relations(session: Session, ids: Collection[int]) -> Iterator[Said]:
    """Yield what those who know a party call it, and where they reach it."""
    columns = (Relation.party_id, Relation.organisation_id, Relation.name, Relation.name_en, Relation.email)
    query = select(*columns, Relation.phone).where(Relation.party_id.in_(ids)).order_by(Relation.id)
    for party_id, organisation_id, name, name_en, email, phone in session.execute(query):
        yield from _said(party_id, organisation_id, name, name_en, email, phone)


def of_aliases(session: Session, ids: Collection[int]) -> Iterator[Said]:
    """Yield further names."""
    columns = (PartyAlias.party_id, PartyAlias.organisation_id, PartyAlias.name)
    for party_id, organisation_id, name in session.execute(
        select(*columns).where(PartyAlias.party_id.in_(ids)).order_by(PartyAlias.id)
    ):
        yield Said(party_id, organisation_id, "name", name)


def of_identifiers(session: Session, ids: Collection[int]) -> Iterator[Said]:
    """Yield codes, numbers, domains and phones."""
    mine = PartyIdentifier
    columns = (mine.party_id, mine.organisation_id, mine.kind, mine.value)
    for party_id, organisation_id, kind, value in session.execute(
        select(*columns).where(mine.party_id.in_(ids)).order_by(mine.id)
    ):
        yield Said(party_id, organisation_id, KINDS[kind], value)


SOURCES: Final[tuple[Source, ...]] = (of_parties, of_relations, of_aliases, of_identifiers)


def _said(party_id: int, organisation_id: int, name: str, name_en: str, email: str, phone: str) -> Iterator[Said]:
    for kind, value in (("name", name), ("name", name_en), ("domain", email), ("phone", phone)):
        if value:
            yield Said(party_id, organisation_id, kind, value)


def normal(kind: str, value: str) -> str:
    """Return a mark in the one form in which marks are compared; "" when it identifies nobody."""
    if kind == "name":
        return parse(value).key
    if kind == "phone":
        return normal_phone(value)
    if kind == "domain":
        return company_domain(value)
    return credit_code.normal(value)[:200]
