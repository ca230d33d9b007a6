"""Replays: under the rules in force they come out as it happened, in random histories; under others as said here.

`PORTAL_HISTORIES=10000` says how many histories; a failure names its seed.
"""

import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from portal.approvals.definitions import Definition, read
from portal.approvals.files import shipped_definition
from portal.calendars.queries import USUAL
from portal.deals.registrations.lifecycle import Action, State
from portal.deals.registrations.replaying import Frame, World, replay
from portal.deals.registrations.replaying_cases import Clock
from portal.deals.registrations.replaying_changes import changes
from portal.deals.registrations.replaying_facts import (
    OVERRIDE,
    Act,
    Case,
    Event,
    Facts,
    Held,
    Past,
    Policy,
    Result,
)
from portal.deals.registrations.replaying_holdings import refused_by_cap
from portal.deals.registrations.replaying_time import midnight
from portal.parameters.queries import Values
from tests.factories.registration_model import VALUE, Model, Refused, Row, apply, history

HISTORIES = int(os.environ.get("PORTAL_HISTORIES", "300"))
LENGTH = 30
START = date(2026, 3, 2)
ZONE = "Asia/Shanghai"
CLOCK = Clock(USUAL, timedelta(hours=6))
IN_FORCE = Values({"registration.withdraw_hours": 36})  # the model counts days: until noon of the next one
TRANSFERS = ("transfer", "take_back")  # a replay lets whoever has a customer now have had it always
DECISIONS = {"approve": "approve", "refuse": "refuse", "give_back": "return", "answer": "answer"}
ENTRIES = {
    "submit": Action.SUBMIT, "resubmit": Action.RESUBMIT, "undo": Action.UNDO_WITHDRAW, "reopen": Action.REOPEN,
    "change_line": Action.EDIT, "grow": Action.EDIT,
}  # fmt: skip
OTHERS = {
    "withdraw": Action.WITHDRAW, "extend": Action.EXTEND, "convert": Action.CONVERT, "win": Action.WIN,
    "lose": Action.LOSE,
}  # fmt: skip


def shipped() -> Definition:
    found = shipped_definition("registration")
    assert found is not None
    return found[0]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(4), UTC)


def policy(definition: Definition | None = None, **tried: int) -> Policy:
    since = noon(date(2020, 1, 1))
    numbers = {key.replace("__", "."): value for key, value in tried.items()}
    return Policy(((since, IN_FORCE),), ((since, shipped()),), since, numbers, definition)


TRUTH = Policy(((noon(START), IN_FORCE),), ((noon(START), shipped()),))


def frame(rules: Policy, ends: date, **more: Any) -> Frame:
    return Frame(rules, TRUTH, CLOCK, ZONE, noon(START), noon(ends) + timedelta(hours=1), **more)


