"""The bill of material as the solver writes it: lines, and the accessories that go with them, member by member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.configurator.engine import model as engine
from portal.configurator.engine.terms import And, Binary, Compare, Member, Number, Ref, Term, bind
from portal.configurator.language.errors import Fault
from portal.configurator.language.meaning import Parsed, line_reads
from portal.configurator.language.parts import Accessory, Authored, BillLine, Repeated
from portal.configurator.language.repetition import member_names, one_group, present

LINE_LIMIT = 2_000

ONE: Term = Number(1)


@dataclass(frozen=True)
class _Item:
    """One way in which a line comes about: directly, or with one of its parents; `group` is the repeated group."""

    line: BillLine
    quantity: Term
    conditions: tuple[Term, ...]
    group: str


def bill_lines(rules: Authored, parsed: Parsed, groups: Mapping[str, str]) -> tuple[engine.Line, ...]:
    """Return all lines: those of a repeated group once for each member; several may share a key."""
    repeated = {group.key: group for group in rules.repeated}
    bill = Bill(rules, parsed, groups)
    found = [line for item in bill.items() for line in _written_out(item, repeated, groups)]
    if len(found) > LINE_LIMIT:
        raise Fault("size", f"{len(found)} lines")
    return tuple(found)


class Bill:
    """Finds every way in which lines and accessories come about."""

    def __init__(self, rules: Authored, parsed: Parsed, groups: Mapping[str, str]) -> None:
        self.rules, self.parsed, self.groups = rules, parsed, groups
        self._lines = {line.key: line for line in rules.bill_lines}
        self._known: dict[str, list[_Item]] = {}
        self._open: list[str] = []
        self._attributes = {attribute.key: attribute for attribute in rules.attributes}

    def items(self) -> Iterator[_Item]:
        """Yield all in the authored order; Fault with `cycle` for an accessory that requires itself."""
        for key in self._lines:
            yield from self.of(key)

    def of(self, key: str) -> list[_Item]:
        """Return every way in which one line comes about."""
        if key in self._open:
            raise Fault("cycle", " > ".join([*self._open[self._open.index(key) :], key]))
        if key not in self._known:
            self._open.append(key)
            self._known[key] = self._find(self._lines[key])
            self._open.pop()
        return self._known[key]

    def _find(self, line: BillLine) -> list[_Item]:
        quantity, when = self.parsed.quantities[line.key], self.parsed.conditions.get(line.key)
        group = one_group(line_reads(line, quantity, when), self.groups)
        conditions = () if when is None else (when,)
        parents = line.parents if isinstance(line, Accessory) else ()
        if not parents:
            return [_Item(line, quantity, conditions, group)]
        found = [self._beside(line, quantity, conditions, group, item) for key in parents for item in self.of(key)]
        if len(found) > LINE_LIMIT:
            raise Fault("size", line.key)
        return found

    def _beside(self, line: BillLine, each: Term, conditions: tuple[Term, ...], group: str, parent: _Item) -> _Item:
        """Return the line as it comes with its parent: so many for each piece, where the parent is on the bill."""
        if group not in {"", parent.group}:
            raise Fault("group", f"{line.key}, {parent.line.key}")
        pieces = parent.quantity
        before = [*parent.conditions, *self._has_product(parent.line)]
        if not isinstance(pieces, Number) or pieces.value <= 0:
            before.append(Compare(">", pieces, Number(0)))
        quantity = pieces if each == ONE else Binary("*", each, pieces)
        return _Item(line, quantity, (*conditions, *before), parent.group)

    def _has_product(self, line: BillLine) -> list[Term]:
        """Return the condition that the chosen value is a product; nothing when every value is."""
        if not line.product:
            return []
        values = self._attributes[line.product].values
        words = tuple(value.key for value in values if value.sku)
        return [] if len(words) == len(values) else [Member(Ref(line.product), words)]


def _written_out(item: _Item, repeated: Mapping[str, Repeated], groups: Mapping[str, str]) -> Iterator[engine.Line]:
    if not item.group:
        yield _line(item, item.conditions, {})
        return
    group = repeated[item.group]
    for member in range(1, group.maximum + 1):
        here = (present(group.key, member),) if member > group.minimum else ()
        yield _line(item, (*here, *item.conditions), member_names(group.key, member, groups))


def _line(item: _Item, conditions: tuple[Term, ...], names: Mapping[str, str]) -> engine.Line:
    line = item.line
    terms = tuple(bind(term, names) for term in conditions)
    when = None if not terms else terms[0] if len(terms) == 1 else And(terms)
    product = names.get(line.product, line.product) or None
    return engine.Line(line.key, line.group, line.sku or None, product, bind(item.quantity, names), when)
