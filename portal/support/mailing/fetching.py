"""Fetching the mail that waits: by the worker every minute, or by hand."""

from collections import Counter
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.db import Database, is_retryable, utc_now
from portal.files.refusing import NoRoom
from portal.files.stores import Store, store_of
from portal.outbox import Handler, Job, JobFailed, OutboxJob, enqueue
from portal.policy import SYSTEM
from portal.support.mailing.receiving import receive, unreadable
from portal.support.mailing.sources import Waiting, opened

KIND: Final = "mail_fetch"
log: Final = structlog.get_logger("portal.mail")


def fetch(settings: Settings, database: Database) -> Counter[str]:
    """Take in what waits, each mail in a transaction of its own; return how many came to what."""
    store, outcomes = store_of(settings), Counter[str]()
    with opened(settings.mail_inbox) as inbox:
        for waiting in inbox.waiting():
            outcomes[_take(settings, database, store, waiting)] += 1
            inbox.done(waiting.name)
    return outcomes


def _take(settings: Settings, database: Database, store: Store, waiting: Waiting) -> str:
    """Take in one mail; one that cannot be taken in is noted, unless the database or the disk is what fails."""
    try:
        return database.write(SYSTEM, lambda session: receive(session, settings, store, waiting, now=utc_now()).outcome)
    except (NoRoom, OSError):
        raise
    except Exception as error:
        if isinstance(error, DBAPIError) and (error.connection_invalidated or is_retryable(error)):
            raise
        reason = type(error).__name__
        log.error("mail not taken in", error=reason, exc_info=error)
        database.write(SYSTEM, lambda session: unreadable(session, waiting, reason, now=utc_now()))
        return "failed"


def ask(settings: Settings, session: Session, now: datetime) -> int:
    """Let the worker fetch mail once a minute, where an inbox is set; moves nothing by itself."""
    if settings.mail_inbox:
        minute = now.strftime("%Y%m%d%H%M")
        key = f"{KIND}-{minute}"
        if session.scalar(select(OutboxJob.id).where(OutboxJob.dedupe_key == key)) is None:
            enqueue(session, KIND, {}, now=now, dedupe_key=key)
    return 0


def handler(settings: Settings, database: Database) -> Handler:
    """Return how the worker fetches mail; what fails is tried again with the next minute's job."""

    def run(_job: Job) -> None:
        try:
            fetch(settings, database)
        except (OSError, NoRoom) as error:
            raise JobFailed(f"the inbox cannot be read ({type(error).__name__})", permanent=True) from error

    return Handler(run=run, parallel=1, batch=1)
