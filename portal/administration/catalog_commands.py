"""Console commands about the catalogue."""

from pathlib import Path

import click

from portal.administration.console import Commands, and_more, example, house
from portal.catalog.files import CatalogueErrors
from portal.catalog.loading import load_catalog
from portal.config import shipped
from portal.db import utc_now

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SHOWN = 20  # errors that the console shows before it counts the rest


@click.group(cls=Commands)
def catalog() -> None:
    """Products, what they can do, and what they cost."""


@catalog.command("load", epilog=example("portal catalog load", "portal catalog load /srv/prices/2026-q4"))
@click.argument("folder", type=FOLDER, required=False)
def load(folder: Path | None) -> None:
    """Load the CSV files of FOLDER (default: those that come along): all of them or, after any error, none."""
    try:
        with house(write=True) as session:
            report = load_catalog(session, folder or shipped("rules") / "catalog", now=utc_now())
    except CatalogueErrors as errors:
        for problem in errors.problems[:SHOWN]:
            click.echo(str(problem), err=True)
        and_more(len(errors.problems), SHOWN)
        raise click.ClickException("Nothing was loaded.") from errors
    click.echo(str(report))
