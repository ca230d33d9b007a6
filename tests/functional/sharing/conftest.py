"""A configuration that one organisation shares with another."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from portal.configurator import operations as configurator
from portal.configurator.models import Configuration, ConfigurationStep
from portal.configurator.queries import configuration
from portal.db import Database
from portal.parties.models import Relation
from portal.policy import SYSTEM
from portal.sharing.models import Share
from portal.sharing.operations import revoke, share
from tests.factories.deals import Deals
from tests.factories.stock import stocked_seed as seed  # noqa: F401 - what every test here begins from
from tests.factories.world import World


@dataclass
class Stage:
    """A configuration of Northern Partner, whose customer the hospital is, and what people do with it."""

    world: World
    public_id: str

    def configure(self, who: str) -> str:
        """Return the public id of another configuration."""
        return Deals(self.world).configure(who, customer=False)

    def share(self, *, person: str = "", organisation: str = "", access: str = "view", by: str = "north.sales") -> str:
        """Share it; return the public id of the share."""
        actor = self.world.actor(by)
        with self.world.database.writing(actor) as session:
            made = share(
                session,
                actor,
                configuration(session, self.public_id),
                with_person_id=self.world.people[person] if person else None,
                with_organisation_id=self.world.organisations[organisation] if organisation else None,
                access=access,
                message="Please look.",
                now=self.world.now,
            )
            return made.public_id

    def revoke(self, share_id: str, by: str = "north.sales") -> None:
        """Take a share back."""
        actor = self.world.actor(by)
        with self.world.database.writing(actor) as session:
            row = session.scalars(select(Share).where(Share.public_id == share_id)).one()
            revoke(session, actor, row, now=self.world.now)

    def sees(self, who: str) -> bool:
        """Return whether somebody sees the configuration and its steps; the two always agree."""
        with self.world.database.reading(self.world.actor(who)) as session:
            row = session.scalar(select(Configuration).where(Configuration.public_id == self.public_id))
            steps = select(ConfigurationStep).join(
                Configuration.__table__, Configuration.__table__.c.id == ConfigurationStep.configuration_id
            )
            found = session.scalars(steps.where(Configuration.__table__.c.public_id == self.public_id)).all()
            assert (row is not None) == bool(found)
            return row is not None

    def choose(self, who: str, key: str = "days", value: int = 20) -> None:
        """Choose a value on behalf of somebody."""
        actor = self.world.actor(who)
        with self.world.database.writing(actor) as session:
            row = configuration(session, self.public_id, for_update=True)
            configurator.choose(session, actor, row, key, value, version=row.version, now=self.world.now)


@pytest.fixture
def stage(world: World, database: Database) -> Stage:
    """Northern Partner knows the hospital, which signs in; Southern Partner is a stranger."""
    with database.writing(SYSTEM) as session:
        knows = {"organisation_id": world.organisations["north"], "party_id": world.organisations["hospital"]}
        session.add(Relation(**knows, kind="customer", created_at=world.now))
    return Stage(world, Deals.open(world).configure("north.sales"))
