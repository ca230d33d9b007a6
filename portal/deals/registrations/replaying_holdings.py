"""Who works on customers, and which lie in the pool, while registrations are replayed; and what a cap refuses. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from portal.dates import business_date
from portal.deals.registrations import protection
from portal.deals.registrations.protection import ClaimRules
from portal.deals.registrations.replaying_facts import Held, Kept, Policy
from portal.deals.registrations.replaying_time import CLAIM_ENDS, ENTRIES, IDLE, NIGHT, Timetable


class Around(Protocol):
    """What holdings ask of the world they are in."""

    times: Timetable

    @property
    def begins(self) -> datetime:
        """Return when the period begins."""

    @property
    def refused(self) -> frozenset[int]:
        """Return the holdings that the cap would not have allowed."""

    def number(self, key: str, at: datetime) -> int:
        """Return a number of the rules at an instant."""

    def is_registered(self, customer_id: int, organisation_id: int | None = None) -> bool:
        """Return whether a customer has an open registration."""


class _Row:
    """One holding while it is replayed."""

    __slots__ = ("ended_on", "ends_on", "held", "pooled_on", "signed", "state", "worked_on")

    def __init__(self, held: Held) -> None:
        self.held, self.state, self.signed = held, "", False
        self.ends_on: date | None = None
        self.worked_on: date | None = None
        self.ended_on: date | None = None
        self.pooled_on: date | None = None


class Holdings:
    """All holdings of some customers, and who of these customers lies in the pool."""

    def __init__(self, holdings: Iterable[Held], pooled: Iterable[int], world: Around) -> None:
        self.world, self.times, self.pooled = world, world.times, set[int]()
        self.times.add(world.begins, NIGHT, -1, self._fill, frozenset(pooled))
        self.rows = [_Row(held) for held in holdings]
        self.current: dict[int, list[_Row]] = defaultdict(list)
        for row in self.rows:
            held = row.held
            self.times.add(held.at, ENTRIES, held.seq, self._begin, row)
            for at, seq, day in held.worked:
                self.times.add(at, ENTRIES, seq, self._work, row, day)
            if held.released is not None:
                self.times.add(held.released[0], ENTRIES, held.released[1], self._release, row)
            if held.signed_on is not None:
                self.times.night(held.signed_on, ENTRIES, 0, self._sign, row)

    def _fill(self, _at: datetime, pooled: frozenset[int]) -> None:
        """Put those into the pool that lay in it when the period began."""
        self.pooled |= pooled

    def result(self) -> Mapping[int, Kept]:
        """Return how all of them stand."""
        return {
            row.held.id: Kept(row.held.id, row.state, row.ends_on, row.worked_on, row.ended_on, row.pooled_on)
            for row in self.rows
        }

    def claims(self, customer_id: int, today: date) -> list[tuple[int, date | None]]:
        """Return who has claimed a customer from the pool, and until when."""
        rows = (row for row in self.current.get(customer_id, ()) if row.held.source == "claim")
        return [(row.held.organisation_id, row.ends_on) for row in rows if row.ends_on and row.ends_on >= today]

    def fall_in(self, customer_id: int) -> bool:
        """Put a customer into the pool unless somebody works on it; return whether it is new there."""
        if self.world.is_registered(customer_id) or self.current.get(customer_id):
            return False
        new = customer_id not in self.pooled
        self.pooled.add(customer_id)
        return new

    def _begin(self, at: datetime, row: _Row) -> None:
        held, today = row.held, self.times.day(at)
        if held.id in self.world.refused:
            row.state = "refused"
            return
        is_new = at >= self.world.begins
        if is_new and held.source == "claim" and held.customer_id not in self.pooled:
            row.state = "missed"
            return
        row.state, row.worked_on = "held", today
        self.pooled.discard(held.customer_id)
        self.current[held.customer_id].append(row)
        if held.source == "claim":
            row.ends_on = protection.claim_end(today, self._claim_rules(at))
        self._plan(row, at)

    def _claim_rules(self, at: datetime) -> ClaimRules:
        names = ("pool.claim_days", "pool.activity_days", "pool.hard_days")
        return ClaimRules(*(self.world.number(name, at) for name in names))

    def _plan(self, row: _Row, at: datetime) -> None:
        """Let the night end a holding when it is over or nobody works on it."""
        if row.ends_on is not None:
            self.times.night(row.ends_on + timedelta(days=1), CLAIM_ENDS, row.held.id, self._night, row)
        elif row.worked_on is not None and not row.signed:
            idle = timedelta(days=self.world.number("pool.days_unworked", at) + 1)
            self.times.night(row.worked_on + idle, IDLE, row.held.id, self._night, row)

    def _night(self, at: datetime, row: _Row) -> None:
        today = self.times.day(at)
        if row.state != "held" or row.worked_on is None:
            return
        if row.ends_on is not None:
            if row.ends_on < today:
                self._end(row, at, today)
        elif not row.signed:
            if row.worked_on < today - timedelta(days=self.world.number("pool.days_unworked", at)):
                self._end(row, at, today)
            else:
                self._plan(row, at)

    def _end(self, row: _Row, at: datetime, today: date) -> None:
        """End a holding; with an open registration of its organisation it goes on instead, without an end."""
        held = row.held
        if self.world.is_registered(held.customer_id, held.organisation_id):
            row.ends_on, row.worked_on = None, today
            self._plan(row, at)
            return
        row.state, row.ended_on = "ended", today
        self.current[held.customer_id].remove(row)
        if self.fall_in(held.customer_id):
            row.pooled_on = today

    def _release(self, at: datetime, row: _Row) -> None:
        if row.state == "held":
            self._end(row, at, self.times.day(at))

    def _work(self, at: datetime, row: _Row, day: date) -> None:
        if row.state != "held" or row.worked_on is None or row.held.at > at:
            return
        if row.held.source == "claim" and row.ends_on is not None:
            since = self.times.day(row.held.at)
            row.ends_on = protection.after_activity(since, row.ends_on, day, self._claim_rules(at))
        row.worked_on = max(row.worked_on, day)
        self._plan(row, at)

    def _sign(self, at: datetime, row: _Row) -> None:
        if row.state == "held":
            row.signed, row.ends_on, row.worked_on = True, None, self.times.day(at)


def refused_by_cap(holdings: Iterable[Held], policy: Policy, zone: str) -> frozenset[int]:
    """Return the holdings of the supplier's own people that a cap would not have allowed, ended as they ended in truth.

    Of one day ends and signatures count before beginnings, so that the cap in force refuses nothing that it allowed.
    """
    refused: set[int] = set()
    taken: dict[int, list[Held]] = defaultdict(list)
    for held in sorted((held for held in holdings if held.internal), key=lambda each: (each.at, each.seq)):
        numbers, today = policy.at(held.at).numbers, held.at
        day = _day(today, zone)
        since = protection.months_back(day, numbers["registration.holding_months"])
        mine = [other for other in taken[held.person_id] if _day(other.at, zone) > since]
        taken[held.person_id] = mine
        counted = sum(1 for other in mine if not _is_over(other, day))
        if policy.since is not None and held.at >= policy.since and counted >= numbers["registration.holding_cap"]:
            refused.add(held.id)
        else:
            mine.append(held)
    return frozenset(refused)


def _is_over(held: Held, day: date) -> bool:
    ends = [each for each in (held.ended_on, held.signed_on) if each is not None]
    return bool(ends) and min(ends) <= day


@lru_cache(maxsize=16_384)
def _day(at: datetime, zone: str) -> date:
    return business_date(at, zone)
