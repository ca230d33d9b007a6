"""What leaves a transaction: a row written with the change itself, done later by the worker."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base, House, new_public_id
from portal.policy import Permission

STATES = ("waiting", "running", "done", "dead")


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
    job = OutboxJob(kind=kind, payload=payload, dedupe_key=dedupe_key, created_at=now, available_at=now)
    session.add(job)
    return job
