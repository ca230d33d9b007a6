"""Real worker processes that are killed in the middle: nothing is lost, nothing is doubled."""

import hashlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.config import Settings
from portal.db import Database, utc_now
from portal.deals.models import QuoteDocument
from portal.notify.mail import send_mail
from portal.outbox import OutboxJob, WorkerBeat
from portal.policy import SYSTEM
from tests.functional.outbox.world import Processes, children_of, end, is_alive, issue_quotes, until

MAILS, QUOTES = 200, 10


@pytest.fixture
def processes(settings: Settings) -> Iterator[Processes]:
    started = Processes(settings)
    yield started
    started.end_all()


def states(database: Database) -> dict[str, int]:
    with database.reading(SYSTEM) as session:
        rows = session.execute(select(OutboxJob.state, func.count()).group_by(OutboxJob.state)).all()
        return {row[0]: row[1] for row in rows}


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


@pytest.mark.slow
def test_killed_in_the_middle_of_200_mails_and_20_documents(
    database: Database, settings: Settings, processes: Processes, record_property: Callable[[str, object], None]
) -> None:
    begun = time.monotonic()
    with database.writing(SYSTEM) as session:
        for number in range(MAILS):
            params = {"name": f"Number {number}"}
            to = f"n{number}@example.com"
            send_mail(session, to=to, template="password_changed", params=params, locale="zh", now=utc_now())
    documents = issue_quotes(database, QUOTES)
    assert len(documents) == 20
    orphans: list[int] = []
    for progress in (20, 60, MAILS + 4):  # killed over mails, over both, and over documents
        worker = processes.start()
        until(lambda wanted=progress: states(database).get("done", 0) >= wanted, f"{progress} jobs done")
        orphans += children_of(worker.pid)
        end(worker, signal.SIGKILL)
        assert states(database).get("done", 0) < MAILS + 20, "killed too late to prove anything"
    worker = processes.start()
    until(lambda: states(database) == {"done": MAILS + 20}, "everything done")
    assert end(worker, signal.SIGTERM) == 0
    record_property("seconds", time.monotonic() - begun)

    with database.reading(SYSTEM) as session:
        mails = session.scalars(select(OutboxJob.public_id).where(OutboxJob.kind == "mail")).all()
        assert written(settings.mail_folder) == sorted(f"{name}.eml" for name in mails)
        assert session.scalars(select(WorkerBeat.name).where(WorkerBeat.seen_at > utc_now())).all() == []
        rows = session.scalars(select(QuoteDocument)).all()
        assert sorted(row.id for row in rows) == sorted(documents)
        for row in rows:
            assert row.state == "ready"
            assert row.content is not None
            assert hashlib.sha256(row.content).hexdigest() == row.sha256
        assert len({row.sha256 for row in rows}) == 20
    named = [
        line
        for path in settings.mail_folder.iterdir()
        for line in path.read_text("utf-8").splitlines()
        if "To:" in line
    ]
    assert sorted(named) == sorted(f"To: n{number}@example.com" for number in range(MAILS))
    until(lambda: not any(map(is_alive, orphans)), "drawing processes of killed workers end by themselves")


@pytest.mark.slow
def test_term_finishes_what_is_in_hand_and_gives_back_the_rest(database: Database, processes: Processes) -> None:
    issue_quotes(database, 6, lines=30)
    worker = processes.start()
    until(lambda: states(database).get("done", 0) >= 1, "one document is made")
    assert end(worker, signal.SIGTERM) == 0
    left = states(database)
    assert set(left) == {"done", "waiting"}
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(WorkerBeat)).all() == []
        attempts = select(OutboxJob.attempts).where(OutboxJob.state == "waiting")
        assert set(session.scalars(attempts)) == {0}
        made = select(func.count()).where(QuoteDocument.state == "ready").select_from(QuoteDocument)
        assert session.scalar(made) == left["done"]
