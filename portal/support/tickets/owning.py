"""Whose matter a ticket is: which organisation owns it, which partner sees it too, which customer it is about."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Invalid, NotFound
from portal.parties import queries as parties
from portal.parties.models import Organisation
from portal.policy import SYSTEM, Actor, OrganisationKind
from portal.support.tickets.equipment import Equipment
from portal.support.tickets.models import works
from portal.words import N_


@dataclass(frozen=True, slots=True)
class Matter:
    """Owner, partner and customer of a ticket."""

    organisation_id: int
    partner_organisation_id: int | None
    customer_id: int


def whose(session: Session, actor: Actor, *, customer: str, things: Equipment, kind: str) -> Matter:
    """Return whose matter it is; raises NotFound for a customer that the actor does not know.

    A customer's complaint stays between him and the house: the partner who serves him is not shown it.
    """
    assert actor.organisation_id is not None
    own = _kind(session, actor.organisation_id)
    serves = things.partner_id
    if own is OrganisationKind.CUSTOMER:
        _check_at(things, actor.organisation_id)
        partner = serves if serves and kind != "complaint" and serves != actor.organisation_id else None
        return Matter(actor.organisation_id, partner, actor.organisation_id)
    about = _about(session, actor, customer, things)
    owner = _kind(session, about)
    if owner is not None:
        partner = actor.organisation_id if own is OrganisationKind.PARTNER else serves
        if own is not OrganisationKind.PARTNER and kind == "complaint":
            partner = None
        return Matter(about, partner if partner != about else None, about)
    if own is OrganisationKind.PARTNER:
        return Matter(actor.organisation_id, None, about)
    return Matter(serves or actor.organisation_id, None, about)


def _about(session: Session, actor: Actor, customer: str, things: Equipment) -> int:
    """Return the customer: the named one, else whose equipment it is, else the own organisation of a partner."""
    if customer:
        found = parties.customer(session, customer).id
        _check_at(things, found)
        return found
    if things.party_id is not None:
        return things.party_id
    if works(actor):
        raise Invalid(N_("Choose the customer."), field="customer")
    assert actor.organisation_id is not None
    return actor.organisation_id


def _check_at(things: Equipment, party_id: int) -> None:
    """Equipment of one customer is not named in the ticket of another."""
    if things.party_id is not None and things.party_id != party_id:
        raise NotFound


def _kind(session: Session, organisation_id: int) -> OrganisationKind | None:
    """Return what kind of organisation signs in under this id; None for a party that does not."""
    with as_actor(session, SYSTEM):
        query = select(Organisation.kind).where(Organisation.id == organisation_id, Organisation.archived_at.is_(None))
        kind = session.scalar(query)
    return OrganisationKind(kind) if kind else None
