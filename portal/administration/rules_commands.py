"""Console commands about rule sets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from portal.administration import queries
from portal.administration.console import Commands, and_more, example, house, settings, table
from portal.config import shipped
from portal.configurator import publishing
from portal.configurator.language.bounded import Examined, examine_bounded
from portal.configurator.language.differences import differences
from portal.configurator.language.errors import RuleErrors
from portal.configurator.language.findings import Finding
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.writing import CannotWrite, write_ruleset
from portal.configurator.models import RuleRevision
from portal.configurator.upgrading_models import RuleWithdrawal
from portal.db import ScopedSession, utc_now
from portal.errors import NotFound

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SOURCE = click.Path(exists=True, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)
PUBLISHED = re.compile(r"(?P<key>[a-z][a-z0-9_-]{0,59})(@(?P<number>[0-9]{1,9}))?")
SHOWN = 20  # findings of one kind that the console shows before it counts the rest


@click.group(cls=Commands)
def rules() -> None:
    """Rule sets of the configurator: check the files, publish a revision, write one back, compare two."""


@rules.command(
    "check",
    epilog=example(
        "portal rules check",
        "portal rules check rules/products/surveillance-site",
        "portal rules check --strict site.yaml",
    ),
)
@click.argument("source", type=SOURCE, required=False, metavar="[FOLDER|FILE]")
@click.option("--strict", is_flag=True, help="Let warnings fail as well.")
def check_rules(source: Path | None, *, strict: bool) -> None:
    """Read rule files, examine them, run their examples. Publishes nothing.

    Without FOLDER or FILE all shipped rules are checked. Each finding names file, line, rule and code. Errors end with
    status 1: the rules contradict each other, a value can never be chosen, a line has no quantity, an example fails, a
    text is missing. Warnings do not: useless rules, conditions that never hold, numbers without a value, unused parts.

    Each rule set is examined in a process of its own, within 60 seconds and 1024 MB of memory; beyond them it fails.
    """
    failed = False
    for one in [source] if source else _rule_folders():
        examined = examine_bounded(one)
        _report(one, examined)
        failed |= bool(examined.errors) or (strict and bool(examined.warnings))
    if failed:
        raise click.exceptions.Exit(1)


@rules.command(
    "publish",
    epilog=example(
        "portal rules publish rules/products/surveillance-site",
        "portal rules publish rules/products/surveillance-site --effective 2026-12-01",
    ),
)
@click.argument("folder", type=FOLDER)
@click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), help="First business day; default: today.")
def publish_rules(folder: Path, effective: datetime | None) -> None:
    """Publish a rule set: from that day on new configurations follow it.

    A revision never changes and is named by the hash of its content; the same content is published once. Rules in
    which `check` finds errors are not published.
    """
    today = utc_now().astimezone(ZoneInfo(settings().supplier_zone)).date()
    day: date = effective.date() if effective else today
    examined = examine_bounded(folder)
    if examined.ruleset is None or examined.errors:
        _report(folder, examined)
        click.echo("Nothing was published.", err=True)
        raise click.exceptions.Exit(1)
    now = utc_now()
    with house(write=True) as session:
        found = examined.findings
        revision = publishing.publish(session, examined.ruleset, effective_on=day, now=now, found=found)
    is_new = revision.published_at == now
    done = "Published" if is_new else "Nothing new: this content is published already"
    click.echo(f"{done}: {revision.key} revision {revision.number}, in effect from {revision.effective_on}.")


@rules.command(
    "withdraw",
    epilog=example('portal rules withdraw surveillance-site@3 --reason "A camera is rated wrongly; use revision 4."'),
)
@click.argument("revision", metavar="KEY@N")
@click.option("--reason", required=True, help="What people with drafts on this revision read.")
def withdraw_rules(revision: str, reason: str) -> None:
    """Withdraw a published revision: nothing new begins on it, and drafts on it must be upgraded before a quote.

    The revision itself stays, and issued quotes stay valid. A withdrawal is final; publish a newer revision instead of
    taking it back.
    """
    named = PUBLISHED.fullmatch(revision)
    if named is None or not named["number"]:
        raise click.UsageError("Name one revision, for example surveillance-site@3.")
    with house(write=True) as session:
        try:
            found = queries.revision(session, named["key"], int(named["number"]))
        except NotFound as missing:
            raise click.UsageError(f"No revision {revision} is published.") from missing
        publishing.withdraw(session, found, reason=reason, now=utc_now())
    click.echo(f"Withdrawn: {revision}. New drafts begin on the newest revision that is left.")


@rules.command("list", epilog=example("portal rules list"))
def list_rules() -> None:
    """Print the published revisions, newest first."""
    columns = (RuleRevision.key, RuleRevision.number, RuleRevision.effective_on, RuleRevision.content_hash)
    withdrawn = RuleWithdrawal.withdrawn_at
    query = select(*columns, withdrawn).outerjoin(RuleWithdrawal, RuleWithdrawal.rule_revision_id == RuleRevision.id)
    with house() as session:
        rows = session.execute(query.order_by(RuleRevision.id.desc()).limit(100)).all()
    shown = [(*row[:3], row[3][:12], "withdrawn" if row[4] else "") for row in rows]
    table(("Rules", "Revision", "In effect from", "Hash", ""), shown)


@rules.command(
    "export",
    epilog=example(
        "portal rules export surveillance-site out/", "portal rules export surveillance-site --revision 2 out/"
    ),
)
@click.argument("key")
@click.argument("folder", type=NEW_FOLDER)
@click.option("--revision", type=click.IntRange(1, 10**9), help="Number of the revision; default: the newest.")
def export_rules(key: str, folder: Path, revision: int | None) -> None:
    """Write a published revision as YAML and CSV into a new or empty FOLDER.

    The files read as the same content, with the same hash. Comments and the division into files are not part of the
    content: they are not published and do not come back.
    """
    with house() as session:
        found = _published(session, key, revision)
        ruleset, number, content_hash = RuleSet.from_content(found.content), found.number, found.content_hash
    heading = f"{key}, revision {number}, as published; content hash {content_hash}"
    try:
        names = write_ruleset(ruleset, folder, heading)
    except CannotWrite as refused:
        raise click.ClickException(f"Nothing was written: {refused}.") from refused
    click.echo(f"{key} revision {number}: {len(names)} files in {folder}, hash {content_hash[:12]}.")


@rules.command(
    "diff",
    epilog=example(
        "portal rules diff surveillance-site@1 surveillance-site",
        "portal rules diff surveillance-site rules/products/surveillance-site",
        "portal rules diff old/ new/",
    ),
)
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
def diff_rules(before: str, after: str) -> None:
    """Print what differs between the rule sets A and B; status 0 says nothing, 1 something, 2 that one cannot be read.

    A and B are folders or files, or published rules: KEY for the newest revision, KEY@N for another. Comments are not
    part of the content. Lines begin with + (only in B), - (only in A) or ~ (changed).
    """
    found = differences(_rule_set(before), _rule_set(after))
    for difference in found:
        click.echo(str(difference))
    if found:
        raise click.exceptions.Exit(1)


def _rule_set(word: str) -> RuleSet:
    """Read a folder, a file or a published revision; what cannot be read is an error of usage."""
    path = Path(word)
    if word and path.exists():
        try:
            return read_ruleset(path.resolve())
        except RuleErrors as errors:
            shown = "\n".join(f"  {error}" for error in errors.errors[:SHOWN])
            raise click.UsageError(f"{word} cannot be read:\n{shown}") from errors
    named = PUBLISHED.fullmatch(word)
    with house() as session:
        try:
            if named is None:
                raise NotFound
            number = int(named["number"]) if named["number"] else None
            return RuleSet.from_content(_published(session, named["key"], number).content)
        except NotFound as missing:
            raise click.UsageError(f"{word} is no folder or file, and no published rules have this name.") from missing


def _published(session: ScopedSession, key: str, number: int | None) -> RuleRevision:
    return queries.newest_revision(session, key) if number is None else queries.revision(session, key, number)


def _rule_folders() -> list[Path]:
    return sorted(path for path in (shipped("rules") / "products").iterdir() if path.is_dir())


def _report(source: Path, examined: Examined) -> None:
    """Print the verdict on one rule set: one line when it is in order, warnings and errors below."""
    errors, warnings, name = examined.errors, examined.warnings, source.resolve().name
    noted = f"; {len(warnings)} warnings" if warnings else ""
    if errors:
        click.echo(f"{name}: {len(errors)} errors{noted}", err=True)
    elif examined.ruleset is not None:
        click.echo(f"{name}: in order{noted}; {_size(examined.ruleset)}")
    _show(errors, "error  ")
    _show(warnings, "warning")


def _show(findings: Sequence[Finding], word: str) -> None:
    for item in findings[:SHOWN]:
        click.echo(f"  {word} {item}", err=True)
    and_more(len(findings), SHOWN)


def _size(ruleset: RuleSet) -> str:
    parts = (len(ruleset.attributes), len(ruleset.rules), len(ruleset.examples), ruleset.content_hash[:12])
    return "{} attributes, {} rules, {} examples; hash {}".format(*parts)
