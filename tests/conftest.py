"""Real databases for every test of data: SQLite and a throw-away PostgreSQL, migrated once, copied per test."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import logs, migrate
from portal.app import create_app
from portal.config import Settings
from portal.db import Database
from tests.factories.world import World
from tests.postgres_cluster import PostgresCluster

ENGINES = ("sqlite", "postgresql")
_apps: dict[Settings, tuple[Flask, dict[str, Any]]] = {}


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    """Log errors only."""
    logs.set_up("ERROR")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.dispose()
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[PostgresCluster]:
    """The throw-away PostgreSQL of this run."""
    with PostgresCluster.shared() as running:
        yield running


@pytest.fixture(scope="session")
def postgresql_template(cluster: PostgresCluster) -> str:
    """The name of a migrated, empty PostgreSQL database."""
    url = cluster.new_database()
    database = Database(url)
    migrate.upgrade(database)
    database.dispose()
    return url


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "portal.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster = request.getfixturevalue("cluster")
    url = cluster.new_database(template=request.getfixturevalue("postgresql_template"))
    yield url
    cluster.drop_database(url)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a portal in a temporary folder."""
    return Settings(
        instance=tmp_path, database_url=database_url, secret_key="key of the tests", base_url="http://localhost"
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A fresh database, migrated to the newest schema."""
    opened = Database(settings.database_url)
    yield opened
    opened.dispose()


def new_app(settings: Settings, database: Database) -> Flask:
    """Make a web application as the tests want it."""
    made = create_app(settings, database)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture
def app(settings: Settings, database: Database, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The web application on that database; routes and templates are made once in a process for all tests.

    A module that adds routes of its own says `pytestmark = pytest.mark.own_app`.
    """
    if request.node.get_closest_marker("own_app"):
        yield new_app(settings, database)
        return
    alike = replace(settings, instance=Path(), database_url="")
    if alike not in _apps:
        made = new_app(settings, database)
        _apps[alike] = made, dict(made.config)
    kept, config = _apps[alike]
    kept.extensions["portal"] = replace(kept.extensions["portal"], settings=settings, database=database)
    yield kept
    kept.config.clear()
    kept.config.update(config)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a sign-in."""
    return app.test_client()


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    """Two partners, a customer, the supplier, and their people."""
    return World.build(database, settings)
