"""Console commands about the numbers of the support."""

import click

from portal.administration.console import Commands, example, opened, settings
from portal.dates import business_date
from portal.db import utc_now
from portal.policy import SYSTEM
from portal.support.numbers.keeping import keep, start_over


@click.group(cls=Commands)
def numbers() -> None:
    """The numbers for the head of support."""


@numbers.command("rebuild", epilog=example("portal numbers rebuild"))
def rebuild() -> None:
    """Count all tickets, calls and deflections anew, piece by piece; others may work meanwhile."""
    zone = settings().supplier_zone
    with opened() as database:
        database.write(SYSTEM, start_over)
        pieces, waits = 0, 1
        while waits:
            now = utc_now()
            moment = {"zone": zone, "now": now, "today": business_date(now, zone)}
            waits = database.write(SYSTEM, lambda session, moment=moment: keep(session, **moment))  # type: ignore[misc]
            pieces += 1
    click.echo(f"Counted anew in {pieces} pieces.")
