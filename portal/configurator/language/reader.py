"""Read a folder of rule files into a RuleSet, or raise RuleErrors with every mistake found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from portal.configurator.language.attributes import check_derived, read_attribute, read_repeated, read_setting
from portal.configurator.language.csvtables import Source, read_table
from portal.configurator.language.documents import Item, load
from portal.configurator.language.errors import Fault, Report
from portal.configurator.language.expressions import Names
from portal.configurator.language.items import Entry, is_key
from portal.configurator.language.meaning import add_group, add_name, named_table
from portal.configurator.language.openings import (
    ADVICE_LIMIT,
    PICTURE_LIMIT,
    START_LIMIT,
    TEMPLATE_LIMIT,
    Openings,
    read_advice,
    read_picture,
)
from portal.configurator.language.parts import Accessory, Attribute, Group, Repeated, Section, Setting, Table
from portal.configurator.language.places import Places, places_of
from portal.configurator.language.repetition import VARIABLE_LIMIT, expanded
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.statements import Examples, read_accessory, read_line, read_rule
from portal.configurator.language.units import unit_dimension

FILE_LIMIT = 20
BYTE_LIMIT = 2 * 1024 * 1024  # of all files together
SET_KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")
PART_LIMIT = 2_000  # attributes, rules, lines, examples …
FEWER = {"start": START_LIMIT, "templates": TEMPLATE_LIMIT, "advice": ADVICE_LIMIT, "pictures": PICTURE_LIMIT}
TOTAL_ROWS = 200_000
CATALOG = "catalog"
ONCE = ("format", "key", "title", "completion")
NAMED = (
    "sections",
    "groups",
    "settings",
    "tables",
    "repeated",
    "attributes",
    "rules",
    "lines",
    "accessories",
    "start",
    "templates",
    "advice",
    "pictures",
    "examples",
)


def read_ruleset(folder: Path) -> RuleSet:
    """Read all *.yaml of a folder, or one such file.

    Tables lie beside them or, as catalog/NAME.csv, in the folder's ../../catalog.
    Raises RuleErrors with file, line, rule and code of everything that is wrong.
    """
    return read_placed(folder)[0]


def read_placed(folder: Path) -> tuple[RuleSet, Places]:
    """Read a rule set like read_ruleset, together with the places where its parts were written."""
    reader = _Reader(folder, Report())
    ruleset = reader.read()
    return ruleset, places_of(folder.name, {**reader.once, **reader.named})


class _Reader:
    """One reading of one folder."""

    def __init__(self, folder: Path, report: Report) -> None:
        self.folder, self.report = folder.parent if folder.is_file() else folder, report
        self.single = folder if folder.is_file() else None
        self.once: dict[str, Item] = {}
        self.named: dict[str, dict[str, Item]] = {name: {} for name in NAMED}
        self.names = Names()
        self.tables: dict[str, Table] = {}
        self.repeated: dict[str, Repeated] = {}
        self.attributes: dict[str, Attribute] = {}

    def read(self) -> RuleSet:
        """Read everything, then raise if anything was wrong."""
        self._gather()
        self.report.stop_if_any()
        first = next(iter(self.once.values()), Item("", self.folder.name, 0))
        head = Entry(Item(self.once, first.file, first.line), "", ONCE, self.report)
        if head.string("format") != "1":
            head.wrong("unknown-value", "format", head.part("format"))
        if head.has("key") and SET_KEY.fullmatch(head.string("key")) is None:
            head.wrong("name", head.string("key"), head.part("key"))
        sections = [Section(key, e.text("title"), e.text("hint", optional=True)) for key, e in self._each_section()]
        groups = [Group(key, self._entry("groups", key, ("title",)).text("title")) for key in self.named["groups"]]
        settings = self._settings()
        self._tables()
        self._repeated({section.key for section in sections})
        self._attributes({setting.key: setting.value for setting in settings}, {section.key for section in sections})
        report, items = self.report, self.named
        rules = [read_rule(key, item, self.names, self.tables, report) for key, item in items["rules"].items()]
        lines = [read_line(key, item, self.names, self.attributes, report) for key, item in items["lines"].items()]
        accessories = self._accessories()
        for name, found in (("lines", lines), ("accessories", accessories)):
            for line in found:
                if line.group not in items["groups"]:
                    self._entry(name, line.key, None).wrong("undefined", line.group)
        asked = self._asked()
        examples, openings = Examples(asked, report), Openings(asked, self.attributes, self.repeated, report)
        ruleset = RuleSet(
            key=head.string("key"),
            title=head.text("title"),
            sections=tuple(sections),
            attributes=tuple(self.attributes.values()),
            tables=tuple(self.tables.values()),
            settings=tuple(settings),
            rules=tuple(rules),
            groups=tuple(groups),
            lines=tuple(lines),
            completion=self._completion(head),
            examples=tuple(examples.read(key, item) for key, item in items["examples"].items()),
            repeated=tuple(self.repeated.values()),
            accessories=tuple(accessories),
            start=tuple(openings.start(key, item) for key, item in items["start"].items()),
            templates=tuple(openings.template(key, item) for key, item in items["templates"].items()),
            advice=tuple(read_advice(key, item, self.names, report) for key, item in items["advice"].items()),
            pictures=tuple(
                read_picture(key, item, self.names, self.attributes, report) for key, item in items["pictures"].items()
            ),
        )
        report.stop_if_any()
        self._check_bill(ruleset)
        report.stop_if_any()
        return ruleset

    def _gather(self) -> None:
        """Load the files and merge their top-level keys."""
        paths = [self.single] if self.single else sorted(self.folder.glob("*.yaml")) if self.folder.is_dir() else []
        if not paths:
            self.report.add(self.folder.name, 0, "", "missing-file", "*.yaml")
        if len(paths) > FILE_LIMIT:
            self.report.add(self.folder.name, 0, "", "size", f"{len(paths)} files")
            return
        if sum(path.lstat().st_size for path in paths) > BYTE_LIMIT:
            self.report.add(self.folder.name, 0, "", "size", f"{BYTE_LIMIT // 1024} KiB")
            return
        for path in paths:
            document = load(path, self.folder, path.name, self.report)
            if document is not None:
                self._merge(Entry(document, "", (*ONCE, *NAMED), self.report))
        for name, parts in self.named.items():
            limit = FEWER.get(name, PART_LIMIT)
            if len(parts) > limit:
                stray = list(parts.values())[limit]
                self.report.add(stray.file, stray.line, "", "size", f"{len(parts)} {name}")

    def _merge(self, entry: Entry) -> None:
        for key in ONCE:
            if entry.has(key):
                if key in self.once:
                    entry.wrong("duplicate", key, entry.part(key))
                self.once[key] = entry.part(key)
        for name in NAMED:
            for key, item in entry.entries(name):
                if key in self.named[name]:
                    entry.wrong("duplicate", key, item)
                self.named[name][key] = item

    def _entry(self, name: str, key: str, known: tuple[str, ...] | None) -> Entry:
        item = self.named[name][key]
        return Entry(item, key, known or (item.value if isinstance(item.value, dict) else ()), self.report)

    def _each_section(self) -> Iterator[tuple[str, Entry]]:
        for key in self.named["sections"]:
            yield key, self._entry("sections", key, ("title", "hint"))

    def _settings(self) -> list[Setting]:
        found: list[Setting] = []
        for key in self.named["settings"]:
            entry = self._entry("settings", key, ("value", "unit", "label", "source"))
            if not is_key(key):
                entry.wrong("name", key)
            found.append(read_setting(key, entry))
            self.names.settings[key] = unit_dimension(found[-1].unit)
        return found

    def _tables(self) -> None:
        rows = 0
        for key in self.named["tables"]:
            entry = self._entry("tables", key, ("file", "key", "where"))
            if not is_key(key):
                entry.wrong("name", key)
            file = entry.string("file")
            where = {column: str(part.value) for column, part in entry.entries("where")}
            try:
                path, root = self._locate(file)
                if not path.exists():
                    raise Fault("missing-file", file)
            except Fault as fault:
                entry.wrong(fault.code, fault.what, entry.part("file"))
                continue
            table = read_table(key, Source(path, root, file, entry.words("key"), where), self.report)
            if table is not None:
                rows += len(table.rows)
                if rows > TOTAL_ROWS:
                    entry.wrong("size", f"{TOTAL_ROWS} rows", entry.part("file"))
                    return
                self.tables[key] = table
                self.names.tables[key] = named_table(table)

    def _locate(self, file: str) -> tuple[Path, Path]:
        """Return a table's path and the folder it must lie in."""
        parts = PurePosixPath(file).parts
        if len(parts) == 2 and parts[0] == CATALOG and not parts[1].startswith("."):
            root = self.folder.parent.parent / CATALOG
            return root / parts[1], root
        if len(parts) != 1 or parts[0] in {"..", ".", "/"}:
            raise Fault("outside", file)
        return self.folder / parts[0], self.folder

    def _repeated(self, sections: set[str]) -> None:
        """Read repeated groups; the name of a group is the name of its quantity."""
        for key, item in self.named["repeated"].items():
            group = self.repeated[key] = read_repeated(key, item, self.report)
            entry = self._entry("repeated", key, None)
            if group.section and group.section not in sections:
                entry.wrong("undefined", group.section)
            if key in self.named["attributes"] or key in self.named["settings"]:
                entry.wrong("duplicate", key)
            add_group(self.names, group)

    def _asked(self) -> dict[str, Attribute]:
        """Return all that examples may speak of: every variable and derived number by its full name."""
        found = {item.key: item for item in expanded(self.attributes.values(), self.repeated.values())}
        if len(found) > VARIABLE_LIMIT and self.repeated:
            self._entry("repeated", next(iter(self.repeated)), None).wrong("size", f"{len(found)} attributes")
        return found

    def _accessories(self) -> list[Accessory]:
        items, lines = self.named["accessories"], self.named["lines"]
        for key in items.keys() & lines.keys():
            self._entry("accessories", key, None).wrong("duplicate", key)
        known = {*items, *lines}
        return [
            read_accessory(key, item, self.names, self.attributes, known, self.report) for key, item in items.items()
        ]

    def _check_bill(self, ruleset: RuleSet) -> None:
        """Follow what accessories require; each mistake is reported at the accessory where it is met first."""
        bill = ruleset.bill()
        for accessory in ruleset.accessories:
            try:
                bill.of(accessory.key)
            except Fault as fault:
                entry = self._entry("accessories", accessory.key, None)
                entry.wrong(fault.code, fault.what, entry.part("for"))
                return

    def _attributes(self, settings: dict[str, int], sections: set[str]) -> None:
        """Read attributes in order; derived numbers may use what all people answer and derived ones before them."""
        items = self.named["attributes"]
        for key, item in items.items():
            attribute = self.attributes[key] = read_attribute(key, item, self.report, self.tables, settings)
            if attribute.section and attribute.section not in sections:
                self._entry("attributes", key, None).wrong("undefined", attribute.section)
            if key in settings:
                self._entry("attributes", key, None).wrong("duplicate", key)
            if attribute.group and attribute.group not in self.repeated:
                entry = self._entry("attributes", key, None)
                entry.wrong("undefined", attribute.group, entry.part("group"))
                attribute = self.attributes[key] = replace(attribute, group="")
            add_name(self.names, attribute)
        for key in self.repeated.keys() - {attribute.group for attribute in self.attributes.values()}:
            self._entry("repeated", key, None).wrong("empty", key)
        for key, attribute in self.attributes.items():
            if attribute.kind == "derived" and attribute.expression:
                check_derived(attribute, items[key], self.report, self.names)

    def _completion(self, head: Entry) -> tuple[str, ...]:
        order = head.words("completion")
        for key in order:
            known = key in self.attributes and self.attributes[key].kind != "derived"
            if not known and key not in self.repeated:
                head.wrong("undefined", key, head.part("completion"))
        return order
