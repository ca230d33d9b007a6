"""What every console command shares: the open database, errors as one sentence, tables that line up."""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from portal import migrate
from portal.config import Settings
from portal.db import Database, ScopedSession
from portal.errors import NotFound, PortalError
from portal.policy import SYSTEM

WIDEST = 60  # console cells of one column


class Commands(click.Group):
    """A group of commands that turns what may go wrong into one sentence and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except NotFound as error:
            raise click.ClickException("There is no such thing here. Look at the list command.") from error
        except PortalError as error:
            raise click.ClickException(str(error)) from error
        except (DBAPIError, ArgumentError, NoSuchModuleError) as error:
            reason = getattr(error, "orig", None) or error
            raise click.ClickException(f"The database refused: {str(reason).strip().splitlines()[0]}") from error
        except CommandError as error:
            raise click.ClickException(f"The migrations are not in order: {error}") from error


def settings() -> Settings:
    """Read the settings of this installation."""
    try:
        return Settings.from_environment()
    except (ValueError, OSError) as error:
        raise click.ClickException(f"The settings cannot be used: {error}") from error


@contextmanager
def opened(*, migrated: bool = True) -> Iterator[Database]:
    """Open the database for one command; unless told otherwise it must stand at the newest migration."""
    database = Database(settings().database_url)
    try:
        if migrated:
            with database.engine.connect() as connection:
                if not migrate.is_current(connection):
                    raise click.ClickException("The database is not at the newest schema. Run: portal migrate")
        yield database
    finally:
        database.dispose()


@contextmanager
def house(*, write: bool = False) -> Iterator[ScopedSession]:
    """Open a session of the house on the migrated database; a writing one commits at the end."""
    with opened() as database, database.writing(SYSTEM) if write else database.reading(SYSTEM) as session:
        yield session


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their headings, with columns that line up also in Chinese."""
    cells = [list(headings), *([_short(str(cell)) for cell in row] for row in rows)]
    widths = [max(_width(line[column]) for line in cells) for column in range(len(headings))]
    for number, line in enumerate(cells):
        padded = (text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True))
        click.secho("  ".join(padded).rstrip(), bold=number == 0)


def facts(pairs: Sequence[tuple[str, object]]) -> None:
    """Print names and values, one a line."""
    widest = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        click.echo(f"{name:<{widest}}  {value}")


def and_more(count: int, shown: int) -> None:
    """Say on the error stream how many lines were left out."""
    if count > shown:
        click.echo(f"  … and {count - shown} more", err=True)


def example(*lines: str) -> str:
    """Return the examples that a command shows at the end of its help."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= WIDEST else flat[: WIDEST - 1] + "…"
