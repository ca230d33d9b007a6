"""The page of the numbers: its row of figures, each with what it means, and its charts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.formats import Formats
from portal.support.numbers.asking import Asked, of_everything
from portal.support.numbers.charts import Bar, Chart, Part, Series, drawn
from portal.support.numbers.counting import AGES, added
from portal.support.numbers.figures import Figures, Spread, figures, spread
from portal.support.numbers.labels import AGE_LABELS, GIVEN, SAYS, STATES, TITLES
from portal.support.numbers.listing import Wanted, count_of
from portal.support.numbers.periods import Span
from portal.support.numbers.reading import Days, days_of
from portal.support.tickets.triage import CHANNELS, PRIORITIES
from portal.words import N_

LESS, MORE = -1, 1  # what is better
GLANCED: Final = ("contacts", "answered", "open", "rated")


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: its value, what stands below it, how it compares with before, and where it leads."""

    key: str
    title: str
    value: str
    below: str
    change: str
    tone: str
    before: str
    says: str
    path: str = ""


def length(minutes: int | None) -> str:
    """Say how long something took in working time."""
    if minutes is None:
        return "–"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return str(_("%(minutes)d min", minutes=rest))
    return str(_("%(hours)d h %(minutes)02d min", hours=hours, minutes=rest))


def days_label(span: Span, fmt: Formats) -> str:
    """Say which days something is of."""
    first = fmt.date(span.begins)
    return first if len(span) == 1 else f"{first} – {fmt.date(span.ends)}"


def percent(bps: int | None, fmt: Formats) -> str:
    """Say a share; a dash for one of nothing."""
    return "–" if bps is None else fmt.percent(bps)


def stars(value: float | None) -> str:
    """Say a mean of points."""
    return "–" if value is None else f"{value:.1f}"


