"""Console commands about approval rules."""

from __future__ import annotations

from pathlib import Path

import click

from portal.administration.console import Commands, example, house, table
from portal.approvals import publishing
from portal.approvals.files import FileMistakes, read_file, shipped_files, write_text
from portal.db import utc_now
from portal.policy import SYSTEM

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(cls=Commands)
def approvals() -> None:
    """Approval rules: check the files, put one into force, write the one in force back."""


@approvals.command("check", epilog=example("portal approvals check", "portal approvals check special_price.yaml"))
@click.argument("file", type=FILE, required=False)
def check_rules(file: Path | None) -> None:
    """Read approval rules and name every mistake with its line; without FILE all shipped ones. Changes nothing."""
    wrong = False
    for path in [file] if file else list(shipped_files()):
        try:
            definition, _content = read_file(path)
            click.echo(f"{path.name}: in order; {len(definition.steps)} steps")
        except FileMistakes as mistakes:
            wrong = True
            click.echo(str(mistakes), err=True)
    if wrong:
        raise click.exceptions.Exit(1)


@approvals.command("publish", epilog=example("portal approvals publish rules/approvals/special_price.yaml"))
@click.argument("file", type=FILE)
def publish_rules(file: Path) -> None:
    """Put approval rules into force for new requests; those under way keep theirs.

    Nothing has to be published before first use: what is shipped holds until then.
    """
    try:
        _definition, content = read_file(file)
    except FileMistakes as mistakes:
        raise click.ClickException(f"Nothing was published:\n{mistakes}") from mistakes
    now = utc_now()
    with house(write=True) as session:
        made = publishing.publish(session, SYSTEM, content, now=now)
    done = "In force" if made.published_at == now else "Nothing new: this is in force already"
    click.echo(f"{done}: {made.kind} revision {made.number}.")


@approvals.command("export", epilog=example("portal approvals export special_price special_price.yaml"))
@click.argument("kind")
@click.argument("file", type=NEW_FILE)
def export_rules(kind: str, file: Path) -> None:
    """Write the rules in force as YAML, without comments; they read as the same content."""
    with house() as session:
        found = publishing.newest(session, kind)
    if found is None:
        raise click.UsageError(f"No rules of the kind {kind} are published; the shipped ones hold.")
    file.write_text(write_text(found.content), "utf-8")
    click.echo(f"{kind} revision {found.number}: {file}")


@approvals.command("list", epilog=example("portal approvals list"))
def list_rules() -> None:
    """Print what can be asked for and which rules are in force."""
    with house() as session:
        found = [(path.stem, publishing.newest(session, path.stem)) for path in shipped_files()]
    rows = [(kind, row.number if row else "shipped", row.content_hash[:12] if row else "") for kind, row in found]
    table(("Kind", "Revision", "Hash"), rows)
