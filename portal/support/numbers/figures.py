"""The figures of a period, made from the counts of its days. Pure."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from portal.support.numbers.counting import total
from portal.support.numbers.spreading import reached

GOOD_POINTS: Final = (4, 5)


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in business minutes, and how much of it was within the target."""

    count: int
    kept: int
    median: int | None
    most: int | None  # what nine of ten do not exceed

    @property
    def late(self) -> int:
        """Return how many were not."""
        return self.count - self.kept

    @property
    def kept_bps(self) -> int | None:
        """Return the share within the target in basis points."""
        return bps(self.kept, self.count)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the head of support reads off a period."""

    contacts: int
    days: int
    tickets: int
    repeats: int
    deflected: int
    waiting: int
    came_back: int
    answers: Spread
    solutions: Spread
    backlog: int  # at the end of the last day
    ratings: int
    points: int
    satisfied: int  # four and five points

    @property
    def repeat_bps(self) -> int | None:
        """Return the share of tickets that came again."""
        return bps(self.repeats, self.tickets)

    @property
    def deflected_bps(self) -> int | None:
        """Return the share of all matters that needed no contact."""
        return bps(self.deflected, self.deflected + self.contacts)

    @property
    def a_day(self) -> float:
        """Return the contacts of an average day."""
        return self.contacts / self.days

    @property
    def satisfaction(self) -> float | None:
        """Return the mean of all points."""
        return self.points / self.ratings if self.ratings else None

    @property
    def satisfied_bps(self) -> int | None:
        """Return the share of four and five points."""
        return bps(self.satisfied, self.ratings)


def bps(part: int, whole: int) -> int | None:
    """Return a share in whole per cents, as basis points; None of nothing."""
    return round(part * 100 / whole) * 100 if whole else None


def spread(counts: Counter[str], what: str, priority: str = "") -> Spread:
    """Return how answers or solutions spread, of one priority or all."""
    lengths: Counter[int] = Counter()
    sums = [0, 0]
    for key, count in counts.items():
        kind, *rest = key.split(":")
        if kind == what and priority in ("", rest[0]):
            sums[int(rest[1])] += count
            lengths[int(rest[2])] += count
    return Spread(sum(sums), sums[1], reached(lengths, 50), reached(lengths, 90))


def figures(counts: Counter[str], last: Counter[str], days: int) -> Figures:
    """Return the figures of so many days with these counts; `last` are those of the last day."""
    rated = {points: counts[f"rated:{points}"] for points in range(1, 6)}
    return Figures(
        contacts=total(counts, "contact", "call"),
        days=days,
        tickets=counts["ticket"],
        repeats=counts["repeat"],
        deflected=counts["deflected:counted"],
        waiting=counts["deflected:waiting"],
        came_back=counts["deflected:contacted"],
        answers=spread(counts, "answered"),
        solutions=spread(counts, "solved"),
        backlog=total(last, "open"),
        ratings=sum(rated.values()),
        points=sum(points * count for points, count in rated.items()),
        satisfied=sum(rated[points] for points in GOOD_POINTS),
    )


@dataclass(frozen=True, slots=True)
class Saving:
    """What became of those who said that one article solved it."""

    article_id: int
    counted: int
    waiting: int
    came_back: int


def savings(counts: Counter[str], most: int) -> list[Saving]:
    """Return the articles that saved contacts, those that saved most first."""
    by_article: dict[int, Counter[str]] = {}
    for key, count in counts.items():
        if key.startswith("article:"):
            _article, state, article_id = key.split(":")
            by_article.setdefault(int(article_id), Counter())[state] += count
    rows = [
        Saving(key, states["counted"], states["waiting"], states["contacted"]) for key, states in by_article.items()
    ]
    return sorted(rows, key=lambda row: (-row.counted, -row.waiting, row.article_id))[:most]
