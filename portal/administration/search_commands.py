"""Console commands about the search index."""

import sys
import time

import click

from portal.administration.console import Commands, example, facts, house, opened, settings
from portal.db import utc_now
from portal.search import indexing
from portal.search.index import Unavailable, reader_of
from portal.search.rebuilding import Busy, rebuild


@click.group(cls=Commands)
def search() -> None:
    """The search index: derived from the database, kept in line by the worker."""


@search.command("rebuild", epilog=example("portal search rebuild"))
def rebuild_() -> None:
    """Build the index anew from the database; pages use the present one until the new one takes its place."""
    began = time.monotonic()
    with opened() as database:
        try:
            count = rebuild(database, settings().search_folder, now=utc_now(), progress=_say)
        except Busy as error:
            raise click.ClickException("Somebody else builds the index just now, perhaps the worker.") from error
    _clear()
    click.echo(f"{count:,} documents indexed in {time.monotonic() - began:.1f} s.")


@search.command(epilog=example("portal search status"))
def status() -> None:
    """Print whether there is an index, what it holds and how far it is behind the database."""
    folder = settings().search_folder
    with house() as session:
        found = indexing.state(session, folder, now=utc_now())
    try:
        documents = f"{reader_of(folder).view().documents:,}"
    except Unavailable:
        documents = "none; the worker builds the index, or: portal search rebuild"
    lines = [("State", found["state"]), ("Folder", str(folder / found.get("folder", ""))), ("Documents", documents)]
    facts([*lines, ("Behind", f"{found['behind']:.0f} s" if "behind" in found else "all of it")])


def _say(kind: str, count: int) -> None:
    """Show how far it is, on one line of a terminal and not at all elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{kind}: {count:,}", err=True, nl=False)


def _clear() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
