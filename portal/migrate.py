"""Schema migrations: up, down, and whether models and migrations agree."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from portal.db import Database


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to `revision`, all of it or nothing."""
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to `revision` ("base" for an empty database)."""
    with database.engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def check(database: Database) -> None:
    """Raise alembic's CommandError when the models hold something that no migration makes."""
    with database.engine.begin() as connection:
        command.check(_config(connection))


def new_revision(database: Database, message: str) -> None:
    """Write a new migration from what the models hold beyond the present head."""
    with database.engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def is_current(connection: Connection) -> bool:
    """Return whether the database stands at the newest migration."""
    present = MigrationContext.configure(connection).get_current_revision()
    return present == ScriptDirectory.from_config(_config()).get_current_head()
