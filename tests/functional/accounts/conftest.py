"""A world whose passwords are hashed cheaply, for tests that try many."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from portal.accounts import passwords
from portal.accounts.models import Person
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.world import PASSWORD, World

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CHEAP_HASH, CHEAP_NOBODY = CHEAP.hash(PASSWORD), CHEAP.hash("nobody has this password")


@pytest.fixture
def quick(world: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """The small world with argon2 at its smallest size; it hashes and verifies as always."""
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: CHEAP_NOBODY)
    with database.writing(SYSTEM) as session:
        session.execute(update(Person).values(password_hash=CHEAP_HASH))
    return world
