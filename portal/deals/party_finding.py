"""Customers and their contacts as the search finds them: as each organisation calls them, and by what it noted."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.finding import joined
from portal.parties.merging_models import PartyMerge
from portal.parties.models import Organisation, Party, Relation
from portal.parties.noted_models import PartyAddress, PartyAlias, PartyIdentifier
from portal.policy import Permission
from portal.search import audience
from portal.search.documents import Document
from portal.search.sources import RowSource, itself

HOUSE = None  # stands for the organisation in what belongs to the house


@dataclass(slots=True)
class _Noted:
    """What one organisation noted of a party beside its name."""

    aliases: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


Notes = Mapping[tuple[int | None, int], _Noted]


class CustomerSource(RowSource):
    """Every customer, once for each organisation that knows it, as that one calls it, and once for the house.

    None reads what another typed, so each of these documents has the words of one organisation only.
    """

    kind = "customer"
    version = 2
    model = Party
    watched = {  # noqa: RUF012 - as the protocol has it
        Party: itself,
        Relation: lambda relation: (relation.party_id,),
        PartyAlias: lambda alias: (alias.party_id,),
        PartyIdentifier: lambda identifier: (identifier.party_id,),
        PartyAddress: lambda address: (address.party_id,),
        PartyMerge: lambda merge: (
            merge.survivor_id,
            merge.merged_id,
        ),  # who knew the one knows the other: by statement
    }

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these parties."""
        parties = _living(session, "organisation", ids)
        notes = _notes(session, parties)
        return [
            _customer(parties[party_id], called, token, notes.get((whose, party_id), _Noted()))
            for party_id, called, whose, token in _known(session, parties)
        ]


class ContactSource(RowSource):
    """Every contact of a customer, once for each organisation that noted it, and once for the house."""

    kind = "contact"
    model = Party
    watched = {Party: itself, Relation: lambda relation: (relation.party_id,)}  # noqa: RUF012 - as the protocol has it

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these contacts; they are shown on the page of their customer."""
        contacts = _living(session, "contact", ids)
        wanted = {row.employer_id for row in contacts.values() if row.employer_id is not None}
        employers = _living(session, "organisation", wanted)
        return [
            _contact(contacts[party_id], called, token, employers[employer])
            for party_id, called, _, token in _known(session, contacts)
            if (employer := contacts[party_id].employer_id or 0) in employers
        ]


def _living(session: Session, kind: str, ids: Collection[int]) -> dict[int, Party]:
    query = select(Party).where(Party.id.in_(ids), Party.kind == kind, Party.merged_into_id.is_(None))
    return {row.id: row for row in session.scalars(query)} if ids else {}


def _known(session: Session, parties: Mapping[int, Party]) -> Iterable[tuple[int, Any, int | None, str]]:
    """Return of each party who calls it how: its number, the row with the words, whose they are, and who reads them."""
    house = audience.house(Permission.PARTY_VIEW)
    for party in parties.values():
        yield party.id, party, HOUSE, house
    known = select(Relation).where(Relation.party_id.in_(parties), Relation.kind == "customer")
    for row in session.scalars(known.order_by(Relation.party_id, Relation.id)):
        yield row.party_id, row, row.organisation_id, audience.organisation(row.organisation_id, Permission.PARTY_VIEW)


def _customer(party: Party, called: Any, token: str, noted: _Noted) -> Document:
    return Document(
        kind=CustomerSource.kind,
        id=party.id,
        public_id=party.public_id,
        audience=frozenset({token}),
        title=joined(called.name, called.name_en if called.name_en != called.name else ""),
        body=joined(called.address, *noted.addresses, called.phone, called.email, *noted.identifiers),
        facts={"number": tuple(noted.identifiers)},
        wordings=tuple(noted.aliases),
        path=f"/customers/{party.public_id}",
    )


def _contact(party: Party, called: Any, token: str, employer: Party) -> Document:
    return Document(
        kind=ContactSource.kind,
        id=party.id,
        public_id=party.public_id,
        audience=frozenset({token}),
        title=joined(called.name, called.name_en if called.name_en != called.name else ""),
        body=joined(called.phone, called.email),
        path=f"/customers/{employer.public_id}",
    )


def _notes(session: Session, ids: Collection[int]) -> Notes:
    """Return what was noted of parties, by whose it is and the party; what its own people noted is the house's."""
    found: dict[tuple[int | None, int], _Noted] = defaultdict(_Noted)
    if not ids:
        return found
    house = set(session.scalars(select(Organisation.id).where(Organisation.kind == "supplier")))
    kinds: tuple[tuple[str, Any, Any], ...] = (
        ("aliases", PartyAlias, PartyAlias.name),
        ("identifiers", PartyIdentifier, PartyIdentifier.value),
        ("addresses", PartyAddress, PartyAddress.address),
    )
    for name, table, text in kinds:
        columns = select(table.organisation_id, table.party_id, text).where(table.party_id.in_(ids))
        for whose, party_id, words in session.execute(columns.order_by(table.id)):
            for reader in (whose, HOUSE) if whose in house else (whose,):
                getattr(found[reader, party_id], name).append(words)
    return found
