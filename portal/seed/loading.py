"""Loading the demo world in one transaction through the operations of the portal, and taking it away again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from portal import migrate, wiring
from portal.accounts import operations as accounts
from portal.accounts.models import Person
from portal.accounts.passwords import hash_of
from portal.administration.operations import open_organisation
from portal.catalog.loading import load_catalog
from portal.catalog.models import Product
from portal.config import shipped
from portal.configurator.language.reader import read_ruleset
from portal.configurator.models import RuleRevision
from portal.configurator.publishing import publish
from portal.dates import business_date
from portal.db import Database, ScopedSession, as_actor
from portal.errors import Conflict
from portal.notify.operations import tell
from portal.parties import operations as parties
from portal.parties.identity.indexing import index_missing
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM, Actor, grants_of
from portal.seed import helping, knowing, marker, registering, serving, stories, supporting
from portal.seed.stories import Cast
from portal.seed.world import CUSTOMERS, FIRMS, PASSWORD, PEOPLE, QINGXI_CONTACTS
from portal.words import N_

OPENED = timedelta(days=190)  # before the first start
KNOWN = timedelta(days=90)
SELLERS = {"yunling": "su", "haixing": "lin", "northline": "amina"}


class State(Enum):
    """What a database holds."""

    EMPTY = "empty"
    DEMO = "demo"
    IN_USE = "in use"


def state_of(database: Database) -> State:
    """Return whether the database is empty, a demo, or in use: somebody's people, products or rules are in it."""
    with database.reading(SYSTEM) as session:
        if marker.is_demo(session):
            return State.DEMO
        columns = (Party.id, Person.id, Product.id, RuleRevision.id)
        used = any(session.scalar(select(column).limit(1)) is not None for column in columns)
    return State.IN_USE if used else State.EMPTY


def erase(database: Database, *, really: bool) -> None:
    """Take the schema down and up again; unless `really` is meant, only when the database is empty or a demo."""
    if inspect(database.engine).has_table("history") and not really and state_of(database) is State.IN_USE:
        raise Conflict(N_("This database is no demo. To remove everything in it, say --yes-really-erase as well."))
    migrate.upgrade(database)
    migrate.downgrade(database, "base")
    migrate.upgrade(database)


def load_demo(database: Database, *, now: datetime, zone: str) -> None:
    """Fill an empty database with the demo world, all of it or nothing; `zone` is the supplier's."""

    if state_of(database) is not State.EMPTY:
        raise Conflict(N_("The demo world goes into an empty database only."))

    wiring.install()

    def work(session: ScopedSession) -> None:
        marker.mark(session, now=now)
        load_catalog(session, shipped("rules") / "catalog", now=now - OPENED)
        ruleset = read_ruleset(shipped("rules") / "products" / stories.RULES)
        # What is shipped was checked by our tests; checking it again takes longer than all the rest.
        publish(session, ruleset, effective_on=business_date(now - OPENED, zone), now=now - OPENED, found=())
        people = _people(session, now)
        cast = Cast(session, people, _customers(session, people, now), zone, now)
        index_missing(session)
        stories.tell_all(cast)
        registering.tell_all(cast)
        knowing.tell_all(cast)
        supporting.tell_all(cast)
        serving.tell_all(cast)
        helping.count(cast)
        for actor in people.values():
            assert actor.person_id is not None
            tell(session, actor.person_id, "welcome", {}, "/", now=now)

    database.write(SYSTEM, work)


def _people(session: Session, now: datetime) -> Mapping[str, Actor]:
    """Write organisations and people; return the actors by key."""
    hashed, actors = hash_of(PASSWORD), dict[str, Actor]()
    since = now - OPENED
    firms = {}
    for firm in FIRMS:
        made = open_organisation(
            session,
            name=firm.name,
            name_en=firm.name_en,
            kind=firm.kind,
            tier=firm.tier,
            currency=firm.currency,
            tax_bps=firm.tax_bps,
            locale=firm.locale,
            time_zone=firm.time_zone,
            address=firm.address,
            now=since,
        )
        firms[firm.key] = (firm, made.id)
    for somebody in PEOPLE:
        firm, organisation_id = firms[somebody.firm]
        person = Person(
            organisation_id=organisation_id,
            email=somebody.email,
            name=somebody.name,
            password_hash=hashed,
            locale=firm.locale,
            time_zone=firm.time_zone,
            created_at=since,
        )
        session.add(person)
        session.flush()
        accounts.set_roles(session, person, somebody.roles)
        actors[somebody.key] = Actor(person.id, organisation_id, grants_of(firm.kind, somebody.roles))
    return actors


def _customers(session: Session, people: Mapping[str, Actor], now: datetime) -> Mapping[tuple[str, str], int]:
    """Let partners know their customers; return party keys by partner and customer."""
    actors = {partner: people[seller] for partner, seller in SELLERS.items()}
    found: dict[tuple[str, str], int] = {}
    at = now - KNOWN
    for known in CUSTOMERS:
        for partner, (contact, reach) in known.contacts.items():
            with as_actor(session, actors[partner]):
                names = {"name": known.name, "name_en": known.name_en, "address": known.address}
                made = parties.add_customer(session, actors[partner], **names, contact=contact, reach=reach, now=at)
            found[partner, known.key] = made.id
    hospital = session.scalars(select(Party).join(Organisation).where(Party.name_en == "Qingxi Hospital")).one()
    for partner, (contact, reach) in QINGXI_CONTACTS.items():
        actor = actors[partner]
        assert actor.organisation_id is not None
        with as_actor(session, actor):
            parties.know(session, actor.organisation_id, hospital, now=at)
            parties.add_contact(session, actor, hospital, name=contact, reach=reach, now=at)
        found[partner, "qingxi"] = hospital.id
    return found
