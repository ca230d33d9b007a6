"""Conditions made of comparisons with words alone, as clauses."""

from __future__ import annotations

from portal.configurator.engine.model import Value
from portal.configurator.engine.terms import And, Not, Or, Ref, Same, Symbol, Term

LIMIT = 64

Literal = tuple[str, Value, bool]
Clauses = list[tuple[Literal, ...]]


def clauses_of(term: Term) -> Clauses | None:
    """Return clauses that say the same as a condition; None when it speaks of numbers or would become many."""
    found = _spread(term, True)
    return None if found is None else [tuple(dict.fromkeys(clause)) for clause in found if not _always(clause)]


def _spread(term: Term, wanted: bool) -> Clauses | None:
    if isinstance(term, Not):
        return _spread(term.part, not wanted)
    if isinstance(term, Same) and isinstance(term.left, Ref) and isinstance(term.right, Symbol):
        return [((term.left.key, term.right.value, wanted),)]
    if not isinstance(term, (And, Or)):
        return None
    parts = [_spread(part, wanted) for part in term.parts]
    return _all(parts) if isinstance(term, And) is wanted else _any(parts)


def _all(parts: list[Clauses | None]) -> Clauses | None:
    """Return clauses that say all parts."""
    together: Clauses = []
    for part in parts:
        if part is None or len(together) + len(part) > LIMIT:
            return None
        together += part
    return together


def _any(parts: list[Clauses | None]) -> Clauses | None:
    """Return clauses that say at least one part."""
    crossed: Clauses = [()]
    for part in parts:
        if part is None or len(crossed) * len(part) > LIMIT:
            return None
        crossed = [first + second for first in crossed for second in part]
    return crossed


def _always(clause: tuple[Literal, ...]) -> bool:
    """Tell whether a clause holds a literal and its opposite."""
    literals = set(clause)
    return any((key, value, not sign) in literals for key, value, sign in literals)
