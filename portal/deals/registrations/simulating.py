"""Trying other rules out: a run is asked for, replayed here or by the worker, and keeps every difference it finds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from portal.approvals.definitions import read
from portal.approvals.publishing import checked
from portal.dates import business_date
from portal.db import Database, as_actor
from portal.deals.registrations import simulating_reading as reading
from portal.deals.registrations.deciding import KIND as REGISTRATIONS
from portal.deals.registrations.protection import months_back
from portal.deals.registrations.replaying import Frame, replay
from portal.deals.registrations.replaying_cases import Clock
from portal.deals.registrations.replaying_changes import Tally, changes
from portal.deals.registrations.replaying_facts import Policy, Result
from portal.deals.registrations.replaying_holdings import refused_by_cap
from portal.deals.registrations.replaying_time import midnight
from portal.deals.registrations.simulating_listing import check_rows, pasts_of
from portal.deals.registrations.simulating_models import SimulationChange, SimulationLine, SimulationRun
from portal.deals.registrations.simulating_past import Columns
from portal.deals.registrations.simulating_reading import Piece
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.outbox import Handler, Job, enqueue
from portal.parameters.definitions import DEFINITIONS
from portal.parameters.queries import Values, values
from portal.parties.tables import read_table
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_

KIND: Final = "policy_simulation"
TRIED: Final = (  # what can be tried out, in the order of the form
    "registration.protection_days", "registration.extension_days", "registration.extensions",
    "registration.auto_approve_below", "registration.holding_cap", "registration.holding_months",
    "registration.decision_hours", "registration.resubmissions", "pool.days_unworked",
)  # fmt: skip
FIRST: Final = TRIED[0], TRIED[3], TRIED[4], TRIED[8]  # the form asks for these at first sight
PERIODS: Final = (3, 6, 12, 24)  # months back
AT_ONCE: Final = 200  # registrations that are replayed while somebody waits; more are the worker's
MOST_RUNNING: Final = 3
KEPT: Final = timedelta(days=180)
WRITTEN: Final = 500  # differences in one statement
BUSY: Final = N_("%(most)s simulations wait or run already; wait for one to end.")
TOO_MANY: Final = N_("More than %(most)s registrations changed in this period; choose a shorter one.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be tried out: numbers by their key, other rules of approval, over so many months."""

    months: int = 12
    numbers: Mapping[str, int] | None = None
    definition: Mapping[str, Any] | None = None


Keep = Callable[[Sequence[dict[str, Any]]], None]


def simulate(session: Session, actor: Actor, plan: Plan, *, zone: str, now: datetime, today: date) -> SimulationRun:
    """Try other rules out on what was registered; a small number at once, a large one by the worker."""
    begins = months_back(today, _months(plan))
    run = _begin(session, actor, plan, "registrations", begins, now=now, today=today)
    with as_actor(session, SYSTEM):
        found = reading.count(session, midnight(begins, zone))
    if found > reading.MOST:
        raise Invalid(TOO_MANY, field="months", most=reading.MOST)
    start(session, run, found, zone=zone, now=now)
    return run


def _months(plan: Plan) -> int:
    if plan.months not in PERIODS:
        raise Invalid(N_("Choose one of the list."), field="months")
    return plan.months


def _begin(
    session: Session, actor: Actor, plan: Plan, source: str, begins: date, *, now: datetime, today: date
) -> SimulationRun:
    """Return a new run, checked; nothing is replayed yet."""
    if not actor.can(Permission.POLICY_SIMULATE):
        raise NotAllowed
    running = select(func.count(SimulationRun.id)).where(SimulationRun.state.in_(("waiting", "running")))
    if (session.scalar(running) or 0) >= MOST_RUNNING:
        raise Conflict(BUSY, most=MOST_RUNNING)
    _forget_old(session, now)
    present, tried = values(session), dict(plan.numbers or {})
    for key, value in tried.items():
        _check_number(key, value)
    if plan.definition is not None:
        _check_definition(plan.definition)
    run = SimulationRun(
        source=source, begins=begins, ends=today, numbers={k: v for k, v in tried.items() if v != present[k]},
        in_force={key: present[key] for key in TRIED}, state="checked", totals={}, created_at=now,
        definition=dict(plan.definition) if plan.definition is not None else None, created_by_id=actor.person_id,
    )  # fmt: skip
    session.add(run)
    session.flush()
    record(session, run, "simulate", now=now, after={"numbers": run.numbers, "rules": run.definition is not None})
    return run


