"""Reading what customers sent to their distributors: the sender's side, the receiver's side, the receiver's list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.models import Configuration
from portal.configurator.template_models import Sending, TakenOver
from portal.db import as_actor
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM, Actor, OrganisationKind
from portal.sharing.models import Share
from portal.sharing.receivers import partners_in_business

PAGE = 25
MOST_OFFERED = 50
PARTY, SHARE, TAKEN = Party.__table__, Share.__table__, TakenOver.__table__


@dataclass(frozen=True, slots=True)
class Distributor:
    """A partner who knows the customer; of him the customer sees the name only."""

    id: int
    public_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Sent:
    """To whom a configuration was sent, and when."""

    to: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """Who sent a configuration, and the newest copy that the receiver made of it."""

    id: int
    public_id: str
    name: str
    sender: str
    at: datetime
    copy: str | None


def distributors(session: Session, organisation_id: int) -> Sequence[Distributor]:
    """Return the partners that know a customer as theirs; the house looks, for they are not the customer's to see."""
    query = (
        select(Organisation.id, Party.public_id, Party.name)
        .join(Party, Party.id == Organisation.id)
        .where(
            Organisation.kind == OrganisationKind.PARTNER.value,
            Organisation.archived_at.is_(None),
            Organisation.id != organisation_id,
            partners_in_business(organisation_id),
        )
        .order_by(Party.name_key, Party.id)
        .limit(MOST_OFFERED)
    )
    with as_actor(session, SYSTEM):
        return [Distributor(*row) for row in session.execute(query)]


def sent_to(session: Session, configuration: Configuration) -> Sequence[Sent]:
    """Return to whom the own configuration was sent and not taken back."""
    query = (
        select(PARTY.c.public_id, PARTY.c.name, Sending.sent_at)
        .join(PARTY, PARTY.c.id == Sending.to_organisation_id)
        .join(SHARE, (SHARE.c.id == Sending.share_id) & SHARE.c.revoked_at.is_(None))
        .where(Sending.configuration_id == configuration.id)
        .order_by(Sending.id)
    )
    return [Sent(*row) for row in session.execute(query)]


def live_sending(session: Session, actor: Actor, configuration: Configuration) -> Sending | None:
    """Return that a configuration was sent to the actor's organisation, unless it was taken back."""
    query = (
        select(Sending)
        .join(SHARE, (SHARE.c.id == Sending.share_id) & SHARE.c.revoked_at.is_(None))
        .where(Sending.configuration_id == configuration.id, Sending.to_organisation_id == actor.organisation_id)
    )
    return session.scalar(query)


def received(
    session: Session,
    actor: Actor,
    *,
    configuration_id: int | None = None,
    before_id: int | None = None,
    limit: int = PAGE,
) -> Sequence[Received]:
    """Return what was sent to the actor's organisation, newest first, one more than `limit` when there are more."""
    copied = Configuration.__table__.alias("copied")
    copy = (
        select(copied.c.public_id)
        .join(TAKEN, TAKEN.c.configuration_id == copied.c.id)
        .where(TAKEN.c.sending_id == Sending.id)
        .order_by(copied.c.id.desc())
        .limit(1)
        .correlate(Sending)
        .scalar_subquery()
    )
    query = (
        select(Sending.id, Configuration.public_id, Configuration.name, PARTY.c.name, Sending.sent_at, copy)
        .join(Configuration, Configuration.id == Sending.configuration_id)
        .join(PARTY, PARTY.c.id == Sending.organisation_id)
        .join(SHARE, (SHARE.c.id == Sending.share_id) & SHARE.c.revoked_at.is_(None))
        .where(Sending.to_organisation_id == actor.organisation_id)
        .order_by(Sending.id.desc())
        .limit(limit + 1)
    )
    if configuration_id is not None:
        query = query.where(Sending.configuration_id == configuration_id)
    if before_id is not None:
        query = query.where(Sending.id < before_id)
    return [Received(*row) for row in session.execute(query)]
