"""The configurator's page: the overview or one block of questions, the way between them, the proposal and its bill."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from portal.configurator.cards import Card, cards_of
from portal.configurator.language.repetition import member_title
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.panel import Bill, Choices, Figure
from portal.configurator.pictures.drawing import Drawing, drawings_of
from portal.configurator.questions import Question, Standing
from portal.configurator.refusing import Refusal
from portal.configurator.starting import advice_of
from portal.configurator.steps import FULL, Layout, Place, Step, beside, layout_of, members_of, steps_of
from portal.money import Money
from portal.words import Text

NOTHING = Text("", "")
NAMES = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a repeated group in the present section: which one is shown, and what can be done with it."""

    group: str
    name: Text
    title: Text  # of the member that is shown
    shown: int
    count: int
    steps: tuple[Step, ...]
    question: Question | None  # how many there are, where the section asks it
    can_add: bool
    can_remove: bool


@dataclass(frozen=True, slots=True)
class Hint:
    """A piece of advice that holds: about the site, or about some members of a repeated group."""

    because: Text
    source: str
    about: Text | None
    group: str
    members: tuple[int, ...]
    sections: frozenset[str]

    def concerns(self, place: Place, member: int) -> bool:
        """Tell whether the block of a place asks what the advice speaks of; the overview shows all of it."""
        return not place.section or (place.section in self.sections and (not self.group or member in self.members))


@dataclass(frozen=True)
class Panel:
    """All of it; `was` is the total that the person saw before, when this page answers a change."""

    view: str
    place: Place
    title: Text
    hint: Text
    steps: tuple[Step, ...]
    before: Place | None
    after: Place | None
    cards: tuple[Card, ...]  # of the overview only
    members: tuple[Members, ...]
    advice: tuple[Hint, ...]
    pictures: tuple[Drawing, ...]
    questions: tuple[Question, ...]
    figures: tuple[Figure, ...]
    assignment: Choices
    bill: Bill
    chosen: int
    engineers: int  # choices that only the full view shows
    hidden: int  # questions that only the full view asks
    refusal: Refusal | None = None
    notice: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)  # sentence per question
    typed: Mapping[str, str] = field(default_factory=dict)  # what stands in a field with an error
    was: int | None = None

    @property
    def refused_elsewhere(self) -> bool:
        """Tell whether the refused question is not on the page."""
        return self.refusal is not None and self.refusal.key not in self._shown

    @property
    def errors_elsewhere(self) -> tuple[str, ...]:
        """Return the errors of questions that are not on the page."""
        return tuple(sentence for key, sentence in self.errors.items() if key not in self._shown)

    @property
    def _shown(self) -> set[str]:
        counts = [group.question for group in self.members if group.question]
        return {question.attribute.key for question in (*self.questions, *counts)}

    def delta(self, total: Money) -> Money | None:
        """Return how much more or less a total is than what the person saw before; None when it is the same."""
        changed = self.was is not None and self.was != total.minor
        return Money(total.minor - (self.was or 0), total.currency) if changed else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page somebody wants: a place as addresses name it, or where a question is asked; and the view."""

    place: str | None = ""
    view: str = FULL
    about: str = ""


def page_of(standing: Standing, bill: Bill, figures: tuple[Figure, ...], asked_for: Wanted) -> Panel:
    """Return the page of a place; only what it shows is worked out."""
    view = asked_for.view
    ruleset, choices = standing.ruleset, standing.choices
    layout = layout_of(ruleset, standing.proposal, view)
    place = layout.place_of(asked_for.about) if asked_for.place is None else layout.find(asked_for.place)
    settled = {**standing.domains.implied, **choices}
    hints = hints_of(ruleset, standing.proposal)
    advised = Counter(name for hint in hints for name in _concerned(hint))
    section = next((item for item in ruleset.sections if item.key == place.section), None)
    members = tuple(_members(standing, layout, place, settled, advised))
    counted = {group.group for group in members if group.question}
    asked = [item for item in layout.questions(place) if item.key not in counted] if section else []
    before, after = beside(layout, place)
    full_only = {attribute.key for attribute in ruleset.attributes if attribute.view == FULL}
    return Panel(
        view=view,
        place=place,
        title=section.title if section else NOTHING,
        hint=section.hint if section else NOTHING,
        steps=steps_of(layout, place, settled, advised),
        before=before,
        after=after,
        cards=() if section else tuple(cards_of(standing, layout, settled, advised)),
        members=members,
        advice=tuple(hint for hint in hints if hint.concerns(place, layout.shown(place)[1])),
        pictures=drawings_of(ruleset, standing.proposal, place.section, *layout.shown(place)),
        questions=tuple(standing.question(attribute) for attribute in asked),
        figures=figures,
        assignment=standing.proposal,
        bill=bill,
        chosen=len(choices),
        engineers=sum(key.rpartition("].")[2] in full_only for key in choices),
        hidden=layout.hidden,
    )


def hints_of(ruleset: RuleSet, assignment: Choices) -> tuple[Hint, ...]:
    """Return the advice that holds for the proposal, and which sections ask what it speaks of."""
    sections = {attribute.key: attribute.section for attribute in ruleset.attributes if attribute.kind != "derived"}
    groups = {group.key: group for group in ruleset.repeated}
    found = []
    for item in advice_of(ruleset, assignment):
        read = set(NAMES.findall(item.advice.when))
        about = None
        if item.group:
            titles = [member_title(groups[item.group], member) for member in item.members]
            about = Text(", ".join(title.en for title in titles), "、".join(title.zh for title in titles))
        spoken_of = frozenset(sections[name] for name in read & sections.keys())
        found.append(Hint(item.advice.because, item.advice.source, about, item.group, item.members, spoken_of))
    return tuple(found)


def _concerned(hint: Hint) -> Iterator[str]:
    """Yield the sections and members that advice is about, as the marks of steps name them."""
    yield from hint.sections
    yield from (f"{hint.group}.{member}" for member in hint.members)


def _members(
    standing: Standing, layout: Layout, place: Place, settled: Choices, advised: Mapping[str, int]
) -> list[Members]:
    """Return the strips of members of the present section, one for each repeated group that it asks about."""
    group_shown, member_shown = layout.shown(place)
    found = []
    for group in layout.members.get(place.section, {}):
        attribute = standing.ruleset.attribute(group)
        count = standing.proposal[group]
        assert isinstance(count, int)
        here = attribute.section == place.section
        steps = members_of(layout, place, group, settled, advised)
        shown = member_shown if group == group_shown else 0
        title = next((step.title for step in steps if step.current), NOTHING)
        question = standing.question(attribute) if here else None
        can = (count < attribute.maximum, count > attribute.minimum)
        found.append(Members(group, attribute.label, title, shown, count, steps, question, *can))
    return found
