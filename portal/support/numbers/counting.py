"""What a ticket counts for on which day. Pure.

A day's counts are a flat mapping, so that days are added by adding their counts:

    contact:web, contact:mail, …   somebody turned to the support      call             a telephone call
    ticket, repeat                 tickets opened; those that came again
    answered:urgent:1:37           first answers: priority, kept within the target, step of business minutes
    solved:urgent:0:510            solutions, the same way
    rated:5                        ratings by points
    open:8                         open at the end of the day, by the least age in days of its band
    deflected:counted              "this solved it" by what became of it       article:counted:12   the same by article
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, Protocol

from portal.support.numbers.spreading import step_of

AGES: Final = (0, 1, 4, 8, 31)  # the least age in days of each band of the backlog
OLDEST: Final = AGES[-1]


class Facts(Protocol):
    """What is counted of a ticket: a row of `ticket_facts`, or a copy of one."""

    product_line: str
    queue_id: int
    priority: str
    channel: str
    origin: str
    is_repeat: bool
    opened_on: date
    ended_on: date
    answered_on: date | None
    answer_minutes: int | None
    answer_kept: bool | None
    solved_on: date | None
    solve_minutes: int | None
    solve_kept: bool | None
    rated_on: date | None
    points: int | None


def counts_of(facts: Facts) -> Iterator[tuple[date, str]]:
    """Yield day and key of everything that a ticket counts for once; the backlog is counted apart."""
    if facts.origin == "own":
        yield facts.opened_on, f"contact:{facts.channel}"
    if facts.origin != "split":
        yield facts.opened_on, "ticket"
        if facts.is_repeat:
            yield facts.opened_on, "repeat"
    if facts.answered_on is not None and facts.answer_minutes is not None:
        kept = int(bool(facts.answer_kept))
        yield facts.answered_on, f"answered:{facts.priority}:{kept}:{step_of(facts.answer_minutes)}"
    if facts.solved_on is not None and facts.solve_minutes is not None:
        kept = int(bool(facts.solve_kept))
        yield facts.solved_on, f"solved:{facts.priority}:{kept}:{step_of(facts.solve_minutes)}"
    if facts.rated_on is not None:
        yield facts.rated_on, f"rated:{facts.points}"


def band_of(age: int) -> int:
    """Return the band of an age in days."""
    return AGES[bisect_right(AGES, age) - 1]


def opened_between(day: date, band: int) -> tuple[date | None, date]:
    """Return on which days tickets were opened that have the age of a band at the end of `day`; None: ever before."""
    place = AGES.index(band)
    last = day - timedelta(days=band)
    return (None if band == OLDEST else day - timedelta(days=AGES[place + 1] - 1)), last


def is_open(facts: Facts, day: date) -> bool:
    """Return whether a ticket was open at the end of a day."""
    return facts.opened_on <= day < facts.ended_on


def open_days(begins: date, ends: date, last: date) -> Iterator[date]:
    """Yield the days at whose end a ticket opened and ended on these days was open, up to the last one asked for."""
    day = begins
    while day < ends and day <= last:
        yield day
        day += timedelta(days=1)


def changed_days(before: Facts | None, after: Facts, today: date) -> set[date]:
    """Return the days whose counts differ when a ticket's facts were `before` and are `after`."""
    found = {day for day, _key in _placed(before) ^ _placed(after)}
    if before is None:
        return found | set(open_days(after.opened_on, after.ended_on, today))
    if _place(before) == _place(after) and before.opened_on == after.opened_on:
        ends = sorted((before.ended_on, after.ended_on))
        return found | set(open_days(max(ends[0], after.opened_on), ends[1], today))
    both = [set(open_days(each.opened_on, each.ended_on, today)) for each in (before, after)]
    return found | both[0] | both[1]


def _placed(facts: Facts | None) -> set[tuple[date, tuple[object, ...]]]:
    if facts is None:
        return set()
    return {(day, (key, *_place(facts))) for day, key in counts_of(facts)}


def _place(facts: Facts) -> tuple[str, int]:
    return facts.product_line, facts.queue_id


def added(many: Iterable[Counter[str]]) -> Counter[str]:
    """Return the counts of several days as one."""
    total: Counter[str] = Counter()
    for each in many:
        total.update(each)
    return total


def total(counts: Counter[str], *prefixes: str) -> int:
    """Return the sum of all counts whose keys are one of these, or begin with one of them and a colon."""
    return sum(
        count for key, count in counts.items() if any(key == one or key.startswith(f"{one}:") for one in prefixes)
    )
