"""Parse trees to typed terms: names are resolved, words and units are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lark import Token, Tree

from portal.configurator.engine.terms import (
    And,
    Binary,
    Compare,
    If,
    Lookup,
    Member,
    Not,
    Number,
    Or,
    Ref,
    Same,
    Setting,
    Symbol,
    Term,
    bind,
    children,
)
from portal.configurator.engine.terms import names as keys_of
from portal.configurator.language.errors import Fault
from portal.configurator.language.grammar import parse
from portal.configurator.language.repetition import Span, aggregate, member_names, one_group
from portal.configurator.language.units import Dimension, describe, multiply, unit_dimension, whole

SIZE_LIMIT = 5_000
HEIGHT_LIMIT = 150


@dataclass(frozen=True, slots=True)
class Column:
    """A column's type: a dimension for numbers, else the words that occur."""

    dimension: Dimension | None
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A table's key columns and the types of all its columns."""

    keys: tuple[str, ...]
    columns: Mapping[str, Column]


@dataclass
class Names:
    """What names mean in a rule set: numbers by dimension, choices by words, tables, and the table of a choice."""

    numbers: dict[str, Dimension] = field(default_factory=dict)
    choices: dict[str, frozenset[str]] = field(default_factory=dict)
    settings: dict[str, Dimension] = field(default_factory=dict)
    tables: dict[str, NamedTable] = field(default_factory=dict)
    table_of: dict[str, str] = field(default_factory=dict)
    countable: set[str] = field(default_factory=set)
    derived: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Size and height of derived numbers with everything they read written out."""
    groups: dict[str, str] = field(default_factory=dict)
    """The repeated group that an attribute belongs to."""
    repeated: dict[str, Span] = field(default_factory=dict)

    def fits(self, key: str, column: Column) -> bool:
        """Tell whether an attribute may be looked up in a key column: words by choices, counts by plain quantities."""
        if column.dimension is None:
            return key in self.choices
        return key in self.countable and not column.dimension

    def group_of(self, *terms: Term) -> str:
        """Return the repeated group whose members these terms speak of, empty for none; two are a fault."""
        return one_group((key for term in terms for key in keys_of(term)), self.groups)


@dataclass(frozen=True, slots=True)
class Typed:
    """A term with its type: number (dimension, None fits all), word (its possible words) or truth."""

    term: Term
    kind: str
    dimension: Dimension | None = None
    words: frozenset[str] | None = None


def condition(text: str, names: Names) -> Term:
    """Read a true-or-false expression."""
    typed = _Resolver(names).resolve(parse(text))
    if typed.kind != "truth":
        raise Fault("kind", text)
    measure(typed.term, names)
    names.group_of(typed.term)
    return typed.term


def measure(term: Term, names: Names) -> tuple[int, int]:
    """Return size and height with derived numbers written out; too much of either is a fault."""
    size = height = deepest = 0
    level = [term]
    while level:
        height += 1
        size += len(level)
        inner = [names.derived[node.key] for node in level if isinstance(node, Ref) and node.key in names.derived]
        size += sum(part[0] for part in inner)
        deepest = max(deepest, height + max((part[1] for part in inner), default=0))
        if size > SIZE_LIMIT or deepest > HEIGHT_LIMIT:
            raise Fault("long")
        level = [part for node in level for part in children(node)]
    return size, deepest


def number(text: str, names: Names) -> tuple[Term, Dimension]:
    """Read a numeric expression with its dimension."""
    typed = _Resolver(names).resolve(parse(text))
    if typed.kind != "number":
        raise Fault("kind", text)
    measure(typed.term, names)
    names.group_of(typed.term)
    return typed.term, typed.dimension or ()


class _Resolver:
    """Walks a parse tree; one method per node of the grammar."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def resolve(self, node: Tree[Token] | Token) -> Typed:
        """Return the typed term of a node."""
        assert isinstance(node, Tree)
        typed = getattr(self, f"_{node.data}")(*node.children)
        assert isinstance(typed, Typed)
        return typed

    def _as(self, kind: str, node: Tree[Token]) -> Typed:
        typed = self.resolve(node)
        if typed.kind != kind:
            raise Fault("kind", _shown(node))
        return typed

    def _start(self, child: Tree[Token]) -> Typed:
        return self.resolve(child)

    def _implication(self, left: Tree[Token], right: Tree[Token]) -> Typed:
        parts = (Not(self._as("truth", left).term), self._as("truth", right).term)
        return Typed(Or(parts), "truth")

    def _disjunction(self, *parts: Tree[Token]) -> Typed:
        return Typed(Or(tuple(self._as("truth", part).term for part in parts)), "truth")

    def _conjunction(self, *parts: Tree[Token]) -> Typed:
        return Typed(And(tuple(self._as("truth", part).term for part in parts)), "truth")

    def _inverse(self, part: Tree[Token]) -> Typed:
        return Typed(Not(self._as("truth", part).term), "truth")

    def _comparison(self, left: Tree[Token], sign: Token, right: Tree[Token]) -> Typed:
        first, second = self.resolve(left), self.resolve(right)
        if first.kind == second.kind == "word" and sign in {"==", "!="}:
            _check_words(first, second)
            same = Same(first.term, second.term)
            return Typed(same if sign == "==" else Not(same), "truth")
        if first.kind != "number" or second.kind != "number":
            raise Fault("kind", f"{_shown(left)} {sign} {_shown(right)}")
        _common(first, second)
        return Typed(Compare(str(sign), first.term, second.term), "truth")

    def _member(self, left: Tree[Token], *items: Tree[Token]) -> Typed:
        subject = self.resolve(left)
        members = [self._as(subject.kind, item) for item in items]
        if subject.kind == "word":
            for member in members:
                _check_words(subject, member)
            symbols = [member.term.value for member in members if isinstance(member.term, Symbol)]
            if len(symbols) != len(members):
                raise Fault("kind", _shown(left))
            return Typed(Member(subject.term, tuple(symbols)), "truth")
        if subject.kind != "number":
            raise Fault("kind", _shown(left))
        for member in members:
            _common(subject, member)
        return Typed(Or(tuple(Compare("==", subject.term, member.term) for member in members)), "truth")

    def _stranger(self, left: Tree[Token], *items: Tree[Token]) -> Typed:
        return Typed(Not(self._member(left, *items).term), "truth")

    def _between(self, left: Tree[Token], low: Tree[Token], high: Tree[Token]) -> Typed:
        subject, least, most = (self._as("number", node) for node in (left, low, high))
        _common(subject, least)
        _common(subject, most)
        parts = (Compare(">=", subject.term, least.term), Compare("<=", subject.term, most.term))
        return Typed(And(parts), "truth")

    def _binary(self, left: Tree[Token], sign: Token, right: Tree[Token]) -> Typed:
        first, second = self._as("number", left), self._as("number", right)
        if sign == "*":
            dimension = multiply(first.dimension or (), second.dimension or ())
        else:
            dimension = _common(first, second) or ()
        return Typed(Binary(str(sign), first.term, second.term), "number", dimension)

    def _negative(self, part: Tree[Token]) -> Typed:
        inner = self._as("number", part)
        return Typed(Binary("-", Number(0), inner.term), "number", inner.dimension)

    def _quotient(self, rounding: Token, left: Tree[Token], right: Tree[Token]) -> Typed:
        first, second = self._as("number", left), self._as("number", right)
        dimension = multiply(first.dimension or (), second.dimension or (), -1)
        return Typed(Binary(str(rounding), first.term, second.term), "number", dimension)

    def _pick(self, which: Token, *parts: Tree[Token]) -> Typed:
        result = self._as("number", parts[0])
        for part in parts[1:]:
            other = self._as("number", part)
            result = Typed(Binary(str(which), result.term, other.term), "number", _common(result, other))
        return result

    def _conditional(self, question: Tree[Token], then: Tree[Token], otherwise: Tree[Token]) -> Typed:
        asked, first, second = self._as("truth", question), self._as("number", then), self._as("number", otherwise)
        return Typed(If(asked.term, first.term, second.term), "number", _common(first, second))

    def _members(self, operation: Token, group: Token, body: Tree[Token]) -> Typed:
        """Write an aggregate out, member by member."""
        key, verb = str(group), str(operation)
        if key not in self.names.repeated:
            raise Fault("undefined", key)
        span = self.names.repeated[key]
        inner = self._as("truth" if verb in {"all", "any", "count"} else "number", body)
        terms = [bind(inner.term, member_names(key, member, self.names.groups)) for member in span.members]
        term = aggregate(verb, key, span, terms)
        measure(term, self.names)
        if verb in {"all", "any"}:
            return Typed(term, "truth")
        return Typed(term, "number", () if verb == "count" else inner.dimension)

    def _amount(self, token: Token) -> Typed:
        text = str(token)
        digits = len(text) - len(text.lstrip("0123456789."))
        unit = text[digits:].strip() or "count"
        value = whole(text[:digits], unit)
        return Typed(Number(value), "number", None if value == 0 else unit_dimension(unit))

    def _word(self, token: Token) -> Typed:
        return Typed(Symbol(str(token)[1:-1]), "word")

    def _name(self, token: Token) -> Typed:
        key = str(token)
        if key in self.names.numbers:
            return Typed(Ref(key), "number", self.names.numbers[key])
        if key in self.names.settings:
            return Typed(Setting(key), "number", self.names.settings[key])
        if key in self.names.choices:
            return Typed(Ref(key), "word", None, self.names.choices[key])
        raise Fault("undefined", key)

    def _cell(self, owner: Token, column: Token, *arguments: Token) -> Typed:
        keys = tuple(str(argument) for argument in arguments)
        table_key = str(owner)
        if not keys:
            if table_key not in self.names.table_of:
                raise Fault("undefined", f"{owner}.{column}")
            keys, table_key = (table_key,), self.names.table_of[table_key]
        table = self.names.tables.get(table_key)
        if table is None or str(column) not in table.columns:
            raise Fault("undefined", f"{owner}.{column}")
        for key in keys:
            if key not in self.names.choices and key not in self.names.numbers:
                raise Fault("undefined", key)
        fits = len(keys) == len(table.keys) and all(
            self.names.fits(key, table.columns[name]) for key, name in zip(keys, table.keys, strict=True)
        )
        if not fits:
            raise Fault("kind", f"{owner}.{column}")
        found = table.columns[str(column)]
        lookup = Lookup(table_key, str(column), keys)
        if found.dimension is not None:
            return Typed(lookup, "number", found.dimension)
        return Typed(lookup, "word", None, found.words)


def _shown(node: Tree[Token] | Token) -> str:
    tokens = [str(token) for token in node.scan_values(lambda _: True)] if isinstance(node, Tree) else [str(node)]
    return " ".join(tokens)


def _check_words(first: Typed, second: Typed) -> None:
    """Refuse a quoted word that the other side can never be."""
    for symbol, other in ((first, second), (second, first)):
        if isinstance(symbol.term, Symbol) and other.words is not None and symbol.term.value not in other.words:
            raise Fault("unknown-value", symbol.term.value)


def _common(first: Typed, second: Typed) -> Dimension | None:
    """Return the shared dimension; zero fits every unit."""
    if first.dimension is None or second.dimension is None:
        return second.dimension if first.dimension is None else first.dimension
    if first.dimension != second.dimension:
        raise Fault("unit", f"{describe(first.dimension)} / {describe(second.dimension)}")
    return first.dimension
