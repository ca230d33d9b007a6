"""A model of one customer's registrations in plain Python: what must happen, step by step, without a database.

It takes its states, answers and days from the portal's pure modules; what follows from what stands here once more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from portal.deals.registrations import lifecycle, places, protection
from portal.deals.registrations.lifecycle import HELD, PLACED, Action, State
from portal.deals.registrations.protection import ClaimRules
from portal.parameters.queries import DEFAULTS

RULES = ClaimRules()
LINES = ("video", "network")
ORGANISATIONS = (1, 2, 3)
VALUE = 100_000_00
MOST_SWEEPS = 20


class Refused(Exception):
    """The step cannot be done; nothing is changed."""


@dataclass
class Row:
    """One registration."""

    id: int
    organisation: int
    line: str
    state: State = State.DRAFT
    sent: date | None = None
    until: date | None = None
    step_on: date | None = None
    value: int = VALUE
    asked: int = 0
    extensions: int = 0
    resubmissions: int = 0
    withdrawn_on: date | None = None
    withdrawn_from: str = ""
    past: list[tuple[State, Action, State]] = field(default_factory=list)

    def said(self) -> tuple[object, ...]:
        """Return all that a person can change of it."""
        return self.state, self.line, self.until, self.value, self.asked, self.extensions, len(self.past)


@dataclass
class Holding:
    """That an organisation works on the customer."""

    organisation: int
    since: date
    ends: date | None
    worked: date
    claimed: bool = False  # from the pool
    acts: int = 0  # what was done since


@dataclass
class Transfer:
    """That an organisation gave the customer to another one: what moved, as it was left."""

    giver: int
    receiver: int
    day: date
    rows: dict[int, tuple[object, ...]]
    begun: int  # registrations there were
    falls: int
    given: Holding | None = None  # what the giver held
    made: Holding | None = None  # what the receiver holds for it, unless he did before
    left: tuple[date | None, date] | None = None
    learned: bool = False  # that the receiver did not know the customer before
    undone: bool = False


@dataclass
class Model:
    """One customer, a few organisations, two product lines, and the day it is."""

    day: date
    rows: list[Row] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    pooled: bool = False
    known: set[int] = field(default_factory=lambda: set(ORGANISATIONS))
    transfers: list[Transfer] = field(default_factory=list)
    falls: int = 0  # how often it fell into the pool

    def move(self, row: Row, action: Action, target: State | None = None) -> None:
        """Do an action of the table."""
        if not lifecycle.can(row.state, action):
            raise Refused
        before, row.state = row.state, target or lifecycle.after(row.state, action)
        row.past.append((before, action, row.state))

    def of(self, line: str, *states: State, but: Row | None = None) -> list[Row]:
        """Return rows of a line in these states, the earliest submission first."""
        found = [row for row in self.rows if row.line == line and row.state in states and row is not but]
        return sorted(found, key=lambda row: (row.sent or date.min, row.id))

    def stands(self, organisation: int, line: str, but: Row | None = None) -> str:
        """Return how a line stands for an organisation."""
        rows = [(r.id, r.organisation, r.state.value, r.until, None) for r in self.of(line, *lifecycle.OPEN, but=but)]
        claims = [(h.organisation, h.ends) for h in self.holdings if h.ends is not None and h.ends >= self.day]
        return places.judge(rows, claims, organisation, self.day).kind

    def lapse(self, line: str) -> None:
        for row in self.of(line, *HELD):
            assert row.until is not None
            if not protection.is_over(row.until, self.day):
                continue
            if row.state is State.APPROVED:
                self.move(row, Action.EXPIRE)
                row.step_on = max(row.until + timedelta(days=DEFAULTS["pool.days_unworked"]), self.day)
            else:
                self.close(row, Action.LOSE)

    def close(self, row: Row, action: Action) -> None:
        self.move(row, action)
        row.step_on = None

    def advance(self, line: str) -> None:
        self.lapse(line)
        waiting = self.of(line, State.SUBMITTED)
        if waiting and not self.of(line, *PLACED, *HELD):
            self.take_up(waiting[0])

    def take_up(self, row: Row) -> None:
        self.move(row, Action.TAKE_UP)
        row.asked = row.value

    def enter(self, row: Row, action: Action, line: str, kind: str, *, sent: date | None) -> str:
        """Hand a row in for a line that stands so for its organisation."""
        if kind == "own":
            raise Refused
        if kind == "claimed":
            return "claimed"
        self.move(row, action)
        row.line, row.sent, row.until, row.step_on = line, sent, None, None
        if kind == "deciding":
            return "waiting"
        self.take_up(row)
        return "review"

    def ask(self, row: Row, line: str) -> str:
        kind = self.stands(row.organisation, line, row)
        if kind == "own":
            raise Refused
        self.lapse(line)
        return kind

    # What people do.

    def begin(self, organisation: int, line: str) -> Row:
        if organisation not in self.known:
            raise Refused
        row = Row(len(self.rows), organisation, line)
        self.rows.append(row)
        return row

    def submit(self, row: Row) -> str:
        if not lifecycle.can(row.state, Action.SUBMIT):
            raise Refused
        return self.enter(row, Action.SUBMIT, row.line, self.ask(row, row.line), sent=self.day)

    def resubmit(self, row: Row) -> str:
        if row.resubmissions >= DEFAULTS["registration.resubmissions"] or not lifecycle.can(row.state, Action.RESUBMIT):
            raise Refused
        place = self.enter(row, Action.RESUBMIT, row.line, self.ask(row, row.line), sent=self.day)
        if place != "claimed":
            row.resubmissions, row.extensions = row.resubmissions + 1, 0
        return place

    def approve(self, row: Row) -> None:
        self.lapse(row.line)
        if self.of(row.line, *HELD, but=row):
            raise Refused
        self.move(row, Action.APPROVE)
        row.until = protection.ends_on(self.day, DEFAULTS["registration.protection_days"])
        row.step_on = protection.next_step(row.until, self.day)
        for late in self.of(row.line, State.SUBMITTED, but=row):
            self.move(late, Action.TAKE_UP)
            self.refuse(late)

    def refuse(self, row: Row, *, advance: bool = False) -> None:
        self.move(row, Action.REFUSE)
        row.step_on = None
        if advance:
            self.advance(row.line)

    def give_back(self, row: Row) -> None:
        self.move(row, Action.RETURN)
        row.step_on = self.day + timedelta(days=DEFAULTS["registration.answer_days"])

    def answer(self, row: Row) -> None:
        if not lifecycle.can(row.state, Action.ANSWER):
            raise Refused
        grown = self.has_grown(row)
        self.move(row, Action.ANSWER)
        self.move(row, Action.TAKE_UP)
        row.asked, row.step_on = (row.value if grown else row.asked), None

    @staticmethod
    def has_grown(row: Row) -> bool:
        return row.value * 100 > row.asked * 120

    def withdraw(self, row: Row) -> None:
        before = row.state
        self.move(row, Action.WITHDRAW)
        row.withdrawn_on, row.withdrawn_from, row.step_on = self.day, before.value, None
        if before in PLACED:
            self.advance(row.line)

    def undo(self, row: Row) -> str:
        if row.state is not State.WITHDRAWN or row.withdrawn_on is None or (self.day - row.withdrawn_on).days > 1:
            raise Refused
        if row.withdrawn_from == State.DRAFT:
            self.move(row, Action.UNDO_WITHDRAW, State.DRAFT)
            return "draft"
        return self.enter(row, Action.UNDO_WITHDRAW, row.line, self.ask(row, row.line), sent=row.sent)

    def extend(self, row: Row) -> None:
        if row.until is None or protection.is_over(row.until, self.day) or row.extensions >= 2:
            raise Refused
        self.move(row, Action.EXTEND)
        row.until, row.extensions = protection.extended(row.until, 30), row.extensions + 1
        row.step_on = protection.next_step(row.until, self.day)

    def change_line(self, row: Row) -> str | None:
        line = LINES[1 - LINES.index(row.line)]
        if row.organisation not in self.known or not lifecycle.can(row.state, Action.EDIT):
            raise Refused
        if row.state not in (State.SUBMITTED, *PLACED, State.APPROVED):
            self.move(row, Action.EDIT)
            row.line = line
            return None
        kind, before, left = self.ask(row, line), row.state, row.line
        place = self.enter(row, Action.EDIT if before is State.SUBMITTED else Action.RESET, line, kind, sent=self.day)
        if place != "claimed" and before in (*PLACED, *HELD):
            self.advance(left)
        return place

    def grow(self, row: Row) -> str | None:
        if row.organisation not in self.known or not lifecycle.can(row.state, Action.EDIT):
            raise Refused
        row.value += row.value // 8
        if row.state is State.APPROVED and self.has_grown(row):
            return self.enter(row, Action.RESET, row.line, "free", sent=row.sent)
        self.move(row, Action.EDIT)
        if row.state is State.IN_REVIEW and self.has_grown(row):
            row.asked = row.value
            return "review"
        return None

    def convert(self, row: Row) -> None:
        if row.until is None or protection.is_over(row.until, self.day):
            raise Refused
        self.move(row, Action.CONVERT)

    def win(self, row: Row) -> None:
        if row.state is State.APPROVED:
            self.move(row, Action.CONVERT)
        self.close(row, Action.WIN)
        self.advance(row.line)

    def lose(self, row: Row) -> None:
        self.close(row, Action.LOSE)
        self.advance(row.line)

    def reopen(self, row: Row) -> str:
        if row.sent is None or not lifecycle.can(row.state, Action.REOPEN):
            raise Refused
        before = self.stands(row.organisation, row.line, row)
        if before in ("own", "claimed"):
            raise Refused
        self.lapse(row.line)
        return self.enter(row, Action.REOPEN, row.line, before, sent=self.day)

    def override(self, row: Row) -> None:
        if row.sent is None or row.state not in (State.SUBMITTED, State.IN_REVIEW, State.REJECTED):
            raise Refused
        for other in self.of(row.line, *PLACED, *HELD, but=row):
            if other.state in HELD:
                self.close(other, Action.LOSE)
                continue
            if other.state is State.RETURNED:
                self.move(other, Action.ANSWER)
                self.move(other, Action.TAKE_UP)
            self.refuse(other)
        if row.state is State.REJECTED:
            self.move(row, Action.REOPEN)
        if row.state is not State.IN_REVIEW:
            self.take_up(row)
        self.approve(row)

    # What happens by itself, and the pool.

    def pass_days(self, days: int) -> None:
        self.day += timedelta(days=days)
        for _ in range(MOST_SWEEPS):
            if not self.sweep() and not self.sweep_holdings():
                return
        raise AssertionError("the sweeps never come to an end")

    def sweep(self) -> int:
        due = [row for row in self.rows if row.step_on is not None and row.step_on <= self.day]
        for row in sorted(due, key=lambda each: (each.step_on, each.id)):
            if row.step_on is None or row.step_on > self.day:
                continue
            if row.state in HELD:
                assert row.until is not None
                if protection.is_over(row.until, self.day):
                    self.advance(row.line)
                else:
                    row.step_on = protection.next_step(row.until, self.day)
            elif row.state is State.RETURNED:
                self.withdraw(row)
            else:
                row.step_on = None
                self.fall_in()
        return len(due)

    def sweep_holdings(self) -> int:
        idle = self.day - timedelta(days=DEFAULTS["pool.days_unworked"])
        due = [h for h in self.holdings if (h.worked < idle if h.ends is None else h.ends < self.day)]
        for holding in due:
            self.end(holding)
        return len(due)

    def is_registered(self, organisation: int | None = None) -> bool:
        return any(r.state in lifecycle.OPEN for r in self.rows if organisation in (None, r.organisation))

    def fall_in(self) -> None:
        if not self.is_registered() and not self.holdings:
            self.falls += not self.pooled
            self.pooled = True

    def end(self, holding: Holding) -> None:
        if self.is_registered(holding.organisation):
            holding.ends, holding.worked, holding.acts = None, self.day, holding.acts + 1
        else:
            self.holdings.remove(holding)
            self.fall_in()

    def claim(self, organisation: int) -> None:
        if not self.pooled or any(h.organisation == organisation for h in self.holdings):
            raise Refused
        self.pooled = False
        self.known.add(organisation)
        self.holdings.append(Holding(organisation, self.day, protection.claim_end(self.day, RULES), self.day, True))

    def work(self, holding: Holding) -> None:
        holding.acts += 1
        if holding.ends is not None:
            holding.ends = protection.after_activity(holding.since, holding.ends, self.day, RULES)
        holding.worked = max(holding.worked, self.day)

    # The customer changes hands.

    def holding(self, organisation: int) -> Holding | None:
        return next((h for h in self.holdings if h.organisation == organisation), None)

    def meets(self, rows: list[Row], organisation: int) -> bool:
        """Whether an organisation has an open registration beside one of these."""
        own = [r for r in self.rows if r.organisation == organisation and r.state in lifecycle.OPEN]
        return any(r.line == o.line and r is not o for r in rows if r.state in lifecycle.OPEN for o in own)

    def transfer(self, giver: int, receiver: int) -> None:
        given, taken = self.holding(giver), self.holding(receiver)
        moved = [r for r in self.rows if r.organisation == giver and r.state in (State.DRAFT, *lifecycle.OPEN)]
        if giver == receiver or not (giver in self.known or given) or self.meets(moved, receiver):
            raise Refused
        done = Transfer(giver, receiver, self.day, {}, len(self.rows), self.falls, learned=receiver not in self.known)
        if given is not None:
            self.holdings.remove(given)
            done.given = given
            if taken is None:
                since = given.since if given.claimed else self.day
                done.made = Holding(receiver, since, given.ends, self.day, given.claimed)
                done.left = given.ends, self.day
                self.holdings.append(done.made)
        for row in moved:
            row.organisation = receiver
            done.rows[row.id] = row.said()
        self.known = self.known - {giver} | {receiver}
        self.transfers.append(done)

    def take_back(self) -> None:
        standing = [each for each in self.transfers if not each.undone]
        if not standing:
            raise Refused
        done = standing[-1]
        moved = [self.rows[each] for each in done.rows]
        late = (self.day - done.day).days > 3
        begun = any(r.organisation == done.receiver for r in self.rows[done.begun :])
        same = all(row.said() == done.rows[row.id] and row.organisation == done.receiver for row in moved)
        if (
            late
            or begun
            or not same
            or self.falls != done.falls
            or done.giver in self.known
            or self.meets(moved, done.giver)
        ):
            raise Refused
        if done.made is not None:
            if done.made not in self.holdings or (done.made.ends, done.made.worked, done.made.acts) != (*done.left, 0):
                raise Refused
            self.holdings.remove(done.made)
        if done.given is not None:
            self.holdings.append(done.given)
        for row in moved:
            row.organisation = done.giver
        self.known = self.known - ({done.receiver} if done.learned else set()) | {done.giver}
        done.undone = True


ROW_STEPS = (
    "submit", "submit", "approve", "approve", "refuse", "give_back", "answer", "withdraw", "undo", "resubmit", "extend",
    "change_line", "grow", "grow", "convert", "win", "lose", "reopen", "override",
)  # fmt: skip
ACTIONS = {
    "give_back": Action.RETURN, "undo": Action.UNDO_WITHDRAW, "change_line": Action.EDIT, "grow": Action.EDIT,
    "override": Action.TAKE_UP,
    **{name: Action(name) for name in ROW_STEPS if name in set(Action)},
}  # fmt: skip
DECISIONS = ("approve", "refuse", "give_back")
Step = tuple[str, int]


def history(random: Random, length: int) -> Iterator[Callable[[Model], Step]]:
    """Return choices of steps for one history: each looks at the model and names a step and whom it is about."""
    for _ in range(length):
        yield lambda model: _choice(random, model)


def _choice(random: Random, model: Model) -> Step:
    kind = random.random()
    if not model.rows or kind < 0.18:
        return "begin", random.choice(ORGANISATIONS) * 2 + random.randrange(2)
    if kind < 0.34:
        return "pass", random.choice((1, 1, 3, 14, 40, 75, 91))
    if kind < 0.46 and (model.pooled or model.holdings):
        return random.choice(("claim", "work", "release")), random.choice(ORGANISATIONS)
    if kind < 0.5:
        return "transfer", random.choice(ORGANISATIONS) * 4 + random.choice(ORGANISATIONS)
    if kind < 0.53 and model.transfers:
        return "take_back", 0
    row = random.choice(model.rows)
    fitting = [name for name in ROW_STEPS if lifecycle.can(row.state, ACTIONS[name])]
    return random.choice(fitting if fitting and random.random() < 0.9 else ROW_STEPS), row.id


def apply(model: Model, step: Step) -> object:  # noqa: PLR0911 - a table of steps
    """Do a step; raises Refused when it cannot be done."""
    name, who = step
    if name == "begin":
        row = model.begin(who // 2, LINES[who % 2])
        return model.submit(row)
    if name == "pass":
        return model.pass_days(who)
    if name in ("claim", "work", "release"):
        if name == "claim":
            return model.claim(who)
        for holding in model.holdings:
            if holding.organisation == who:
                return model.work(holding) if name == "work" else model.end(holding)
        raise Refused
    if name == "transfer":
        return model.transfer(who // 4, who % 4)
    if name == "take_back":
        return model.take_back()
    row = model.rows[who]
    if name in DECISIONS and row.state is not State.IN_REVIEW:
        raise Refused
    if name == "refuse":
        return model.refuse(row, advance=True)
    return getattr(model, name)(row)
