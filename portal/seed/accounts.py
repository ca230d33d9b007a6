"""The accounts of the demo world as the console shows them."""

import click
from sqlalchemy import select

from portal.accounts.models import Person
from portal.administration.console import table
from portal.db import Database
from portal.policy import SYSTEM
from portal.seed.world import FIRMS, PASSWORD, PEOPLE


def print_table(database: Database) -> None:
    """Print who signs in with which address and role, and the password of all."""
    with database.reading(SYSTEM) as session:
        there = set(session.scalars(select(Person.email)))
    firms = {firm.key: " ".join(part for part in (firm.name, firm.name_en) if part) for firm in FIRMS}
    rows = [
        (somebody.name, firms[somebody.firm], ", ".join(somebody.roles), somebody.email)
        for somebody in PEOPLE
        if somebody.email in there
    ]
    table(("Name", "Organisation", "Roles", "Mail address"), rows)
    click.echo(f"\nPassword of all of them: {PASSWORD}")
