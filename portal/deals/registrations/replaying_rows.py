"""One registration while it is replayed. Pure."""

from datetime import date, datetime

from portal.approvals.definitions import Definition
from portal.approvals.routing import Route
from portal.deals.registrations import lifecycle
from portal.deals.registrations.lifecycle import Action, State
from portal.deals.registrations.replaying_facts import Case, Decision, Facts, Note, Past


class Row:
    """Where a registration stands, and what is known of how it came there."""

    __slots__ = (
        "asked_at", "asked_minor", "case", "decisions", "entry", "extensions", "facts", "late", "notes", "opened_at",
        "past", "people", "pooled_on", "resubmissions", "route", "rules", "sent", "since", "state", "step", "step_on",
        "token", "until", "withdrawn_at", "withdrawn_from",
    )  # fmt: skip

    def __init__(self, past: Past) -> None:
        self.past = past
        self.state = State.DRAFT
        self.facts: Facts | None = None
        self.sent: datetime | None = None
        self.since: date | None = None
        self.until: date | None = None
        self.step_on: date | None = None  # when time does something next
        self.extensions = self.resubmissions = self.asked_minor = 0
        self.withdrawn_at: datetime | None = None
        self.withdrawn_from = ""
        self.entry = -1  # which event handed it in last
        self.case: Case | None = None
        self.token = 0  # of the present request: what was planned for another one is gone
        self.rules: Definition | None = None
        self.route: Route | None = None
        self.step = 0
        self.people: list[int | None] = []
        self.late = False
        self.asked_at: datetime | None = None
        self.opened_at: datetime | None = None
        self.decisions: list[Decision] = []
        self.notes: list[Note] = []
        self.pooled_on: date | None = None

    def move(self, action: Action, target: State | None = None) -> None:
        """Do an action of the table; a request that decides on it is called off where it is not decided any more."""
        state = lifecycle.after(self.state, action)
        self.state = target or state
        if self.state not in lifecycle.PLACED and action is not Action.ANSWER:
            self.token += 1

    def can(self, action: Action) -> bool:
        """Return whether an action can be done."""
        return lifecycle.can(self.state, action)

    def note(self, kind: str, on: date, until: date | None = None) -> None:
        """Note that something could not be done."""
        self.notes.append(Note(kind, on, until))

    @property
    def place(self) -> tuple[int, str, str]:
        """Return what it is for."""
        assert self.facts is not None
        return self.facts.place

    @property
    def customer_id(self) -> int:
        """Return whose project it is."""
        return self.facts.customer_id if self.facts else 0

    @property
    def product_line(self) -> str:
        """Return for which line."""
        return self.facts.product_line if self.facts else ""

    @property
    def site_key(self) -> str:
        """Return for which site."""
        return self.facts.site_key if self.facts else ""