def _check_number(key: str, value: int) -> None:
    definition = DEFINITIONS.get(key) if key in TRIED else None
    if definition is None:
        raise Invalid(N_("Choose one of the list."), field="numbers")
    if not definition.minimum <= value <= definition.maximum:
        low, high = definition.minimum, definition.maximum
        raise Invalid(N_("Enter a whole number from %(low)d to %(high)d."), field=key, low=low, high=high)


def _check_definition(content: Mapping[str, Any]) -> None:
    if checked(content).key != REGISTRATIONS:
        raise Invalid(N_("These are not the rules for registrations."), field="definition")


def _forget_old(session: Session, now: datetime) -> None:
    """Remove some runs of long ago with all they found."""
    old = select(SimulationRun.id).where(SimulationRun.created_at < now - KEPT).order_by(SimulationRun.id).limit(5)
    ids = session.scalars(old).all()
    if ids:
        for table in (SimulationChange, SimulationLine):
            session.execute(delete(table).where(table.run_id.in_(ids)))
        session.execute(delete(SimulationRun).where(SimulationRun.id.in_(ids)))


def start(session: Session, run: SimulationRun, found: int, *, zone: str, now: datetime) -> None:
    """Replay a run now when it is small, else let the worker do it."""
    if found > AT_ONCE:
        run.state = "waiting"
        enqueue(session, KIND, {"run": run.id, "zone": zone}, now=now)
        session.flush()
        return
    with as_actor(session, SYSTEM):
        totals = carry_out(session, run, lambda rows: _write(session, rows), zone=zone, now=now)
    finish(run, totals, now=now)
    session.flush()


def check_list(
    session: Session, actor: Actor, plan: Plan, content: bytes, *, name: str, now: datetime, today: date
) -> SimulationRun:
    """Read an uploaded list and keep it with what is wrong in each row; it is replayed when somebody says so."""
    table = read_table(content)
    rows = check_rows(table, today)
    sound = [row.cells["submitted"] for row in rows if not row.problems]
    begins = min((date.fromisoformat(day[:10]) for day in sound), default=today)
    run = _begin(session, actor, plan, "list", begins, now=now, today=today)
    run.name, run.row_count, run.wrong_count = name[:200], len(rows), len(rows) - len(sound)
    for row in rows:
        state = "wrong" if row.problems else "sound"
        said = {"line": row.line, "state": state, "cells": row.cells, "problems": row.problems}
        session.add(SimulationLine(run_id=run.id, **said))
    session.flush()
    return run


def start_list(session: Session, actor: Actor, run: SimulationRun, *, zone: str, now: datetime) -> None:
    """Replay the sound rows of a list."""
    if not actor.can(Permission.POLICY_SIMULATE):
        raise NotAllowed
    sound = run.row_count - run.wrong_count
    if run.state != "checked" or not sound:
        raise Conflict(N_("This list was replayed already, or has no row that can be."))
    start(session, run, sound, zone=zone, now=now)


def finish(run: SimulationRun, totals: Mapping[str, Any], *, now: datetime) -> None:
    """Note what a replay found."""
    run.state, run.finished_at, run.totals = "done", now, dict(totals)
    run.change_count = sum(totals["kinds"].values())
    if run.source == "registrations":
        run.row_count = totals["registrations"]


