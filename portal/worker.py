"""The worker: takes jobs out of the outbox, does what reaches outside, and notes it once."""

import contextlib
import os
import secrets
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Any, Final

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from portal import fonts, outbox, schema, wiring
from portal.accounts import operations as accounts
from portal.accounts import throttles
from portal.api import remembering
from portal.config import Settings
from portal.configurator import engineering_checking
from portal.db import Database, ScopedSession, is_retryable, utc_now
from portal.deals import documents, order_documents, papers, resale_documents
from portal.deals.registrations import simulating
from portal.files import operations as files
from portal.files.stores import store_of
from portal.home import telling
from portal.notify import mail
from portal.outbox import Handler, Job, JobFailed
from portal.parties import comparing, importing
from portal.pdf import Renderer
from portal.policy import SYSTEM
from portal.search import queueing
from portal.search.indexing import Follower
from portal.sharing import news as sharing_news
from portal.support.mailing import fetching
from portal.support.service import report
from portal.support.tickets import rating

POLL_SECONDS: Final = 0.5
BEAT_SECONDS: Final = 2.0
SWEEP_SECONDS: Final = 30.0
TIDY_SECONDS: Final = 3600.0
GRACE_SECONDS: Final = 8.0  # how long a job in hand may still take when the worker is asked to stop
METADATA: Final = schema.metadata  # every mapped class is known: rows refer to tables of packages not imported here
log: Final = structlog.get_logger("portal.worker")


def handlers_of(settings: Settings, database: Database, renderer: Renderer) -> dict[str, Handler]:
    """Return who does which kind of job."""
    return {
        mail.KIND: mail.handler(settings),
        documents.KIND: documents.handler(settings, database, renderer),
        resale_documents.KIND: papers.handler(resale_documents.PAPER, settings, database, renderer),
        order_documents.KIND: order_documents.handler(settings, database, renderer),
        report.KIND: report.handler(settings, database, renderer),
        engineering_checking.KIND: engineering_checking.handler(settings, database),
        accounts.RESET_KIND: accounts.reset_handler(settings),
        **sharing_news.handlers(settings),
        **telling.handlers(settings),
        comparing.KIND: comparing.handler(database),
        importing.KIND: importing.handler(),
        rating.KIND: rating.handler(settings),
        fetching.KIND: fetching.handler(settings, database),
        simulating.KIND: simulating.handler(database),
    }


def work(settings: Settings, *, until_idle: bool = False, name: str | None = None) -> None:
    """Do jobs until asked to stop, or with `until_idle` until nothing is due."""
    if lacks := fonts.missing():
        log.warning("documents", problem=fonts.sentence(lacks))
    database, renderer = Database(settings.database_url), Renderer(settings.pdf_processes)
    wiring.install()
    sweeps = [*(partial(_sweep, sweep, settings) for sweep in wiring.SWEEPS), partial(fetching.ask, settings)]
    tidies: list[Callable[[ScopedSession, datetime], int]] = [partial(_tidy_files, settings), _tidy_search]
    worker = Worker(database, handlers_of(settings, database, renderer), sweeps=sweeps, tidies=tidies, name=name)
    try:
        with _stopping_on_signals(worker.stop), _indexing(settings, database, until_idle=until_idle):
            worker.run(until_idle=until_idle)
    finally:
        renderer.close()
        database.dispose()


def _sweep(sweep: wiring.Sweep, settings: Settings, session: ScopedSession, now: datetime) -> int:
    return sweep(session, wiring.Moment.at(now, settings))


def _tidy_files(settings: Settings, session: ScopedSession, now: datetime) -> int:
    return files.tidy(session, store_of(settings), now=now)


def _tidy_search(session: ScopedSession, now: datetime) -> int:
    return queueing.tidy(session, now=now)


