"""Terms as expressions of the rule format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.configurator.engine.terms import And, Binary, Compare, Lookup, Not, Number, Or, Ref, Same, Symbol, Term
from portal.configurator.uvl.placing import ALWAYS
from portal.configurator.uvl.values import NEVER

_BINDS = {"implies": 0, "or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "atom": 8}


@dataclass(frozen=True)
class Printer:
    """Writes terms with the names of attributes; derived numbers are called by their own."""

    names: Mapping[str, str]

    def expression(self, term: Term) -> str:
        """Return the text of a condition or a number."""
        return self._text(term)[0]

    def _at(self, term: Term, binds: int) -> str:
        """Return the text of a part, in brackets when it binds less than its surroundings ask for."""
        text, own = self._text(term)
        return text if own >= binds else f"({text})"

    def _text(self, term: Term) -> tuple[str, int]:
        if isinstance(term, (Number, Ref, Lookup, Symbol)):
            negative = isinstance(term, Number) and term.value < 0
            return self._atom(term), _BINDS["*" if negative else "atom"]
        if isinstance(term, Binary):
            return self._binary(term)
        if isinstance(term, (Same, Not, Compare)):
            return self._test(term)
        return self._logic(term)

    def _atom(self, term: Number | Ref | Lookup | Symbol) -> str:
        if isinstance(term, Number):
            return str(term.value)
        if isinstance(term, Ref):
            return self.names.get(term.key, term.key)
        if isinstance(term, Lookup):
            return f"{self.names[term.keys[0]]}.number"
        return f'"{term.value}"' if "'" in term.value else f"'{term.value}'"

    def _test(self, term: Same | Not | Compare) -> tuple[str, int]:
        if isinstance(term, Compare):
            return f"{self._at(term.left, 5)} {term.operator} {self._at(term.right, 5)}", _BINDS["compare"]
        inner = term.part if isinstance(term, Not) else term
        if isinstance(inner, Same):
            sign = "==" if inner is term else "!="
            return f"{self._at(inner.left, 8)} {sign} {self._at(inner.right, 8)}", _BINDS["compare"]
        return f"not {self._at(inner, 4)}", _BINDS["not"]

    def _logic(self, term: Term) -> tuple[str, int]:
        if term in {ALWAYS, NEVER}:
            return ("0 == 0" if term == ALWAYS else "0 == 1"), _BINDS["compare"]
        if isinstance(term, And):
            return " and ".join(self._at(part, 3) for part in term.parts), _BINDS["and"]
        if isinstance(term, Or) and len(term.parts) == 2 and isinstance(term.parts[0], Not):
            return f"{self._at(term.parts[0].part, 1)} implies {self._at(term.parts[1], 0)}", _BINDS["implies"]
        if isinstance(term, Or):
            return " or ".join(self._at(part, 2) for part in term.parts), _BINDS["or"]
        raise TypeError(f"not a term of a feature model: {term!r}")

    def _binary(self, term: Binary) -> tuple[str, int]:
        sign = term.operator
        if sign in {"ceil", "floor"}:
            return f"{sign}({self._at(term.left, 5)} / {self._at(term.right, 5)})", _BINDS["atom"]
        if sign in {"+", "-"}:
            return f"{self._at(term.left, 5)} {sign} {self._at(term.right, 6)}", _BINDS["+"]
        return f"{self._at(term.left, 6)} * {self._at(term.right, 7)}", _BINDS["*"]
