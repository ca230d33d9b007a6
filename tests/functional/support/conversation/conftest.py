"""What tests of the conversation begin from."""

import pytest

from tests.factories.seeds import Seed, Sown
from tests.factories.talks import A_TALK, Talk
from tests.factories.world import World


@pytest.fixture
def seed() -> Seed:
    return A_TALK


@pytest.fixture
def talk(world: World, sown: Sown) -> Talk:
    return Talk(world, **sown.known())
