"""What a customer does to have his configuration quoted, and what his distributor makes of it."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.configurator.models import Configuration
from portal.configurator.sending_queries import Distributor, distributors, live_sending
from portal.configurator.starting_operations import Begun, copy_configuration, known_customer
from portal.configurator.template_models import Sending, TakenOver
from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.notify.models import Notice
from portal.notify.operations import tell
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, Role, allows
from portal.sharing.models import Share
from portal.sharing.news import path_of
from portal.sharing.operations import revoke, share
from portal.sharing.queries import name_of
from portal.sharing.receivers import people_of
from portal.words import N_

ASKED = "no_distributor"


def send(session: Session, actor: Actor, configuration: Configuration, to: str, *, now: datetime) -> Sending:
    """Send a customer's configuration to one of his distributors, who may then change it and make his own of it.

    What was sent to him already is not sent again. Everybody who is no distributor of the customer looks the same.
    """
    _demand_customer(session, actor, configuration)
    distributor = _distributor(distributors(session, configuration.organisation_id), to)
    shared = share(session, actor, configuration, with_organisation_id=distributor.id, access="edit", now=now)
    found = session.scalar(select(Sending).where(Sending.share_id == shared.id))
    if found is not None:
        return found
    made = Sending(
        organisation_id=configuration.organisation_id,
        configuration_id=configuration.id,
        to_organisation_id=distributor.id,
        share_id=shared.id,
        person_id=actor.person_id,
        sent_at=now,
    )
    session.add(made)
    session.flush()
    record(session, made, "send", now=now, after={"configuration": configuration.public_id, "to": distributor.id})
    if shared.created_at != now:  # a new share tells them itself
        params = {"organisation": name_of(session, configuration.organisation_id), "name": configuration.name}
        for receiver in people_of(session, distributor.id):
            tell(session, receiver.id, "sent", params, _path(configuration), now=now)
    return made


def withdraw(session: Session, actor: Actor, configuration: Configuration, to: str, *, now: datetime) -> None:
    """Take back what was sent to a distributor: he does not see it any more, his own copies stay his.

    Where nothing is to be taken back nothing happens.
    """
    if not allows(actor, Permission.CONFIGURATION_EDIT, configuration):
        raise NotAllowed
    query = (
        select(Share, Sending)
        .join(Sending, Sending.share_id == Share.id)
        .join(Party.__table__, Party.__table__.c.id == Sending.to_organisation_id)
        .where(
            Sending.configuration_id == configuration.id,
            Share.revoked_at.is_(None),
            Party.__table__.c.public_id == to,
        )
    )
    for shared, sent in session.execute(query).all():
        revoke(session, actor, shared, now=now)
        record(session, sent, "withdraw", now=now)


def take_over(session: Session, actor: Actor, configuration: Configuration, *, today: date, now: datetime) -> Begun:
    """Make the distributor's own configuration of one that was sent to him, for the customer who sent it."""
    sent = live_sending(session, actor, configuration)
    if sent is None:
        raise Conflict(N_("Nobody sent you this configuration."))
    begun = copy_configuration(
        session,
        actor,
        configuration,
        name=configuration.name,
        customer_id=known_customer(session, sent.organisation_id),
        today=today,
        now=now,
    )
    organisation_id = begun.configuration.organisation_id
    taken = TakenOver(
        configuration_id=begun.configuration.id, organisation_id=organisation_id, sending_id=sent.id, at=now
    )
    session.add(taken)
    session.flush()
    record(session, begun.configuration, "take over", now=now, after={"from": configuration.public_id})
    return begun


def ask_for_distributor(session: Session, actor: Actor, configuration: Configuration, *, now: datetime) -> None:
    """Tell the channel managers that a customer has nobody to buy from; whoever has not read it is not told again."""
    _demand_customer(session, actor, configuration)
    if distributors(session, configuration.organisation_id):
        raise Conflict(N_("A distributor is noted for your organisation by now."))
    path, name = _path(configuration), name_of(session, configuration.organisation_id)
    with as_actor(session, SYSTEM):
        told = set(
            session.scalars(
                select(Notice.person_id).where(Notice.kind == ASKED, Notice.path == path, Notice.read_at.is_(None))
            )
        )
        for person_id in _channel_managers(session):
            if person_id not in told:
                tell(session, person_id, ASKED, {"organisation": name, "name": configuration.name}, path, now=now)


def _path(configuration: Configuration) -> str:
    return path_of(configuration.__tablename__, configuration.public_id)


def _channel_managers(session: Session) -> Sequence[int]:
    query = (
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(
            PersonRole.role == Role.CHANNEL_MANAGER.value,
            Organisation.kind == OrganisationKind.SUPPLIER.value,
            Person.disabled_at.is_(None),
        )
    )
    return session.scalars(query).all()


def _demand_customer(session: Session, actor: Actor, configuration: Configuration) -> None:
    """Raise unless a customer does something with his own configuration."""
    if not allows(actor, Permission.CONFIGURATION_EDIT, configuration):
        raise NotAllowed
    kind = session.scalar(select(Organisation.kind).where(Organisation.id == configuration.organisation_id))
    if kind is None:
        raise NotFound
    if kind != OrganisationKind.CUSTOMER.value:
        raise Conflict(N_("Only customers send a configuration to a distributor."))


def _distributor(known: Sequence[Distributor], to: str) -> Distributor:
    found = next((one for one in known if one.public_id == to), None)
    if found is None:
        raise Invalid(N_("Choose one of your distributors."), field="to")
    return found