@dataclass
class Log:
    """What people did in a history, as the portal's own history notes it."""

    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    acts: dict[int, dict[int, list[Act]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    begun: dict[int, int] = field(default_factory=dict)
    entry: dict[int, int] = field(default_factory=dict)  # of each row: which event handed it in last
    held: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[tuple[int, int], datetime] = field(default_factory=dict)
    seq: int = 0

    def follow(self, model: Model, at: datetime, name: str) -> None:
        """Note which requests a step began: some waited in line until now."""
        for row in model.rows:
            begun = [number for number, step in enumerate(row.past) if step[1] is Action.TAKE_UP]
            if begun and self.begun.get(row.id) != begun[-1]:
                self.begun[row.id] = begun[-1]
                if row.past[begun[-1] - 1][1] is not Action.ANSWER and name != "override":
                    self.asked[row.id, self.entry[row.id]] = at  # an override asks nobody

    def note(self, day: date, name: str, row: Row, before: State, place: object) -> None:
        """Note a step that was done with a registration."""
        self.seq += 1
        at, said = noon(day), self.events[row.id]
        if place == "claimed":
            return
        if name in DECISIONS:
            self.acts[row.id][self.entry[row.id]].append(Act(at, self.seq, DECISIONS[name]))
            return
        if name in ENTRIES:
            said.append(Event(at, self.seq, ENTRIES[name], Facts(1, 1, row.line, "", row.value, "CNY")))
            if place is not None and not (name == "grow" and before is State.IN_REVIEW):
                self.entry[row.id] = len(said) - 1
                self.acts[row.id][len(said) - 1] = []
                self.asked[row.id, len(said) - 1] = at
        else:
            said.append(Event(at, self.seq, OTHERS.get(name, OVERRIDE)))

    def note_pool(self, model: Model, name: str, organisation: int) -> None:
        """Note what somebody did with a customer of the pool."""
        self.seq += 1
        at = noon(model.day)
        if name == "claim":
            self.held.append({"organisation_id": organisation, "at": at, "seq": self.seq, "worked": ()})
            return
        mine = next(held for held in reversed(self.held) if held["organisation_id"] == organisation)
        if name == "work":
            mine["worked"] = (*mine["worked"], (at, self.seq, model.day))
        else:
            mine["released"] = (at, self.seq)

    def pasts(self, model: Model) -> list[Past]:
        return [self.past(row) for row in model.rows]

    def past(self, row: Row) -> Past:
        events = tuple(self.events[row.id])
        cases = {number: Case(self.asked[row.id, number], tuple(acts)) for number, acts in self.acts[row.id].items()}
        return Past(row.id, row.organisation, events, cases)

    def holdings(self) -> list[Held]:
        return [
            Held(id=number, customer_id=1, person_id=1, internal=False, source="claim", **held)
            for number, held in enumerate(self.held)
        ]


def run(seed: int, length: int = LENGTH) -> tuple[Model, Log]:
    """Do a random history on the model, night after night, and note what people did."""
    model, log = Model(START), Log()
    for choose in history(Random(seed), length):
        name, who = choose(model)
        if name in TRANSFERS:
            continue
        before = None if name in ("begin", "pass", "claim", "work", "release") else model.rows[who].state
        try:
            if name == "pass":
                for _ in range(who):
                    apply(model, ("pass", 1))
                    log.follow(model, midnight(model.day, ZONE), name)
                continue
            place = apply(model, (name, who))
        except Refused:
            continue
        if name == "begin":
            log.note(model.day, "submit", model.rows[-1], State.DRAFT, place)
        elif before is None:
            log.note_pool(model, name, who)
        else:
            log.note(model.day, name, model.rows[who], before, place)
        log.follow(model, noon(model.day), name)
    return model, log


def replayed(model: Model, log: Log, rules: Policy = TRUTH) -> Result:
    return replay(log.pasts(model), log.holdings(), (), frame(rules, model.day))


def test_under_the_rules_in_force_nothing_differs() -> None:
    seen: set[str] = set()
    for seed in range(HISTORIES):
        model, log = run(seed)
        result = replayed(model, log)
        for row in model.rows:
            out = result.registrations[row.id]
            said = (row.state.value, row.until, row.extensions, row.resubmissions)
            found = (out.state, out.protected_until, out.extensions, out.resubmissions)
            assert said == found, f"history {seed}, registration {row.id}: {out}"
            seen.add(out.state)
        kept = {log.held[each.id]["organisation_id"]: each for each in result.holdings.values() if each.state == "held"}
        assert {(h.organisation, h.ends, h.worked) for h in model.holdings} == {
            (who, each.ends_on, each.worked_on) for who, each in kept.items()
        }, f"history {seed}"
        assert (1 in result.pooled) == model.pooled, f"history {seed}"
    assert seen == {state.value for state in State}, "the histories never come to some state"


# What other rules would have made of a few registrations.


def at(days: int) -> datetime:
    return noon(START + timedelta(days=days))


def facts(value: int | None = VALUE, *, line: str = "video") -> Facts:
    return Facts(1, 1, line, "", value, "CNY", "zj")


def registered(key: int, day: int, *more: Event, decided: int | None = None, value: int | None = VALUE) -> Past:
    """Return a registration that was handed in on a day and approved on another one."""
    acts = (Act(at(decided), 10 * key + 1, "approve", 0, 7),) if decided is not None else ()
    return Past(key, key, (Event(at(day), 10 * key, Action.SUBMIT, facts(value)), *more), {0: Case(at(day), acts)})


def kinds(
    pasts: list[Past], rules: Policy, days: int = 300, holdings: tuple[Held, ...] = ()
) -> dict[int | None, list[str]]:
    """Return what kinds of differences each registration has."""
    ends = START + timedelta(days=days)
    sides = [replay(pasts, holdings, (), frame(each, ends)) for each in (TRUTH, rules)]
    found: dict[int | None, list[str]] = defaultdict(list)
    for change in changes(*sides):
        found[change.registration_id].append(change.kind)
    return dict(found)


def test_nothing_tried_changes_nothing() -> None:
    pasts = [registered(1, 0, decided=1), registered(2, 0, decided=None)]
    assert kinds(pasts, policy()) == {}


def test_a_shorter_window_lapses_earlier_and_frees_the_customer() -> None:
    pasts = [registered(1, 0, Event(at(80), 5, Action.WIN), decided=1), registered(2, 70)]
    pasts[1] = replace(pasts[1], cases={})  # in truth it came too late for anybody to look at it
    found = kinds(pasts, policy(registration__protection_days=60), days=100)
    assert found == {1: ["expired"], 2: ["asked", "free"]}  # the order finds no protection, the next partner does


def test_a_longer_window_meets_the_next_partner() -> None:
    pasts = [registered(1, 0, decided=1), registered(2, 95, Event(at(120), 25, Action.WIN), decided=96)]
    found = kinds(pasts, policy(registration__protection_days=180))
    assert found == {1: ["later"], 2: ["collided"]}


def test_below_the_limit_nobody_is_asked() -> None:
    pasts = [registered(1, 0, decided=1), registered(2, 200, decided=201, value=None)]
    found = kinds(pasts, policy(registration__auto_approve_below=VALUE + 1))
    assert found == {1: ["automatic", "earlier"]}  # a day earlier, so it ends a day earlier


def test_an_unknown_value_is_never_below_a_limit() -> None:
    assert kinds([registered(1, 0, decided=1, value=None)], policy(registration__auto_approve_below=VALUE + 1)) == {}


def test_more_extensions_help_nobody_who_did_not_ask_and_fewer_refuse() -> None:
    extended = [Event(at(80), 3, Action.EXTEND), Event(at(110), 4, Action.EXTEND)]
    assert kinds([registered(1, 0, *extended, decided=1)], policy(registration__extensions=5)) == {}
    found = kinds([registered(1, 0, *extended, decided=1)], policy(registration__extensions=1))
    assert found == {1: ["extension", "earlier"]}
    assert kinds([registered(1, 0, *extended, decided=1)], policy(registration__extension_days=60)) == {1: ["later"]}


def test_a_resubmission_beyond_the_limit_is_refused() -> None:
    past = registered(1, 0, Event(at(10), 12, Action.RESUBMIT, facts()))
    cases = {0: Case(at(0), (Act(at(1), 11, "refuse", 0, 7),)), 1: Case(at(10), (Act(at(11), 13, "approve", 0, 7),))}
    past = Past(1, 1, past.events, cases)
    assert "resubmission" in kinds([past], policy(registration__resubmissions=0))[1]


def test_a_shorter_clock_is_overrun() -> None:
    assert kinds([registered(1, 0, decided=1)], policy(registration__decision_hours=4)) == {1: ["late"]}
    assert kinds([registered(1, 0, decided=1)], policy(registration__decision_hours=40)) == {}


def test_the_pool_takes_what_nobody_works_on_later_or_sooner() -> None:
    pasts = [registered(1, 0, decided=1)]
    assert kinds(pasts, policy(pool__days_unworked=300)) == {1: ["no_pool"]}
    assert kinds(pasts, policy(pool__days_unworked=10), days=120) == {1: ["pool"]}


def two_steps() -> Definition:
    found = shipped_definition("registration")
    assert found is not None
    content = {**found[1], "steps": [dict(step) for step in found[1]["steps"]]}
    content["steps"][1].pop("when", None)
    return read(content)


def test_another_step_asks_more_people_and_takes_the_usual_time() -> None:
    pasts = [registered(1, 0, decided=1)]
    assert kinds(pasts, policy(two_steps())) == {1: ["approvers"]}
    result = replay(pasts, (), (), frame(policy(two_steps()), START + timedelta(days=30)))
    decision = result.registrations[1].decisions[0]
    assert decision.steps == ("channel", "large")
    assert decision.people == (7, None)
    assert decision.at == USUAL.after(at(1), CLOCK.usual)


def test_the_cap_refuses_what_is_above_it_and_counts_what_ended() -> None:
    def held(key: int, day: int, **more: Any) -> Held:
        said = {"customer_id": key, "organisation_id": 9, "person_id": 1, "source": "assigned", "internal": True}
        return Held(id=key, at=at(day), seq=key, **said, **more)

    mine = [held(1, 0), held(2, 1), held(3, 2), held(4, 3, signed_on=START + timedelta(days=4)), held(5, 5)]
    assert refused_by_cap(mine, TRUTH, ZONE) == frozenset()
    assert refused_by_cap(mine, policy(registration__holding_cap=3), ZONE) == {4, 5}
    assert refused_by_cap([held(1, 0), held(2, 100)], policy(registration__holding_cap=1), ZONE) == frozenset()
    assert refused_by_cap(
        [held(1, 0), held(2, 100)], policy(registration__holding_cap=1, registration__holding_months=6), ZONE
    ) == {2}


def test_rules_that_changed_hold_from_their_day_on() -> None:
    """A replay under the rules as they were knows which were in force when."""
    numbers = ((noon(START), IN_FORCE), (at(50), Values({"registration.protection_days": 30})))
    known = Policy(numbers, TRUTH.definitions)
    pasts = [registered(1, 0, decided=1), registered(2, 200, decided=201)]
    result = replay(pasts, (), (), Frame(known, known, CLOCK, ZONE, noon(START), at(210)))
    untils = [result.registrations[key].protected_until for key in (1, 2)]
    assert untils == [START + timedelta(days=91), START + timedelta(days=231)]


def test_a_hole_in_the_replay_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The random histories see it when a replay forgets whoever stands in line."""
    monkeypatch.setattr(World, "_advance", World._lapse_held)
    with pytest.raises(AssertionError):
        test_under_the_rules_in_force_nothing_differs()
