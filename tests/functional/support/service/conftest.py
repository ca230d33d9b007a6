"""What tests of service begin from: the desk of tickets, with a covered device and a field engineer."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.catalog.models import InstalledItem
from portal.policy import SYSTEM, Actor, OrganisationKind, Role, grants_of
from portal.support.service.models import Warranty
from tests.factories.seeds import Seed, Sown
from tests.factories.support import Desk, desk
from tests.factories.world import World

ENGINEER = "supplier.field_engineer"
ENDS = date(2030, 1, 1)


def covered_desk(world: World) -> dict[str, Any]:
    """Write the desk, and a warranty of the hospital's camera since ten days ago."""
    known = desk(world)
    with world.database.writing(SYSTEM) as session:
        item = session.scalars(select(InstalledItem).where(InstalledItem.serial == "SN-HOSPITAL-1")).one()
        begun = world.now.date() - timedelta(days=10)
        session.add(
            Warranty(product_id=item.product_id, serial=item.serial, installed_item_id=item.id, starts_on=begun,
                     ends_on=ENDS, contract="premium", changed_at=world.now)
        )  # fmt: skip
        other = world.add_person(session, "supplier", Role.FIELD_ENGINEER, "2")
        known["engineers"] = {"second": other.public_id}
    return known


@pytest.fixture
def seed() -> Seed:
    return Seed("service", covered_desk)


@pytest.fixture
def service(world: World, sown: Sown) -> Desk:
    known = dict(sown.known())
    known.pop("engineers")
    found = Desk(world, **known)
    grants = grants_of(OrganisationKind.SUPPLIER, [Role.FIELD_ENGINEER])
    for key in (ENGINEER, f"{ENGINEER}2"):
        found.actors[key] = Actor(world.people[key], world.organisations["supplier"], grants)
    return found
