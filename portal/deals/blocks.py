"""What was chosen, as papers set it: pairs beside each other, members of repeated groups in columns. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.deals.snapshots import pick

OF_A_MEMBER: Final = " · "  # between the name of a member and the question, as rule sets label them
MEMBERS_BESIDE: Final = 4  # columns that a page has room for


@dataclass(frozen=True, slots=True)
class Grid:
    """Answers about a few members of a repeated group: their names, and in each row a question with their answers."""

    members: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A section of what was chosen: what concerns the whole site, and what concerns members of groups."""

    title: str
    alone: tuple[tuple[str, str], ...]
    grids: tuple[Grid, ...]


def blocks_of(sections: Iterable[tuple[str, list[Mapping[str, Any]]]], locale: str) -> list[Block]:
    """Return the sections of what was chosen, each with what concerns the whole site and what concerns members."""
    return [_block(title, items, locale) for title, items in sections]


def _block(title: str, items: Iterable[Mapping[str, Any]], locale: str) -> Block:
    alone: list[tuple[str, str]] = []
    members: dict[str, dict[str, str]] = {}
    for item in items:
        label, value = pick(item, "label", locale), pick(item, "value", locale)
        member, mark, question = label.partition(OF_A_MEMBER)
        if mark and member[-1:].isdigit():
            members.setdefault(member, {})[question] = value
        else:
            alone.append((label, value))
    there = [*members.items()]
    places = range(0, len(there), MEMBERS_BESIDE)
    grids = [_grid(dict(there[place : place + MEMBERS_BESIDE])) for place in places]
    return Block(title, tuple(alone), tuple(grids))


def _grid(members: Mapping[str, Mapping[str, str]]) -> Grid:
    """Put the answers of a few members beside each other, one question in a row."""
    questions = dict.fromkeys(question for answers in members.values() for question in answers)
    rows = tuple((question, tuple(a.get(question, "–") for a in members.values())) for question in questions)
    return Grid(tuple(members), rows)
