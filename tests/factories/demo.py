"""The demo world, loaded once in a run for all its processes and parts: whoever needs it copies it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portal.db import Database, utc_now
from portal.policy import SYSTEM
from portal.seed import loading
from tests.shared import once

ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Loaded:
    """A database with the demo world, to be copied, and the instant of its first start."""

    url: str
    folder: Path  # with portal.db, the file of a SQLite database
    first_start: datetime


def loaded(folder: Path, name: str, empty: Callable[[Path], str]) -> Loaded:
    """Return the demo world of this name; `empty` makes a migrated database, in the folder, and returns its address."""
    at = folder / f"demo-{name}"
    url, first_start = once(at.with_suffix(".json"), lambda: _load(at, empty))
    return Loaded(url, at, datetime.fromisoformat(first_start))


def _load(at: Path, empty: Callable[[Path], str]) -> tuple[str, str]:
    at.mkdir(exist_ok=True)
    database, now = Database(empty(at)), utc_now()
    try:
        loading.load_demo(database, now=now, zone=ZONE)
        if database.is_sqlite:
            with database.reading(SYSTEM) as session:
                session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.dispose()
    return database.url.render_as_string(hide_password=False), now.isoformat()
