"""The clocks of a ticket: first response, next update, solution; they run in business time and pause. Pure.

A clock is due at the first instant at which its target has been used up, and warns some time before. Instants are whole
seconds: the caller cuts off the rest, so that pausing and starting again loses nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from portal.support.tickets.lifecycle import RUNNING, State

FIRST_RESPONSE: Final = "first_response"  # once
NEXT_UPDATE: Final = "next_update"  # again after every word of ours
SOLUTION: Final = "solution"  # once; a reopened ticket goes on where it stood
WARNING: Final = timedelta(minutes=15)
SECOND: Final = timedelta(seconds=1)
ZERO: Final = timedelta(0)


class Hours(Protocol):
    """What counts business time: a calendar, or `AroundTheClock`."""

    def after(self, at: datetime, length: timedelta) -> datetime:
        """Return the first instant at which so much of it has passed since `at`."""
        ...

    def between(self, begins: datetime, ends: datetime) -> timedelta:
        """Return how much of it lies between two instants."""
        ...


class AroundTheClock:
    """Counts every hour: for a calendar that has none."""

    def after(self, at: datetime, length: timedelta) -> datetime:
        """Return the instant so much later."""
        return at + length

    def between(self, begins: datetime, ends: datetime) -> timedelta:
        """Return how much later the second instant is."""
        return max(ends - begins, ZERO)


@dataclass(frozen=True, slots=True)
class Clock:
    """What one clock may use, what it used before it was last started, and since when it runs.

    `warn_at` and `due_at` are known while it runs, and stay once they have passed.
    """

    target: timedelta
    started_at: datetime
    used: timedelta = ZERO
    since: datetime | None = None
    warn_at: datetime | None = None
    due_at: datetime | None = None
    paused_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Return whether time passes for it."""
        return self.since is not None

    def used_at(self, hours: Hours, now: datetime) -> timedelta:
        """Return how much was used by then."""
        return self.used if self.since is None else self.used + hours.between(self.since, now)

    def breached_at(self, now: datetime) -> bool:
        """Return whether the target had been used up by then."""
        return self.due_at is not None and self.due_at <= now


Clocks = Mapping[str, Clock]
Targets = Mapping[str, timedelta]


def margin(target: timedelta) -> timedelta:
    """Return how long before its end a clock warns: 15 minutes, of a short one half of it."""
    return min(WARNING, target // 2 // SECOND * SECOND)


def start(hours: Hours, target: timedelta, now: datetime) -> Clock:
    """Return a clock that runs from now on."""
    return resume(Clock(target, started_at=now), hours, now)


def pause(clock: Clock, hours: Hours, now: datetime) -> Clock:
    """Return the clock standing still."""
    if clock.since is None:
        return clock
    return replace(
        clock,
        used=clock.used_at(hours, now),
        since=None,
        paused_at=now,
        warn_at=_passed(clock.warn_at, now),
        due_at=_passed(clock.due_at, now),
    )


def resume(clock: Clock, hours: Hours, now: datetime) -> Clock:
    """Return the clock running again with what is left of it."""
    if clock.since is not None or clock.stopped_at is not None:
        return clock
    return replace(
        clock,
        since=now,
        paused_at=None,
        warn_at=clock.warn_at or _reaches(clock, clock.target - margin(clock.target), hours, now),
        due_at=clock.due_at or _reaches(clock, clock.target, hours, now),
    )


def stop(clock: Clock, hours: Hours, now: datetime) -> Clock:
    """Return the clock at its end: what it was for has happened, or never will."""
    if clock.stopped_at is not None:
        return clock
    return replace(pause(clock, hours, now), paused_at=None, stopped_at=now)


def retarget(clock: Clock, hours: Hours, target: timedelta, now: datetime) -> Clock:
    """Return the clock with another target: it counts for all that was used so far, and is due now at the earliest."""
    if clock.stopped_at is not None or clock.target == target:
        return clock
    still = pause(clock, hours, now)
    changed = replace(still, target=target, warn_at=None, due_at=None)
    again = resume(replace(changed, paused_at=None), hours, now)
    return again if clock.runs else replace(changed, due_at=again.due_at if still.used >= target else None)


def retime(clock: Clock, hours: Hours, now: datetime) -> Clock:
    """Return a running clock with the ends that changed `hours` give it; an end that had passed by then stays.

    All the time since it was last started counts as the new hours say, as it will when the clock is paused.
    """
    if clock.since is None or clock.breached_at(now):
        return clock
    at = max(now, clock.since)
    left = replace(clock, used=clock.used_at(hours, at))
    warn_at = _reaches(left, clock.target - margin(clock.target), hours, at)
    told = clock.warn_at is not None and clock.warn_at <= now and warn_at <= at  # nobody is warned twice of one end
    due_at = _reaches(left, clock.target, hours, at)
    return replace(clock, warn_at=clock.warn_at if told else warn_at, due_at=due_at)


def opened(hours: Hours, targets: Targets, now: datetime) -> dict[str, Clock]:
    """Return the clocks of a new ticket; the next news are owed once it was answered for the first time."""
    return {kind: start(hours, targets[kind], now) for kind in (FIRST_RESPONSE, SOLUTION)}


def answered(clocks: Clocks, hours: Hours, targets: Targets, state: State, now: datetime) -> dict[str, Clock]:
    """Return the clocks after a word of the house that leaves the ticket in `state`."""
    found = dict(clocks)
    found[FIRST_RESPONSE] = stop(found[FIRST_RESPONSE], hours, now)
    found[NEXT_UPDATE] = start(hours, targets[NEXT_UPDATE], now)
    return moved(found, hours, state, now)


def moved(clocks: Clocks, hours: Hours, state: State, now: datetime) -> dict[str, Clock]:
    """Return the clocks of a ticket that is in `state` from now on."""
    if state in RUNNING:
        change = resume
    elif state in (State.WAITING_CUSTOMER, State.SOLVED):
        change = pause
    else:
        change = stop
    return {kind: change(clock, hours, now) for kind, clock in clocks.items()}


def next_end(clocks: Clocks) -> datetime | None:
    """Return when the first of the running clocks ends or ended; None while all of them stand."""
    return min((clock.due_at for clock in clocks.values() if clock.runs and clock.due_at), default=None)


def _reaches(clock: Clock, length: timedelta, hours: Hours, now: datetime) -> datetime:
    return hours.after(now, max(length - clock.used, ZERO))


def _passed(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at <= now else None
