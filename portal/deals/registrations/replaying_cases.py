"""How a request is decided in a replay: as it was, moved to its new beginning, or by steps nobody took in truth. Pure.

People are taken to decide what they decided and as fast as they did. A step that nobody took in truth takes the usual
time and approves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from portal.approvals.routing import Route
from portal.calendars.clock import BusinessTime
from portal.deals.registrations.replaying_facts import Act, Case
from portal.errors import Invalid

STEPS: Final = frozenset({"endorse", "approve"})
SOON: Final = timedelta(minutes=15)  # a sweep comes by some seconds late


@dataclass(frozen=True, slots=True)
class Clock:
    """Business time, and how long a step takes of which nothing is known."""

    hours: BusinessTime
    usual: timedelta

    def after(self, at: datetime, length: timedelta) -> datetime:
        """Return the end of so much business time; in a calendar without any, of so much time."""
        try:
            return self.hours.after(at, length)
        except (Invalid, ValueError):
            return at + length

    def between(self, begins: datetime, ends: datetime) -> timedelta:
        """Return the business time between two instants."""
        return self.hours.between(begins, ends)


def keys(route: Route) -> tuple[str, ...]:
    """Return which steps a route takes."""
    return tuple(str(step["key"]) for step in route.steps)


def same(one: Route, other: Route) -> bool:
    """Return whether two routes ask the same people in the same steps."""
    return [(each["key"], each["mode"], each["ask"]) for each in one.steps] == [
        (each["key"], each["mode"], each["ask"]) for each in other.steps
    ]


def plan(case: Case | None, at: datetime, route: Route, before: Route | None, clock: Clock) -> tuple[Act, ...]:
    """Return what is done with a request that begins now; `before` is the route it took in truth."""
    if case is None or before is None or before.automatic is not None:
        return _usual(at, len(route.steps), clock)
    acts = case.acts if same(route, before) else _other_way(case, route, before, clock)
    return _moved(case.at, acts, at, clock)


def _usual(at: datetime, steps: int, clock: Clock) -> tuple[Act, ...]:
    acts = []
    for step in range(steps):
        at = clock.after(at, clock.usual)
        acts.append(Act(at, 0, "approve" if step + 1 == steps else "endorse", step))
    return tuple(acts)


def _moved(begun: datetime, acts: Sequence[Act], at: datetime, clock: Clock) -> tuple[Act, ...]:
    """Return acts at other times: each so much business time after the one before it as it was."""
    low, high = sorted((begun, at))
    is_same = high - low <= SOON or not clock.between(low, high)
    if is_same and all(act.at >= at for act in acts):
        return tuple(acts)  # nobody would have done anything at another moment
    found = []
    for act in acts:
        at, begun = clock.after(at, clock.between(begun, act.at)), act.at
        found.append(Act(at, act.seq, act.kind, act.step, act.person_id))
    return tuple(found)


def _other_way(case: Case, route: Route, before: Route, clock: Clock) -> tuple[Act, ...]:
    """Return the acts of a case on other steps: questions and refusals as they were, known steps as long."""
    names, last, at = keys(before), case.at, case.at
    taken: dict[str, tuple[timedelta, int | None]] = {}
    kept: list[Act] = []
    for act in case.acts:
        wait, last = clock.between(last, act.at), act.at
        if act.kind in STEPS:
            name = names[act.step] if act.step < len(names) else ""
            taken[name] = (taken[name][0] + wait if name in taken else wait, act.person_id)
        else:
            at = clock.after(at, wait)
            kept.append(Act(at, act.seq, act.kind, act.step, act.person_id))
    if not any(act.kind == "approve" for act in case.acts):
        return tuple(kept)
    for number, name in enumerate(keys(route)):
        wait, person = taken.get(name, (clock.usual, None))
        at = clock.after(at, wait)
        kept.append(Act(at, 0, "approve" if number + 1 == len(route.steps) else "endorse", number, person))
    return tuple(kept)
