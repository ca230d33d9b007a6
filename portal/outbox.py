"""What leaves a transaction: a row written with the change itself, done later by the worker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import (
    CheckConstraint,
    CursorResult,
    Index,
    Row,
    Select,
    String,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base, House, ScopedSession, as_actor, new_public_id
from portal.errors import Conflict, NotAllowed
from portal.history import record
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_

STATES = ("waiting", "running", "done", "dead")
MAX_ATTEMPTS: Final = 6
BACKOFF_BASE: Final = timedelta(seconds=5)
BACKOFF_CAP: Final = timedelta(hours=1)
SILENCE: Final = timedelta(seconds=10)  # a worker without a beat for so long is lost, and its claims fall back
CLAIM_LIMIT: Final = timedelta(minutes=15)  # nothing takes longer; also frees what a beating but stuck worker holds
KEEP_DONE: Final = timedelta(days=30)
KEEP_BEATS: Final = timedelta(days=1)
COUNT_CAP: Final = 1000
LOST: Final = "the worker ended while it did this"


class OutboxJob(House, Base):
    """One piece of work; `kind` chooses the handler, `dedupe_key` keeps it single."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        UniqueConstraint("dedupe_key"),
        Index("ix_outbox_due", "state", "available_at", "id"),
    )
    view_permission = Permission.OUTBOX_MANAGE

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    worker: Mapped[str | None] = mapped_column(String(60))  # who holds it while running
    claimed_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(2000), default="")
    request_id: Mapped[str] = mapped_column(String(60), default="")


class WorkerBeat(House, Base):
    """A worker process and when it was last alive; its claims fall back when it stops beating."""

    __tablename__ = "worker_beat"
    view_permission = Permission.OUTBOX_MANAGE

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


def enqueue(
    session: Session, kind: str, payload: dict[str, Any], *, now: datetime, dedupe_key: str | None = None
) -> OutboxJob:
    """Add a job to the present transaction; it exists if and only if the transaction commits."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    job = OutboxJob(
        kind=kind, payload=payload, dedupe_key=dedupe_key, created_at=now, available_at=now, request_id=request_id
    )
    session.add(job)
    return job


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job as its handler sees it, outside of any session."""

    id: int
    public_id: str
    kind: str
    payload: Mapping[str, Any]
    attempts: int  # with the present one
    created_at: datetime
    request_id: str = ""


class JobFailed(Exception):
    """A handler could not do its job, in words without secrets; a `permanent` failure is not tried again."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


def _nothing(_session: Session, _job: Job, _result: Any, _now: datetime) -> None:
    """Change nothing."""


def _no_word(_session: Session, _job: Job, _message: str, _final: bool, _now: datetime) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Handler:
    """How one kind of job is done, in two halves.

    `run` does what reaches outside, without a transaction, and may happen twice; `finish` changes the database in the
    very transaction that marks the job done, so it happens once; `failed` stands in the one that notes a failure.
    """

    run: Callable[[Job], Any]
    finish: Callable[[Session, Job, Any, datetime], None] = _nothing
    failed: Callable[[Session, Job, str, bool, datetime], None] = _no_word
    parallel: int = 4  # how many a worker does at once
    batch: int = 16  # how many it holds


def backoff(attempts: int, public_id: str = "") -> timedelta:
    """Return how long to wait after so many attempts; the job's own id spreads those that failed together."""
    wait = min(BACKOFF_BASE * float(2 ** (attempts - 1)), BACKOFF_CAP)
    return wait * (1 + sum(public_id.encode()) % 16 / 80)


def beat(session: Session, worker: str, *, now: datetime) -> None:
    """Say that this worker is alive."""
    seen = session.execute(update(WorkerBeat).where(WorkerBeat.name == worker).values(seen_at=now))
    if not _changed(seen):
        session.add(WorkerBeat(name=worker, started_at=now, seen_at=now))


def is_beating(session: Session, *, now: datetime) -> bool:
    """Return whether some worker is alive."""
    return session.scalar(select(WorkerBeat.name).where(WorkerBeat.seen_at >= now - SILENCE).limit(1)) is not None


def _due(kinds: Sequence[str], now: datetime) -> Select[OutboxJob]:
    waits = and_(OutboxJob.state == "waiting", OutboxJob.available_at <= now, OutboxJob.kind.in_(kinds))
    return select(OutboxJob).where(waits).order_by(OutboxJob.available_at, OutboxJob.id)


def is_due(session: Session, kinds: Sequence[str], *, now: datetime) -> bool:
    """Return whether a job of these kinds waits to be done now; reads only."""
    return session.scalar(_due(kinds, now).with_only_columns(OutboxJob.id).limit(1)) is not None


def claim(session: Session, worker: str, room: Mapping[str, int], *, now: datetime) -> list[Job]:
    """Take due jobs for this worker, at most `room[kind]` of each kind; others skip over what is being taken."""
    taken: list[Job] = []
    for kind, limit in room.items():
        rows = session.scalars(_due([kind], now).limit(limit).with_for_update(skip_locked=True)).all()
        for row in rows:
            row.state, row.worker, row.claimed_until = "running", worker, now + CLAIM_LIMIT
            row.attempts += 1
            taken.append(_job(row))
    return taken


def complete(session: Session, job: Job, worker: str, *, now: datetime) -> bool:
    """Mark the job done if this worker still holds it; False means somebody else did it or does it."""
    return _let_go(session, job, worker, state="done", finished_at=now, last_error="")


