"""Real databases for every test of data: SQLite and a throw-away PostgreSQL, migrated once, copied per test."""

import gc
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine

from portal import db, logs, migrate
from portal.app import create_app
from portal.config import Settings
from portal.db import Database, utc_now
from portal.pdf import Renderer
from tests.factories.demo import Loaded, loaded
from tests.factories.seeds import A_WORLD, Nursery, Seed, Sown, copy_files
from tests.factories.stock import A_STOCKED_WORLD
from tests.factories.world import World
from tests.postgres_cluster import PostgresCluster
from tests.shared import folder_of

ENGINES = ("sqlite", "postgresql")
STATEMENTS = 10_000  # compiled ones that are kept, far more than the portal has
USE_THE_CATALOGUE = {"deals", "stage", "shipped_world", "documents"}  # fixtures that load it where it is not there yet
_apps: dict[Settings, tuple[Flask, dict[str, Any]]] = {}
_first_engines: dict[str, Engine] = {}


def like_the_first_engine(url: str, **options: Any) -> Engine:
    """Make an engine with the compiled statements of the first of its kind.

    A process of the portal has one engine for years, the tests have one each: compiling what the one before has
    compiled already was a quarter of their time.
    """
    made = create_engine(url, query_cache_size=STATEMENTS, **options)
    first = _first_engines.setdefault(made.dialect.name, made)
    if not getattr(first.dialect, "server_version_info", None):  # it never met its database
        _first_engines[made.dialect.name] = made
    elif first is not made:
        made.dialect.initialize = lambda _connection: None  # type: ignore[method-assign]  # asks what is known
        made.dialect, made._compiled_cache = first.dialect, first._compiled_cache
    return made


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones: in the end, every process has something short to take from the others."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Take what was imported and collected out of the garbage collector's rounds, and let it come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def one_statement_cache() -> Iterator[None]:
    """Let all engines of this process share what they compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "create_engine", like_the_first_engine)
        yield


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
    with PostgresCluster.shared(memory=True) as running:
        yield running


@pytest.fixture(scope="session")
def postgresql_template(cluster: PostgresCluster) -> str:
    """The name of a migrated, empty PostgreSQL database."""
    url = cluster.new_database()
    database = Database(url)
    migrate.upgrade(database)
    database.dispose()
    return url


@pytest.fixture(scope="session")
def demo_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Loaded]:
    """Return a function that gives the demo world of "sqlite" or "postgresql", to be copied."""

    def of(kind: str) -> Loaded:
        folder = folder_of(tmp_path_factory.getbasetemp())
        if kind == "sqlite":
            template = request.getfixturevalue("sqlite_template")
            return loaded(folder, kind, lambda at: _sqlite_copy(template, at))
        cluster, base = request.getfixturevalue("cluster"), request.getfixturevalue("postgresql_template")
        name = f"{kind}-{cluster.directory.name}"  # another cluster has another one
        return loaded(folder, name, lambda _at: str(cluster.new_database(template=base)))

    return of


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Nursery:
    """What tests begin from, written once in this process."""
    return Nursery(tmp_path_factory.mktemp("seeds"))


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """One drawing process for all tests of this process: loading the layout library takes longer than most pages."""
    made = Renderer(1)
    yield made
    made.close()


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> Seed | None:
    """What the test begins from: the small world where it asks for it; a module may say something larger."""
    if "world" not in request.fixturenames:
        return None
    return A_STOCKED_WORLD if USE_THE_CATALOGUE & set(request.fixturenames) else A_WORLD


@pytest.fixture(params=ENGINES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every test of data runs on each of these."""
    return str(request.param)


@pytest.fixture
def sown(request: pytest.FixtureRequest, database_kind: str, nursery: Nursery, seed: Seed | None) -> Sown | None:
    """The database of the seed, to be copied; None for an empty one."""
    if database_kind == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        return seed and nursery.get("sqlite", seed, lambda folder: _sqlite_copy(template, folder))
    cluster, base = request.getfixturevalue("cluster"), request.getfixturevalue("postgresql_template")
    return seed and nursery.get("postgresql", seed, lambda _folder: str(cluster.new_database(template=base)))


def _sqlite_copy(template: Path, folder: Path) -> str:
    path = folder / "portal.db"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, database_kind: str, sown: Sown | None
) -> Iterator[str]:
    """The address of a fresh, migrated database that holds what the test begins from."""
    if sown is not None:
        copy_files(sown, tmp_path)
    if database_kind == "sqlite":
        template = sown.instance / "portal.db" if sown is not None else request.getfixturevalue("sqlite_template")
        yield _sqlite_copy(template, tmp_path)
        return
    cluster = request.getfixturevalue("cluster")
    template = sown.address if sown is not None else request.getfixturevalue("postgresql_template")
    url = cluster.new_database(template=template)
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
def world(database: Database, settings: Settings, sown: Sown | None) -> World:
    """Two partners, a customer, the supplier, and their people."""
    if sown is None:  # asked for in the middle of a test
        return World.build(database, settings)
    found = sown.restored(database, settings)
    return found if sown.state is not None else replace(found, now=utc_now())
