"""Slots of a day as people type them, as the clock takes them, and as the database keeps them. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import time
from typing import Any, Final

from portal.calendars.clock import Slots, checked, minute_of
from portal.errors import Invalid
from portal.limits import bounded
from portal.words import N_

LONGEST: Final = 200
_SLOT: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-–—~至到]\s*([0-9]{1,2}):([0-9]{2})")
_SPLIT: Final = re.compile(r"\s*[,;、\n]\s*|(?<=[0-9])\s+(?=[0-9])")
UNREADABLE: Final = N_("“%(part)s” is no working time; write for example 09:00–12:00, 13:00–18:30.")


def read(text: str, *, field: str = "") -> Slots:
    """Return the slots that somebody typed, for example `09:00-12:00, 13:00-24:00`; nothing means closed."""
    plain = unicodedata.normalize("NFKC", text).strip()
    bounded(plain, LONGEST, field=field)
    return checked(tuple(_slot(part, field) for part in _SPLIT.split(plain) if part), field=field)


def _slot(part: str, field: str) -> tuple[time, time]:
    found = _SLOT.fullmatch(part)
    if found is None:
        raise Invalid(UNREADABLE, field=field, part=part[:40])
    hours = [int(number) for number in found.groups()]
    if hours[2:] == [24, 0]:  # the clock says 00:00 and means the end of the day
        hours[2] = 0
    try:
        return time(hours[0], hours[1]), time(hours[2], hours[3])
    except ValueError as error:
        raise Invalid(UNREADABLE, field=field, part=part[:40]) from error


def written(slots: Slots) -> str:
    """Return slots as people read and type them."""
    return ", ".join(f"{begins:%H:%M}–{'24:00' if minute_of(ends) == 0 else f'{ends:%H:%M}'}" for begins, ends in slots)


def stored(slots: Slots) -> list[list[int]]:
    """Return slots as the database keeps them: pairs of minutes since midnight."""
    return [[minute_of(begins), minute_of(ends, ends=True)] for begins, ends in slots]


def loaded(rows: Sequence[Sequence[Any]]) -> Slots:
    """Return slots from what the database keeps."""
    return tuple((_time(begins), _time(ends)) for begins, ends in rows)


def _time(minute: int) -> time:
    return time(minute % 1440 // 60, minute % 60)
