"""The rule set: frozen data as authored, loss-free to and from JSON, with a content hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from portal.configurator.engine.model import Model
from portal.configurator.language.lowering import Parsed, lower, parse_all
from portal.configurator.language.parts import (
    Attribute,
    Authored,
    Column,
    Example,
    Group,
    Line,
    Prefer,
    Reason,
    Rule,
    Section,
    Setting,
    Table,
    Value,
)
from portal.words import Text

FORMAT = 1

__all__ = [
    "Attribute",
    "Column",
    "Example",
    "Group",
    "Line",
    "Prefer",
    "Reason",
    "Rule",
    "RuleSet",
    "Section",
    "Setting",
    "Table",
    "Text",
    "Value",
]


@dataclass(frozen=True)
class RuleSet(Authored):
    """The authored parts with what follows from them."""

    def attribute(self, key: str) -> Attribute:
        """Return an attribute; KeyError when there is none."""
        return self._attributes[key]

    def rule(self, key: str) -> Rule:
        """Return a rule; KeyError when there is none."""
        return self._rules[key]

    @cached_property
    def _attributes(self) -> Mapping[str, Attribute]:
        return {attribute.key: attribute for attribute in self.attributes}

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        return {rule.key: rule for rule in self.rules}

    @cached_property
    def parsed(self) -> Parsed:
        """Return all expressions as typed terms; raises Fault when one cannot be read."""
        return parse_all(self)

    def model(self) -> Model:
        """Return the solver's view of the rules."""
        return lower(self, self.parsed)

    def content(self) -> dict[str, Any]:
        """Return plain JSON data that from_content turns back into an equal rule set."""
        return {"format": FORMAT, **_plain(self)}

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> RuleSet:
        """Rebuild a rule set; ValueError when the data is not of this format."""
        data = dict(content)
        if data.pop("format", None) != FORMAT:
            raise ValueError("unknown format of rule content")
        rebuilt = _rebuild(cls, data)
        assert isinstance(rebuilt, cls)
        return rebuilt

    @cached_property
    def content_hash(self) -> str:
        """Return the SHA-256 of the canonical JSON as 64 hex digits."""
        canonical = json.dumps(self.content(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(thing: object) -> Any:
    """Turn dataclasses and tuples into dicts and lists."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {item.name: _plain(getattr(thing, item.name)) for item in fields(thing)}
    if isinstance(thing, tuple):
        return [_plain(part) for part in thing]
    return thing


def _rebuild(kind: Any, data: Any) -> Any:
    """Turn plain data back into the annotated kind, refusing other shapes."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        if not isinstance(data, Mapping) or set(data) != {item.name for item in fields(kind)}:
            raise ValueError(f"not a {kind.__name__}")
        return kind(**{name: _rebuild(hints[name], value) for name, value in data.items()})
    if get_origin(kind) is tuple:
        return _rebuild_tuple(get_args(kind), data)
    allowed = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if isinstance(data, bool) or not isinstance(data, tuple(allowed)):
        raise ValueError("unexpected data in rule content")
    return data


def _rebuild_tuple(parts: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise ValueError("a list was expected in rule content")
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(_rebuild(parts[0], part) for part in data)
    if len(parts) != len(data):
        raise ValueError("a list of another length was expected in rule content")
    return tuple(_rebuild(kind, part) for kind, part in zip(parts, data, strict=True))
