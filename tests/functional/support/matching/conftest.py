"""A world in which something is known: fault types, two articles, an index."""

from typing import Any

import pytest

from tests.factories.knowledge import KNOWING, Knowledge
from tests.factories.seeds import Seed, Sown
from tests.factories.world import World


@pytest.fixture
def seed() -> Seed:
    """What every test here begins from."""
    return KNOWING


@pytest.fixture
def known(sown: Sown) -> dict[str, Any]:
    """Public ids of articles and equipment."""
    return sown.known()  # type: ignore[no-any-return]


@pytest.fixture
def knowledge(world: World, known: dict[str, Any]) -> Knowledge:
    """Whoever writes articles."""
    return Knowledge(world, dict(known["articles"]))
