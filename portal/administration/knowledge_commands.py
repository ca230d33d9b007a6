"""Console commands about the knowledge base: bring a folder of Markdown in, look after the rule files of faults."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from portal.administration.console import Commands, example, house, settings
from portal.configurator.language.errors import RuleErrors
from portal.db import utc_now
from portal.files.stores import store_of
from portal.support.knowledge.fault_files import read_lines, shipped_lines
from portal.support.knowledge.fault_tree import load_lines
from portal.support.knowledge.importing import Import, import_folder
from portal.support.knowledge.models import VISIBILITIES
from portal.words import LOCALES

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILES = click.Path(exists=True, dir_okay=False, path_type=Path)
REPORT = click.Path(dir_okay=False, writable=True, path_type=Path)
SHOWN = 40  # lines of what was lost before the console counts the rest


@click.group(cls=Commands)
def knowledge() -> None:
    """Articles and fault types."""


@knowledge.command(
    "import",
    epilog=example(
        "portal knowledge import /srv/handbook --lang en --visibility public",
        "portal knowledge import /srv/handbook-zh --lang zh --source handbook --report import.json",
    ),
)
@click.argument("folder", type=FOLDER)
@click.option("--lang", type=click.Choice(LOCALES), required=True, help="The language it is written in.")
@click.option("--visibility", type=click.Choice(VISIBILITIES), default="internal", show_default=True)
@click.option("--source", default="", help="What the folder is called here (default: its name).")
@click.option("--line", default="", help="The product line that all of it is about, for example cameras.")
@click.option("--overwrite", is_flag=True, help="Take the file's text also where somebody edited the article here.")
@click.option("--report", "report_file", type=REPORT, help="Write what became of every file as JSON.")
def import_(
    folder: Path, lang: str, visibility: str, source: str, line: str, overwrite: bool, report_file: Path | None
) -> None:
    """Make every Markdown file of FOLDER an article, published at once; a second time updates what changed.

    Boxes (:::note) become quotations, components of MDX go and their words stay, links and pictures inside the folder
    are followed. The same --source in another --lang adds the second language.
    """
    wanted = Import(folder, source or folder.resolve().name, lang, visibility, line, overwrite)
    with house(write=True) as session:
        report = import_folder(session, wanted, store=store_of(settings()), now=utc_now())
    outcomes = ("new", "updated", "unchanged", "left alone", "refused")
    click.echo(", ".join(f"{report.count(each)} {each}" for each in outcomes) + f" of {len(report.files)} files.")
    lost = [f"  {each.path}: {note}" for each in report.files for note in each.notes]
    for text in lost[:SHOWN]:
        click.echo(text, err=True)
    if len(lost) > SHOWN:
        click.echo(f"  … and {len(lost) - SHOWN} more; --report FILE.json holds all of them", err=True)
    for key in report.vanished[:SHOWN]:
        click.echo(f"  {key}: no longer in the folder; its article stays until somebody retires it", err=True)
    if report_file is not None:
        report_file.write_text(json.dumps(asdict(report), ensure_ascii=False, indent=1), "utf-8")


@knowledge.command(
    "check-faults", epilog=example("portal knowledge check-faults", "portal knowledge check-faults my.yaml")
)
@click.argument("files", type=FILES, nargs=-1)
def check_faults(files: tuple[Path, ...]) -> None:
    """Read fault types and name every mistake with its line; without FILES those that come along. Changes nothing."""
    try:
        lines = read_lines(list(files) or shipped_lines())
    except RuleErrors as errors:
        click.echo(str(errors), err=True)
        raise click.exceptions.Exit(1) from errors
    for line in lines:
        click.echo(f"{line.line}: in order; {len(line.faults)} fault types, {len(line.values)} codes and versions")


@knowledge.command("load-faults", epilog=example("portal knowledge load-faults"))
@click.argument("files", type=FILES, nargs=-1)
def load_faults(files: tuple[Path, ...]) -> None:
    """Add the fault types of FILES (default: those that come along); what was edited on screen stays as it is."""
    try:
        lines = read_lines(list(files) or shipped_lines())
    except RuleErrors as errors:
        raise click.ClickException(f"Nothing was loaded:\n{errors}") from errors
    with house(write=True) as session:
        click.echo(f"{load_lines(session, lines, now=utc_now())} fault types, codes and versions are new.")
