"""YAML to a tree of texts with their lines.

Plain scalars stay the text that was written: what a number, a truth or a name is, the field decides. So no model turns
into a date, no Norwegian NO into false, no 010 into 8. The tree is built from the parser's events without
recursion: duplicate keys, depth, size, aliases that grow and tags are refused on the way.
"""

from dataclasses import dataclass
from typing import Any, Final

import yaml

from portal.catalog.devicetypes.walking import Damaged

DEPTH_LIMIT: Final = 12
NODE_LIMIT: Final = 50_000
TEXT_LIMIT: Final = 100_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it was built in, twenty times faster
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as it was written; `plain` without quotes."""

    text: str
    plain: bool
    line: int
    size: int = 1

    @property
    def is_nothing(self) -> bool:
        """Whether the file says nothing here: an empty value or null."""
        return self.plain and self.text in _NOTHING


@dataclass(slots=True)
class Items:
    """A list."""

    values: list["Node"]
    line: int
    size: int = 1


@dataclass(slots=True)
class Table:
    """A mapping by key."""

    entries: dict[str, "Node"]
    line: int
    size: int = 1


Node = Text | Items | Table


@dataclass(slots=True)
class _Open:
    """A collection that is being read, with the anchor and the key that wait for it."""

    node: Items | Table
    anchor: str | None
    key: str | None = None


class _Builder:
    """Takes one event after the other and keeps the finished tree in `root`."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._nodes = 0

    def take(self, event: yaml.Event) -> None:
        """Add what one event says to the tree."""
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise Damaged("a second document begins in this file", line)
        if isinstance(event, yaml.AliasEvent):
            self._place(self._known(event, line), line)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(line)

    def _known(self, event: yaml.AliasEvent, line: int) -> Node:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            raise Damaged(f"the alias *{event.anchor} stands before or within what it names", line)
        self._nodes += node.size - 1
        return node

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        if event.tag is not None:
            raise Damaged(f"the tag {event.tag} is not read", line)
        if len(event.value) > TEXT_LIMIT:
            raise Damaged(f"a text is longer than {TEXT_LIMIT} characters", line)
        if "\0" in event.value or any("\ud800" <= letter <= "\udfff" for letter in event.value):
            raise Damaged("a text holds a character that is no text", line)  # only escapes can write one
        node = Text(event.value, not event.style, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._place(node, line)

    def _begin(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if event.tag is not None:
            raise Damaged(f"the tag {event.tag} is not read", line)
        if len(self._open) >= DEPTH_LIMIT:
            raise Damaged(f"lists and mappings lie more than {DEPTH_LIMIT} deep", line)
        if self._open and isinstance(self._open[-1].node, Table) and self._open[-1].key is None:
            raise Damaged("a key must be a plain text", line)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node: Items | Table = Table({}, line) if isinstance(event, yaml.MappingStartEvent) else Items([], line)
        self._open.append(_Open(node, event.anchor))

    def _end(self, line: int) -> None:
        done = self._open.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = done.node
        self._place(done.node, line)

    def _place(self, node: Node, line: int) -> None:
        """Hang a finished node where it belongs; an alias counts with all that it repeats."""
        self._nodes += 1
        if self._nodes > NODE_LIMIT:
            raise Damaged(f"more than {NODE_LIMIT} values, repeated ones counted each time", line)
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        if isinstance(top.node, Items):
            top.node.values.append(node)
        elif top.key is None:
            if not isinstance(node, Text):
                raise Damaged("a key must be a plain text", line)
            if node.text in top.node.entries:
                raise Damaged(f"the key {node.text[:60]!r} stands here twice", line)
            top.key = node.text
            return
        else:
            top.node.entries[top.key] = node
            top.key = None
        top.node.size += node.size


def read_tree(data: bytes) -> Table:
    """Return the mapping that a file holds; raises Damaged with the line of the first thing that is wrong."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Damaged("the file is not UTF-8 text", data.count(b"\n", 0, error.start) + 1) from error
    if (zero := text.find("\0")) >= 0:
        raise Damaged("the file holds a zero character", text.count("\n", 0, zero) + 1)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Damaged(f"this is not YAML: {error.problem or error.context}", mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise Damaged(f"this is not YAML: {str(error).splitlines()[0][:100]}") from error
    if builder.root is None or (isinstance(builder.root, Text) and builder.root.is_nothing):
        raise Damaged("the file is empty")
    if not isinstance(builder.root, Table):
        raise Damaged("a mapping is expected", builder.root.line)
    return builder.root
