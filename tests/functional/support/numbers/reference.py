"""The counts of a day once more, slowly and in other words: from the rows themselves, with nothing kept."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.support.matching.models import Deflection
from portal.support.numbers.spreading import step_of
from portal.support.phone.models import Call
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import Ticket, TicketLink, TicketRating

BANDS = ((31, None), (8, 30), (4, 7), (1, 3), (0, 0))


@dataclass
class Rows:
    """All rows that are counted."""

    zone: str
    tickets: list[Ticket]
    clocks: dict[tuple[int, str], TicketClock]
    ratings: list[TicketRating]
    split: set[int]
    calls: list[Call]
    deflections: list[Deflection]
    known: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, zone: str) -> "Rows":
        def every(model: Any) -> list[Any]:
            return list(session.scalars(select(model)))

        return cls(
            zone, every(Ticket), {(row.ticket_id, row.kind): row for row in every(TicketClock)}, every(TicketRating),
            {row.ticket_id for row in every(TicketLink) if row.kind == "split"}, every(Call), every(Deflection),
        )  # fmt: skip

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    def counts(self, day: date, *, line: str = "", queue: int = 0, organisation: int = 0) -> Counter[str]:
        """Return the counts of a day, without those that are nought."""
        found: Counter[str] = Counter()
        for row in self.tickets:
            if (
                line in ("", row.product_line)
                and queue in (0, row.queue_id)
                and (organisation in (0, row.organisation_id, row.partner_organisation_id))
            ):
                found.update(self._ticket(row, day))
        if not line and not queue:
            mine = [each for each in self.calls if organisation in (0, each.party_id) and self.day(each.at) == day]
            found["call"] += len(mine)
        for each in self.deflections:
            if queue or each.day != day or line not in ("", each.product_line):
                continue
            if organisation in (0, each.organisation_id):
                found[f"deflected:{each.state}"] += 1
                found[f"article:{each.state}:{each.case_id}"] += each.case_kind == "article"
        return Counter({key: count for key, count in found.items() if count})

    def _ticket(self, row: Ticket, day: date) -> Counter[str]:
        found: Counter[str] = Counter()
        if self.day(row.created_at) == day and row.id not in self.split:
            found["ticket"] += 1
            found["repeat"] += self._came_again(row)
            found[f"contact:{row.channel}"] += not self._was_called(row)
        for what, at, kind in (
            ("answered", row.first_answered_at, "first_response"), ("solved", row.solved_at, "solution"),
        ):  # fmt: skip
            if at is not None and self.day(at) == day:
                clock = self.clocks[row.id, kind]
                minutes = (clock.used_seconds + 59) // 60
                found[f"{what}:{row.priority}:{int(clock.used_seconds < clock.target_seconds)}:{step_of(minutes)}"] += 1
        rated = [each.rated_at for each in self.ratings if each.ticket_id == row.id and each.rated_at]
        if rated and self.day(max(rated)) == day:
            found[f"rated:{row.rating}"] += 1
        over = row.solved_at or row.closed_at
        if self.day(row.created_at) <= day and (over is None or self.day(over) > day):
            age = (day - self.day(row.created_at)).days
            found[f"open:{next(least for least, most in BANDS if age >= least and (most is None or age <= most))}"] += 1
        return found

    def _came_again(self, row: Ticket) -> bool:
        if row.reopened:
            return True
        same = lambda other: (other.organisation_id, other.customer_id, other.serial, other.fault)  # noqa: E731
        return bool(row.serial or row.fault) and any(
            other.solved_at is not None and same(other) == same(row)
            and row.created_at - timedelta(days=7) <= other.solved_at <= row.created_at
            for other in self.tickets
        )  # fmt: skip

    def _was_called(self, row: Ticket) -> bool:
        return row.channel == "phone" and any(
            each.party_id == row.customer_id and timedelta(0) <= row.created_at - each.at <= timedelta(hours=1)
            for each in self.calls
        )
