"""What would have become of registrations under other rules: the same acts of people, replayed in their order. Pure.

States, days, places, routes and clocks are asked of the modules that the portal itself asks; here stands only in which
order things follow, as in `deciding`, `entering` and `sweeps`. Under the rules that were in force nothing differs from
what happened, which the tests prove with random histories. What can no longer be done is left out and noted.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from portal.deals.registrations import drafts, lifecycle, protection
from portal.deals.registrations.lifecycle import HELD, PLACED, Action, State
from portal.deals.registrations.places import Situation
from portal.deals.registrations.replaying_deciding import Deciding, Frame
from portal.deals.registrations.replaying_facts import OVERRIDE, Event, Facts, Held, Outcome, Past, Result
from portal.deals.registrations.replaying_rows import Row
from portal.deals.registrations.replaying_time import ENTRIES

__all__ = ["Frame", "World", "replay"]


def replay(pasts: Iterable[Past], holdings: Iterable[Held], pooled: Iterable[int], frame: Frame) -> Result:
    """Return what becomes of registrations of whole customers, and of those who work on them, under a policy."""
    world = World(pasts, holdings, pooled, frame)
    world.times.run(frame.ends)
    return Result(
        {row.past.id: _outcome(row) for row in world.rows},
        world.holdings.result(),
        frozenset(world.holdings.pooled),
    )


class World(Deciding):
    """All that people did with the registrations of some customers, in its order."""

    def __init__(self, pasts: Iterable[Past], holdings: Iterable[Held], pooled: Iterable[int], frame: Frame) -> None:
        super().__init__(pasts, holdings, pooled, frame)
        for row in self.rows:
            for number, event in enumerate(row.past.events):
                self.times.add(event.at, ENTRIES, event.seq, self._event, row, number)

    def _event(self, at: datetime, row: Row, number: int) -> None:
        event = row.past.events[number]
        today = self.times.day(at)
        if event.act == Action.EDIT:
            self._edit(row, number, event, at, today)
        elif event.act == OVERRIDE:
            self._override(row, at, today)
        elif event.act in (Action.SUBMIT, Action.RESUBMIT, Action.UNDO_WITHDRAW, Action.REOPEN):
            self._hand_in(row, number, event, at, today)
        else:
            self._other(row, Action(event.act), at, today)

    def _other(self, row: Row, action: Action, at: datetime, today: date) -> None:
        """Do what needs a state and nothing else."""
        if action is Action.WIN and row.state is State.APPROVED:
            row.move(Action.CONVERT)
        if not row.can(action):
            return
        if action is Action.WITHDRAW:
            self._withdraw(row, at, today)
        elif action is Action.EXTEND:
            self._extend(row, at, today)
        elif action is Action.CONVERT:
            if row.until is not None and not protection.is_over(row.until, today):
                row.move(action)
        else:  # won or lost
            row.move(action)
            self._advance(row.place, at, today)

    def _hand_in(self, row: Row, number: int, event: Event, at: datetime, today: date) -> None:
        action, facts = Action(event.act), event.facts or row.facts
        if facts is None or not row.can(action):
            return
        more = row.resubmissions + 1
        if action is Action.RESUBMIT and more > self.number("registration.resubmissions", at):
            row.note("resubmission", today)
            return
        sent = at
        if action is Action.UNDO_WITHDRAW:
            hours = self.number("registration.withdraw_hours", at)
            if row.withdrawn_at is None or at > row.withdrawn_at + timedelta(hours=hours):
                return
            if lifecycle.undone(row.withdrawn_from) is State.DRAFT:
                row.move(action, State.DRAFT)
                return
            sent = row.sent or at
        stands = self._ask_place(row, facts.place, at, today)
        if self._enter(row, number, action, facts, stands, at, today, sent=sent) and action is Action.RESUBMIT:
            row.resubmissions, row.extensions = more, 0

    def _enter(
        self, row: Row, number: int, action: Action, facts: Facts, stands: Situation, at: datetime, today: date, *,
        sent: datetime,
    ) -> bool:  # fmt: skip
        if stands.kind in ("own", "claimed"):
            return False
        row.move(action)
        self._put(row, facts)
        row.sent, row.entry, row.since, row.until, row.step_on = sent, number, None, None, None
        if stands.kind != "deciding":
            self._take_up(row, at, today)
        return True

    def _edit(self, row: Row, number: int, event: Event, at: datetime, today: date) -> None:
        facts = event.facts
        if facts is None or not row.can(Action.EDIT):
            return
        columns = {
            "customer_id": facts.customer_id, "product_line": facts.product_line, "site_key": facts.site_key,
            "value_minor": facts.value_minor or 0,
        }  # fmt: skip
        if row.facts is None:
            self._put(row, facts)
            return
        percent = self.number("registration.value_growth_percent", at)
        anew, other = drafts.needs_new_decision(row, columns, percent), drafts.is_other_key(row, columns)
        before, left = row.state, row.place
        if other and (anew or before is State.SUBMITTED):
            stands = self._ask_place(row, facts.place, at, today)
            action = Action.EDIT if before is State.SUBMITTED else Action.RESET
            entered = self._enter(row, number, action, facts, stands, at, today, sent=at)
            if entered and before in (*PLACED, *HELD):
                self._advance(left, at, today)
        elif anew and before is State.APPROVED:
            sent = row.sent or at
            self._enter(row, number, Action.RESET, facts, Situation("free"), at, today, sent=sent)
        else:
            row.move(Action.EDIT)
            self._put(row, facts)
            if anew and before is State.IN_REVIEW:
                self._judge_anew(row, at, today)

    def _extend(self, row: Row, at: datetime, today: date) -> None:
        if row.until is None or protection.is_over(row.until, today):
            row.note("over", today)
        elif row.extensions >= self.number("registration.extensions", at):
            row.note("extension", today)
        else:
            row.move(Action.EXTEND)
            days = self.number("registration.extension_days", at)
            row.until, row.extensions = protection.extended(row.until, days), row.extensions + 1
            self._plan_end(row)

    def _override(self, row: Row, at: datetime, today: date) -> None:
        if row.facts is None or row.state not in (State.SUBMITTED, State.IN_REVIEW, State.REJECTED):
            return
        for other in self._of(row.place, (*PLACED, *HELD), but=row):
            if other.state in HELD:
                other.move(Action.LOSE)
                continue
            if other.state is State.RETURNED:
                other.move(Action.ANSWER)
                other.move(Action.TAKE_UP)
            other.move(Action.REFUSE)
        if row.state is State.REJECTED:
            row.move(Action.REOPEN)
        if row.state is not State.IN_REVIEW:
            row.move(Action.TAKE_UP)
            row.asked_minor = row.facts.value_minor or 0
        self._approve(row, at, today)


def _outcome(row: Row) -> Outcome:
    return Outcome(
        row.past.id, row.state.value, row.facts.identity_id if row.facts else 0, row.since, row.until, row.extensions,
        row.resubmissions, tuple(row.decisions), tuple(row.notes), row.pooled_on,
    )  # fmt: skip
