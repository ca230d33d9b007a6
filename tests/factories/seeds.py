"""What tests begin from: written into a database once for each engine and process, then copied for every test."""

import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from portal.config import Settings
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.world import World

Write = Callable[[World], Any]


@dataclass(frozen=True)
class Seed:
    """A world and what `write` adds to it; what that returns is plain data, such as the addresses of rows."""

    name: str
    write: Write


def nothing_more(_world: World) -> None:
    """Add nothing to the world."""


A_WORLD = Seed("world", nothing_more)


@dataclass
class Sown:
    """A database to copy, the files beside it, and what is known of both."""

    address: str  # of the database
    instance: Path
    world: World
    state: Any

    def restored(self, database: Database, settings: Settings) -> World:
        """Return the world as it stands in a copy."""
        names = ("organisations", "people", "emails", "customers")
        return replace(
            self.world,
            database=database,
            settings=settings,
            **{name: dict(getattr(self.world, name)) for name in names},
        )

    def known(self) -> Any:
        """Return what the seed's work said of its rows."""
        return deepcopy(self.state)


@dataclass
class Nursery:
    """The seeds of this process, each sown when the first test asks for it."""

    folder: Path
    sown: dict[tuple[str, str], Sown] = field(default_factory=dict)

    def get(self, engine: str, seed: Seed, copied: Callable[[Path], str]) -> Sown:
        """Return a seed's database; `copied` makes an empty, migrated one in a folder and returns its address."""
        key = (engine, seed.name)
        if key not in self.sown:
            instance = self.folder / "-".join(key)
            instance.mkdir()
            self.sown[key] = _sow(seed, copied(instance), instance)
        return self.sown[key]


def _sow(seed: Seed, url: str, instance: Path) -> Sown:
    settings = Settings(instance=instance, database_url=url, secret_key="key of the tests", base_url="http://localhost")
    database = Database(url)
    try:
        world = World.build(database, settings)
        state = seed.write(world)
        if database.is_sqlite:
            with database.reading(SYSTEM) as session:
                session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.dispose()
    return Sown(url, instance, replace(world, database=None), state)  # type: ignore[arg-type]


def copy_files(sown: Sown, instance: Path) -> None:
    """Copy what a seed left in the instance folder beside its database."""
    for path in sown.instance.iterdir():
        if path.is_dir():
            shutil.copytree(path, instance / path.name, dirs_exist_ok=True)
