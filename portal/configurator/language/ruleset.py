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
from portal.configurator.language.bills import Bill
from portal.configurator.language.lowering import lower
from portal.configurator.language.meaning import Parsed, parse_all
from portal.configurator.language.parts import (
    Accessory,
    Advice,
    Attribute,
    Authored,
    BillLine,
    Column,
    Example,
    Group,
    Line,
    Picture,
    Prefer,
    Reason,
    Repeated,
    Rule,
    Scalar,
    Section,
    Setting,
    Start,
    Table,
    Template,
    Value,
)
from portal.configurator.language.repetition import expanded, member_key, presence_key
from portal.words import Text

FORMAT = 1

__all__ = [
    "Accessory",
    "Advice",
    "Attribute",
    "BillLine",
    "Column",
    "Example",
    "Group",
    "Line",
    "Picture",
    "Prefer",
    "Reason",
    "Repeated",
    "Rule",
    "RuleSet",
    "Section",
    "Setting",
    "Start",
    "Table",
    "Template",
    "Text",
    "Value",
]


@dataclass(frozen=True)
class RuleSet(Authored):
    """The authored parts with what follows from them."""

    def attribute(self, key: str) -> Attribute:
        """Return a question or derived number by its full name, `camera_group[1].fps`; KeyError when there is none."""
        return self._by_key[key]

    def rule(self, key: str) -> Rule:
        """Return a rule, authored or the one that ties a repeated group to its number; KeyError when there is none."""
        return self._rules[key]

    @cached_property
    def everything(self) -> tuple[Attribute, ...]:
        """Return every question and derived number, those of repeated groups once for each possible member."""
        return expanded(self.attributes, self.repeated)

    def existing(self, values: Mapping[str, Scalar]) -> tuple[Attribute, ...]:
        """Return every question and derived number without those of members that do not exist, given a full answer."""
        return tuple(item for item in self.everything if self.exists(item.key, values))

    def asked(self, section: str, values: Mapping[str, Scalar]) -> tuple[Attribute, ...]:
        """Return the questions of a section that exist, in page order, all of one member before those of the next."""
        found = [item for item in self.existing(values) if item.kind != "derived" and item.section == section]
        first: dict[str, int] = {}
        order: dict[str, tuple[int, int]] = {}
        for place, item in enumerate(found):
            group, member = self.member_of(item.key)
            order[item.key] = (first.setdefault(group, place), member) if group else (place, 0)
        return tuple(sorted(found, key=lambda item: order[item.key]))

    def without_absent(self, values: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Return choices without those about members that a chosen number of members leaves out."""
        return {
            key: value
            for key, value in values.items()
            if self.member_of(key)[0] not in values or self.exists(key, values)
        }

    def exists(self, key: str, values: Mapping[str, Scalar]) -> bool:
        """Tell whether a question belongs to a member that exists, or to no group."""
        group, member = self.member_of(key)
        count = values.get(group, 0)
        return not group or (isinstance(count, int) and member <= count)

    def member_of(self, key: str) -> tuple[str, int]:
        """Return the repeated group and the number of the member that a question belongs to; ("", 0) for none."""
        return self._members.get(key, ("", 0))

    def is_group(self, key: str) -> bool:
        """Tell whether a question asks how often a repeated group exists."""
        return any(group.key == key for group in self.repeated)

    @cached_property
    def defaults(self) -> Mapping[str, Scalar]:
        """Return what each question stands at while nobody has chosen and nothing excludes it."""
        return {item.key: item.prefer.value for item in self.everything if item.prefer.value is not None}

    def because_of(self, line: str) -> Text | None:
        """Return why a line is on the bill: the reason of an accessory, nothing for the lines of the product itself."""
        return next((accessory.because for accessory in self.accessories if accessory.key == line), None)

    @cached_property
    def _by_key(self) -> Mapping[str, Attribute]:
        return {attribute.key: attribute for attribute in self.everything}

    @cached_property
    def _members(self) -> Mapping[str, tuple[str, int]]:
        return {
            member_key(group.key, member, attribute.key): (group.key, member)
            for group in self.repeated
            for attribute in self.attributes
            if attribute.group == group.key
            for member in range(1, group.maximum + 1)
        }

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        return {rule.key: rule for rule in (*self.rules, *(presence_rule(group) for group in self.repeated))}

    @cached_property
    def parsed(self) -> Parsed:
        """Return all expressions as typed terms; raises Fault when one cannot be read."""
        return parse_all(self)

    def model(self) -> Model:
        """Return the solver's view of the rules."""
        return lower(self, self.parsed)

    def bill(self) -> Bill:
        """Return the lines with all that accessories require."""
        return Bill(self, self.parsed, {item.key: item.group for item in self.attributes if item.group})

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


def presence_rule(group: Repeated) -> Rule:
    """Return what people read when a member is asked for that does not exist."""
    english = f"There are only as many as “{group.title.en}” says."
    return Rule(presence_key(group.key), Text(english, f"数量以“{group.title.zh}”为准。"), "definition")


def _plain(thing: object) -> Any:
    """Turn dataclasses and tuples into dicts and lists; younger fields at their default are left out."""
    if is_dataclass(thing) and not isinstance(thing, type):
        found = {item.name: getattr(thing, item.name) for item in fields(thing)}
        later = {item.name for item in fields(thing) if item.metadata.get("later") and found[item.name] == item.default}
        return {name: _plain(value) for name, value in found.items() if name not in later}
    if isinstance(thing, tuple):
        return [_plain(part) for part in thing]
    return thing


def _rebuild(kind: Any, data: Any) -> Any:
    """Turn plain data back into the annotated kind, refusing other shapes."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        names = {item.name for item in fields(kind)}
        needed = {item.name for item in fields(kind) if not item.metadata.get("later")}
        if not isinstance(data, Mapping) or not needed <= set(data) <= names:
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
