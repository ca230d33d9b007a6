"""Fault types of one product line as a rule file: every mistake is named with file, line and fault.

format: 1
line: cameras                       # as the catalogue calls its kind of product
title: {en: Cameras, zh: 摄像机}
faults:
  - key: camera_no_picture
    name: {en: No picture, zh: 无画面}
    words: [black screen, 黑屏]       # how people say it
    faults: []                      # finer ones below it
error_codes:
  - {value: E-CAM-02, fault: camera_no_picture, meaning: {en: …, zh: …}}
firmware: [V5.7.3]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.config import shipped
from portal.configurator.language.documents import Item, load
from portal.configurator.language.errors import Report
from portal.support.knowledge.fault_models import LONGEST_MEANING, LONGEST_NAME, LONGEST_VALUE, LONGEST_WORDS
from portal.words import Text

FORMAT: Final = "1"
KEY: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
MOST_FAULTS: Final = 200  # of a line
MOST_VALUES: Final = 500


@dataclass(frozen=True, slots=True)
class FaultOfFile:
    """One fault type; `parent` is the key of the one above it, for the first ones that of the line."""

    key: str
    parent: str
    name: Text
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueOfFile:
    """One error code or firmware version."""

    kind: str
    value: str
    fault: str
    meaning: Text


@dataclass(frozen=True, slots=True)
class LineOfFile:
    """All fault types of a product line, parents before their children."""

    line: str
    title: Text
    faults: tuple[FaultOfFile, ...]
    values: tuple[ValueOfFile, ...]


def shipped_lines() -> list[Path]:
    """Return the files that come along, in the order in which lines are offered."""
    return sorted((shipped("rules") / "faults").glob("*.yaml"))


def read_lines(paths: list[Path]) -> list[LineOfFile]:
    """Return the product lines of some files; raises RuleErrors with all that is wrong in any of them."""
    report = Report()
    found = [line for path in paths if (line := _Reader(path, report).read())]
    seen: dict[str, str] = {}
    for line, path in zip(found, paths, strict=False):
        for key in (line.line, *(fault.key for fault in line.faults)):
            if key in seen:
                report.add(path.name, 0, key, "duplicate", f"{key} (also in {seen[key]})")
            seen[key] = path.name
    report.stop_if_any()
    return found


def value_key(value: str) -> str:
    """Return the form in which error codes and versions are compared: letters and digits only, dots between digits."""
    return re.sub(r"[^0-9a-z.]", "", value.casefold()).strip(".")


class _Reader:
    """Reads one file; whatever is wrong goes to the report."""

    def __init__(self, path: Path, report: Report) -> None:
        self.path, self.name, self.report = path, path.name, report
        self.faults: dict[str, FaultOfFile] = {}

    def wrong(self, item: Item, rule: str, code: str, what: str = "") -> None:
        """Note a mistake at its line."""
        self.report.add(self.name, item.line, rule, code, what[:60])

    def read(self) -> LineOfFile | None:
        """Return what the file says, None when it cannot be read at all."""
        root = load(self.path, self.path.parent, self.name, self.report)
        if root is None:
            return None
        parts = self.mapping(root, "", ("format", "line", "title", "faults", "error_codes", "firmware"))
        if self.scalar(parts.get("format"), root, "format") != FORMAT:
            self.wrong(parts.get("format", root), "", "unknown-value", "format")
        line = self.key(parts.get("line"), root)
        title = self.text(parts.get("title"), root, line, LONGEST_NAME)
        for item in self.items(parts.get("faults"), line):
            self.fault(item, line)
        if not self.faults:
            self.wrong(root, line, "empty", "faults")
        if len(self.faults) > MOST_FAULTS:
            self.wrong(root, line, "size", f"{len(self.faults)} faults")
        return LineOfFile(line, title, tuple(self.faults.values()), tuple(self.values(parts, line)))

    def fault(self, item: Item, parent: str) -> None:
        """Read one fault type and those below it."""
        parts = self.mapping(item, parent, ("key", "name", "words", "faults"))
        key = self.key(parts.get("key"), item)
        if key in self.faults:
            self.wrong(item, key, "duplicate", key)
        words = tuple(self.scalar(each, item, key) for each in self.items(parts.get("words"), key))
        if len("\n".join(words)) > LONGEST_WORDS:
            self.wrong(item, key, "size", "words")
        name = self.text(parts.get("name"), item, key, LONGEST_NAME)
        self.faults[key] = FaultOfFile(key, parent, name, tuple(filter(None, words)))
        for below in self.items(parts.get("faults"), key):
            self.fault(below, key)

    def values(self, parts: dict[str, Item], line: str) -> Iterator[ValueOfFile]:
        """Read error codes and firmware versions."""
        seen: set[tuple[str, str]] = set()
        for kind, items in (("error_code", "error_codes"), ("firmware", "firmware")):
            for item in self.items(parts.get(items), line)[:MOST_VALUES]:
                found = self.value(kind, item, line)
                if (kind, value_key(found.value)) in seen:
                    self.wrong(item, line, "duplicate", found.value)
                seen.add((kind, value_key(found.value)))
                yield found

    def value(self, kind: str, item: Item, line: str) -> ValueOfFile:
        """Read one of them: a firmware version is a word, an error code says what it tells of."""
        if kind == "firmware":
            return ValueOfFile(kind, self.short(item, item, line), "", Text("", ""))
        parts = self.mapping(item, line, ("value", "fault", "meaning"))
        fault = self.scalar(parts["fault"], item, line) if "fault" in parts else ""
        if fault and fault not in self.faults:
            self.wrong(item, line, "undefined", fault)
        meaning = self.text(parts.get("meaning"), item, line, LONGEST_MEANING)
        return ValueOfFile(kind, self.short(parts.get("value"), item, line), fault, meaning)

    def short(self, item: Item | None, around: Item, rule: str) -> str:
        """Read a code or a version."""
        value = self.scalar(item, around, rule)
        if not value_key(value):
            self.wrong(around, rule, "empty", "value")
        elif len(value) > LONGEST_VALUE:
            self.wrong(around, rule, "size", value)
        return value

    def mapping(self, item: Item, rule: str, known: tuple[str, ...]) -> dict[str, Item]:
        """Return a mapping whose keys are all known."""
        if not isinstance(item.value, dict):
            self.wrong(item, rule, "shape", "names with values")
            return {}
        for key, value in item.value.items():
            if key not in known:
                self.wrong(value, rule, "unknown-key", key)
        return item.value

    def items(self, item: Item | None, rule: str) -> list[Item]:
        """Return the parts of a list; what is missing is an empty one."""
        if item is None:
            return []
        if not isinstance(item.value, list):
            self.wrong(item, rule, "shape", "a list")
            return []
        return item.value

    def scalar(self, item: Item | None, around: Item, rule: str) -> str:
        """Return a word."""
        if item is None or not isinstance(item.value, str):
            self.wrong(item or around, rule, "missing" if item is None else "shape", "a word")
            return ""
        return item.value

    def key(self, item: Item | None, around: Item) -> str:
        """Return a key."""
        key = self.scalar(item, around, "")
        if key and not KEY.fullmatch(key):
            self.wrong(item or around, key, "name", key)
        return key

    def text(self, item: Item | None, around: Item, rule: str, longest: int) -> Text:
        """Return a name in both languages."""
        if item is None:
            self.wrong(around, rule, "missing", "a text in both languages")
            return Text("", "")
        parts = self.mapping(item, rule, ("en", "zh"))
        said = {}
        for language in ("en", "zh"):
            words = parts.get(language)
            said[language] = words.value if words is not None and isinstance(words.value, str) else ""
            if not said[language]:
                self.wrong(item, rule, "language", language)
            elif len(said[language]) > longest:
                self.wrong(item, rule, "size", said[language])
        return Text(said["en"], said["zh"])
