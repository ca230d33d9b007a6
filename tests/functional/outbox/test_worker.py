"""The worker in one process: once and only once, failures, retries, the administrator's levers."""

import itertools
import threading
import time
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal import outbox
from portal.db import Database
from portal.deals.models import Counter
from portal.errors import Conflict, NotAllowed
from portal.history import HistoryEntry
from portal.outbox import Handler, Job, JobFailed, OutboxJob, WorkerBeat, enqueue
from portal.policy import GRANTS, NOBODY, SYSTEM, Actor, OrganisationKind, Role
from portal.worker import Worker, describe
from tests.functional.outbox.conftest import Clock, Look

ADMINISTRATOR = Actor(None, None, GRANTS[OrganisationKind.SUPPLIER][Role.ADMINISTRATOR])
SALES = Actor(None, None, GRANTS[OrganisationKind.PARTNER][Role.SALES])


def fill(database: Database, clock: Clock, count: int = 1, kind: str = "count") -> None:
    with database.writing(SYSTEM) as session:
        for number in range(count):
            enqueue(session, kind, {"number": number}, now=clock.now)


def count_up(session: Session, job: Job, _result: Any, _now: Any) -> None:
    series = f"job {job.payload['number']}"
    counter = session.get(Counter, series)
    if counter is None:
        session.add(Counter(series=series, value=1))
    else:
        counter.value += 1


def counted(database: Database) -> list[int]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Counter.value)))


def failing(error: Exception) -> Any:
    def run(_job: Job) -> None:
        raise error

    return run


def test_two_workers_apply_every_job_exactly_once(database: Database, clock: Clock, look: Look) -> None:
    fill(database, clock, 300)
    done_by: dict[str, list[int]] = {"one": [], "two": []}
    begun = {name: threading.Event() for name in done_by}

    def work(name: str) -> None:
        def run(job: Job) -> None:
            begun[name].set()
            assert all(each.wait(30) for each in begun.values())  # no lane of one goes on before both hold something
            done_by[name].append(job.payload["number"])

        handler = Handler(run=run, finish=count_up, batch=8)
        Worker(database, {"count": handler}, name=name, clock=clock).run(until_idle=True)

    threads = [threading.Thread(target=work, args=(name,)) for name in done_by]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done_by["one"] + done_by["two"]) == list(range(300))
    assert counted(database) == [1] * 300
    assert {job.state for job in look()} == {"done"}
    assert {job.attempts for job in look()} == {1}


def test_a_job_that_another_did_meanwhile_is_not_applied_again(database: Database, clock: Clock, look: Look) -> None:
    fill(database, clock)
    holding, go_on = threading.Event(), threading.Event()

    def slowly(_job: Job) -> None:
        holding.set()
        assert go_on.wait(20)

    slow = Worker(database, {"count": Handler(run=slowly, finish=count_up)}, name="slow", clock=clock)
    thread = threading.Thread(target=slow.run, kwargs={"until_idle": True})
    thread.start()
    assert holding.wait(10)
    later = Clock()
    later.now = clock.now
    later.move(seconds=11)  # in its eyes the slow one was silent for too long
    Worker(database, {"count": Handler(run=lambda _: None, finish=count_up)}, name="quick", clock=later).run(
        until_idle=True
    )
    assert [job.state for job in look()] == ["done"]
    go_on.set()
    thread.join(20)
    assert counted(database) == [1]
    assert [(job.state, job.attempts) for job in look()] == [("done", 2)]


def test_a_claim_falls_back_only_from_silent_workers(database: Database, clock: Clock) -> None:
    fill(database, clock, 3)
    with database.writing(SYSTEM) as session:
        for name in ("alive", "silent"):
            outbox.beat(session, name, now=clock.now)
            assert len(outbox.claim(session, name, {"count": 1}, now=clock.now)) == 1
        outbox.claim(session, "never seen", {"count": 1}, now=clock.now)
    clock.move(seconds=11)
    with database.writing(SYSTEM) as session:
        outbox.beat(session, "alive", now=clock.now)
        assert outbox.has_lost(session, now=clock.now)
        assert outbox.fall_back(session, now=clock.now) == []
        held = session.execute(select(OutboxJob.state, OutboxJob.worker).order_by(OutboxJob.id)).all()
        assert [tuple(row) for row in held] == [("running", "alive"), ("waiting", None), ("waiting", None)]
    clock.move(minutes=16)  # beating, but stuck
    with database.writing(SYSTEM) as session:
        outbox.beat(session, "alive", now=clock.now)
        outbox.fall_back(session, now=clock.now)
        assert set(session.scalars(select(OutboxJob.state))) == {"waiting"}


