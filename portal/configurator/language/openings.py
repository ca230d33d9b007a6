"""Read what a configuration begins with, questions and templates, and the advice and pictures beside a proposal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portal.configurator.language.chosen import Choices, Chosen
from portal.configurator.language.documents import Item
from portal.configurator.language.errors import Fault, Report
from portal.configurator.language.expressions import Names, condition
from portal.configurator.language.items import RULE_KEY, Entry, integer, is_key
from portal.configurator.language.parts import Advice, Attribute, Picture, Repeated, Start, Template

START_LIMIT = 5
TEMPLATE_LIMIT = 50
ADVICE_LIMIT = 200
PICTURE_LIMIT = 20
PICTURES = ("site", "rack", "storage", "bars")
ROLE_LIMIT = 40


def read_advice(key: str, item: Item, names: Names, report: Report) -> Advice:
    """Read a sentence that is shown where its condition holds."""
    entry = Entry(item, key, ("because", "source", "when"), report)
    if RULE_KEY.fullmatch(key) is None:
        entry.wrong("name", key)
    advice = Advice(key, entry.text("because"), entry.string("source", ""), entry.string("when"))
    if advice.when:
        try:
            condition(advice.when, names)
        except Fault as fault:
            entry.wrong(fault.code, fault.what, entry.part("when"))
    return advice


def read_picture(key: str, item: Item, names: Names, known: Mapping[str, object], report: Report) -> Picture:
    """Read a picture: its kind, and the attribute, group or setting behind each role."""
    entry = Entry(item, key, ("kind", "parts"), report)
    if not is_key(key):
        entry.wrong("name", key)
    kind = entry.string("kind")
    if kind and kind not in PICTURES:
        entry.wrong("unknown-value", kind[:40], entry.part("kind"))
    parts: list[tuple[str, str]] = []
    for role, part in entry.entries("parts"):
        name = part.value if isinstance(part.value, str) else ""
        if not is_key(role):
            entry.wrong("name", role, part)
        if name not in known and name not in names.settings and name not in names.repeated:
            entry.wrong("undefined", name or role, part)
        parts.append((role, name))
    if not parts:
        entry.wrong("missing", "parts")
    if len(parts) > ROLE_LIMIT:
        entry.wrong("size", f"{len(parts)} parts", entry.part("parts"))
    return Picture(key, kind, tuple(parts))


class Openings(Chosen):
    """Reads start questions, then templates, against the attributes they speak of."""

    def __init__(
        self,
        attributes: Mapping[str, Attribute],
        authored: Mapping[str, Attribute],
        repeated: Mapping[str, Repeated],
        report: Report,
    ) -> None:
        """`attributes` are those of a whole configuration, `authored` those of the file."""
        super().__init__(attributes, report)
        self.authored, self.repeated = authored, repeated
        self.starts: dict[str, Start] = {}

    def _members(self, group: str) -> Chosen:
        """Return a reader of choices about one member of a group, by plain names."""
        return Chosen({key: item for key, item in self.authored.items() if item.group == group}, self.report)

    def start(self, key: str, item: Item) -> Start:
        """Read one question of the first screen."""
        entry = Entry(item, key, ("label", "hint", "minimum", "maximum", "default", "sets", "member"), self.report)
        if not is_key(key):
            entry.wrong("name", key)
        label, hint = entry.text("label"), entry.text("hint", optional=True)
        low, high, default = entry.integer("minimum"), entry.integer("maximum"), entry.integer("default")
        if not 0 <= low <= high:
            entry.wrong("range", f"{low}..{high}", entry.part("minimum"))
        elif not low <= default <= high:
            entry.wrong("unknown-value", str(default), entry.part("default"))
        if entry.has("sets") == entry.has("member"):
            entry.wrong("missing", "sets / member")
        sets, group, count = "", "", ""
        choices: Choices = ()
        if entry.has("member"):
            group, count, choices = self._member(entry, low, high)
        elif entry.has("sets"):
            sets = self._sets(entry, low, high)
        found = self.starts[key] = Start(key, label, hint, low, high, default, sets, group, count, choices)
        self._check_others(entry, found)
        return found

    def _sets(self, entry: Entry, low: int, high: int) -> str:
        """Read the number that an answer sets: one that belongs to no group."""
        sets, part = entry.string("sets"), entry.part("sets")
        attribute = self.attribute(entry, sets, part, ("quantity", "fact"))
        if attribute is not None and sets not in self.authored:
            entry.wrong("group", sets, part)
        elif attribute is not None:
            _check_span(entry, attribute, low, high)
        return sets

    def _member(self, entry: Entry, low: int, high: int) -> tuple[str, str, Choices]:
        """Read which member an answer makes."""
        inner = Entry(entry.part("member"), entry.owner, ("group", "count", "choices"), self.report)
        group, count = inner.string("group"), inner.string("count")
        if group not in self.repeated:
            inner.wrong("undefined", group, inner.part("group"))
            return "", "", ()
        members = self._members(group)
        attribute = members.attribute(inner, count, inner.part("count"), ("quantity", "fact"))
        if attribute is not None:
            _check_span(entry, attribute, max(low, 1), max(high, 1))
        choices = members.choices(inner, "choices")
        if count in dict(choices):
            inner.wrong("duplicate", count, inner.part("choices"))
        return group, count, choices

    def _check_others(self, entry: Entry, start: Start) -> None:
        """Two questions about one number, or more members than there may be, are mistakes."""
        others = [other for other in self.starts.values() if other.key != start.key]
        if start.sets and any(other.sets == start.sets for other in others):
            entry.wrong("duplicate", start.sets, entry.part("sets"))
        if start.group:
            made = sum(other.group == start.group for other in others) + 1
            if made > self.repeated[start.group].maximum:
                entry.wrong("size", f"{start.group}: {made}", entry.part("member"))

    def template(self, key: str, item: Item) -> Template:
        """Read one template; the start questions were read before."""
        entry = Entry(item, key, ("title", "hint", "start", "choices", "members"), self.report)
        if RULE_KEY.fullmatch(key) is None:
            entry.wrong("name", key)
        title, hint = entry.text("title"), entry.text("hint", optional=True)
        start = tuple(self._answers(entry))
        choices = self.choices(entry, "choices")
        answered = {item.sets for item in self.starts.values() if item.sets}
        filled = {item.group for item in self.starts.values() if item.group}
        for name, part in entry.entries("choices"):
            if name in answered or name in filled or name.partition("[")[0] in filled:
                entry.wrong("duplicate", name, part)
        return Template(key, title, hint, start, choices, tuple(self._about_members(entry)))

    def _answers(self, entry: Entry) -> Iterator[tuple[str, int]]:
        for key, item in entry.entries("start"):
            start, number = self.starts.get(key), integer(item, entry)
            if start is None:
                entry.wrong("undefined", key, item)
            elif number is not None and not start.minimum <= number <= start.maximum:
                entry.wrong("unknown-value", str(number), item)
            elif number is not None:
                yield key, number

    def _about_members(self, entry: Entry) -> Iterator[tuple[str, Choices]]:
        inner = Entry(entry.part("members"), entry.owner, self.starts, self.report) if entry.has("members") else None
        for key in inner.parts if inner else ():
            start = self.starts.get(key)
            if inner is None or start is None or not start.group:
                entry.wrong("undefined", key, entry.part("members"))
                continue
            choices = self._members(start.group).choices(inner, key)
            for name in {start.count, *dict(start.choices)} & dict(choices).keys():
                inner.wrong("duplicate", name, inner.part(key))
            yield key, choices


def _check_span(entry: Entry, attribute: Attribute, low: int, high: int) -> None:
    """An answer that the attribute does not have is a mistake of the range."""
    if not attribute.minimum <= low <= high <= attribute.maximum:
        wanted = f"{low}..{high} ({attribute.key}: {attribute.minimum}..{attribute.maximum})"
        entry.wrong("range", wanted, entry.part("maximum"))
