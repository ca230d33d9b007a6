"""The `portal` command: prepare the database, run the portal, look after people, rules, catalogue and outbox."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import click
from flask import Flask

from portal import logs, migrate, supervisor, wiring
from portal.administration.approval_commands import approvals
from portal.administration.catalog_commands import catalog
from portal.administration.console import Commands, example, opened, settings
from portal.administration.engine_commands import engine
from portal.administration.knowledge_commands import knowledge
from portal.administration.mail_commands import mail
from portal.administration.numbers_commands import numbers
from portal.administration.outbox_commands import outbox
from portal.administration.parties_commands import parties
from portal.administration.people_commands import organisations, users
from portal.administration.rules_commands import rules
from portal.administration.search_commands import search
from portal.administration.uvl_commands import export_uvl, import_uvl
from portal.app import create_app
from portal.catalog.indexing import refresh_index
from portal.configurator.warming import warm_beside
from portal.db import Database, utc_now
from portal.parties.identity.indexing import index_missing
from portal.policy import SYSTEM
from portal.seed import accounts as demo_accounts
from portal.seed import loading, marker
from portal.worker import work

GRACE_SECONDS = 8
PORT = click.option("--port", type=click.IntRange(1, 65535), envvar="PORT", default=8000, show_default=True)
HOST = click.option(
    "--host", envvar="HOST", default="127.0.0.1", show_default=True, help="0.0.0.0: from other machines."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Partner and self-service portal.

    Settings come from the environment: PORTAL_DATABASE_URL, PORTAL_INSTANCE, PORTAL_BASE_URL, PORTAL_TRUSTED_HOSTS,
    PORTAL_SMTP_URL and others; without any of them everything runs on this machine in the folder instance/.
    """
    wiring.install()


rules.add_command(import_uvl)
rules.add_command(export_uvl)
for group in (
    organisations,
    users,
    parties,
    rules,
    approvals,
    catalog,
    knowledge,
    mail,
    numbers,
    search,
    engine,
    outbox,
):
    main.add_command(group)


@main.command("migrate", epilog=example("portal migrate", "portal migrate --down-to base"))
@click.option("--down-to", metavar="REVISION", help="Take the schema back to a revision; removes data.")
@click.option("--yes-really-erase", is_flag=True, help="Needed with --down-to.")
def migrate_(down_to: str | None, yes_really_erase: bool) -> None:
    """Bring the database to the newest schema, all of it or nothing; does nothing when it is there already."""
    with opened(migrated=False) as database:
        if down_to is None:
            migrate.upgrade(database)
            _refresh(database)
            click.echo("The database is at the newest schema.")
        elif not yes_really_erase:
            raise click.UsageError("Going back removes data. Say --yes-really-erase as well.")
        else:
            migrate.downgrade(database, down_to)
            click.echo(f"The schema is back at {down_to}.")


def _refresh(database: Database) -> None:
    """Bring what is derived from products and parties in line with what this version derives, where it is not yet."""
    with database.writing(SYSTEM) as session:
        refresh_index(session)
        index_missing(session)


@main.command(epilog=example('portal revision "quotes remember their currency rate"'))
@click.argument("why")
def revision(why: str) -> None:
    """Write a new migration from what the models hold beyond the database; read it before you commit it."""
    with opened() as database:
        migrate.new_revision(database, why)
    click.echo("Written into portal/migrations/versions; test it up, down and up again with data.")


@main.command(
    epilog=example("portal serve --port 8123", "portal serve --workers 4 --threads 1   # behind a buffering proxy")
)
@PORT
@HOST
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; default: one for each core.")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Threads of a process.")
def serve(port: int, host: str, workers: int | None, threads: int) -> None:
    """Serve the pages with gunicorn until Ctrl-C. Mail and documents need `portal worker` beside it."""
    with opened():
        pass  # a schema that is not in order is said here, once, and not by every worker
    os.environ["PORT"] = str(port)  # the base of links when PORTAL_BASE_URL does not say another
    shared = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat file, so that a slow disk kills no worker
    arguments = [
        *("--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"),
        *("--workers", str(workers or os.cpu_count() or 1)),
        *(("--worker-class", "gthread", "--threads", str(threads)) if threads > 1 else ("--worker-class", "sync")),
        *("--graceful-timeout", str(GRACE_SECONDS), "--timeout", "60", "--keep-alive", "5"),
        *(("--worker-tmp-dir", str(shared)) if shared.is_dir() else ()),
        *("--no-control-socket", "--log-level", "warning", "--name", "portal"),
        "portal.cli:application()",
    ]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])  # noqa: S606 - no shell, our own words


def application() -> Flask:
    """Make the web application of one gunicorn worker: called after the fork, so that nobody shares a connection."""
    own = settings()
    logs.set_up(own.log_level)
    database = Database(own.database_url)
    with database.reading(SYSTEM) as session:
        own = replace(own, demo=marker.is_demo(session))
    warm_beside(database, zone=own.supplier_zone, now=utc_now())
    return create_app(own, database)


@main.command(epilog=example("portal worker", "portal worker --until-idle   # do what is due, then leave"))
@click.option("--until-idle", is_flag=True, help="Stop when nothing is due.")
def worker(until_idle: bool) -> None:
    """Send mail and make documents until Ctrl-C. Several may run at once."""
    with opened():
        pass
    own = settings()
    logs.set_up(own.log_level)
    work(own, until_idle=until_idle)


@main.command(epilog=example("portal run --port 8123"))
@PORT
@HOST
def run(port: int, host: str) -> None:
    """Serve pages and run a worker as one; when either ends, both end."""
    with opened():
        pass
    raise click.exceptions.Exit(supervisor.run(port, host))


@main.command(epilog=example("portal demo", "portal demo --if-empty", "portal demo --reset"))
@click.option("--migrate", "migrate_first", is_flag=True, help="Bring the database to the newest schema first.")
@click.option("--if-empty", is_flag=True, help="Do nothing, quietly, when somebody is in the database already.")
@click.option("--reset", is_flag=True, help="Remove everything and load the demo world anew.")
@click.option("--yes-really-erase", is_flag=True, help="Let --reset remove a database that is no demo.")
def demo(migrate_first: bool, if_empty: bool, reset: bool, yes_really_erase: bool) -> None:
    """Load the demo world into an empty database: partners, customers, catalogue, rules, quotes."""
    if reset and if_empty:
        raise click.UsageError("Say either --if-empty or --reset.")
    with opened(migrated=not reset and not migrate_first) as database:
        if migrate_first:
            migrate.upgrade(database)
            _refresh(database)
        if reset:
            loading.erase(database, really=yes_really_erase)
        state = loading.state_of(database)
        if state is loading.State.EMPTY:
            loading.load_demo(database, now=utc_now(), zone=settings().supplier_zone)
            click.echo("The demo world is loaded.\n")
        elif state is loading.State.IN_USE:
            if if_empty:
                click.echo("The database is in use; the demo world was not loaded.")
                return
            raise click.ClickException(
                "The database is in use and no demo. The demo world goes into an empty one only."
            )
        else:
            click.echo("The demo world is there.\n")
        demo_accounts.print_table(database)


@main.command("accounts", epilog=example("portal accounts"))
def accounts_() -> None:
    """Print the accounts of the demo world and their password."""
    with opened() as database:
        if loading.state_of(database) is not loading.State.DEMO:
            raise click.ClickException("This is no demo. Look at: portal users list")
        demo_accounts.print_table(database)


if __name__ == "__main__":
    main()
