"""Where features stand: cloned features written out, and the variables that every place gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.configurator.engine.terms import And, Binary, Lookup, Number, Ref, Same, Symbol, Term
from portal.configurator.uvl.errors import UvlReport
from portal.configurator.uvl.tree import Feature, Group

TRUE, FALSE = "true", "false"
ALWAYS: Term = And(())
PLACE_LIMIT = 30_000


@dataclass(eq=False)
class Place:
    """A feature at one place of the tree, or (`clone`) one of the clones of a feature with a cardinality.

    `loops` names the cloned features it stands in, outermost first, `indexes` in which clone of each.
    """

    key: str
    feature: Feature
    parent: Place | None
    loops: tuple[str, ...]
    indexes: tuple[int, ...]
    core: bool
    clone: bool = False
    groups: list[PlacedGroup] = field(default_factory=list)

    @property
    def typed(self) -> bool:
        """Tell whether the feature has a value of its own."""
        return self.feature.kind in {"Integer", "String"} and not self.clone

    @property
    def switch(self) -> str | None:
        """Return the variable that says true or false; None when the place is always selected and has a value."""
        return None if self.core and self.typed else self.key

    @property
    def value_key(self) -> str:
        """Return the variable of the value of a typed feature."""
        return self.key if self.core else f"{self.key}.value"

    def selected(self) -> Term:
        """Return the condition that the place is selected."""
        return ALWAYS if self.switch is None else Same(Ref(self.switch), Symbol(TRUE))

    def indicator(self) -> Term:
        """Return 1 when the place is selected, else 0."""
        return Number(1) if self.switch is None else Lookup(f"={self.switch}", "number", (self.switch,))

    def number(self) -> Term:
        """Return the number of an Integer feature, 0 when it is not selected."""
        return Ref(self.key) if self.core else Binary("*", self.indicator(), Ref(self.value_key))


@dataclass(eq=False)
class PlacedGroup:
    """A group at one place, with its members; `line` is where it is written."""

    kind: str
    line: int
    least: int
    most: int | None
    parent: Place
    members: list[Place]


def place_all(root: Feature, report: UvlReport) -> list[Place]:
    """Return every place of the tree, parents first; too many and endless clones go to the report."""
    places: list[Place] = []
    stack = [Place(root.name, root, None, (), (), True)]
    while stack:
        place = stack.pop()
        places.append(place)
        if len(places) + len(stack) > PLACE_LIMIT:
            report.add(place.feature.line, 0, f"with all clones there are more than {PLACE_LIMIT} features")
            break
        stack.extend(reversed(list(_below(place, report))))
    return places


def _below(place: Place, report: UvlReport) -> Iterator[Place]:
    """Yield the places directly below: clones below a feature with a cardinality, else the members of its groups."""
    feature = place.feature
    least, most = feature.cardinality
    if not place.clone and feature.cardinality != (1, 1):
        if most is None:
            report.add(feature.line, 0, f"the cardinality of {feature.name} needs a largest number instead of *")
            return
        if most > PLACE_LIMIT:
            report.add(feature.line, 0, f"the cardinality of {feature.name} is too large")
            return
        group = PlacedGroup("clones", feature.line, least, most, place, [])
        place.groups.append(group)
        for index in range(1, most + 1):
            core = place.core and index <= least
            indexes, loops = (*place.indexes, index), (*place.loops, feature.name)
            clone = Place(f"{place.key}[{index}]", feature, place, loops, indexes, core, clone=True)
            group.members.append(clone)
            yield clone
        return
    for written in feature.groups:
        yield from _members(place, written)


def _members(place: Place, group: Group) -> Iterator[Place]:
    placed = PlacedGroup(group.kind, group.line, group.least, group.most, place, [])
    place.groups.append(placed)
    prefix = "" if not place.loops else f"{_clone_of(place).key}."
    for child in group.features:
        core = place.core and group.kind == "mandatory" and child.cardinality[0] > 0
        member = Place(prefix + child.name, child, place, place.loops, place.indexes, core)
        placed.members.append(member)
        yield member


def _clone_of(place: Place) -> Place:
    """Return the innermost clone a place stands in."""
    while not place.clone and place.parent is not None:
        place = place.parent
    return place
