"""How long a protection and a claim last, and when to remind of their end. Pure; days are business dates."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

REMINDERS: Final = (14, 7, 1)  # days before the last one


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """How long a claim from the pool lasts, in days."""

    claim_days: int = 10
    activity_days: int = 3
    hard_days: int = 20


def ends_on(starts_on: date, days: int) -> date:
    """Return the last day of a protection that begins on a day."""
    return starts_on + timedelta(days=days)


def extended(until: date, days: int) -> date:
    """Return the last day after one extension."""
    return until + timedelta(days=days)


def is_over(until: date, today: date) -> bool:
    """Return whether a protection is over: its last day counts in full."""
    return today > until


def next_step(until: date, today: date) -> date:
    """Return when time does something next after `today`: the earliest reminder to come, else the day after the end."""
    reminders = (until - timedelta(days=days) for days in REMINDERS)
    return min((day for day in reminders if day > today), default=until + timedelta(days=1))


def reminder_due(until: date, step_on: date, today: date) -> int | None:
    """Return how many days are left when a reminder planned for `step_on` is due; None when there is none to send.

    When several were missed, one is sent; on the day after the end there is nothing to remind of.
    """
    planned = step_on in {until - timedelta(days=days) for days in REMINDERS}
    return (until - today).days if planned and step_on <= today <= until else None


def claim_end(claimed_on: date, rules: ClaimRules) -> date:
    """Return the last day of a fresh claim from the pool."""
    return min(claimed_on + timedelta(days=rules.claim_days), hard_end(claimed_on, rules))


def hard_end(claimed_on: date, rules: ClaimRules) -> date:
    """Return the day that no activity moves a claim beyond."""
    return claimed_on + timedelta(days=rules.hard_days)


def after_activity(claimed_on: date, ends: date, happened_on: date, rules: ClaimRules) -> date:
    """Return the last day of a claim after an activity: later when that helps, never beyond the hard end."""
    return min(max(ends, happened_on + timedelta(days=rules.activity_days)), hard_end(claimed_on, rules))


def months_back(day: date, months: int) -> date:
    """Return the same day `months` earlier, the last of its month when there is none."""
    at = day.year * 12 + day.month - 1 - months
    year, month = divmod(at, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