def _write(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    session.execute(insert(SimulationChange), rows)


def carry_out(session: Session, run: SimulationRun, keep: Keep, *, zone: str, now: datetime) -> dict[str, Any]:
    """Replay all of a run piece by piece, once under the rules as they were and once under others; return the sums.

    The house reads; what differs goes to `keep` as rows to be written.
    """
    begins = midnight(run.begins, zone)
    known, clock = reading.truth(session), reading.clock(session)
    if run.source == "list":  # nobody knows under which rules its rows were decided: those of today
        known = Policy(((reading.LONG_AGO, Values(run.in_force)),), known.definitions[-1:])
    other = read(run.definition) if run.definition is not None else None
    tried = Policy(known.numbers, known.definitions, begins, {k: int(v) for k, v in run.numbers.items()}, other)
    found = _pieces(session, run, begins, zone)
    refused = frozenset[int]()
    if run.source == "registrations":
        refused = refused_by_cap(reading.holdings_of_period(session, begins, zone), tried, zone)
        if tried.tried.keys().isdisjoint(("registration.holding_cap", "registration.holding_months")):
            refused = frozenset()
    replayer = Replayer(known, tried, clock, zone, begins, now, refused)
    waiting: list[dict[str, Any]] = []
    for piece in found:
        waiting += replayer.compare(run.id, piece)
        while len(waiting) >= WRITTEN:
            keep(waiting[:WRITTEN])
            del waiting[:WRITTEN]
    if waiting:
        keep(waiting)
    return replayer.totals()


def _pieces(session: Session, run: SimulationRun, begins: datetime, zone: str) -> Iterator[Piece]:
    if run.source == "registrations":
        return reading.pieces(session, begins, zone)
    return pasts_of(session, run, zone)


class Replayer:
    """Replays pieces under both policies and adds up what they say."""

    def __init__(
        self, known: Policy, tried: Policy, clock: Clock, zone: str, begins: datetime, ends: datetime,
        refused: frozenset[int],
    ) -> None:  # fmt: skip
        self._before = Frame(known, known, clock, zone, begins, ends)
        self._after = Frame(tried, known, clock, zone, begins, ends, refused)
        day = business_date(begins, zone)
        self._tallies = Tally(begins, day), Tally(begins, day)
        self._kinds: dict[str, int] = {}
        self._same = self._all = 0

    def compare(self, run_id: int, piece: Piece) -> Iterator[dict[str, Any]]:
        """Return the differences of a piece as rows."""
        sides = [replay(piece.pasts, piece.holdings, piece.pooled, each) for each in (self._before, self._after)]
        for tally, result in zip(self._tallies, sides, strict=True):
            tally.add(result)
        self._faithful(piece.rows, sides[0])
        for change in changes(*sides):
            self._kinds[change.kind] = self._kinds.get(change.kind, 0) + 1
            number, names = piece.numbers.get(change.registration_id or 0, ("", reading.NAMELESS))
            if change.holding_id is not None:
                names = piece.customer_of(change.holding_id)
            yield {
                "run_id": run_id, "kind": change.kind, "number": number,
                "customer": names[0], "customer_en": names[1],
                "registration_id": change.registration_id if piece.is_stored else None,
                "before": dict(change.before), "after": dict(change.after),
            }  # fmt: skip

    def _faithful(self, rows: Iterable[Columns], result: Result) -> None:
        """Count how many come out of the rules as they were just as they are."""
        self._all += len(result.registrations)
        for row in rows:
            out = result.registrations[row.id]
            said = (row.state, row.protected_until, row.extensions, row.resubmissions)
            self._same += said == (out.state, out.protected_until, out.extensions, out.resubmissions)

    def totals(self) -> dict[str, Any]:
        """Return all sums."""
        before, after = (tally.totals() for tally in self._tallies)
        return {
            "before": before, "after": after, "kinds": self._kinds, "registrations": self._all, "faithful": self._same,
        }  # fmt: skip


# The worker.


def handler(database: Database) -> Handler:
    """Return who replays large numbers."""
    return Handler(partial(_run, database), finish=_finish, failed=_failed, parallel=1, batch=1)


def _run(database: Database, job: Job) -> dict[str, Any]:
    """Replay a run; what an earlier attempt wrote is removed first, some at a time."""
    run_id, zone = int(job.payload["run"]), str(job.payload["zone"])
    while database.write(SYSTEM, lambda session: _clear(session, run_id)):
        pass
    with database.reading(SYSTEM) as session:
        run = session.get_one(SimulationRun, run_id)
        session.expunge(run)
        keep: Keep = lambda rows: database.write(SYSTEM, lambda unit: _write(unit, rows))  # noqa: E731
        return carry_out(session, run, keep, zone=zone, now=job.created_at)


def _clear(session: Session, run_id: int) -> bool:
    session.execute(update(SimulationRun).where(SimulationRun.id == run_id).values(state="running"))
    some = select(SimulationChange.id).where(SimulationChange.run_id == run_id).limit(5000)
    ids = session.scalars(some).all()
    if ids:
        session.execute(delete(SimulationChange).where(SimulationChange.id.in_(ids)))
    return bool(ids)


def _finish(session: Session, job: Job, result: Mapping[str, Any], now: datetime) -> None:
    finish(session.get_one(SimulationRun, job.payload["run"]), result, now=now)


def _failed(session: Session, job: Job, _message: str, final: bool, now: datetime) -> None:
    if final:
        run = session.get_one(SimulationRun, job.payload["run"])
        run.state, run.finished_at = "failed", now
