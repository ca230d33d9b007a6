"""The catalogue that we ship, which most tests of configurations and quotes begin from."""

import pytest
from sqlalchemy import select

from portal.catalog.loading import load_catalog
from portal.catalog.models import Product
from portal.config import shipped
from portal.policy import SYSTEM
from tests.factories.seeds import A_WORLD, Seed
from tests.factories.world import World


def stock(world: World) -> None:
    """Load the shipped catalogue, unless the world has it."""
    with world.database.writing(SYSTEM) as session:
        if session.scalar(select(Product.id).limit(1)) is None:
            load_catalog(session, shipped("rules") / "catalog", now=world.now)


A_STOCKED_WORLD = Seed("stocked world", stock)


@pytest.fixture
def stocked_seed(request: pytest.FixtureRequest) -> Seed | None:
    """The small world with the catalogue."""
    return A_STOCKED_WORLD if "world" in request.fixturenames else None


@pytest.fixture
def plain_seed(request: pytest.FixtureRequest) -> Seed | None:
    """The small world without a catalogue, for tests that load one of their own."""
    return A_WORLD if "world" in request.fixturenames else None
