"""Business time: when work goes on in a place, and when so much of it has passed. Pure.

A moment is open when the clock on the wall of the calendar's zone shows a time within a slot of that day. An hour that
the clocks show twice counts twice, an hour that they skip does not count; instants come in and go out in UTC.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.errors import Invalid
from portal.words import N_

Slots = tuple[tuple[time, time], ...]
MIDNIGHT: Final = time(0, 0)  # as the end of a slot: the end of the day
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
ZERO: Final = timedelta(0)
LAST_DAY: Final = date.max - 2 * DAY
WEEKDAYS: Final = range(7)  # Monday is 0
FURTHEST: Final = 20_000  # days that are looked at before a sum of hours counts as a mistake
MOST_SLOTS: Final = 12  # a day
NO_HOURS: Final = N_("This calendar has no working hours.")
TOO_FAR: Final = N_("So much working time lies further in the future than this calendar is counted.")


def minute_of(at: time, *, ends: bool = False) -> int:
    """Return minutes since midnight; midnight as an end is the end of the day."""
    return 1440 if ends and at == MIDNIGHT else at.hour * 60 + at.minute


def checked(slots: Slots, *, field: str = "") -> Slots:
    """Return the slots of a day in their order; raises Invalid for overlaps and for what ends before it begins."""
    ordered = tuple(sorted(slots, key=lambda slot: (minute_of(slot[0]), minute_of(slot[1], ends=True))))
    if len(ordered) > MOST_SLOTS:
        raise Invalid(N_("At most %(max)d pieces of a day."), field=field, max=MOST_SLOTS)
    last = 0
    for begins, ends in ordered:
        if begins.second or begins.microsecond or ends.second or ends.microsecond:
            raise Invalid(N_("Working hours begin and end at whole minutes."), field=field)
        if minute_of(begins) >= minute_of(ends, ends=True):
            raise Invalid(
                N_("%(begins)s–%(ends)s ends before it begins. Enter a night as two pieces: up to 24:00, from 00:00."),
                field=field, begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}",
            )  # fmt: skip
        if minute_of(begins) < last:
            raise Invalid(N_("Two pieces of working time overlap."), field=field)
        last = minute_of(ends, ends=True)
    return ordered


@dataclass(frozen=True)
class BusinessTime:
    """Working hours of a place: by weekday (Monday is 0), with `days` that are different (empty: closed)."""

    zone: str
    week: Mapping[int, Slots]
    days: Mapping[date, Slots] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for slots in (*self.week.values(), *self.days.values()):
            if checked(slots) != slots:
                raise Invalid(N_("The pieces of a day stand in the wrong order."))
        if not any(self.week.get(day) for day in WEEKDAYS) and not any(self.days.values()):
            raise Invalid(NO_HOURS)
        assert self._place is not None

    @cached_property
    def _place(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Invalid(N_("There is no time zone “%(zone)s”."), field="zone", zone=self.zone) from error

    @cached_property
    def _exceptions(self) -> list[date]:
        """Return the days with hours of their own, in order."""
        return sorted(day for day, slots in self.days.items() if slots)

    def slots_of(self, day: date) -> Slots:
        """Return when work goes on that day."""
        slots = self.days.get(day)
        return self.week.get(day.weekday(), ()) if slots is None else slots

    def is_open(self, at: datetime) -> bool:
        """Return whether work goes on at this instant."""
        here = _aware(at).astimezone(self._place)
        minute = here.hour * 60 + here.minute
        return any(minute_of(a) <= minute < minute_of(b, ends=True) for a, b in self.slots_of(here.date()))

    def after(self, at: datetime, length: timedelta) -> datetime:
        """Return the first instant at which working time of `length` has passed since `at`."""
        if length < ZERO:
            raise ValueError("time does not run backwards")
        at, left = _aware(at).astimezone(UTC), length
        if not left:
            return at
        for begins, ends in self._open_from(at):
            begins = max(begins, at)  # noqa: PLW2901 - the piece that `at` lies in
            if begins + left <= ends:
                return begins + left
            left -= max(ends - begins, ZERO)
        raise self._no_end()

    def between(self, begins: datetime, ends: datetime) -> timedelta:
        """Return how much working time lies between two instants; none when the second is the earlier one."""
        begins, ends, total = _aware(begins).astimezone(UTC), _aware(ends).astimezone(UTC), ZERO
        last = ends.astimezone(self._place).date() + DAY
        for day in self._days_from(begins.astimezone(self._place).date() - DAY):
            if day > last:
                break
            for opens, closes in self._open_on(day):
                total += max(min(closes, ends) - max(opens, begins), ZERO)
        return total

    def opens_at(self, at: datetime) -> datetime:
        """Return `at` when work goes on then, else when it next begins."""
        at = _aware(at).astimezone(UTC)
        for begins, ends in self._open_from(at):
            if at < ends:
                return max(begins, at)
        raise self._no_end()

    def days_after(self, at: datetime, count: int) -> datetime:
        """Return the same time of day `count` working days later.

        Outside of that day's hours it moves on to their next beginning, after the last of them back to their end.
        """
        if count < 0:
            raise ValueError("time does not run backwards")
        if not count:
            return self.opens_at(at)
        here, left = _aware(at).astimezone(self._place), count
        for day in self._days_from(here.date()):
            pieces = self._open_on(day) if day > here.date() else []
            left -= bool(pieces)
            if pieces and not left:
                wanted = datetime.combine(day, here.time()).replace(tzinfo=self._place).astimezone(UTC)
                later = (max(begins, wanted) for begins, ends in pieces if wanted < ends)
                return next(later, pieces[-1][1])
        raise self._no_end()

    def _open_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Return the open pieces from about `at` on, in order, until there are none any more.

        Where clocks are set back over midnight, pieces of two neighbouring days alternate: so one day is held back.
        """
        held: list[tuple[datetime, datetime]] = []
        for day in self._days_from(at.astimezone(self._place).date() - DAY):
            pieces = self._open_on(day)
            if held and pieces and pieces[0] < held[-1]:
                last, merged = held[-1], sorted(held + pieces)
                early = merged.index(last) + 1
                held, pieces = merged[:early], merged[early:]
            yield from held
            held = pieces
        yield from held

    def _days_from(self, day: date) -> Iterator[date]:
        """Return days that may be open, in order, as far as this calendar is counted."""
        for _ in range(FURTHEST):
            yield day
            if self._works_weekly:
                if day >= LAST_DAY:
                    return
                day += DAY
            else:
                later = bisect_left(self._exceptions, day + DAY)
                if later == len(self._exceptions):
                    return
                day = self._exceptions[later]

    @cached_property
    def _works_weekly(self) -> bool:
        return any(self.week.get(weekday) for weekday in WEEKDAYS)

    def _no_end(self) -> Invalid:
        return Invalid(TOO_FAR if self._works_weekly else NO_HOURS)

    def _open_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the open pieces of a day here as instants in UTC, in order."""
        slots = self.slots_of(day)
        if not slots:
            return []
        midnight = datetime.combine(day, MIDNIGHT)
        edges = (moment.replace(tzinfo=self._place) for moment in (midnight, midnight + DAY))
        offsets = {edge.replace(fold=fold).utcoffset() or ZERO for edge in edges for fold in (0, 1)}
        pieces: list[tuple[datetime, datetime]] = []
        for begins, ends in slots:
            opens = midnight + timedelta(minutes=minute_of(begins))
            closes = midnight + timedelta(minutes=minute_of(ends, ends=True))
            for offset in offsets:
                piece = ((opens - offset).replace(tzinfo=UTC), (closes - offset).replace(tzinfo=UTC))
                pieces += [piece] if len(offsets) == 1 else self._while_in_force(*piece, offset)
        return sorted(pieces)

    def _while_in_force(self, begins: datetime, ends: datetime, offset: timedelta) -> list[tuple[datetime, datetime]]:
        """Return the part of a piece in which the clocks here stand at `offset`; they change once a day at most."""
        last = ends - SECOND
        at_begin, at_end = self._offset(begins) == offset, self._offset(last) == offset
        if at_begin and at_end:
            return [(begins, ends)]
        if not at_begin and not at_end:
            return []
        low, high = begins, last  # the clocks change after `low` and not after `high`
        while high - low > SECOND:
            middle = low + (high - low) // (2 * SECOND) * SECOND
            low, high = (middle, high) if (self._offset(middle) == offset) == at_begin else (low, middle)
        return [(begins, high)] if at_begin else [(high, ends)]

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self._place).utcoffset() or ZERO


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at
