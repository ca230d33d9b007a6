"""Console commands between rule sets and the Universal Variability Language (UVL)."""

from pathlib import Path

import click

from portal.administration.console import and_more, example
from portal.configurator.language.errors import RuleErrors
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.writing import CannotWrite, write_ruleset
from portal.configurator.uvl.errors import UvlErrors
from portal.configurator.uvl.exporting import export_ruleset
from portal.configurator.uvl.importing import import_uvl as read_uvl
from portal.configurator.uvl.rulesets import to_ruleset

SHOWN = 50  # findings that the console shows before it counts the rest
NAMED = 400  # letters of a note before it is cut


@click.command("import-uvl", epilog=example("portal rules import-uvl phone.uvl rules/products/phone"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def import_uvl(file: Path, folder: Path) -> None:
    """Write the feature model of FILE as rules into the new folder FOLDER; publishes nothing.

    Features become choices of yes and no, Integer features quantities, groups and constraints rules named by their line
    (line-12). Features that are always or never selected are not asked. Anything wrong or unsupported is named with its
    line, and nothing is written. Names need translation afterwards: they stand in both languages as they are in FILE.
    """
    try:
        converted = to_ruleset(read_uvl(file), file.name)
        files = write_ruleset(converted.ruleset, folder, f"Made from {file.name}: the names need translation.")
    except UvlErrors as errors:
        _complain([str(error) for error in errors.errors])
        raise click.ClickException("Nothing was written.") from errors
    except CannotWrite as error:
        raise click.ClickException(f"Nothing was written: {error}") from error
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror}") from error
    click.echo(f"Written to {folder}: {', '.join(files)}.")
    for note in converted.notes():
        click.echo(note if len(note) <= NAMED else note[: NAMED - 1] + "…")


@click.command("export-uvl", epilog=example("portal rules export-uvl rules/products/surveillance-site site.uvl"))
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_uvl(folder: Path, file: Path) -> None:
    """Write the rules of FOLDER as a UVL feature model into FILE.

    Choices become alternative groups, quantities and site facts Integer features with bounds, tables and rules
    constraints. What UVL cannot say is listed with the reason, here and as comments in FILE.
    """
    try:
        exported = export_ruleset(read_ruleset(folder))
        file.write_text(exported.text, encoding="utf-8")
    except RuleErrors as errors:
        _complain([str(error) for error in errors.errors])
        raise click.ClickException("Nothing was written.") from errors
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    click.echo(f"Written to {file}.")
    if exported.left_out:
        click.echo(f"Not in the text, {len(exported.left_out)}:")
        for name, reason in exported.left_out:
            click.echo(f"  {name}: {reason}")


def _complain(lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        click.echo(line, err=True)
    and_more(len(lines), SHOWN)
