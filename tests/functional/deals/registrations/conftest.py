"""Registrations in a world that the tests of a module share: each has customers and a time of its own."""

import shutil
from collections.abc import Iterator

import pytest

from portal.config import Settings
from portal.db import Database
from tests.conftest import ENGINES
from tests.factories.registrations import Registrations
from tests.factories.world import World


@pytest.fixture(scope="module", params=ENGINES)
def shared_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world on each database, once for a module."""
    folder = tmp_path_factory.mktemp("shared")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "portal.db")
        url = f"sqlite:///{folder / 'portal.db'}"
    else:
        url = request.getfixturevalue("cluster").new_database(request.getfixturevalue("postgresql_template"))
    settings = Settings(instance=folder, database_url=url, secret_key="key of the tests", base_url="http://localhost")
    database = Database(url, pool_size=10)
    yield World.build(database, settings)
    database.dispose()
    if not database.is_sqlite:
        request.getfixturevalue("cluster").drop_database(url)


@pytest.fixture
def registrations(shared_world: World) -> Registrations:
    return Registrations.open(shared_world)
