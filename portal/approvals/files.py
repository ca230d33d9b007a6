"""Definitions as YAML files, read as a node tree so that every mistake names its line; no tags, no anchors, bounded."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from portal.approvals.definitions import Definition, Mistakes, read
from portal.config import shipped

LARGEST: Final = 64 * 1024
DEEPEST: Final = 10
Path_ = tuple[str | int, ...]


class FileMistakes(Exception):
    """A file that is no definition; `lines` are `file:line: sentence`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


def read_file(path: Path) -> tuple[Definition, dict[str, Any]]:
    """Return the definition of a file and its plain content; raises FileMistakes."""
    with path.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    name = path.name
    if len(data) > LARGEST:
        raise FileMistakes([f"{name}:0: the file is too large"])
    try:
        text = data.decode("utf-8-sig")
        _look(text, name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise FileMistakes([f"{name}:{line}: this is not valid YAML: {error.problem}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise FileMistakes([f"{name}:0: the file is not readable UTF-8 text"]) from None
    lines: dict[Path_, int] = {}
    content = _plain(node, (), lines, name)
    try:
        return read(content), content
    except Mistakes as wrong:
        found = sorted((_line(lines, mistake.path), str(mistake)) for mistake in wrong.mistakes)
        raise FileMistakes([f"{name}:{line}: {sentence}" for line, sentence in found]) from None


def write_text(content: Mapping[str, Any]) -> str:
    """Return content as YAML that reads as the same content."""
    return yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=110)


@lru_cache(maxsize=32)
def shipped_definition(kind: str) -> tuple[Definition, dict[str, Any]] | None:
    """Return what comes along for a kind, where something does."""
    path = shipped("rules") / "approvals" / f"{kind}.yaml"
    return read_file(path) if path.is_file() else None


def shipped_files() -> Iterator[Path]:
    """Yield the files that come along."""
    yield from sorted((shipped("rules") / "approvals").glob("*.yaml"))


def _look(text: str, name: str) -> None:
    """Walk the events first: refuse aliases, tags and depth before anything is built."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliased = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None
        if aliased or getattr(event, "tag", None) is not None or depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise FileMistakes([f"{name}:{line}: anchors, aliases, tags and deep nesting are not allowed"])


def _plain(node: yaml.Node | None, path: Path_, lines: dict[Path_, int], name: str) -> Any:
    if node is None:
        raise FileMistakes([f"{name}:0: the file is empty"])
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(part, (*path, number), lines, name) for number, part in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        whole = node.tag.endswith(":int") and len(node.value) < 20 and node.value.isascii() and node.value.isdigit()
        return int(node.value) if whole else str(node.value)
    found: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise FileMistakes([f"{name}:{line}: a word is needed as key"])
        if key.value in found:
            raise FileMistakes([f"{name}:{line}: {key.value} is given twice"])
        lines[(*path, key.value)] = line
        found[key.value] = _plain(value, (*path, key.value), lines, name)
    return found


def _line(lines: Mapping[Path_, int], path: Path_) -> int:
    """Return the line of a part, or that of the nearest part around it."""
    return next(lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in lines)
