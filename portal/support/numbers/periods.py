"""Which days are looked at: the last 7, 30 or 90 of them, or a month; and the days before, to compare with. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

LENGTHS: Final = (7, 30, 90)
USUAL: Final = 30
MONTHS: Final = 13  # to choose from, this one included
MOST_BARS: Final = 31  # with more days than that a bar is a week
DAY: Final = timedelta(days=1)
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last one, both included."""

    begins: date
    ends: date

    def __len__(self) -> int:
        """Return how many days there are."""
        return (self.ends - self.begins).days + 1

    def days(self) -> Iterator[date]:
        """Yield each of them."""
        for each in range(len(self)):
            yield self.begins + timedelta(days=each)


@dataclass(frozen=True, slots=True)
class Period:
    """What an address asks for."""

    key: str
    span: Span
    before: Span

    @classmethod
    def read(cls, text: str, today: date) -> "Period":
        """Return the period with this key; nonsense and the future mean the usual one."""
        if (found := _MONTH.fullmatch(text)) and (first := date(int(found[1]), int(found[2]), 1)) <= today:
            last = min(_next(first) - DAY, today)
            earlier = (first - DAY).replace(day=1)
            return cls(text, Span(first, last), Span(earlier, first - DAY))
        length = int(text) if text in map(str, LENGTHS) else USUAL
        span = Span(today - timedelta(days=length - 1), today)
        return cls(str(length), span, Span(span.begins - timedelta(days=length), span.begins - DAY))

    @property
    def both(self) -> Span:
        """Return the days that are looked at and those before."""
        return Span(self.before.begins, self.span.ends)

    def bars(self) -> list[Span]:
        """Return the pieces that charts show: days, or weeks from Monday to Sunday."""
        if len(self.span) <= MOST_BARS:
            return [Span(day, day) for day in self.span.days()]
        found, begins = [], self.span.begins
        while begins <= self.span.ends:
            ends = min(begins + timedelta(days=6 - begins.weekday()), self.span.ends)
            found.append(Span(begins, ends))
            begins = ends + DAY
        return found


def months(today: date) -> list[str]:
    """Return the keys of the months to choose from, the present one first."""
    found, first = [], today.replace(day=1)
    for _each in range(MONTHS):
        found.append(f"{first:%Y-%m}")
        first = (first - DAY).replace(day=1)
    return found


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
