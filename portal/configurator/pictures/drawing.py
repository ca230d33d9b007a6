"""All drawings that a place of the page shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.configurator.language.parts import Picture
from portal.configurator.language.repetition import member_title
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.panel import Choices
from portal.configurator.pictures.bars import Bar, bars_of
from portal.configurator.pictures.rack import Rack, rack_of
from portal.configurator.pictures.reading import Missing, Reader
from portal.configurator.pictures.site import Seen, View, seen_of, views_of
from portal.configurator.pictures.storage import Storage, storage_of
from portal.words import Text


@dataclass(frozen=True, slots=True)
class Drawing:
    """One picture: its kind and shapes, or what is missing for it; `missing` pairs a member's title with a number."""

    key: str
    kind: str
    views: tuple[View, ...] = ()
    rack: Rack | None = None
    storage: Storage | None = None
    bars: tuple[tuple[Text | None, tuple[Bar, ...]], ...] = ()
    missing: tuple[tuple[Text | None, Text], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to draw and nothing missing."""
        return not (self.views or self.rack or self.storage or self.bars or self.missing)


def drawings_of(
    ruleset: RuleSet, assignment: Choices, section: str = "", group: str = "", member: int = 0
) -> tuple[Drawing, ...]:
    """Return the pictures that concern a section, of its member only; all of them for the overview."""
    sections = {attribute.key: attribute.section for attribute in ruleset.attributes}
    wanted = (
        picture
        for picture in ruleset.pictures
        if not section or any(sections.get(name) == section for _, name in picture.parts)
    )
    drawn = (_drawing(ruleset, picture, assignment, (group, member)) for picture in wanted)
    return tuple(drawing for drawing in drawn if not drawing.is_empty)


def _drawing(ruleset: RuleSet, picture: Picture, assignment: Choices, shown: tuple[str, int]) -> Drawing:
    readers = list(_readers(ruleset, picture, assignment, shown))
    if picture.kind == "site":
        return _site(picture, readers)
    if picture.kind == "bars":
        return _bars(picture, readers)
    try:
        (_, reader), *_rest = readers
        if picture.kind == "rack":
            return Drawing(picture.key, "rack", rack=rack_of(reader) if reader.amount("rack").value > 0 else None)
        return Drawing(picture.key, "storage", storage=storage_of(reader))
    except Missing as missing:
        return Drawing(picture.key, picture.kind, missing=((None, missing.label),))


def _readers(
    ruleset: RuleSet, picture: Picture, assignment: Choices, shown: tuple[str, int]
) -> Iterator[tuple[Text | None, Reader]]:
    """Yield a reader for each member of the group that the parts belong to, or one for the site."""
    owners = {attribute.key: attribute.group for attribute in ruleset.attributes if attribute.group}
    own = next((owners[name] for _, name in picture.parts if name in owners), "")
    if not own:
        yield None, Reader(ruleset, picture, assignment)
        return
    repeated = next(item for item in ruleset.repeated if item.key == own)
    count = assignment.get(own, 0)
    for member in range(1, count + 1 if isinstance(count, int) else 1):
        if shown[0] != own or member == shown[1]:
            yield member_title(repeated, member), Reader(ruleset, picture, assignment, own, member)


def _site(picture: Picture, readers: list[tuple[Text | None, Reader]]) -> Drawing:
    seen: list[Seen] = []
    missing: list[tuple[Text | None, Text]] = []
    for title, reader in readers:
        try:
            reader.amount("cameras")
            seen.append(seen_of(reader, title or Text("", "")))
        except Missing as gap:
            missing.append((title, gap.label))
    return Drawing(picture.key, "site", views=views_of(seen), missing=tuple(missing))


def _bars(picture: Picture, readers: list[tuple[Text | None, Reader]]) -> Drawing:
    found: list[tuple[Text | None, tuple[Bar, ...]]] = []
    missing: list[tuple[Text | None, Text]] = []
    for title, reader in readers:
        bars, gaps = bars_of(reader)
        found += [(title, bars)] if bars else []
        missing += [(title, gap) for gap in gaps]
    return Drawing(picture.key, "bars", bars=tuple(found), missing=tuple(missing))