class Page:
    """What one view shows, with the addresses of what stands behind it; `days` are those of the period and before."""

    def __init__(self, asked: Asked, days: Days, fmt: Formats) -> None:
        self.asked, self.days, self.fmt = asked, days, fmt
        self.span = asked.period.span
        self.now, self.was = _figures(days, self.span), _figures(days, asked.period.before)
        self.counts = added(days[day] for day in self.span.days())

    def tickets(self, show: str, span: Span, **more: Any) -> str:
        """Return the address of the tickets behind a number."""
        days: dict[str, Any] = {"from": span.begins, "to": span.ends}
        return url_for("numbers.tickets", show=show, **days, **more, **self.asked.way)

    def _other(self, what: str, span: Span, **more: Any) -> str:
        days: dict[str, Any] = {"from": span.begins, "to": span.ends}
        return url_for(f"numbers.{what}", **days, **more, **self.asked.way)

    def label(self, span: Span) -> str:
        """Say which days a bar is of."""
        return days_label(span, self.fmt)

    def cards(self) -> list[Card]:
        """Return the row of figures."""
        now, was, fmt, span = self.now, self.was, self.fmt, self.span
        a_day = fmt.integer(round(now.a_day)) if now.a_day >= 100 else f"{now.a_day:.1f}"
        cards = [
            self._card("contacts", fmt.integer(now.contacts), _("%(count)s a day", count=a_day),
                       (now.contacts, was.contacts), fmt.integer(was.contacts), LESS,
                       url_for("numbers.numbers", period=self.asked.period.key, **self.asked.way) + "#contacts"),
            self._card("repeats", percent(now.repeat_bps, fmt),
                       _("%(count)s of %(all)s tickets", count=fmt.integer(now.repeats), all=fmt.integer(now.tickets)),
                       (now.repeat_bps, was.repeat_bps), percent(was.repeat_bps, fmt), LESS,
                       self.tickets("repeats", span), title=_("Repeat contacts")),
        ]  # fmt: skip
        if self.asked.scope.has_deflections:
            below = _("%(count)s solved, %(waiting)s not sure yet", count=fmt.integer(now.deflected),
                      waiting=fmt.integer(now.waiting))  # fmt: skip
            cards.append(
                self._card("deflected", percent(now.deflected_bps, fmt), below, (now.deflected_bps, was.deflected_bps),
                           percent(was.deflected_bps, fmt), MORE, self._other("deflections", span, state="counted"),
                           title=_("Solved without contact")))  # fmt: skip
        cards += [self._time("answered", now.answers, was.answers), self._time("solved", now.solutions, was.solutions)]
        old = fmt.integer(_sum_of_old(self.days[span.ends]))
        cards += [
            self._card("open", fmt.integer(now.backlog), _("%(count)s of them older than a week", count=old),
                       (now.backlog, was.backlog), fmt.integer(was.backlog), LESS,
                       self.tickets("open", Span(span.ends, span.ends))),
            self._card("rated", stars(now.satisfaction),
                       _("%(count)s ratings, %(share)s with four or five stars", count=fmt.integer(now.ratings),
                         share=percent(now.satisfied_bps, fmt)),
                       (now.satisfaction, was.satisfaction), stars(was.satisfaction), MORE,
                       self.tickets("rated", span), title=_("Satisfaction")),
        ]  # fmt: skip
        return cards

    def _time(self, what: str, now: Spread, was: Spread) -> Card:
        below = _(
            "nine of ten within %(most)s, %(share)s kept", most=length(now.most), share=percent(now.kept_bps, self.fmt)
        )
        title = _("First answer") if what == "answered" else _("Time to solution")
        path = self.tickets(what, self.span)
        pair = (now.median, was.median)
        return self._card(what, length(now.median), below, pair, length(was.median), LESS, path, title=title)

    def _card(
        self, key: str, value: str, below: str, pair: tuple[float | None, float | None], before: str, better: int,
        path: str, *, title: str = "",
    ) -> Card:  # fmt: skip
        change, tone = self._change(*pair, better)
        return Card(key, title or _(TITLES[key]), value, below, change, tone, before, _(SAYS[key]), path)

    def _change(self, now: float | None, was: float | None, better: int) -> tuple[str, str]:
        if now is None or not was:
            return "", "quiet"
        part = round((now - was) * 100 / was)
        if not part:
            return "±0%", "quiet"
        tone = "good" if (part > 0) == (better > 0) else "bad"
        return f"{'+' if part > 0 else '−'}{self.fmt.integer(abs(part))}%", tone

    def charts(self) -> list[Chart]:
        """Return the charts."""
        made = [self._contacts(), self._backlog(), self._times("answered"), self._times("solved")]
        return made + ([self._deflections()] if self.asked.scope.has_deflections else [])

    def _chart(self, key: str, title: str, says: str, series: Sequence[Series], parts: Any) -> Chart:
        bars = []
        for span in self.asked.period.bars():
            counts, last = added(self.days[day] for day in span.days()), self.days[span.ends]
            bars.append(Bar(self.label(span), [Part(count, path) for count, path in parts(span, counts, last)]))
        ends = (self.fmt.date(self.span.begins), self.fmt.date(self.span.ends))
        return drawn(key, title, says, series, bars, ends)

    def _contacts(self) -> Chart:
        labels = {**CHANNELS, "phone": N_("Phone, no call noted")}
        series = [Series(_(label), f"tone-{place}") for place, label in enumerate(labels.values(), 1)]
        calls = [Series(_("Telephone calls"), "tone-5")] if self.asked.scope.has_calls else []

        def parts(span: Span, counts: Counter[str], _last: Counter[str]) -> list[tuple[int, str]]:
            found = [self._counted("contacts", span, counts, counts, channel=each) for each in CHANNELS]
            return [*found, (counts["call"], self._other("calls", span))] if calls else found

        return self._chart("contacts", _(TITLES["contacts"]), _(SAYS["contacts"]), [*series, *calls], parts)

    def _counted(self, show: str, span: Span, counts: Counter[str], last: Counter[str], **more: Any) -> tuple[int, str]:
        wanted = Wanted(show, span, self.asked.scope, **more)
        names = {"band": "age"}
        said = {names.get(name, name): int(value) if isinstance(value, bool) else value for name, value in more.items()}
        return count_of(wanted, counts, last), self.tickets(show, span, **said)

    def _backlog(self) -> Chart:
        series = [Series(_(AGE_LABELS[age]), f"age-{place}") for place, age in enumerate(AGES, 1)]

        def parts(span: Span, counts: Counter[str], last: Counter[str]) -> list[tuple[int, str]]:
            end = Span(span.ends, span.ends)
            return [self._counted("open", end, counts, last, band=age) for age in AGES]

        return self._chart("open", _("Open tickets at the end of the day, by age"), _(SAYS["open"]), series, parts)

    def _times(self, what: str) -> Chart:
        series = [Series(_("Within the target"), "tone-good"), Series(_("Too late"), "tone-bad")]

        def parts(span: Span, counts: Counter[str], last: Counter[str]) -> list[tuple[int, str]]:
            return [self._counted(what, span, counts, last, kept=kept) for kept in (True, False)]

        return self._chart(what, _(TITLES[what]), _(GIVEN[what]), series, parts)

    def _deflections(self) -> Chart:
        tones = ("tone-good", "tone-quiet", "tone-bad")
        series = [Series(_(label), tone) for label, tone in zip(STATES.values(), tones, strict=True)]

        def parts(span: Span, counts: Counter[str], _last: Counter[str]) -> list[tuple[int, str]]:
            return [(counts[f"deflected:{state}"], self._other("deflections", span, state=state)) for state in STATES]

        return self._chart(
            "deflected", _("“This solved it”, by what became of it"), _(SAYS["deflected"]), series, parts
        )

    def by_priority(self, what: str) -> list[tuple[str, Spread, str, str]]:
        """Return how long each priority took: its name, the spread, all of its tickets and the late ones."""
        found = []
        for key, label in PRIORITIES.items():
            paths = (self.tickets(what, self.span, priority=key, **late) for late in ({}, {"kept": 0}))
            found.append((_(label), spread(self.counts, what, key), *paths))
        return found

    def ratings(self) -> list[tuple[int, int, str]]:
        """Return how often each number of points was given, with the address of those tickets."""
        return [
            (each, self.counts[f"rated:{each}"], self.tickets("rated", self.span, points=each))
            for each in (5, 4, 3, 2, 1)
        ]

    def of_article(self, article_id: int, state: str) -> str:
        """Return the address of those whom one article helped."""
        return self._other("deflections", self.span, state=state, article=article_id)


def at_a_glance(session: Session, fmt: Formats, *, zone: str, today: date) -> list[Card]:
    """Return a few figures of the last seven days, for the first page of whoever reads numbers."""
    asked = of_everything("7", today)
    days = days_of(session, asked.scope, asked.period.both, zone)
    return [card for card in Page(asked, days, fmt).cards() if card.key in GLANCED]


def _figures(days: Days, span: Span) -> Figures:
    return figures(added(days[day] for day in span.days()), days[span.ends], len(span))


def _sum_of_old(last: Counter[str]) -> int:
    return sum(last[f"open:{age}"] for age in AGES if age >= 8)
