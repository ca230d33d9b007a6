"""A simulation in words: both sides of a difference as short sentences, and the sums side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask_babel import gettext as _

from portal.deals.registrations.simulating_models import SimulationRun
from portal.formats import Formats, formats, translations
from portal.words import N_

STATES: Final[Mapping[str, str]] = {
    "draft": N_("Draft"), "submitted": N_("in line"), "in_review": N_("in review"), "returned": N_("returned"),
    "approved": N_("protected"), "rejected": N_("refused"), "withdrawn": N_("withdrawn"), "expired": N_("expired"),
    "converted": N_("protected, quoted"), "won": N_("won"), "lost": N_("lost"),
}  # fmt: skip
NOTES: Final[Mapping[str, str]] = {
    "claimed": N_("met a claimed customer"), "own": N_("registered by the own organisation already"),
    "late": N_("another one was approved first"), "extension": N_("an extension was refused"),
    "over": N_("an extension came after the end"), "resubmission": N_("a resubmission was refused"),
}  # fmt: skip
HOLDINGS: Final[Mapping[str, str]] = {
    "held": N_("worked on"), "ended": N_("given up"), "refused": N_("not taken on"),
    "missed": N_("not in the pool to be claimed"), "": N_("not begun"),
}  # fmt: skip
FIGURES: Final = (  # sums in the order of the page: label, key, and the kind of difference it opens
    (N_("Approved"), "approved", ""),
    (N_("of these automatically"), "automatic", "automatic"),
    (N_("Refused"), "refused", ""),
    (N_("Decided by people"), "by_people", "asked"),
    (N_("Over the decision clock"), "late", "late"),
    (N_("Protections that lapsed"), "lapsed", "expired"),
    (N_("Customers freed"), "freed", ""),
    (N_("Conflicts"), "conflicts", "collided"),
    (N_("Extensions refused"), "extension", "extension"),
    (N_("Resubmissions refused"), "resubmission", "resubmission"),
    (N_("Fell into the pool"), "pool", "pool"),
    (N_("Refused by the holding cap"), "cap", "cap"),
)


ALWAYS: Final = 4  # lines that are shown even where nothing is to be counted


@dataclass(frozen=True)
class Words:
    """All words of a page, looked up once."""

    formats: Formats
    states: Mapping[str, str]
    notes: Mapping[str, str]
    holdings: Mapping[str, str]
    steps: Mapping[str, str]
    automatic: str
    until: str
    pool: str
    hours: str

    @classmethod
    def of(cls, locale: str, steps: Mapping[str, str]) -> "Words":
        """Return the words of a language; `steps` are the titles of the steps by their key."""
        word = translations(locale).gettext
        states, notes, held = (
            {key: word(label) for key, label in table.items()} for table in (STATES, NOTES, HOLDINGS)
        )
        return cls(
            formats(locale), states, notes, held, steps, word(N_("automatically")), word(N_("until %(date)s")),
            word(N_("in the pool from %(date)s")), word(N_("%(hours)s h")),
        )  # fmt: skip

    def side(self, said: Mapping[str, Any]) -> str:
        """Return one side of a difference in a few words."""
        if "held" in said or "state" not in said:
            parts = [self.holdings.get(said.get("held", ""), "")]
        else:
            parts = [self.states.get(said["state"], said["state"])]
        if said.get("until"):
            parts.append(self.until % {"date": self.day(said["until"])})
        if said.get("steps") is not None:
            parts.append(", ".join(self.steps.get(step, step) for step in said["steps"]) or self.automatic)
        if said.get("took") is not None:
            parts.append(self.time(said["took"]))
        if said.get("note"):
            parts.append(self.notes.get(said["note"], said["note"]))
        if said.get("pooled_on"):
            parts.append(self.pool % {"date": self.day(said["pooled_on"])})
        return " · ".join(part for part in parts if part)

    def day(self, text: str) -> str:
        """Return a stored day as people read it."""
        return self.formats.date(date.fromisoformat(text))

    def time(self, seconds: int) -> str:
        """Return business seconds in hours with one decimal."""
        tenths = round(seconds / 360)
        return self.hours % {"hours": f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the sums; `kind` names the differences behind it."""

    label: str
    before: str
    after: str
    more: int
    kind: str = ""


def figures(run: SimulationRun, words: Words, names: Mapping[str, str]) -> list[tuple[str, list[Figure]]]:
    """Return the sums side by side: in all, by step, and who has how much to decide."""
    before, after = run.totals["before"], run.totals["after"]
    kinds = run.totals["kinds"]
    plain = [
        _figure(_(label), before.get(key, 0), after.get(key, 0), words, kind if kind in kinds else "")
        for number, (label, key, kind) in enumerate(FIGURES)
        if number < ALWAYS or before.get(key) or after.get(key)
    ]
    times = [
        (N_("Median time of a decision, in business hours"), "median"),
        (N_("Nine of ten decided within, in business hours"), "most"),
    ]
    for label, key in times:
        was, becomes = before.get(key), after.get(key)
        if was is not None or becomes is not None:
            one, other = ("–" if each is None else words.time(each) for each in (was, becomes))
            plain.append(Figure(_(label), one, other, (becomes or 0) - (was or 0)))
    groups = [(_("In all"), plain)]
    people = {**names, "": _("whoever would be asked")}
    for title, key, called in ((_("Approvals by step"), "steps", words.steps), (_("Who decides"), "people", people)):
        was, becomes = before[key], after[key]
        most = {one: max(was.get(one, 0), becomes.get(one, 0)) for one in {**was, **becomes}}
        every = sorted(most, key=lambda one: (-most[one], one))
        lines = [_figure(called.get(one, one), was.get(one, 0), becomes.get(one, 0), words) for one in every]
        if lines:
            groups.append((title, lines))
    return groups


def _figure(label: str, was: int, becomes: int, words: Words, kind: str = "") -> Figure:
    return Figure(label, words.formats.integer(was), words.formats.integer(becomes), becomes - was, kind)
