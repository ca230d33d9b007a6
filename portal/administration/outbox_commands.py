"""Console commands about what waits to leave the portal: mail and documents."""

import json
from collections.abc import Mapping
from typing import Any

import click
from sqlalchemy import select

from portal import outbox as box
from portal.administration.console import Commands, example, facts, house, table
from portal.db import ScopedSession, utc_now
from portal.outbox import STATES, OutboxJob
from portal.policy import SYSTEM

SECRET = frozenset({"link", "token", "code"})
JOB = click.argument("job")


@click.group(cls=Commands)
def outbox() -> None:
    """Mail and documents on their way out: waiting, running, done, dead."""


@outbox.command("list", epilog=example("portal outbox list --state dead"))
@click.option("--state", type=click.Choice(STATES), help="Only jobs in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_jobs(state: str | None, limit: int) -> None:
    """Print jobs, newest first."""
    with house() as session:
        rows = box.jobs(session, state=state, limit=limit)
    table(
        ("Job", "Kind", "State", "Tries", "Made", "Due", "Last error"),
        [
            (
                row.public_id,
                row.kind,
                row.state,
                row.attempts,
                f"{row.created_at:%Y-%m-%d %H:%M:%S}",
                f"{row.available_at:%Y-%m-%d %H:%M:%S}",
                row.last_error,
            )
            for row in rows
        ],
    )


@outbox.command(epilog=example("portal outbox show 4t0c8m2k9x7f1r5w"))
@JOB
def show(job: str) -> None:
    """Print one job; links that open accounts are left out."""
    with house() as session:
        found = _job(session, job)
    facts(
        [
            ("Job", found.public_id),
            ("Kind", found.kind),
            ("State", found.state),
            ("Tries", found.attempts),
            ("Made", found.created_at.isoformat(" ", "seconds")),
            ("Due", found.available_at.isoformat(" ", "seconds")),
            ("Finished", found.finished_at.isoformat(" ", "seconds") if found.finished_at else "no"),
            ("Worker", found.worker or "none"),
            ("Request", found.request_id or "none"),
            ("Last error", found.last_error or "none"),
            ("Contents", json.dumps(without_secrets(found.payload), ensure_ascii=False)),
        ]
    )


@outbox.command(epilog=example("portal outbox retry 4t0c8m2k9x7f1r5w", "portal outbox retry --all-dead"))
@click.argument("job", required=False)
@click.option("--all-dead", is_flag=True, help="Try every dead job again.")
def retry(job: str | None, all_dead: bool) -> None:
    """Let a dead or delayed job be done now, with all its tries before it again."""
    if (job is None) is not all_dead:
        raise click.UsageError("Name one job, or say --all-dead.")
    with house(write=True) as session:
        query = select(OutboxJob).where(OutboxJob.state == "dead").order_by(OutboxJob.available_at, OutboxJob.id)
        jobs = list(session.scalars(query)) if job is None else [_job(session, job)]
        for found in jobs:
            box.retry_job(session, SYSTEM, found, now=utc_now())
    click.echo(f"{len(jobs)} {'job waits' if len(jobs) == 1 else 'jobs wait'} for the worker again.")


@outbox.command(epilog=example("portal outbox stats"))
def stats() -> None:
    """Print how many jobs are in each state, and whether a worker is alive."""
    with house() as session:
        counted = box.counts(session)
        alive = box.is_beating(session, now=utc_now())
    shown = {state: f"{count}{'+' if count >= box.COUNT_CAP else ''}" for state, count in counted.items()}
    facts([*shown.items(), ("worker", "alive" if alive else "none is running; start one with: portal worker")])


def without_secrets(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a job carries without the links by which accounts are opened."""
    return {
        key: "…" if key in SECRET else without_secrets(value) if isinstance(value, Mapping) else value
        for key, value in payload.items()
    }


def _job(session: ScopedSession, public_id: str) -> OutboxJob:
    found = session.scalar(select(OutboxJob).where(OutboxJob.public_id == public_id))
    if found is None:
        raise click.ClickException(f"There is no job {public_id}. Look at: portal outbox list")
    return found
