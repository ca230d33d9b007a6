"""Console commands about the parties that the portal knows."""

import click

from portal.administration.console import Commands, example, house
from portal.parties.identity.indexing import index_all


@click.group(cls=Commands)
def parties() -> None:
    """Customers and how they are found."""


@parties.command("index", epilog=example("portal parties index"))
def index() -> None:
    """Write anew what finds parties by name, code, domain and phone."""
    with house(write=True) as session:
        click.echo(f"{index_all(session)} organisations are indexed.")
