"""Expression trees of rules: frozen nodes over integers in base units, symbols and truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Number:
    """An integer in base units."""

    value: int


@dataclass(frozen=True, slots=True)
class Setting:
    """A named engineering number of the rule set, in base units."""

    key: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The value of an attribute: base units for numbers, the value's key for a choice."""

    key: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """A cell of a table found by the values of attributes; undefined where the row or the cell is missing."""

    table: str
    column: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A quoted word, compared with choices and text columns."""

    value: str


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic of two numbers: + - * ceil floor min max; dividing by zero is undefined."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class If:
    """A number where a condition is true, another where it is false; undefined where the condition is."""

    condition: Term
    then: Term
    otherwise: Term


@dataclass(frozen=True, slots=True)
class Compare:
    """Comparison of two numbers: == != < <= > >=."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Same:
    """Equality of two symbolic terms."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Member:
    """A symbolic term is one of the words."""

    term: Term
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Negation; undefined stays undefined."""

    part: Term


@dataclass(frozen=True, slots=True)
class And:
    """Conjunction of all parts."""

    parts: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Disjunction of all parts."""

    parts: tuple[Term, ...]


Term = Number | Setting | Ref | Lookup | Symbol | Binary | If | Compare | Same | Member | Not | And | Or


def children(term: Term) -> tuple[Term, ...]:
    """Return the direct parts of a term."""
    if isinstance(term, (Binary, Compare, Same)):
        return (term.left, term.right)
    if isinstance(term, (And, Or)):
        return term.parts
    if isinstance(term, If):
        return (term.condition, term.then, term.otherwise)
    if isinstance(term, Not):
        return (term.part,)
    if isinstance(term, Member):
        return (term.term,)
    return ()


def names(term: Term) -> Iterator[str]:
    """Yield every attribute or derived key the term reads, with repetitions."""
    if isinstance(term, Ref):
        yield term.key
    elif isinstance(term, Lookup):
        yield from term.keys
    for part in children(term):
        yield from names(part)


def bind(term: Term, names: Mapping[str, str], inlined: Mapping[str, Term] | None = None) -> Term:
    """Return the term with attributes renamed, and those that are `inlined` written out."""
    if isinstance(term, Ref):
        if inlined and term.key in inlined:
            return bind(inlined[term.key], names, inlined)
        return Ref(names.get(term.key, term.key))
    if isinstance(term, Lookup):
        return replace(term, keys=tuple(names.get(key, key) for key in term.keys))
    changes: dict[str, Any] = {
        part.name: _bound(getattr(term, part.name), names, inlined or {}) for part in fields(term)
    }
    return replace(term, **changes)


def _bound(part: object, names: Mapping[str, str], inlined: Mapping[str, Term]) -> object:
    """Rename within what a term consists of: terms, tuples of terms, words and numbers."""
    if isinstance(part, tuple):
        return tuple(_bound(inner, names, inlined) for inner in part)
    return bind(part, names, inlined) if isinstance(part, Term) else part
