"""Holidays and make-up working days out of an ICS file, event by event. Pure: what is saved decides the operation."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from icalendar import Calendar, Component

from portal.errors import Invalid
from portal.words import N_

MOST_BYTES: Final = 300_000
MOST_EVENTS: Final = 1_000
MOST_DAYS: Final = 1_500  # of one file
LONGEST_EVENT: Final = 60  # days: a longer one is a typing error
LONGEST_NAME: Final = 120
DAY: Final = timedelta(days=1)
YEARLY: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY"})
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_HOLIDAY: Final = re.compile(r"non-?\s?working", re.IGNORECASE)
_WORKS: Final = re.compile(r"补班|上班|调班|\(\s*班\s*\)|make-?up|working day|workday", re.IGNORECASE)

NO_FILE: Final = N_("Choose a calendar file (ICS).")
NOT_A_CALENDAR: Final = N_("This is no calendar file (ICS), or it is damaged.")
TOO_LARGE: Final = N_("The file is too large; choose one with fewer years (at most %(most)d kB).")
TOO_MANY: Final = N_("The file holds more than %(most)d events; choose one with fewer years.")
TOO_MANY_DAYS: Final = N_("The file names more than %(most)d days; choose one with fewer years.")
DAMAGED: Final = N_("Its dates cannot be read.")
NO_BEGINNING: Final = N_("It has no beginning, or several.")
PART_OF_A_DAY: Final = N_("It takes a part of a day only; enter its hours by hand.")
TOO_LONG: Final = N_("It ends before it begins, or lasts longer than 60 days.")
STRANGE_RULE: Final = N_("It repeats in a way that is not read here; only “every year on this day” is.")
OPPOSITE: Final = N_("Another event of the file says the opposite about one of its days.")


@dataclass(frozen=True, slots=True)
class Found:
    """One day that an event names; `works` on a make-up working day."""

    day: date
    name: str
    works: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """An event that was left out; `number` counts events from 1, `message` is a gettext id that says why."""

    number: int
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: days in order, each once, what could not be taken, and how many days lie too far away."""

    days: tuple[Found, ...]
    problems: tuple[Problem, ...]
    outside: int


class _LeftOut(Exception):
    """An event cannot be taken; says why."""