def test_a_job_whose_worker_dies_every_time_dies_too(database: Database, clock: Clock) -> None:
    fill(database, clock)
    told: list[tuple[str, bool]] = []

    def failed(_session: Session, _job: Job, message: str, final: bool, _now: Any) -> None:
        told.append((message, final))

    with database.writing(SYSTEM) as session:
        for attempt in range(outbox.MAX_ATTEMPTS):
            assert outbox.claim(session, f"lost {attempt}", {"count": 1}, now=clock.now)
            if attempt < outbox.MAX_ATTEMPTS - 1:
                assert outbox.fall_back(session, now=clock.now) == []
    Worker(database, {"count": Handler(run=lambda _: None, failed=failed)}, clock=clock).run(until_idle=True)
    assert told == [(outbox.LOST, True)]


def test_failures_are_retried_with_growing_pauses_and_end_dead(database: Database, clock: Clock, look: Look) -> None:
    fill(database, clock)
    told: list[tuple[str, bool]] = []
    handler = Handler(
        run=failing(ValueError("the password is hunter2")),
        failed=lambda _session, _job, message, final, _now: told.append((message, final)),
    )
    pauses = []
    for _ in range(outbox.MAX_ATTEMPTS):
        Worker(database, {"count": handler}, clock=clock).run(until_idle=True)
        [job] = look()
        pauses.append((job.available_at - clock.now).total_seconds())
        clock.now = job.available_at
    assert job.state == "dead"
    assert "hunter2" not in job.last_error
    assert job.last_error.startswith("ValueError at test_worker.py:")
    assert [final for _, final in told] == [False] * 5 + [True]
    assert all(5 * 2**n <= pause <= 6 * 2**n for n, pause in enumerate(pauses[:-1]))
    Worker(database, {"count": handler}, clock=clock).run(until_idle=True)
    assert len(told) == outbox.MAX_ATTEMPTS, "a dead job rests"


def test_pauses_are_capped_at_an_hour() -> None:
    assert outbox.backoff(1).total_seconds() == 5
    assert outbox.backoff(40, "zzz") <= outbox.BACKOFF_CAP * 1.2


def test_a_permanent_failure_is_not_tried_again(database: Database, clock: Clock, look: Look) -> None:
    fill(database, clock)
    handler = Handler(run=failing(JobFailed("no such person", permanent=True)))
    Worker(database, {"count": handler}, clock=clock).run(until_idle=True)
    assert [(job.state, job.attempts, job.last_error) for job in look()] == [("dead", 1, "no such person")]


def test_a_finish_that_fails_leaves_nothing_behind_and_does_not_touch_others(
    database: Database, clock: Clock, look: Look
) -> None:
    fill(database, clock, 3)

    def finish(session: Session, job: Job, result: Any, now: Any) -> None:
        count_up(session, job, result, now)
        session.flush()
        if job.payload["number"] == 1:
            session.execute(text("INSERT INTO counter (series, value) VALUES ('job 1', NULL)"))

    Worker(database, {"count": Handler(run=lambda _: None, finish=finish)}, clock=clock).run(until_idle=True)
    assert [job.state for job in look()] == ["done", "waiting", "done"]
    assert look()[1].last_error == "the database refused (IntegrityError)"
    assert len(counted(database)) == 2


def test_a_handler_that_cannot_even_note_its_failure_stops_nobody(database: Database, clock: Clock, look: Look) -> None:
    fill(database, clock, 2)

    def failed(*_: Any) -> None:
        raise RuntimeError

    handler = Handler(run=failing(JobFailed("no")), failed=failed)
    Worker(database, {"count": handler}, clock=clock).run(until_idle=True)
    assert [(job.state, job.last_error) for job in look()] == [("waiting", "no")] * 2


def test_kinds_that_nobody_here_knows_wait_for_a_worker_that_does(database: Database, clock: Clock, look: Look) -> None:
    fill(database, clock, kind="of tomorrow")
    fill(database, clock)
    Worker(database, {"count": Handler(run=lambda _: None)}, clock=clock).run(until_idle=True)
    assert [job.state for job in look()] == ["waiting", "done"]


