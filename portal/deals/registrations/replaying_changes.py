"""What two replays of the same registrations say otherwise, kind by kind, and their sums. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median
from typing import Any, Final

from portal.deals.registrations.lifecycle import State
from portal.deals.registrations.replaying_facts import Decision, Kept, Note, Outcome, Result
from portal.words import N_

KINDS: Final[Mapping[str, str]] = {  # in the order in which they are shown
    "automatic": N_("Approved automatically"),
    "asked": N_("Decided by people"),
    "approvers": N_("Other approvers"),
    "late": N_("Over the decision clock"),
    "in_time": N_("Within the decision clock"),
    "expired": N_("Protection would have lapsed"),
    "kept": N_("Protection would not have lapsed"),
    "earlier": N_("Protection ends earlier"),
    "later": N_("Protection ends later"),
    "collided": N_("Would have met a claimed customer"),
    "free": N_("Would have found the customer free"),
    "extension": N_("Extension refused"),
    "resubmission": N_("Resubmission refused"),
    "pool": N_("Falls into the pool"),
    "no_pool": N_("Does not fall into the pool"),
    "cap": N_("Refused by the holding cap"),
    "other": N_("Ends otherwise"),
}
CONFLICTS: Final = frozenset({"claimed", "own", "late"})
LAPSED: Final = frozenset({"lapsed"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: its kind, whose it is (a registration or a holding), and both sides in short."""

    kind: str
    registration_id: int | None
    holding_id: int | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def changes(before: Result, after: Result) -> Iterator[Change]:
    """Return all that two replays say otherwise."""
    for key, one in before.registrations.items():
        other = after.registrations[key]
        if one != other:
            sides = side(one), side(other)
            for kind in _kinds(one, other):
                yield Change(kind, key, None, *sides)
    for key, was in before.holdings.items():
        becomes = after.holdings[key]
        if was != becomes:
            for kind in _holding_kinds(was, becomes):
                yield Change(kind, None, key, _held_side(was), _held_side(becomes))


def side(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as a changed row keeps it."""
    last = outcome.decisions[-1] if outcome.decisions else None
    notes = [note for note in outcome.notes if note.kind != "lapsed"]
    said = {
        "state": outcome.state,
        "until": _day(outcome.protected_until),
        "steps": list(last.steps) if last else None,
        "approved": last.approved if last else None,
        "took": last.took if last else None,
        "late": last.late if last else False,
        "note": notes[-1].kind if notes else "",
        "note_until": _day(notes[-1].until) if notes else None,
        "extensions": outcome.extensions,
        "pooled_on": _day(outcome.pooled_on),
    }
    return {key: value for key, value in said.items() if value not in (None, "", False, 0) or key == "steps"}


def _held_side(kept: Kept) -> dict[str, Any]:
    said = {"held": kept.state, "until": _day(kept.ended_on or kept.ends_on), "pooled_on": _day(kept.pooled_on)}
    return {key: value for key, value in said.items() if value}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _kinds(one: Outcome, other: Outcome) -> list[str]:
    """Return what is otherwise with a registration."""
    found = [
        *_compared(_automatic(one), _automatic(other), "automatic", ""),
        *_compared(_by_people(one), _by_people(other), "asked", ""),
        *_compared(_late(one), _late(other), "late", "in_time"),
        *_compared(_noted(one, CONFLICTS), _noted(other, CONFLICTS), "collided", "free"),
        *_compared(_noted(one, frozenset({"extension"})), _noted(other, frozenset({"extension"})), "extension", ""),
        *_compared(
            _noted(one, frozenset({"resubmission"})), _noted(other, frozenset({"resubmission"})), "resubmission", ""
        ),
        *_compared(one.pooled_on is not None, other.pooled_on is not None, "pool", "no_pool"),
    ]
    both = zip(one.decisions, other.decisions, strict=False)
    if any(was.steps and becomes.steps and was.steps != becomes.steps for was, becomes in both):
        found.append("approvers")
    lapsed = _noted(one, LAPSED), _noted(other, LAPSED)
    found += _compared(*lapsed, "expired", "kept")
    if lapsed[0] == lapsed[1] and one.protected_until and other.protected_until:
        found += _compared(one.protected_until, other.protected_until, "later", "earlier")
    if not found and one.state != other.state:
        found.append("other")
    return found


def _compared(one: Any, other: Any, more: str, less: str) -> list[str]:
    kind = more if other > one else less if other < one else ""
    return [kind] if kind else []


def _automatic(outcome: Outcome) -> int:
    return sum(1 for decision in outcome.decisions if not decision.steps)


def _by_people(outcome: Outcome) -> int:
    return sum(1 for decision in outcome.decisions if decision.steps)


def _late(outcome: Outcome) -> int:
    return sum(decision.late for decision in outcome.decisions)


def _noted(outcome: Outcome, kinds: frozenset[str]) -> int:
    return sum(1 for note in outcome.notes if note.kind in kinds)


def _holding_kinds(was: Kept, becomes: Kept) -> list[str]:
    if becomes.state == "refused":
        return ["cap"]
    found = _compared(was.pooled_on is not None, becomes.pooled_on is not None, "pool", "no_pool")
    return found or (["other"] if was.state != becomes.state else [])


@dataclass
class Tally:
    """The sums of one side, counted from a day on."""

    since: datetime
    day: date
    counts: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    took: list[int] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count the outcomes of a piece; a customer is freed when nobody is protected for him any more."""
        freed: set[int] = set()
        for outcome in result.registrations.values():
            self.counts["registrations"] += 1
            self.counts[f"state_{outcome.state}"] += 1
            self._decided(outcome.decisions)
            self._noted(outcome.notes)
            if any(note.kind == "lapsed" and note.on >= self.day for note in outcome.notes):
                freed.add(outcome.identity_id)
            self.counts["pool"] += outcome.pooled_on is not None and outcome.pooled_on >= self.day
        held = {
            outcome.identity_id
            for outcome in result.registrations.values()
            if outcome.state in (State.APPROVED, State.CONVERTED)
        }
        self.counts["freed"] += len(freed - held)
        for kept in result.holdings.values():
            self.counts["pool"] += kept.pooled_on is not None and kept.pooled_on >= self.day
            self.counts["cap"] += kept.state == "refused"

    def _decided(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            if decision.at < self.since:
                continue
            self.counts["approved" if decision.approved else "refused"] += 1
            self.counts["late"] += decision.late
            self.counts["automatic"] += not decision.steps
            if decision.steps:
                self.counts["by_people"] += 1
                self.steps.update(decision.steps)
                self.people.update("" if person is None else str(person) for person in decision.people)
                self.took += [] if decision.took is None else [decision.took]

    def _noted(self, notes: Iterable[Note]) -> None:
        for note in notes:
            if note.on >= self.day:
                kind = "conflicts" if note.kind in CONFLICTS else note.kind
                self.counts[kind] += 1

    def totals(self) -> dict[str, Any]:
        """Return the sums as a run keeps them; times are business seconds."""
        took = sorted(self.took)
        return {
            **{key: count for key, count in sorted(self.counts.items()) if count},
            "steps": dict(self.steps.most_common(20)),
            "people": dict(self.people.most_common(30)),
            "median": int(median(took)) if took else None,
            "most": took[min(len(took) - 1, len(took) * 9 // 10)] if took else None,
        }