@contextlib.contextmanager
def _indexing(settings: Settings, database: Database, *, until_idle: bool) -> Iterator[None]:
    """Keep the search index in line from a thread of its own; with `until_idle` read at the end what the jobs wrote."""
    follower, over = Follower(database, settings.search_folder), threading.Event()
    if until_idle:
        yield
        while follower.turn():
            pass
        follower.let_go()
        return
    thread = threading.Thread(target=follower.run, args=(over,), name="search", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(GRACE_SECONDS)


@contextlib.contextmanager
def _stopping_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Stop on TERM and Ctrl-C for as long as this lasts; signals reach the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def asked(_signum: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def describe(error: BaseException) -> tuple[str, bool]:
    """Return what may be written down of an error, and whether trying again is useless.

    The text of an error may quote what it worked on, so only our own words are kept, else the kind and the place.
    """
    if isinstance(error, JobFailed):
        return str(error), error.permanent
    if isinstance(error, SQLAlchemyError):
        return f"the database refused ({type(error).__name__})", False
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}portal{os.sep}" in frame.filename] or frames
    place = f" at {os.path.basename(ours[-1].filename)}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{place}", False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job's outer half, not yet written down."""

    job: Job
    result: Any = None
    error: BaseException | None = None


class Worker:
    """One worker: a loop that alone writes, a thread that beats, and threads for the outer halves of jobs."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        *,
        sweeps: Sequence[Callable[[ScopedSession, datetime], int]] = (),
        tidies: Sequence[Callable[[ScopedSession, datetime], int]] = (),
        name: str | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.name = name or f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._stop = threading.Event()
        self._lanes = {kind: ThreadPoolExecutor(each.parallel, f"job-{kind}") for kind, each in handlers.items()}
        self._hand: dict[Future[Any], Job] = {}
        self._unsaved: list[Outcome] = []
        self._sweeps, self._tidies = tuple(sweeps), tuple(tidies)
        self._next_look = self._next_tidy = self._next_sweep = 0.0

    def stop(self) -> None:
        """Ask the worker to finish what it has in hand and end."""
        self._stop.set()

    def run(self, *, until_idle: bool = False) -> None:
        """Work until stopped, or until nothing is due."""
        with self._beating():
            try:
                while not self._stop.is_set():
                    busy = self._turn(patient=not until_idle)
                    if busy:
                        continue
                    if until_idle and not self._hand and not self._unsaved:
                        break
                    self._pause()
            finally:
                self._put_down()

    def _turn(self, *, patient: bool) -> bool:
        """Write down what is ready and take what is due; return whether there was anything."""
        try:
            saved = self._save()
            self._look_after_others()
            return self._take() or saved
        except DBAPIError as error:  # the database is away or busy: nothing is lost, what is in hand is kept
            if isinstance(error, IntegrityError) or not patient:
                raise
            log.warning("database away", error=type(error).__name__)
            self._stop.wait(POLL_SECONDS)
            return False

    def _pause(self) -> None:
        if self._hand:
            wait(self._hand, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        else:
            self._stop.wait(POLL_SECONDS)

    def _take(self) -> bool:
        """Claim as many due jobs as there is room for."""
        held: dict[str, int] = {}
        for job in self._hand.values():
            held[job.kind] = held.get(job.kind, 0) + 1
        room = {kind: each.batch - held.get(kind, 0) for kind, each in self._handlers.items()}
        room = {kind: free for kind, free in room.items() if free > 0}
        if not room or self._stop.is_set():
            return False
        with self._database.reading(SYSTEM) as session:  # looking does not take the one lock there is in SQLite
            if not outbox.is_due(session, tuple(room), now=self._clock()):
                return False
        claimed = self._database.write(SYSTEM, lambda s: outbox.claim(s, self.name, room, now=self._clock()))
        for job in claimed:
            self._hand[self._lanes[job.kind].submit(self._handlers[job.kind].run, job)] = job
        return bool(claimed)

    def _save(self) -> bool:
        """Write down all that is ready in one transaction, each job in a savepoint of its own."""
        for future in [future for future in self._hand if future.done()]:
            self._unsaved.append(_outcome(self._hand.pop(future), future))
        if not self._unsaved:
            return False
        self._database.write(SYSTEM, self._save_all)
        self._unsaved.clear()
        return True

    def _save_all(self, session: ScopedSession) -> None:
        for outcome in self._unsaved:
            error = outcome.error or self._attempt(session, partial(self._done, session, outcome))
            if error is not None:
                self._not_done(session, outcome.job, error)

    def _attempt(self, session: ScopedSession, step: Callable[[], None]) -> Exception | None:
        """Take a step in a savepoint; return what went wrong with it, but raise when the database itself is away."""
        try:
            with session.begin_nested():
                step()
        except DBAPIError as error:
            if error.connection_invalidated or is_retryable(error):
                raise
            return error
        except Exception as error:
            return error
        return None

    def _done(self, session: ScopedSession, outcome: Outcome) -> None:
        job, now = outcome.job, self._clock()
        if outbox.complete(session, job, self.name, now=now):
            self._handlers[job.kind].finish(session, job, outcome.result, now)

    def _not_done(self, session: ScopedSession, job: Job, error: BaseException) -> None:
        message, permanent = describe(error)
        log.warning("job failed", kind=job.kind, job=job.public_id, attempt=job.attempts, error=message)
        state = outbox.fail(session, job, self.name, message, permanent=permanent, now=self._clock())
        if state is not None:
            self._tell(session, job, message, state == "dead")

    def _tell(self, session: ScopedSession, job: Job, message: str, final: bool) -> None:
        """Let the handler note the failure; a fault of its own must not stop the worker."""
        if (handler := self._handlers.get(job.kind)) is None:
            return
        error = self._attempt(session, lambda: handler.failed(session, job, message, final, self._clock()))
        if error is not None:
            log.error("failure not noted", kind=job.kind, job=job.public_id, error=describe(error)[0])

    def _look_after_others(self) -> None:
        """Every now and then let the claims of lost workers fall back, and remove what is old."""
        instant = time.monotonic()
        if instant < self._next_look:
            return
        self._next_look = instant + BEAT_SECONDS
        with self._database.reading(SYSTEM) as session:
            lost = outbox.has_lost(session, now=self._clock())
        if lost:
            self._database.write(SYSTEM, self._recover)
        if instant >= self._next_tidy:
            self._next_tidy = instant + TIDY_SECONDS
            self._database.write(SYSTEM, lambda session: outbox.tidy(session, now=self._clock()))
            self._database.write(SYSTEM, lambda session: throttles.sweep(session, now=self._clock()))
            self._database.write(SYSTEM, lambda session: remembering.sweep(session, now=self._clock()))
            for tidy in self._tidies:
                self._database.write(SYSTEM, lambda session, do=tidy: do(session, self._clock()))  # type: ignore[misc]
        if instant >= self._next_sweep:
            moved = sum(self._database.write(SYSTEM, lambda s, do=do: do(s, self._clock())) for do in self._sweeps)  # type: ignore[misc]
            self._next_sweep = instant if moved else instant + SWEEP_SECONDS  # there may be more: soon again

    def _recover(self, session: ScopedSession) -> None:
        for job in outbox.fall_back(session, now=self._clock()):
            log.warning("job died with its worker", kind=job.kind, job=job.public_id)
            self._tell(session, job, outbox.LOST, True)

    def _put_down(self) -> None:
        """Give back what was not begun, wait for the rest, write it down and sign off."""
        idle = [job for future, job in self._hand.items() if future.cancel()]
        self._hand = {future: job for future, job in self._hand.items() if not future.cancelled()}
        if idle:
            self._database.write(SYSTEM, lambda session: outbox.release(session, idle, self.name))
        if self._hand:
            wait(self._hand, timeout=GRACE_SECONDS)
        for lane in self._lanes.values():
            lane.shutdown(wait=False)
        self._save()

    @contextlib.contextmanager
    def _beating(self) -> Iterator[None]:
        """Beat from a thread of its own, so that long jobs do not look like a dead worker."""
        self._beat()
        over = threading.Event()

        def keep_beating() -> None:
            while not over.wait(BEAT_SECONDS):
                with contextlib.suppress(DBAPIError):  # next time
                    self._beat()

        thread = threading.Thread(target=keep_beating, name="beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._database.write(SYSTEM, lambda session: outbox.leave(session, self.name))

    def _beat(self) -> None:
        self._database.write(SYSTEM, lambda session: outbox.beat(session, self.name, now=self._clock()))


def _outcome(job: Job, future: Future[Any]) -> Outcome:
    error = future.exception()
    return Outcome(job, error=error) if error is not None else Outcome(job, future.result())
