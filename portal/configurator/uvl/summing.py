"""Long sums as trees of derived numbers: each with few inputs, so that the solver gives it literals of its own.

A sum of a hundred features that is only looked at as a whole teaches the solver one combination at a time; as a tree of
small sums its bounds propagate.
"""

from __future__ import annotations

from collections.abc import Callable

from portal.configurator.engine.terms import And, Binary, Compare, Not, Or, Ref, Term

LEAVES = 6


class Sums:
    """Cuts long sums; `derived` holds the parts, each before those that read it."""

    def __init__(self, fresh: Callable[[], str]) -> None:
        self.derived: dict[str, Term] = {}
        self._fresh = fresh
        self._known: dict[Term, str] = {}

    def cut(self, term: Term) -> Term:
        """Return a term that says the same with short sums."""
        if isinstance(term, (And, Or)):
            return type(term)(tuple(self.cut(part) for part in term.parts))
        if isinstance(term, Not):
            return Not(self.cut(term.part))
        if isinstance(term, Compare):
            return Compare(term.operator, self.cut(term.left), self.cut(term.right))
        if not isinstance(term, Binary):
            return term
        left, right = self.cut(term.left), self.cut(term.right)
        if term.operator in {"+", "-"} and _leaves(left) + _leaves(right) > LEAVES:
            left, right = self._part(left), self._part(right)
        return Binary(term.operator, left, right)

    def _part(self, term: Term) -> Term:
        """Make a sum a derived number; anything shorter stays."""
        if _leaves(term) == 1:
            return term
        if term not in self._known:
            self._known[term] = self._fresh()
            self.derived[self._known[term]] = term
        return Ref(self._known[term])


def _leaves(term: Term) -> int:
    """Count what a sum adds up."""
    if isinstance(term, Binary) and term.operator in {"+", "-"}:
        return _leaves(term.left) + _leaves(term.right)
    return 1
