"""Who is decided on in a replay, what a decision does, and what the nights do: as in `deciding` and `sweeps`. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.approvals.routing import Route, route
from portal.deals.registrations import drafts, places, protection
from portal.deals.registrations.lifecycle import HELD, OPEN, PLACED, Action, State
from portal.deals.registrations.places import Situation
from portal.deals.registrations.replaying_cases import Clock, keys, plan, same
from portal.deals.registrations.replaying_facts import Act, Case, Decision, Facts, Held, Past, Policy
from portal.deals.registrations.replaying_holdings import Holdings
from portal.deals.registrations.replaying_rows import Row
from portal.deals.registrations.replaying_time import DECIDED, NIGHT, Timetable

Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a replay happens in: the rules tried and those in force, the clock, the supplier's zone, and its period."""

    policy: Policy
    truth: Policy
    clock: Clock
    zone: str
    begins: datetime  # from when on it is compared; claims from before are taken as they were
    ends: datetime
    refused: frozenset[int] = frozenset()  # holdings that the cap would not have allowed


class Deciding:
    """All rows of some customers while time passes: who stands where, who is decided on, what the nights do."""

    def __init__(self, pasts: Iterable[Past], holdings: Iterable[Held], pooled: Iterable[int], frame: Frame) -> None:
        self.frame, self.policy, self.clock = frame, frame.policy, frame.clock
        self.times = Timetable(frame.zone)
        self.rows = [Row(past) for past in pasts]
        self.at_place: dict[Key, list[Row]] = defaultdict(list)
        self.of_customer: dict[int, set[Row]] = defaultdict(set)
        self.holdings = Holdings(holdings, pooled, self)

    # What the rest of the house asks.

    def number(self, key: str, at: datetime) -> int:
        """Return a number of the rules at an instant."""
        return self.policy.at(at).numbers[key]

    @property
    def begins(self) -> datetime:
        """Return when the period begins."""
        return self.frame.begins

    @property
    def refused(self) -> frozenset[int]:
        """Return the holdings that the cap would not have allowed."""
        return self.frame.refused

    def is_registered(self, customer_id: int, organisation_id: int | None = None) -> bool:
        """Return whether a customer has an open registration, of one organisation or of any."""
        rows = self.of_customer.get(customer_id, ())
        return any(row.state in OPEN for row in rows if organisation_id in (None, row.past.organisation_id))

    def _of(self, place: Key, states: tuple[State, ...], but: Row | None = None) -> list[Row]:
        found = [row for row in self.at_place.get(place, ()) if row.state in states and row is not but]
        return sorted(found, key=lambda row: (row.sent, row.past.id)) if len(found) > 1 else found

    def _stands(self, row: Row, place: Key, today: date) -> Situation:
        others = (each for each in self.at_place.get(place, ()) if each.state in OPEN and each is not row)
        rows = [(r.past.id, r.past.organisation_id, r.state.value, r.until, None) for r in others]
        return places.judge(rows, self.holdings.claims(place[0], today), row.past.organisation_id, today)

    def _ask_place(self, row: Row, place: Key, at: datetime, today: date) -> Situation:
        self._lapse_held(place, at, today)
        stands = self._stands(row, place, today)
        if stands.kind in ("own", "claimed"):
            row.note(stands.kind, today, stands.until)
        return stands

    def _put(self, row: Row, facts: Facts) -> None:
        """Let a registration be for another customer, line or site."""
        if row.facts is not None and row.facts.place != facts.place:
            self.at_place[row.facts.place].remove(row)
            self.of_customer[row.facts.identity_id].discard(row)
        if row.facts is None or row.facts.place != facts.place:
            self.at_place[facts.place].append(row)
            self.of_customer[facts.identity_id].add(row)
        row.facts = facts

    # Decisions.

    def _take_up(self, row: Row, at: datetime, today: date) -> None:
        assert row.facts is not None
        row.move(Action.TAKE_UP)
        row.asked_minor, row.asked_at, row.step, row.people, row.late = row.facts.value_minor or 0, at, 0, [], False
        row.rules = self.policy.at(at).definition
        case = row.past.cases.get(row.entry)
        truth = None if case is None else self._true_route(row, case)
        self._decide_by(row, case, truth, at, today)

    def _true_route(self, row: Row, case: Case) -> Route:
        """Return the route that a case took in truth."""
        assert row.facts is not None
        rules = self.frame.truth.at(case.at)
        return route(rules.definition, row.facts.asked() if case.facts is None else case.facts, rules.numbers)

    def _decide_by(self, row: Row, case: Case | None, truth: Route | None, at: datetime, today: date) -> None:
        assert row.facts is not None
        assert row.rules is not None
        row.route = route(row.rules, row.facts.asked(), self.policy.at(at).numbers)
        row.token, row.opened_at = row.token + 1, at
        if row.route.automatic is not None:
            if self._approve(row, at, today):
                row.decisions.append(Decision(at, True, (), (), None, False))
            return
        row.case = case
        for act in plan(case, at, row.route, truth, self.clock):
            self.times.add(act.at, DECIDED, act.seq, self._act, row, act, row.token)

    def _judge_anew(self, row: Row, at: datetime, today: date) -> None:
        """Judge a request from its first step because what it is for has grown."""
        assert row.facts is not None
        row.asked_minor, row.step, row.people, row.opened_at = row.facts.value_minor or 0, 0, [], at
        truth = self.frame.truth.at(at)
        before = route(self.frame.truth.at(row.asked_at or at).definition, row.facts.asked(), truth.numbers)
        assert row.rules is not None
        wanted = route(row.rules, row.facts.asked(), self.policy.at(at).numbers)
        if wanted.automatic is None and row.case is not None and same(wanted, before):
            row.route = wanted  # whatever is still done with it, is done as it was
            return
        rest = None if row.case is None else Case(at, tuple(act for act in row.case.acts if act.at > at))
        self._decide_by(row, rest, before, at, today)

    def _act(self, at: datetime, row: Row, act: Act, token: int) -> None:
        """Do something with a request, unless it is gone by now."""
        if token != row.token or row.facts is None or row.route is None:
            return
        today = self.times.day(at)
        if act.kind == "answer" and row.state is State.RETURNED:
            self._answer(row, at, today)
        if row.state is not State.IN_REVIEW or act.kind == "answer":
            return
        if act.kind == "return":
            row.move(Action.RETURN)
            days = self.number("registration.answer_days", at)
            row.step_on = today + timedelta(days=days)
            self.times.night(row.step_on, NIGHT, row.past.id, self._night, row)
            return
        row.late = row.late or self._is_late(row, at)
        row.people.append(act.person_id)
        if act.kind == "endorse":
            row.step, row.opened_at = row.step + 1, at
        elif act.kind == "refuse":
            self._note_decision(row, act, at, approved=False)
            row.move(Action.REFUSE)
            row.step_on = None
            self._advance(row.place, at, today)
        elif self._approve(row, at, today):
            self._note_decision(row, act, at, approved=True)

    def _answer(self, row: Row, at: datetime, today: date) -> None:
        assert row.facts is not None
        percent = self.number("registration.value_growth_percent", at)
        grown = drafts.has_grown(row, row.facts.value_minor or 0, percent)
        row.move(Action.ANSWER)
        row.move(Action.TAKE_UP)
        row.step_on, row.opened_at = None, at
        if grown:
            self._judge_anew(row, at, today)

    def _is_late(self, row: Row, at: datetime) -> bool:
        assert row.route is not None
        assert row.opened_at is not None
        steps = row.route.steps
        hours = timedelta(hours=int(steps[min(row.step, len(steps) - 1)]["hours"]))
        return at - row.opened_at > hours and self.clock.between(row.opened_at, at) > hours

    def _note_decision(self, row: Row, act: Act, at: datetime, *, approved: bool) -> None:
        assert row.route is not None
        assert row.asked_at is not None
        case = row.case
        known = case is not None and case.took is not None and case.at == row.asked_at
        took = case.took if known and case is not None and act in case.acts else None
        if took is None:
            took = int(self.clock.between(row.asked_at, at).total_seconds())
        steps = keys(row.route)[: row.step + 1]
        row.decisions.append(Decision(at, approved, steps, tuple(row.people), took, row.late))

    def _approve(self, row: Row, at: datetime, today: date) -> bool:
        """Protect a registration in review, unless another one of its place is protected."""
        self._lapse_held(row.place, at, today)
        if self._of(row.place, HELD, but=row):
            return False
        row.move(Action.APPROVE)
        row.since = today
        row.until = protection.ends_on(today, self.number("registration.protection_days", at))
        self._plan_end(row)
        for late in self._of(row.place, (State.SUBMITTED,), but=row):
            late.move(Action.TAKE_UP)
            late.move(Action.REFUSE)
            late.note("late", today, row.until)
        return True

    # What time does.

    def _plan_end(self, row: Row) -> None:
        assert row.until is not None
        row.step_on = row.until + timedelta(days=1)
        self.times.night(row.step_on, NIGHT, row.past.id, self._night, row)

    def _night(self, at: datetime, row: Row) -> None:
        """Do what is due with a registration, as the sweep does."""
        today = self.times.day(at)
        if row.step_on is None or row.step_on > today:
            return
        if row.state in HELD:
            self._advance(row.place, at, today)
        elif row.state is State.RETURNED:
            self._withdraw(row, at, today)
        elif row.state is State.EXPIRED and row.facts is not None:
            row.step_on = None
            if self.holdings.fall_in(row.facts.identity_id):
                row.pooled_on = today

    def _lapse_held(self, place: Key, at: datetime, today: date) -> None:
        for row in self._of(place, HELD):
            if row.until is None or not protection.is_over(row.until, today):
                continue
            row.note("lapsed", today, row.until)
            if row.state is not State.APPROVED:
                row.move(Action.LOSE)
                row.step_on = None
                continue
            row.move(Action.EXPIRE)
            pool_on = protection.ends_on(row.until, self.number("pool.days_unworked", at))
            row.step_on = max(pool_on, today)
            self.times.night(row.step_on, NIGHT, row.past.id, self._night, row)

    def _advance(self, place: Key, at: datetime, today: date) -> None:
        self._lapse_held(place, at, today)
        if self._of(place, (*PLACED, *HELD)):
            return
        waiting = self._of(place, (State.SUBMITTED,))
        if waiting:
            self._take_up(waiting[0], at, today)

    def _withdraw(self, row: Row, at: datetime, today: date) -> None:
        before = row.state
        row.move(Action.WITHDRAW)
        row.withdrawn_at, row.withdrawn_from, row.step_on = at, before.value, None
        if before in PLACED:
            self._advance(row.place, at, today)
