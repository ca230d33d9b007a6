"""What tests of the numbers begin from."""

from datetime import UTC, datetime

import pytest

from tests.factories.seeds import Seed, Sown
from tests.factories.support import A_DESK, Desk
from tests.factories.world import World


@pytest.fixture
def seed() -> Seed:
    return A_DESK


@pytest.fixture
def desk(world: World, sown: Sown) -> Desk:
    """The desk some days before the clocks go forward in New York; its first ticket is some months old by then."""
    made = Desk(world, **sown.known())
    made.now = datetime(world.now.year + 1, 3, 5, 14, tzinfo=UTC)
    return made