def test_an_idle_worker_neither_spins_nor_writes(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    real = outbox.is_due

    def noting(*arguments: Any, **more: Any) -> bool:
        looks.append(time.monotonic())
        return real(*arguments, **more)

    monkeypatch.setattr(outbox, "is_due", noting)
    worker = Worker(database, {"count": Handler(run=lambda _: None)}, clock=clock)
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 20
    while len(looks) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.stop()
    thread.join(10)
    gaps = [after - before for before, after in itertools.pairwise(looks)]
    assert min(gaps) >= 0.45


def test_a_stopped_worker_gives_back_what_it_has_not_begun(database: Database, clock: Clock, look: Look) -> None:
    fill(database, clock, 5)
    holding, go_on = threading.Event(), threading.Event()

    def run(_job: Job) -> None:
        holding.set()
        assert go_on.wait(20)

    worker = Worker(database, {"count": Handler(run=run, finish=count_up, parallel=1, batch=5)}, clock=clock)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert holding.wait(10)
    worker.stop()
    deadline = time.monotonic() + 20
    while [job.state for job in look()].count("waiting") < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    go_on.set()
    thread.join(20)
    assert [(job.state, job.attempts) for job in look()] == [("done", 1)] + [("waiting", 0)] * 4
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(WorkerBeat)).all() == []


def test_a_worker_beats_while_it_works(database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.worker.BEAT_SECONDS", 0.05)
    fill(database, clock)
    seen = []

    def run(_job: Job) -> None:
        deadline = time.monotonic() + 20
        while len(seen) < 3 and time.monotonic() < deadline:
            clock.move(seconds=1)
            with database.reading(SYSTEM) as session:
                row = session.scalars(select(WorkerBeat.seen_at)).one()
                assert outbox.is_beating(session, now=row)
            if row not in seen:
                seen.append(row)

    Worker(database, {"count": Handler(run=run)}, clock=clock).run(until_idle=True)
    assert len(seen) >= 3


def test_old_done_jobs_and_gone_workers_are_tidied_away(database: Database, clock: Clock, look: Look) -> None:
    fill(database, clock, 3)
    with database.writing(SYSTEM) as session:
        outbox.beat(session, "gone", now=clock.now)
        session.execute(update(OutboxJob).where(OutboxJob.id == look()[0].id).values(state="done"))
        session.execute(update(OutboxJob).where(OutboxJob.id == look()[1].id).values(state="dead"))
    clock.move(days=31)
    with database.writing(SYSTEM) as session:
        outbox.tidy(session, now=clock.now)
        assert session.scalars(select(WorkerBeat)).all() == []
    assert [job.state for job in look()] == ["dead", "waiting"]


def test_only_an_administrator_retries_a_dead_job_and_history_says_so(
    database: Database, clock: Clock, look: Look
) -> None:
    fill(database, clock)
    handler = Handler(run=failing(JobFailed("no", permanent=True)))
    Worker(database, {"count": handler}, clock=clock).run(until_idle=True)
    with database.reading(SALES) as session:
        assert outbox.jobs(session) == []
        with pytest.raises(NotAllowed):
            outbox.counts(session)
    with database.writing(SYSTEM) as session:
        job = session.scalars(select(OutboxJob)).one()
        for actor in (SALES, NOBODY):
            with pytest.raises(NotAllowed):
                outbox.retry_job(session, actor, job, now=clock.now)
    with database.writing(ADMINISTRATOR) as session:
        job = session.scalars(select(OutboxJob)).one()
        outbox.retry_job(session, ADMINISTRATOR, job, now=clock.now)
        assert (job.state, job.attempts, job.finished_at) == ("waiting", 0, None)
    with database.reading(SYSTEM) as session:
        assert [entry.action for entry in session.scalars(select(HistoryEntry))] == ["retried"]
    Worker(database, {"count": Handler(run=lambda _: None, finish=count_up)}, clock=clock).run(until_idle=True)
    assert counted(database) == [1]
    with database.writing(ADMINISTRATOR) as session, pytest.raises(Conflict):
        outbox.retry_job(session, ADMINISTRATOR, session.scalars(select(OutboxJob)).one(), now=clock.now)


def test_lists_are_paged_by_key_and_never_show_payloads(database: Database, clock: Clock) -> None:
    fill(database, clock, 7)
    with database.reading(ADMINISTRATOR) as session:
        for state in (None, "waiting"):
            pages, before = [], None
            while page := outbox.jobs(session, state=state, before_id=before, limit=3):
                pages.append([row.id for row in page])
                before = page[-1].id
            assert [len(page) for page in pages] == [3, 3, 1]
            flat = [number for page in pages for number in page]
            assert flat == sorted(flat, reverse=True)
        assert "payload" not in outbox.jobs(session)[0]._fields
        assert outbox.jobs(session, state="dead") == []
        assert outbox.counts(session) == {"waiting": 7, "running": 0, "done": 0, "dead": 0}
        assert outbox.counts(session, cap=5)["waiting"] == 5


def test_errors_are_described_without_what_they_quote() -> None:
    def run() -> None:
        raise KeyError("secret")

    with pytest.raises(KeyError) as caught:
        run()
    assert describe(caught.value)[0].startswith("KeyError at test_worker.py:")
    assert describe(ValueError("secret")) == ("ValueError", False)
