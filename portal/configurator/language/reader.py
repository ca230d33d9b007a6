"""Read a folder of rule files into a RuleSet, or raise RuleErrors with every mistake found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from portal.configurator.language.attributes import check_derived, read_attribute, read_setting
from portal.configurator.language.csvtables import Source, read_table
from portal.configurator.language.documents import Item, load
from portal.configurator.language.errors import Fault, Report
from portal.configurator.language.expressions import Names
from portal.configurator.language.items import Entry, is_key
from portal.configurator.language.lowering import add_name, named_table
from portal.configurator.language.parts import Attribute, Group, Section, Setting, Table
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.statements import Examples, read_line, read_rule
from portal.configurator.language.units import unit_dimension

FILE_LIMIT = 20
ATTRIBUTE_LIMIT = 300
CATALOG = "catalog"
ONCE = ("format", "key", "title", "completion")
NAMED = ("sections", "groups", "settings", "tables", "attributes", "rules", "lines", "examples")


def read_ruleset(folder: Path) -> RuleSet:
    """Read all *.yaml of a folder; tables lie beside them or, as catalog/NAME.csv, in the folder's ../../catalog.

    Raises RuleErrors with file, line, rule and code of everything that is wrong.
    """
    reader = _Reader(folder, Report())
    return reader.read()


class _Reader:
    """One reading of one folder."""

    def __init__(self, folder: Path, report: Report) -> None:
        self.folder, self.report = folder, report
        self.once: dict[str, Item] = {}
        self.named: dict[str, dict[str, Item]] = {name: {} for name in NAMED}
        self.names = Names()
        self.tables: dict[str, Table] = {}
        self.attributes: dict[str, Attribute] = {}

    def read(self) -> RuleSet:
        """Read everything, then raise if anything was wrong."""
        self._gather()
        self.report.stop_if_any()
        first = next(iter(self.once.values()), Item("", self.folder.name, 0))
        head = Entry(Item(self.once, first.file, first.line), "", ONCE, self.report)
        if head.string("format") != "1":
            head.wrong("unknown-value", "format", head.part("format"))
        sections = [Section(key, e.text("title"), e.text("hint", optional=True)) for key, e in self._each_section()]
        groups = [Group(key, self._entry("groups", key, ("title",)).text("title")) for key in self.named["groups"]]
        settings = self._settings()
        self._tables()
        self._attributes({setting.key: setting.value for setting in settings}, {section.key for section in sections})
        report, items = self.report, self.named
        rules = [read_rule(key, item, self.names, self.tables, report) for key, item in items["rules"].items()]
        lines = [read_line(key, item, self.names, self.attributes, report) for key, item in items["lines"].items()]
        for line in lines:
            if line.group not in items["groups"]:
                self._entry("lines", line.key, None).wrong("undefined", line.group)
        examples = Examples(self.attributes, report)
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
        )
        report.stop_if_any()
        return ruleset

    def _gather(self) -> None:
        """Load the files and merge their top-level keys."""
        paths = sorted(self.folder.glob("*.yaml")) if self.folder.is_dir() else []
        if not paths:
            self.report.add(self.folder.name, 0, "", "missing-file", "*.yaml")
        if len(paths) > FILE_LIMIT:
            self.report.add(self.folder.name, 0, "", "size", f"{len(paths)} files")
            return
        for path in paths:
            document = load(path, self.folder, path.name, self.report)
            if document is not None:
                self._merge(Entry(document, "", (*ONCE, *NAMED), self.report))

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

    def _attributes(self, settings: dict[str, int], sections: set[str]) -> None:
        """Read attributes in order; derived numbers may use what all people answer and derived ones before them."""
        items = self.named["attributes"]
        if len(items) > ATTRIBUTE_LIMIT:
            self.report.add(next(iter(items.values())).file, 0, "", "size", f"{len(items)} attributes")
            return
        for key, item in items.items():
            attribute = self.attributes[key] = read_attribute(key, item, self.report, self.tables, settings)
            if attribute.section and attribute.section not in sections:
                self._entry("attributes", key, None).wrong("undefined", attribute.section)
            if key in settings:
                self._entry("attributes", key, None).wrong("duplicate", key)
            add_name(self.names, attribute)
        for key, attribute in self.attributes.items():
            if attribute.kind == "derived" and attribute.expression:
                check_derived(attribute, items[key], self.report, self.names)

    def _completion(self, head: Entry) -> tuple[str, ...]:
        order = head.words("completion")
        for key in order:
            if key not in self.attributes or self.attributes[key].kind == "derived":
                head.wrong("undefined", key, head.part("completion"))
        return order
