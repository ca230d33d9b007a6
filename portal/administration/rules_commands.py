"""Console commands about rule sets."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from portal.administration.console import Commands, and_more, example, house, settings, table
from portal.config import shipped
from portal.configurator import publishing
from portal.configurator.language.checking import check
from portal.configurator.language.errors import RuleError, RuleErrors
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.db import utc_now

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SHOWN = 20  # errors that the console shows before it counts the rest


@click.group(cls=Commands)
def rules() -> None:
    """Rule sets of the configurator: check the files, publish a revision."""


@rules.command("check", epilog=example("portal rules check", "portal rules check rules/products/video-site"))
@click.argument("folder", type=FOLDER, required=False)
def check_rules(folder: Path | None) -> None:
    """Read rule files, check them, run their examples; every error names file and line. Publishes nothing."""
    failed = 0
    for one in [folder] if folder else _rule_folders():
        try:
            ruleset = checked(one)
        except RuleErrors as errors:
            failed += 1
            _complain(one, errors.errors)
        else:
            click.echo(f"{one.name}: in order; {_size(ruleset)}; hash {ruleset.content_hash[:12]}")
    if failed:
        raise click.exceptions.Exit(1)


@rules.command("publish", epilog=example("portal rules publish rules/products/video-site --effective 2026-12-01"))
@click.argument("folder", type=FOLDER)
@click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), help="First business day; default: today.")
def publish_rules(folder: Path, effective: datetime | None) -> None:
    """Publish a rule set: from that day on new configurations follow it. The same content is published once."""
    today = utc_now().astimezone(ZoneInfo(settings().supplier_zone)).date()
    day: date = effective.date() if effective else today
    now = utc_now()
    try:
        ruleset = read_ruleset(folder)
        with house(write=True) as session:
            revision = publishing.publish(session, ruleset, effective_on=day, now=now)
    except (RuleErrors, publishing.NotInOrder) as errors:
        _complain(folder, errors.errors)
        raise click.exceptions.Exit(1) from errors
    is_new = revision.published_at == now
    done = "Published" if is_new else "Nothing new: this content is published already"
    click.echo(f"{done}: {revision.key} revision {revision.number}, in effect from {revision.effective_on}.")


@rules.command("list", epilog=example("portal rules list"))
def list_rules() -> None:
    """Print the published revisions, newest first."""
    columns = (RuleRevision.key, RuleRevision.number, RuleRevision.effective_on, RuleRevision.content_hash)
    with house() as session:
        rows = session.execute(select(*columns).order_by(RuleRevision.id.desc()).limit(100)).all()
    table(("Rules", "Revision", "In effect from", "Hash"), [(*row[:3], row[3][:12]) for row in rows])


def checked(folder: Path) -> RuleSet:
    """Return the rule set of `folder`; raises RuleErrors for whatever is wrong in it."""
    ruleset = read_ruleset(folder)
    if errors := check(ruleset):
        raise RuleErrors(tuple(errors))
    return ruleset


def _rule_folders() -> list[Path]:
    return sorted(path for path in (shipped("rules") / "products").iterdir() if path.is_dir())


def _size(ruleset: RuleSet) -> str:
    parts = (len(ruleset.attributes), len(ruleset.rules), len(ruleset.examples))
    return "{} attributes, {} rules, {} examples".format(*parts)


def _complain(folder: Path, errors: tuple[RuleError, ...]) -> None:
    click.echo(f"{folder.name}: {len(errors)} errors", err=True)
    for error in errors[:SHOWN]:
        click.echo(f"  {error}", err=True)
    and_more(len(errors), SHOWN)
