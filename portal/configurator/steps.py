"""The page as building blocks: sections are steps, and each member of a repeated group is a block in its sections."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from portal.configurator.language.repetition import member_title
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.words import Text

Values = Mapping[str, str | int]
SIMPLE, FULL = "simple", "full"
VIEWS = (SIMPLE, FULL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the page somebody is: a section and the member of a repeated group in it; without both the overview."""

    section: str = ""
    group: str = ""
    member: int = 0

    @property
    def key(self) -> str:
        """Return how addresses name it: `views`, `views.camera_group.2`, nothing for the overview."""
        return f"{self.section}.{self.group}.{self.member}" if self.group else self.section


OVERVIEW = Place()


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a step is: questions that are asked, those that are settled, and pieces of advice about them."""

    asked: int
    decided: int
    advice: int

    @property
    def state(self) -> str:
        """Return advice, decided or proposed."""
        return "advice" if self.advice else "decided" if self.decided == self.asked else "proposed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the strip at the top, or one member in the strip of a section."""

    place: Place
    title: Text
    mark: Mark
    current: bool


@dataclass(frozen=True)
class Layout:
    """All questions that are asked now, where they are asked: those of the site and those of each member."""

    ruleset: RuleSet
    site: Mapping[str, list[Attribute]]
    members: Mapping[str, Mapping[str, Mapping[int, list[Attribute]]]]  # section -> group -> member
    hidden: int  # questions that only the full view asks

    def places(self) -> Iterator[Place]:
        """Yield the blocks in page order; the first member of a section stands on the section's own page."""
        for section in self.ruleset.sections:
            groups = self.members.get(section.key, {})
            if self.site.get(section.key) or groups:
                yield Place(section.key)
            first = True
            for group, members in groups.items():
                for member in members:
                    if not first:
                        yield Place(section.key, group, member)
                    first = False

    def find(self, raw: str) -> Place:
        """Return the place that an address names; what is not there leads to the nearest that is."""
        section, _, rest = raw.partition(".")
        group, _, number = rest.partition(".")
        groups = self.members.get(section, {})
        if group not in groups or not number.isascii() or not number.isdigit() or len(number) > 3:
            return Place(section) if self.site.get(section) or groups else OVERVIEW
        there = list(groups[group])
        member = max((each for each in there if each <= int(number)), default=there[0])
        first = next(iter(groups)) == group and there[0] == member
        return Place(section) if first else Place(section, group, member)

    def place_of(self, key: str) -> Place:
        """Return the place that asks a question; the overview when none does."""
        found = next((place for place in self.places() if any(q.key == key for q in self.questions(place))), None)
        return found or OVERVIEW

    def shown(self, place: Place) -> tuple[str, int]:
        """Return which member a place shows: ("", 0) for none."""
        if place.group:
            return place.group, place.member
        for group, members in self.members.get(place.section, {}).items():
            return group, next(iter(members))
        return "", 0

    def questions(self, place: Place) -> list[Attribute]:
        """Return the questions of a block: on a section's own page those of the site and of its first member."""
        group, member = self.shown(place)
        of_member = self.members[place.section][group][member] if group else []
        return of_member if place.group else [*self.site.get(place.section, ()), *of_member]

    def of_member(self, group: str, member: int) -> list[Attribute]:
        """Return all questions about one member, in all sections."""
        everywhere = (groups.get(group, {}).get(member, []) for groups in self.members.values())
        return [attribute for questions in everywhere for attribute in questions]

    def of_section(self, section: str) -> list[Attribute]:
        """Return all questions of a section."""
        found = list(self.site.get(section, ()))
        for members in self.members.get(section, {}).values():
            found += [attribute for questions in members.values() for attribute in questions]
        return found


def layout_of(ruleset: RuleSet, assignment: Values, view: str) -> Layout:
    """Arrange the questions that exist, in page order; the simple view leaves out those of engineers."""
    site: dict[str, list[Attribute]] = {}
    members: dict[str, dict[str, dict[int, list[Attribute]]]] = {}
    hidden = 0
    for attribute in ruleset.existing(assignment):
        if attribute.kind == "derived":
            continue
        if attribute.view == FULL and view != FULL:
            hidden += 1
            continue
        group, member = ruleset.member_of(attribute.key)
        if group:
            members.setdefault(attribute.section, {}).setdefault(group, {}).setdefault(member, []).append(attribute)
        else:
            site.setdefault(attribute.section, []).append(attribute)
    for groups in members.values():
        for group, found in groups.items():
            groups[group] = dict(sorted(found.items()))
    return Layout(ruleset, site, members, hidden)


def steps_of(layout: Layout, place: Place, settled: Values, advised: Mapping[str, int]) -> tuple[Step, ...]:
    """Return one step for each section that asks something; `settled` holds what is chosen or follows from it."""
    found = []
    for section in layout.ruleset.sections:
        questions = layout.of_section(section.key)
        if questions:
            mark = mark_of(questions, settled, advised.get(section.key, 0))
            found.append(Step(Place(section.key), section.title, mark, section.key == place.section))
    return tuple(found)


def members_of(
    layout: Layout, place: Place, group: str, settled: Values, advised: Mapping[str, int]
) -> tuple[Step, ...]:
    """Return the members of a group that the section of a place asks about."""
    here = layout.shown(place)
    repeated = next(item for item in layout.ruleset.repeated if item.key == group)
    found = []
    for member, questions in layout.members[place.section][group].items():
        mark = mark_of(questions, settled, advised.get(f"{group}.{member}", 0))
        to = layout.find(Place(place.section, group, member).key)
        found.append(Step(to, member_title(repeated, member), mark, here == (group, member)))
    return tuple(found)


def mark_of(questions: Iterable[Attribute], settled: Values, advice: int) -> Mark:
    """Count how far questions are."""
    keys = [attribute.key for attribute in questions]
    return Mark(len(keys), sum(key in settled for key in keys), advice)


def beside(layout: Layout, place: Place) -> tuple[Place | None, Place | None]:
    """Return the block before and the block after a place; the overview comes first."""
    order = [OVERVIEW, *layout.places()]
    at = order.index(place)
    return (order[at - 1] if at else None), (order[at + 1] if at + 1 < len(order) else None)
