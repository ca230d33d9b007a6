"""YAML files to plain items with line numbers; no tags, no anchors, bounded in size and depth."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import yaml

from portal.configurator.language.errors import Fault, Report

SIZE_LIMIT = 256 * 1024
DEPTH_LIMIT = 12
NODE_LIMIT = 50_000
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C where PyYAML was built with it; it is ten times as fast and says the same."""


@dataclass(frozen=True)
class Item:
    """A scalar's text, a list, or a mapping by key, with the place it was written at."""

    value: str | list[Item] | dict[str, Item]
    file: str
    line: int


def read_text(path: Path, root: Path, limit: int = SIZE_LIMIT) -> str:
    """Read a regular file that lies inside root, not larger than limit bytes."""
    if not path.exists():
        raise Fault("missing-file", path.name)
    if not path.resolve().is_relative_to(root.resolve()):
        raise Fault("outside", path.name)
    with _opened(path) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise Fault("size", path.name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Fault("encoding") from None


def _opened(path: Path) -> BinaryIO:
    """Open a regular file without waiting: a pipe that nobody writes to would never open otherwise."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise Fault("missing-file", f"{path.name} ({error.strerror})") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Fault("shape", "a regular file")
    return os.fdopen(descriptor, "rb")


def load(path: Path, root: Path, name: str, report: Report) -> Item | None:
    """Read one YAML file; problems go to the report and give None."""
    try:
        text = read_text(path, root)
    except Fault as fault:
        report.add(name, 0, "", fault.code, fault.what)
        return None
    try:
        if not _scan(text, name, report):
            return None
        node = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        report.add(name, mark.line + 1 if mark is not None else 0, "", "yaml", error.problem or "")
        return None
    except yaml.YAMLError:
        report.add(name, 0, "", "encoding")
        return None
    if node is None:
        report.add(name, 0, "", "empty", name)
        return None
    return _item(node, name, report)


def _scan(text: str, name: str, report: Report) -> bool:
    """Walk the events first: refuse aliases, tags, depth and size before anything is built."""
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=LOADER)):
        line = _line(event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        problem = _problem(event, depth, nodes)
        if problem is not None:
            report.add(name, line, "", problem, f"more than {NODE_LIMIT} parts")
            return False
    return True


def _problem(event: yaml.Event, depth: int, nodes: int) -> str | None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        return "alias"
    if getattr(event, "tag", None) is not None:
        return "tag"
    if depth > DEPTH_LIMIT:
        return "deep"
    return "size" if nodes > NODE_LIMIT else None


def _item(node: yaml.Node, name: str, report: Report) -> Item:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return Item(node.value.strip(), name, line)
    if isinstance(node, yaml.SequenceNode):
        return Item([_item(part, name, report) for part in node.value], name, line)
    entries: dict[str, Item] = {}
    for key, value in node.value:
        place = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            report.add(name, place, "", "shape", "a word as key")
        elif key.value in entries:
            report.add(name, place, "", "duplicate", key.value)
        else:
            inner = _item(value, name, report)
            entries[key.value] = Item(inner.value, name, place)
    return Item(entries, name, line)


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 0