def fail(session: Session, job: Job, worker: str, message: str, *, permanent: bool, now: datetime) -> str | None:
    """Note a failure if this worker still holds the job; return its new state, None when it was not ours."""
    final = permanent or job.attempts >= MAX_ATTEMPTS
    state = "dead" if final else "waiting"
    later = now if final else now + backoff(job.attempts, job.public_id)
    finished = now if final else None
    held = _let_go(
        session, job, worker, state=state, available_at=later, finished_at=finished, last_error=message[:2000]
    )
    return state if held else None


def release(session: Session, jobs: Sequence[Job], worker: str) -> None:
    """Give back jobs that were not begun; the claim does not count as an attempt."""
    for job in jobs:
        _let_go(session, job, worker, state="waiting", attempts=job.attempts - 1)


def leave(session: Session, worker: str) -> None:
    """Take the worker off the list; what it may still hold falls back at once."""
    session.execute(delete(WorkerBeat).where(WorkerBeat.name == worker))


def fall_back(session: Session, *, now: datetime) -> list[Job]:
    """Let claims of silent workers wait again; return those that died of it, having been tried too often."""
    rows = session.scalars(_lost(now).limit(200).with_for_update(skip_locked=True)).all()
    for row in rows:
        dead = row.attempts >= MAX_ATTEMPTS
        row.state, row.worker, row.claimed_until = "dead" if dead else "waiting", None, None
        row.available_at, row.finished_at, row.last_error = now, now if dead else None, LOST
    return [_job(row) for row in rows if row.state == "dead"]


def has_lost(session: Session, *, now: datetime) -> bool:
    """Return whether some claim should fall back; reads only."""
    return session.scalar(_lost(now).with_only_columns(OutboxJob.id).limit(1)) is not None


def _lost(now: datetime) -> Select[OutboxJob]:
    alive = select(WorkerBeat.name).where(WorkerBeat.seen_at >= now - SILENCE)
    gone = or_(OutboxJob.claimed_until < now, OutboxJob.worker.not_in(alive))
    return select(OutboxJob).where(OutboxJob.state == "running", gone).order_by(OutboxJob.available_at, OutboxJob.id)


def tidy(session: Session, *, now: datetime) -> None:
    """Remove what was done long ago and workers that are long gone."""
    old = and_(OutboxJob.state == "done", OutboxJob.available_at < now - KEEP_DONE)
    some = select(OutboxJob.id).where(old).order_by(OutboxJob.available_at, OutboxJob.id).limit(5000)
    session.execute(delete(OutboxJob).where(OutboxJob.id.in_(some)), execution_options={"synchronize_session": False})
    session.execute(delete(WorkerBeat).where(WorkerBeat.seen_at < now - KEEP_BEATS))


def retry_job(session: Session, actor: Actor, job: OutboxJob, *, now: datetime) -> OutboxJob:
    """Let a dead or delayed job be done now, with all its attempts before it again."""
    if not actor.can(Permission.OUTBOX_MANAGE):
        raise NotAllowed
    before = {"state": job.state, "attempts": job.attempts}
    again = {"state": "waiting", "attempts": 0, "available_at": now, "finished_at": None}
    ours = and_(OutboxJob.id == job.id, OutboxJob.state.in_(("dead", "waiting")))
    if not _changed(session.execute(update(OutboxJob).where(ours).values(again))):
        raise Conflict(N_("This job is being done or is done already."))
    record(session, job, "retried", now=now, before=before, after={"state": "waiting", "attempts": 0})
    return job


JobLine = tuple[int, str, str, str, int, datetime, datetime, datetime | None, str | None, str]


def jobs(
    session: Session, *, state: str | None = None, before_id: int | None = None, limit: int = 50
) -> Sequence[Row[*JobLine]]:
    """Return lines of the outbox, newest first, without payloads; `before_id` is the last id of the page before."""
    table = OutboxJob
    query = select(
        table.id,
        table.public_id,
        table.kind,
        table.state,
        table.attempts,
        table.created_at,
        table.available_at,
        table.finished_at,
        table.worker,
        table.last_error,
    )
    if state is None:
        query = query.order_by(table.id.desc())
        if before_id is not None:
            query = query.where(table.id < before_id)
    else:
        query = query.where(table.state == state).order_by(table.available_at.desc(), table.id.desc())
        if before_id is not None:
            last = select(table.available_at, table.id).where(table.id == before_id).scalar_subquery()
            query = query.where(tuple_(table.available_at, table.id) < last)
    return session.execute(query.limit(limit)).all()


def counts(session: Session, *, cap: int = COUNT_CAP) -> dict[str, int]:
    """Return how many jobs are in each state, counting no further than `cap`."""
    assert isinstance(session, ScopedSession)
    if session.actor is None or not session.actor.can(Permission.OUTBOX_MANAGE):
        raise NotAllowed
    some = {state: select(OutboxJob.id).where(OutboxJob.state == state).limit(cap).subquery() for state in STATES}
    columns = [select(func.count()).select_from(few).scalar_subquery().label(state) for state, few in some.items()]
    with as_actor(session, SYSTEM):
        return dict(session.execute(select(*columns)).one()._mapping)


def _job(row: OutboxJob) -> Job:
    return Job(row.id, row.public_id, row.kind, row.payload, row.attempts, row.created_at, row.request_id)


def _let_go(session: Session, job: Job, worker: str, **values: Any) -> bool:
    """Write `values` if and only if this worker holds the job: the guard that keeps every job single."""
    held = and_(OutboxJob.id == job.id, OutboxJob.state == "running", OutboxJob.worker == worker)
    values = {"worker": None, "claimed_until": None, **values}
    return _changed(session.execute(update(OutboxJob).where(held).values(values)))


def _changed(result: Any) -> bool:
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
