"""What tests of tickets begin from."""

import pytest

from tests.factories.seeds import Seed, Sown
from tests.factories.support import A_DESK, Desk
from tests.factories.world import World


@pytest.fixture
def seed() -> Seed:
    return A_DESK


@pytest.fixture
def desk(world: World, sown: Sown) -> Desk:
    return Desk(world, **sown.known())
