"""Console commands about mail that comes in."""

import click

from portal.administration.console import Commands, example, opened, settings
from portal.support.mailing.fetching import fetch


@click.group(cls=Commands)
def mail() -> None:
    """Mail that people send to the support."""


@mail.command("fetch", epilog=example("portal mail fetch"))
def fetch_now() -> None:
    """Take in the mail that waits in PORTAL_MAIL_INBOX and say what became of it."""
    with opened() as database:
        outcomes = fetch(settings(), database)
    click.echo(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "No mail waits.")
