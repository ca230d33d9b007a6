"""The overview's cards: the main values of each block of the proposal."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.configurator.language.repetition import member_title
from portal.configurator.language.ruleset import Attribute
from portal.configurator.panel import Choices, label_of, plain_label
from portal.configurator.questions import Standing
from portal.configurator.steps import Layout, Mark, Place, mark_of
from portal.words import Text

MAIN_VALUES = 6  # that a card of the overview shows


@dataclass(frozen=True, slots=True)
class Item:
    """One value on a card: the question, what stands there, and whether somebody chose it."""

    key: str
    title: Text
    label: Text
    state: str


@dataclass(frozen=True, slots=True)
class Card:
    """A block of the overview: its main values, how many more there are, and where to change them."""

    place: Place
    title: Text
    mark: Mark
    items: tuple[Item, ...]
    more: int
    group: str = ""
    member: int = 0


def cards_of(standing: Standing, layout: Layout, settled: Choices, advised: Mapping[str, int]) -> list[Card]:
    """Return a card for the site's questions of each section and one for each member, in page order."""
    found: list[Card] = []
    done: set[tuple[str, int]] = set()
    titles = {group.key: group for group in layout.ruleset.repeated}
    for section in layout.ruleset.sections:
        site = [item for item in layout.site.get(section.key, ()) if not _is_count(layout, item)]
        if site:
            mark = mark_of(site, settled, advised.get(section.key, 0))
            found.append(Card(Place(section.key), section.title, mark, *_items(standing, site)))
        for group, members in layout.members.get(section.key, {}).items():
            for member in (number for number in members if (group, number) not in done):
                done.add((group, member))
                questions = layout.of_member(group, member)
                mark = mark_of(questions, settled, advised.get(f"{group}.{member}", 0))
                place = layout.find(Place(section.key, group, member).key)
                title = member_title(titles[group], member)
                found.append(Card(place, title, mark, *_items(standing, questions), group, member))
    return found


def _is_count(layout: Layout, attribute: Attribute) -> bool:
    """Tell whether a question is how many members there are, which the members themselves show."""
    return attribute.key in layout.members.get(attribute.section, {})


_ORDER = {"chosen": 0, "consequence": 2, "default": 3, "proposed": 4}


def _items(standing: Standing, questions: list[Attribute]) -> tuple[tuple[Item, ...], int]:
    """Return the main values in page order, and how many are left out: choices and products come first."""
    states = {attribute.key: standing.state(attribute) for attribute in questions}

    def weight(attribute: Attribute) -> int:
        is_product = any(value.sku for value in attribute.values)
        return 1 if is_product and states[attribute.key] != "chosen" else _ORDER[states[attribute.key]]

    main = {attribute.key for attribute in sorted(questions, key=weight)[:MAIN_VALUES]}
    ruleset, proposal = standing.ruleset, standing.proposal
    items = tuple(
        Item(item.key, plain_label(ruleset, item), label_of(item, proposal[item.key]), states[item.key])
        for item in questions
        if item.key in main
    )
    return items, len(questions) - len(items)
