"""Console commands about the catalogue."""

import json
from pathlib import Path
from typing import Any

import click

from portal.administration.console import Commands, and_more, example, house, settings, table
from portal.catalog import overview
from portal.catalog.csvrows import CatalogueErrors
from portal.catalog.devicetypes.origin import origin_of
from portal.catalog.importing import import_types
from portal.catalog.loading import load_catalog
from portal.config import shipped
from portal.dates import business_date
from portal.db import utc_now
from portal.errors import Conflict

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
SHOWN = 20  # errors that the console shows before it counts the rest
DAMAGED_SHOWN = 1_000  # damaged files are named, all of them unless something is wrong with the whole folder


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
        _show(errors, SHOWN)
        raise click.ClickException("Nothing was loaded.") from errors
    click.echo(str(report))


@catalog.command(
    "import",
    epilog=example(
        "portal catalog import /srv/devicetype-library",
        "portal catalog import /srv/devicetype-library --report import.json --skip-damaged",
    ),
)
@click.argument("path", type=FOLDER)
@click.option("--source", default="", help="What the source is called here (default: the folder's name).")
@click.option("--revision", default="", help="The source's commit (default: what its .git or SOURCE.md says).")
@click.option("--licence", default="", help="The source's licence (default: what its LICENSE file says).")
@click.option("--report", "report_file", type=FILE, help="Write the whole report, file by file, as JSON.")
@click.option("--skip-damaged", is_flag=True, help="Import the other files when some are damaged.")
@click.option("--let-vanish", is_flag=True, help="Go on when most models of the source are not there any more.")
def import_(
    path: Path, source: str, revision: str, licence: str, report_file: Path | None, skip_damaged: bool, let_vanish: bool
) -> None:
    """Import device types in the NetBox library format from PATH: all of them or, when one is damaged, none.

    Imported models are not for sale until our own catalogue lists them. Facts of an earlier import of the same source
    are replaced, models that vanished are archived.
    """
    origin = origin_of(path, name=source, revision=revision, licence=licence)
    try:
        with house(write=True) as session:
            report = import_types(
                session, path, origin, now=utc_now(), skip_damaged=skip_damaged, let_vanish=let_vanish
            )
    except Conflict as error:
        raise click.ClickException(f"{error} Name it with --source, or say --let-vanish.") from error
    except CatalogueErrors as errors:
        _show(errors, DAMAGED_SHOWN)
        damaged = [{"file": each.file, "line": each.line, "message": each.message} for each in errors.problems]
        _write(report_file, {"imported": 0, "damaged": damaged})
        hint = "" if skip_damaged else " With --skip-damaged the undamaged files are imported."
        raise click.ClickException(f"Nothing was imported.{hint}") from errors
    _write(report_file, report.whole())
    for problem in report.library.damaged:
        click.echo(str(problem), err=True)
    for line in report.lines():
        click.echo(line)


@catalog.command("report", epilog=example("portal catalog report"))
def report() -> None:
    """Show where the facts come from, and what is missing: prices, books, confirmed values."""
    today = business_date(utc_now(), settings().supplier_zone)
    with house() as session:
        sources, kinds, books = (
            overview.sources(session),
            overview.kinds(session, today),
            overview.books(session, today),
        )
        unsold = overview.unsold(session, today, SHOWN + 1)
    table(
        ("source", "revision", "licence", "imported", "types", "facts", "defaults", "hints"),
        [
            (each.name, each.revision[:12] or "–", each.licence or "–", each.imported_at.date(), each.types, each.facts,
             each.defaults, each.hints)
            for each in sources
        ],
    )  # fmt: skip
    click.echo()
    table(
        ("kind", "listed", "not for sale", "without a price", "values", "unconfirmed"),
        [(each.kind, each.listed, each.not_for_sale, each.unpriced, each.values, each.unconfirmed) for each in kinds],
    )
    click.echo()
    table(
        ("book", "currency", "from", "to", "prices", "lacking", "state"),
        [
            (each.book, each.currency, each.valid_from, each.valid_to, each.prices, each.lacking, each.state)
            for each in books
        ],
    )
    for sentence in overview.gaps(books, today):
        click.echo(sentence)
    for sku, kind, name in unsold[:SHOWN]:
        click.echo(f"without a list price today: {sku} ({kind}) {name}")
    and_more(len(unsold), SHOWN)


def _show(errors: CatalogueErrors, most: int) -> None:
    for problem in errors.problems[:most]:
        click.echo(str(problem), err=True)
    and_more(len(errors.problems), most)


def _write(file: Path | None, content: dict[str, Any]) -> None:
    """Write a report; one that cannot be written is said and changes nothing about what was imported."""
    if file is None:
        return
    try:
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        click.echo(f"The report could not be written to {file}: {error.strerror}", err=True)
