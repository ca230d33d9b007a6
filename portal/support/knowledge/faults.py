"""Reading the fault tree: a small table that everybody may read, taken whole."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.support.knowledge.fault_models import FaultType, KnownValue
from portal.words import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault type, or a product line where `parent` is empty."""

    id: int
    key: str
    line: str
    parent: str
    name: Text
    words: tuple[str, ...]
    archived: bool = False

    @property
    def is_line(self) -> bool:
        """Whether this is a product line."""
        return not self.parent


@dataclass(frozen=True, slots=True)
class Tree:
    """All fault types, by key, in their order; what is archived is still named but no longer offered."""

    all: Mapping[str, Fault]
    below: Mapping[str, tuple[Fault, ...]]  # by the key of the parent; "" for the product lines

    def get(self, key: str) -> Fault | None:
        """Return the fault type with this key."""
        return self.all.get(key)

    def line_of(self, key: str) -> str:
        """Return the product line of a fault type; empty for an unknown key."""
        return self.all[key].line if key in self.all else ""

    def named(self, key: str, locale: str) -> str:
        """Return what a fault type is called; an unknown key names itself."""
        return self.all[key].name.to(locale) if key in self.all else key

    def lines(self) -> tuple[Fault, ...]:
        """Return the product lines that are offered."""
        return tuple(each for each in self.below.get("", ()) if not each.archived)

    def children(self, key: str) -> tuple[Fault, ...]:
        """Return the fault types below another one, or of a product line, that are offered."""
        return tuple(each for each in self.below.get(key, ()) if not each.archived)

    def leaves(self, line: str) -> tuple[Fault, ...]:
        """Return the fault types of a product line that a person chooses from: those with nothing below them."""
        found: list[Fault] = []
        waiting = list(reversed(self.children(line)))
        while waiting:
            each = waiting.pop()
            below = self.children(each.key)
            waiting.extend(reversed(below))
            if not below:
                found.append(each)
        return tuple(found)

    def path(self, key: str) -> tuple[str, ...]:
        """Return the keys from the product line down to a fault type."""
        found: list[str] = []
        each = self.all.get(key)
        while each is not None and each.key not in found:
            found.append(each.key)
            each = self.all.get(each.parent)
        return tuple(reversed(found))


def types(session: Session) -> Tree:
    """Return the fault tree, in one query."""
    rows = session.scalars(select(FaultType).order_by(FaultType.line, FaultType.position, FaultType.id)).all()
    key_of = {row.id: row.key for row in rows}
    found = [
        Fault(
            row.id,
            row.key,
            row.line,
            key_of[row.parent_id] if row.parent_id else "",
            Text(row.name_en, row.name_zh),
            tuple(filter(None, row.words.split("\n"))),
            row.archived_at is not None,
        )
        for row in rows
    ]
    below: dict[str, list[Fault]] = defaultdict(list)
    for each in found:
        below[each.parent].append(each)
    below[""].sort(key=lambda line: next(row.position for row in rows if row.id == line.id))
    return Tree({each.key: each for each in found}, {key: tuple(some) for key, some in below.items()})


def fault_type(session: Session, key: str) -> FaultType:
    """Return one fault type to be edited; raises NotFound."""
    found = session.scalar(select(FaultType).where(FaultType.key == key))
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """An error code or a firmware version."""

    id: int
    line: str
    kind: str
    value: str
    key: str
    meaning: Text
    fault_id: int | None
    archived: bool


def known_values(session: Session, *lines: str) -> tuple[Known, ...]:
    """Return error codes and firmware versions of product lines (without any: of all), in one query."""
    query = select(KnownValue).order_by(KnownValue.line, KnownValue.kind, KnownValue.value_key)
    if lines:
        query = query.where(KnownValue.line.in_(lines))
    return tuple(
        Known(
            row.id, row.line, row.kind, row.value, row.value_key, Text(row.meaning_en, row.meaning_zh), row.fault_id,
            row.archived_at is not None,
        )
        for row in session.scalars(query)
    )  # fmt: skip
