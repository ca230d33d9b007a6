"""The past of a registration for a replay: from the history of what was done, or from its columns alone. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from portal.deals.registrations.lifecycle import HOUSE_LOSSES, Action, State
from portal.deals.registrations.replaying_facts import OVERRIDE, Act, Case, Event, Facts, Past

ENTERED: Final = frozenset({Action.SUBMIT, Action.RESUBMIT, Action.REOPEN, Action.RESET})
EDITED: Final = frozenset({Action.EDIT, Action.RESET})
PLAIN: Final = frozenset({Action.EXTEND, Action.CONVERT, Action.WIN})
DONE: Final = frozenset({"endorse", "approve", "refuse", "return", "answer"})


@dataclass(frozen=True, slots=True)
class Columns:
    """A registration as its row says it, or as a row of a list does."""

    id: int
    organisation_id: int
    facts: Facts
    state: str
    submitted_at: datetime | None
    decided_at: datetime | None = None
    protected_from: date | None = None
    protected_until: date | None = None
    withdrawn_at: datetime | None = None
    updated_at: datetime | None = None
    reason: str = ""
    extensions: int = 0
    resubmissions: int = 0
    extended_at: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history."""

    id: int
    at: datetime
    action: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request for approval with what happened to it."""

    asked_at: datetime
    took: int | None
    entries: Sequence[Entry] = field(default_factory=list)


def past_of(row: Columns, history: Sequence[Entry], requests: Sequence[Request]) -> Past:
    """Return the past of a registration; where the history misses its submission, its columns tell it."""
    if not any(entry.action == Action.SUBMIT for entry in history):
        return past_of_columns(row)
    events: list[Event] = []
    entered: list[tuple[int, int]] = []  # which lines handed it in, and as which event
    last: Facts | None = None
    for entry in history:
        event = _event(row, entry)
        if event is None:
            continue
        events.append(event)
        if _enters(entry, event, last):
            entered.append((entry.id, len(events) - 1))
        last = event.facts or last
    cases: dict[int, Case] = {}
    for request in requests:
        asked = next((entry for entry in request.entries if entry.action == "ask"), None)
        begun = [number for line, number in entered if asked is not None and line < asked.id]
        if begun and asked is not None:
            cases[begun[-1]] = Case(request.asked_at, _acts(request), request.took, asked.after.get("facts"))
    return Past(row.id, row.organisation_id, tuple(_with_regions(events, cases)), cases)


def _event(row: Columns, entry: Entry) -> Event | None:
    """Return what a line says that somebody did; None for what followed of itself."""
    action, after = entry.action, entry.after
    by_house = action == Action.WITHDRAW and after.get("reason") == "unanswered"
    if action == Action.APPROVE and after.get("override"):
        return Event(entry.at, entry.id, OVERRIDE)
    if action in ENTERED | EDITED | {Action.UNDO_WITHDRAW}:
        if after.get("override"):
            return None
        act = Action.EDIT if action in EDITED else Action(action)
        return Event(entry.at, entry.id, act, _facts(row, after.get("facts")))
    if action == Action.LOSE:
        return None if after.get("reason") in HOUSE_LOSSES else Event(entry.at, entry.id, action)
    return Event(entry.at, entry.id, action) if action in {*PLAIN, Action.WITHDRAW} and not by_house else None


def _facts(row: Columns, said: Sequence[Any] | None) -> Facts:
    """Return what was handed in; before it was written down, what the row says now."""
    if not said:
        return row.facts
    customer, identity, line, site, value = said
    facts = row.facts
    return Facts(customer, identity or facts.identity_id, line, site, value, facts.currency, facts.region)


def _enters(entry: Entry, event: Event, last: Facts | None) -> bool:
    if entry.action in ENTERED:
        return event.facts is not None
    if entry.action == Action.UNDO_WITHDRAW:
        return bool(entry.after.get("state") == State.SUBMITTED)
    moved = last is None or event.facts is None or _key(event.facts) != _key(last)
    return entry.action == Action.EDIT and entry.before.get("state") == State.SUBMITTED and moved


def _key(facts: Facts) -> tuple[int, str, str]:
    return facts.customer_id, facts.product_line, facts.site_key


def _acts(request: Request) -> tuple[Act, ...]:
    found = (entry for entry in request.entries if entry.action in DONE and not entry.after.get("automatic"))
    return tuple(
        Act(entry.at, entry.id, entry.action, int(entry.after.get("step", 0)), entry.person_id) for entry in found
    )


def _with_regions(events: Iterable[Event], cases: Mapping[int, Case]) -> Iterable[Event]:
    """Return events whose facts say the region that the rules were asked with, where they were asked."""
    for number, event in enumerate(events):
        case = cases.get(number)
        if case is None or case.facts is None or event.facts is None:
            yield event
            continue
        said = event.facts
        region, currency = str(case.facts.get("region", said.region)), str(case.facts.get("currency", said.currency))
        facts = Facts(*_whole(said), said.value_minor, currency, region)
        yield Event(event.at, event.seq, event.act, facts)


def _whole(facts: Facts) -> tuple[int, int, str, str]:
    return facts.customer_id, facts.identity_id, facts.product_line, facts.site_key


def past_of_columns(row: Columns) -> Past:
    """Return the past that columns tell: handed in once, decided once, extended, and how it ended."""
    if row.submitted_at is None:
        return Past(row.id, row.organisation_id, ())
    events = [Event(row.submitted_at, row.id, Action.SUBMIT, row.facts)]
    acts: tuple[Act, ...] = ()
    if row.decided_at is not None:
        verdict = "approve" if row.protected_from is not None else "refuse"
        acts = (Act(row.decided_at, row.id, verdict),)
    events += [Event(at, row.id, Action.EXTEND) for at in row.extended_at]
    events += _ends(row)
    events.sort(key=lambda event: event.at)
    return Past(row.id, row.organisation_id, tuple(events), {0: Case(row.submitted_at, acts)})


def _ends(row: Columns) -> Iterable[Event]:
    at = row.updated_at or row.decided_at
    if row.withdrawn_at is not None:
        yield Event(row.withdrawn_at, row.id, Action.WITHDRAW)
    elif at is not None and row.state == State.WON:
        yield Event(at, row.id, Action.WIN)
    elif at is not None and row.state == State.CONVERTED:
        yield Event(at, row.id, Action.CONVERT)
    elif at is not None and row.state == State.LOST and row.reason not in HOUSE_LOSSES:
        yield Event(at, row.id, Action.LOSE)
