"""What a replay goes in and comes out with: pasts of registrations and of holdings, rules over time, outcomes. Pure."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from portal.approvals.definitions import Definition
from portal.parameters.queries import Values

OVERRIDE: Final = "override"  # an act beside those of the table: approved over another one


@dataclass(frozen=True, slots=True)
class Facts:
    """What a registration is handed in for; a value of None was not said."""

    customer_id: int
    identity_id: int
    product_line: str
    site_key: str
    value_minor: int | None
    currency: str
    region: str = ""

    @property
    def place(self) -> tuple[int, str, str]:
        """Return what at most one registration is protected for."""
        return self.identity_id, self.product_line, self.site_key

    def asked(self) -> dict[str, Any]:
        """Return what the rules of approval may ask."""
        said = {"currency": self.currency, "product_line": self.product_line, "region": self.region}
        return said if self.value_minor is None else {**said, "value_minor": self.value_minor}


@dataclass(frozen=True, slots=True)
class Event:
    """What a person did with a registration; `act` is an action of its life. What follows of itself is no event."""

    at: datetime
    seq: int
    act: str
    facts: Facts | None = None  # of what is handed in or edited


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done with a request for approval: endorse, approve, refuse, return, answer, amend."""

    at: datetime
    seq: int
    kind: str
    step: int = 0
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """How one handing in was decided, from when it was asked.

    `took` is the business time until the decision in seconds, `facts` what the rules were asked, where they are known.
    """

    at: datetime
    acts: tuple[Act, ...] = ()
    took: int | None = None
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """One registration: who did what with it, and how each handing in (by its place among the events) was decided."""

    id: int
    organisation_id: int
    events: tuple[Event, ...]
    cases: Mapping[int, Case] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """That somebody worked on a customer: since when, what he did on which days, and how it ended."""

    id: int
    customer_id: int
    organisation_id: int
    person_id: int
    internal: bool
    source: str
    at: datetime
    seq: int
    worked: tuple[tuple[datetime, int, date], ...] = ()  # when it was noted, in which order, and for which day
    released: tuple[datetime, int] | None = None
    signed_on: date | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers and rules of approval at one moment."""

    numbers: Values
    definition: Definition


@dataclass(frozen=True)
class Policy:
    """The rules over time: as they were, with `tried` and `definition` in their place from `since` on."""

    numbers: tuple[tuple[datetime, Values], ...]  # each from when it was in force; the first from the beginning
    definitions: tuple[tuple[datetime, Definition], ...]
    since: datetime | None = None
    tried: Mapping[str, int] = field(default_factory=dict)
    definition: Definition | None = None

    def at(self, instant: datetime) -> Rules:
        """Return the rules at an instant."""
        number = max(bisect_right(self._starts[0], instant) - 1, 0)
        definition = max(bisect_right(self._starts[1], instant) - 1, 0)
        return self._rules(number, definition, self.since is not None and instant >= self.since)

    @property
    def _starts(self) -> tuple[list[datetime], list[datetime]]:
        return _starts_of(self)

    def _rules(self, number: int, definition: int, tried: bool) -> Rules:
        return _rules_of(self, number, definition, tried)

    def __hash__(self) -> int:
        """Policies are told apart by what they are, not by what they say."""
        return id(self)

    def __eq__(self, other: object) -> bool:
        """Return whether it is the same one."""
        return self is other


@lru_cache(maxsize=16)
def _starts_of(policy: Policy) -> tuple[list[datetime], list[datetime]]:
    return [at for at, _ in policy.numbers], [at for at, _ in policy.definitions]


@lru_cache(maxsize=4096)
def _rules_of(policy: Policy, number: int, definition: int, tried: bool) -> Rules:
    values, rules = policy.numbers[number][1], policy.definitions[definition][1]
    if not tried:
        return Rules(values, rules)
    return Rules(Values({**values.changed, **policy.tried}), policy.definition or rules)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision in a replay: by which steps and whom, and whether some step took longer than its clock."""

    at: datetime
    approved: bool
    steps: tuple[str, ...]  # none: approved of itself
    people: tuple[int | None, ...]  # of each step that somebody took; None: whoever would be asked
    took: int | None
    late: bool


@dataclass(frozen=True, slots=True)
class Note:
    """That something could not be done: claimed, own, extension, over, resubmission; or lapsed."""

    kind: str
    on: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a registration stands at the end of a replay, and how it came there."""

    id: int
    state: str
    identity_id: int
    protected_from: date | None
    protected_until: date | None
    extensions: int
    resubmissions: int
    decisions: tuple[Decision, ...]
    notes: tuple[Note, ...]
    pooled_on: date | None  # when its customer fell into the pool because of it


@dataclass(frozen=True, slots=True)
class Kept:
    """How a holding stands at the end of a replay."""

    id: int
    state: str  # held, ended, refused (by the cap), missed (the customer was not in the pool)
    ends_on: date | None
    worked_on: date | None
    ended_on: date | None
    pooled_on: date | None


@dataclass(frozen=True, slots=True)
class Result:
    """All outcomes of one replay."""

    registrations: Mapping[int, Outcome]
    holdings: Mapping[int, Kept]
    pooled: frozenset[int]  # customers in the pool at the end
