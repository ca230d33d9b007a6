"""The same customer written five ways: what one knows already when somebody notes a new one."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Invalid
from portal.parties.identity.matching import find
from portal.parties.models import Party, Relation, name_key, says_something
from portal.parties.noted_models import PartyAlias, PartyIdentifier
from portal.parties.noting import value_key
from portal.parties.queries import known_by_name, sees_all
from portal.words import N_

MOST: Final = 5
SHORTEST: Final = 2  # signs of a name below which nothing is suggested
KNOWN_NAME: Final = N_("You know a customer of this name already; search for it in the list.")
NAMELESS: Final = N_("A name has letters or digits.")
KNOWN_CODE: Final = N_("You know a customer with this credit code already.")


@dataclass(frozen=True, slots=True)
class Similar:
    """A customer one knows that may be meant."""

    public_id: str
    name: str
    name_en: str
    address: str


class Duplicate(Invalid):
    """The customer certainly is one that the organisation knows; `party_id` says which."""

    def __init__(self, message: str, *, field: str, party_id: int) -> None:
        super().__init__(message, field=field)
        self.party_id = party_id


def check_new(session: Session, organisation_id: int, *, name: str, credit_code: str = "") -> None:
    """Raise Duplicate when a new customer certainly is a known one of the organisation, Invalid for no name at all."""
    check_name(name)
    if credit_code:
        there = known_by_identifier(session, organisation_id, "credit_code", value_key("credit_code", credit_code))
        if there is not None:
            raise Duplicate(KNOWN_CODE, field="credit_code", party_id=there)
    there = known_by_name(session, organisation_id, name_key(name)) or _by_alias(session, organisation_id, name)
    there = there or _certainly(session, organisation_id, name)
    if there is not None:
        raise Duplicate(KNOWN_NAME, field="name", party_id=there)


def check_name(name: str, field: str = "name") -> None:
    """Raise Invalid for a name of punctuation alone."""
    if not says_something(name):
        raise Invalid(NAMELESS, field=field)


def known_by_identifier(session: Session, organisation_id: int, kind: str, key: str) -> int | None:
    """Return the key of an organisation's customer with an identifier that it noted itself."""
    own = (PartyIdentifier.organisation_id == organisation_id, PartyIdentifier.kind == kind)
    return session.scalar(select(PartyIdentifier.party_id).where(*own, PartyIdentifier.value_key == key).limit(1))


def _by_alias(session: Session, organisation_id: int, name: str) -> int | None:
    own = (PartyAlias.organisation_id == organisation_id, PartyAlias.name_key == name_key(name))
    return session.scalar(select(PartyAlias.party_id).where(*own).limit(1))


def _certainly(session: Session, organisation_id: int, name: str) -> int | None:
    """Return an own customer whose name certainly means the same company, written another way."""
    certain = [match.party_id for match in find(session, name, limit=MOST) if match.certain]
    own = (Relation.organisation_id == organisation_id, Relation.kind == "customer")
    return session.scalar(select(Relation.party_id).where(*own, Relation.party_id.in_(certain)).limit(1))


def similar(session: Session, name: str) -> list[Similar]:
    """Return the customers the actor sees whose names are like `name`, best first, in the words he knows them by."""
    if len(name.strip()) < SHORTEST:
        return []
    order = [match.party_id for match in find(session, name, limit=MOST)]
    party = Party.__table__.c
    if sees_all(session):
        query = select(Party.id, Party.public_id, Party.name, Party.name_en, Party.address)
        query = query.where(Party.id.in_(order), Party.kind == "organisation", Party.archived_at.is_(None))
    else:
        query = select(party.id, party.public_id, Relation.name, Relation.name_en, Relation.address)
        query = query.join(Party.__table__, party.id == Relation.party_id).where(party.archived_at.is_(None))
        mine = (Relation.kind == "customer", Relation.party_kind == "organisation")
        query = query.where(Relation.party_id.in_(order), *mine)
    rows = {row[0]: Similar(*row[1:]) for row in session.execute(query)}
    return [rows[key] for key in order if key in rows]
