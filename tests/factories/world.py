"""A small world for functional tests: the supplier, two partners, a customer, one person for every role."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from portal.accounts import operations
from portal.accounts.models import Person
from portal.accounts.passwords import hash_of
from portal.accounts.queries import load_viewer
from portal.config import Settings
from portal.db import Database, utc_now
from portal.parties.models import Organisation, Party, Relation, name_key
from portal.policy import ROLES_OF, SYSTEM, Actor, OrganisationKind, Role

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = hash_of(PASSWORD)


@dataclass
class World:
    """Keys of what was made: `organisations["north"]`, `people["north.sales"]`, `customers["north"]`."""

    database: Database
    settings: Settings
    now: datetime
    organisations: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def build(cls, database: Database, settings: Settings) -> "World":
        """Write the world."""
        world = cls(database, settings, utc_now())
        with database.writing(SYSTEM) as session:
            for key, name, kind, tier in (
                ("supplier", "Lanqiao Vision", OrganisationKind.SUPPLIER, ""),
                ("north", "Northern Partner", OrganisationKind.PARTNER, "gold"),
                ("south", "Southern Partner", OrganisationKind.PARTNER, "silver"),
                ("hospital", "Qingxi Hospital", OrganisationKind.CUSTOMER, ""),
            ):
                world.add_organisation(session, key, name, kind, tier)
        return world

    def add_organisation(self, session: Any, key: str, name: str, kind: OrganisationKind, tier: str) -> None:
        """Write one organisation with one person for each of its roles and one customer it knows."""
        party = Party(kind="organisation", name=name, name_key=name_key(name), created_at=self.now)
        session.add(party)
        session.flush()
        terms = {"currency": "CNY", "tax_bps": 1300, "locale": "en", "time_zone": "Asia/Shanghai"}
        session.add(Organisation(id=party.id, kind=kind.value, tier=tier, **terms))
        session.flush()
        self.organisations[key] = party.id
        for role in ROLES_OF[kind]:
            self.add_person(session, key, role)
        known = Party(
            kind="organisation",
            name=f"Customer of {name}",
            name_key=name_key(f"Customer of {name}"),
            created_at=self.now,
        )
        session.add(known)
        session.flush()
        session.add(Relation(organisation_id=party.id, party_id=known.id, kind="customer", created_at=self.now))
        self.customers[key] = known.id

    def add_person(self, session: Any, organisation: str, role: Role, suffix: str = "") -> Person:
        """Write one person."""
        key = f"{organisation}.{role.value}{suffix}"
        email = f"{key.replace('_', '-')}@example.com"
        person = Person(
            organisation_id=self.organisations[organisation],
            email=email,
            name=f"{role.value} of {organisation}{suffix}",
            password_hash=PASSWORD_HASH,
            locale="en",
            time_zone="Asia/Shanghai",
            created_at=self.now,
        )
        session.add(person)
        session.flush()
        operations.set_roles(session, person, [role])
        self.people[key], self.emails[key] = person.id, email
        return person

    def actor(self, key: str) -> Actor:
        """Return the actor of a person."""
        with self.database.writing(SYSTEM) as session:
            token = operations.sign_in(session, session.get_one(Person, self.people[key]), now=self.now)
            found = load_viewer(session, token, self.now)
        assert found is not None
        return found.actor

    def client(self, app: Flask, key: str | None) -> FlaskClient:
        """Return a browser in which the person is signed in, without CSRF checks."""
        app.config["WTF_CSRF_ENABLED"] = False
        client = app.test_client()
        if key is None:
            return client
        with self.database.writing(SYSTEM) as session:
            token = operations.sign_in(session, session.get_one(Person, self.people[key]), now=self.now)
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return client