def read(content: bytes, *, first: date, last: date) -> Reading:
    """Return the days from `first` to `last` that the events of a file name; raises Invalid for what is no calendar."""
    if not content:
        raise Invalid(NO_FILE, field="file")
    if len(content) > MOST_BYTES:
        raise Invalid(TOO_LARGE, field="file", most=MOST_BYTES // 1000)
    events = _events(content)
    if len(events) > MOST_EVENTS:
        raise Invalid(TOO_MANY, field="file", most=MOST_EVENTS)
    found, problems, outside = dict[date, Found](), list[Problem](), 0
    for number, event in enumerate(events, 1):
        name = _name(event)
        try:
            named = {day: Found(day, name, _works(event, name)) for day in _days(event, first, last)}
            if any(found.get(day, each).works != each.works for day, each in named.items()):
                raise _LeftOut(OPPOSITE)
        except _LeftOut as left_out:
            problems.append(Problem(number, name, str(left_out)))
            continue
        inside = {day: each for day, each in named.items() if first <= day <= last}
        found, outside = inside | found, outside + len(named) - len(inside)
    if len(found) > MOST_DAYS:
        raise Invalid(TOO_MANY_DAYS, field="file", most=MOST_DAYS)
    return Reading(tuple(found[day] for day in sorted(found)), tuple(problems), outside)


def _events(content: bytes) -> list[Component]:
    try:
        calendar = Calendar.from_ical(_only_events(content.decode("utf-8-sig")))
        return [event for event in calendar.subcomponents if _text(event, "STATUS") != "CANCELLED"]
    except Exception as error:  # the parser meets what strangers wrote, and any error of it says the same
        raise Invalid(NOT_A_CALENDAR, field="file") from error


def _only_events(text: str) -> str:
    """Return a calendar of the events alone: no time zones, which the parser would remember, and nothing nested."""
    inside: list[str] = []
    kept: list[str] = []
    for line in _FOLD.sub("", text).splitlines():
        begins, _, name = line.strip().upper().partition(":")
        if begins == "BEGIN":
            inside.append(name)
        if inside in (["VCALENDAR"], ["VCALENDAR", "VEVENT"]) and (len(inside) > 1 or begins in ("BEGIN", "END")):
            kept.append(line)
        if begins == "END" and (not inside or inside.pop() != name):
            raise ValueError("the ends do not fit the beginnings")
    if inside:
        raise ValueError("the file breaks off")
    return "\r\n".join(kept) + "\r\n"


def _text(event: Component, name: str) -> str:
    value = event.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def _name(event: Component) -> str:
    plain = (c for c in unicodedata.normalize("NFC", _text(event, "SUMMARY")) if unicodedata.category(c)[0] != "C")
    return " ".join("".join(plain).split())[:LONGEST_NAME]


def _works(event: Component, name: str) -> bool:
    """Return whether people work on this day although they usually would not: the mark of the file, else its words."""
    special = _text(event, "X-APPLE-SPECIAL-DAY").upper()
    if special:
        return special == "ALTERNATE-WORKDAY"
    plain = unicodedata.normalize("NFKC", name)
    return bool(_WORKS.search(plain)) and not _HOLIDAY.search(plain)


def _days(event: Component, first: date, last: date) -> Iterator[date]:
    """Return the days of an event; of one that repeats every year those from about `first` to `last`."""
    begins, length = _span(event)
    for beginning in _beginnings(event, begins, first - DAY * length, last):
        yield from (beginning + DAY * number for number in range(length))


def _span(event: Component) -> tuple[date, int]:
    """Return the first day of an event and how many days it takes."""
    if event.errors:
        raise _LeftOut(DAMAGED)
    begins, ends, duration = (getattr(event.get(name), "dt", None) for name in ("DTSTART", "DTEND", "DURATION"))
    if isinstance(begins, datetime) or isinstance(ends, datetime):
        raise _LeftOut(PART_OF_A_DAY)
    if not isinstance(begins, date):
        raise _LeftOut(NO_BEGINNING)
    length = ends - begins if isinstance(ends, date) else duration if isinstance(duration, timedelta) else DAY
    if not DAY <= length <= DAY * LONGEST_EVENT or length % DAY or begins > date.max - DAY * 100:
        raise _LeftOut(TOO_LONG)
    return begins, length // DAY


def _beginnings(event: Component, begins: date, first: date, last: date) -> Iterator[date]:
    """Return the days on which an event begins: one, or one a year."""
    rule: Any = event.get("RRULE")
    if event.get("RDATE") or event.get("RECURRENCE-ID") or isinstance(rule, list):
        raise _LeftOut(STRANGE_RULE)
    if rule is None:
        yield begins
        return
    given = {key: list(values) for key, values in rule.items()}
    same_day = given.get("BYMONTH", [begins.month]) == [begins.month]
    same_day &= given.get("BYMONTHDAY", [begins.day]) == [begins.day]
    if given.get("FREQ") != ["YEARLY"] or not given.keys() <= YEARLY or not same_day:
        raise _LeftOut(STRANGE_RULE)
    step, left = _number(given, "INTERVAL", 1), _number(given, "COUNT", 10_000)
    until, skipped = _until(given), _skipped(event)
    for year in range(begins.year, min(last, until).year + 1, step):
        if (begins.month, begins.day) == (2, 29) and not _is_leap(year):
            continue
        day = begins.replace(year=year)
        if left == 0 or day > until:
            return
        left -= 1
        if day > first and day not in skipped:
            yield day


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _number(given: dict[str, list[Any]], name: str, usual: int) -> int:
    number = int(given.get(name, [usual])[0])
    if number < 1:
        raise _LeftOut(STRANGE_RULE)
    return number


def _until(given: dict[str, list[Any]]) -> date:
    until = given.get("UNTIL", [date.max])[0]
    found = until.date() if isinstance(until, datetime) else until
    if not isinstance(found, date):
        raise _LeftOut(STRANGE_RULE)
    return found


def _skipped(event: Component) -> set[date]:
    """Return the days taken out of a repetition."""
    given = event.get("EXDATE", [])
    lists = given if isinstance(given, list) else [given]
    values = [each.dt for group in lists for each in group.dts]
    return {value.date() if isinstance(value, datetime) else value for value in values}
