"""Terms of the solver as UVL constraints.

UVL knows two truth values and no conditional numbers. A term is therefore said by cases: conditions that exclude each
other, with a plain expression in each; where none holds the term is undefined. Conditions are said twice, as "is true"
and "is false". Rounded quotients and cells found by several attributes become features of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

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
)
from portal.configurator.uvl.vocabulary import CannotSay, Vocabulary
from portal.configurator.uvl.writing import quoted

CASE_LIMIT = 400
LENGTH_LIMIT = 15_000
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

Case = tuple[tuple[str, ...], str]
"""Conditions that must all hold, and what the term is then."""


class Speaker:
    """Says terms with the features of a vocabulary."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        self._numbers: dict[Term, list[Case]] = {}

    def require(self, term: Term) -> list[str]:
        """Return constraints that together say "this is true"."""
        parts = term.parts if isinstance(term, And) else (term,)
        found = [self.truth(part, True) for part in parts]
        return [text for text in found if text != self.words.yes]

    def truth(self, term: Term, wanted: bool) -> str:
        """Say that a condition is true, or (`wanted` False) that it is false."""
        if isinstance(term, Not):
            return self.truth(term.part, not wanted)
        if isinstance(term, (And, Or)):
            texts = [self.truth(part, wanted) for part in term.parts]
            return self.all_of(texts) if isinstance(term, And) is wanted else self.any_of(texts)
        if isinstance(term, Compare):
            sign = term.operator if wanted else OPPOSITE[term.operator]
            return self._pairs(self.number(term.left), self.number(term.right), lambda a, b: f"{a} {sign} {b}")
        if isinstance(term, (Same, Member)):
            return self._same(term, wanted)
        raise TypeError(f"not a condition: {term!r}")

    def all_of(self, texts: Sequence[str]) -> str:
        """Join conditions by "and"."""
        kept = [text for text in dict.fromkeys(texts) if text != self.words.yes]
        if self.words.no in kept:
            return self.words.no
        return _short(self._joined(kept, " & ") if kept else self.words.yes)

    def any_of(self, texts: Sequence[str]) -> str:
        """Join conditions by "or"."""
        kept = [text for text in dict.fromkeys(texts) if text != self.words.no]
        if self.words.yes in kept:
            return self.words.yes
        return _short(self._joined(kept, " | ") if kept else self.words.no)

    def _joined(self, texts: list[str], sign: str) -> str:
        return texts[0] if len(texts) == 1 else "(" + sign.join(texts) + ")"

    def _pairs(self, left: list[Case], right: list[Case], say: Callable[[str, str], str]) -> str:
        """Say a comparison in every pair of cases."""
        if len(left) * len(right) > CASE_LIMIT:
            raise CannotSay("it has too many cases")
        return self.any_of([self.all_of((*mine, *other, say(a, b))) for (mine, a), (other, b) in product(left, right)])

    def _same(self, term: Same | Member, wanted: bool) -> str:
        if isinstance(term, Same) and isinstance(term.left, Ref) and isinstance(term.right, Symbol):
            say = self.words.equals if wanted else self.words.differs
            known = term.right.value in self.words.variables[term.left.key].values
            return say(term.left.key, term.right.value) if known else self.words.no if wanted else self.words.yes
        left = self._word(term.term if isinstance(term, Member) else term.left)
        right = [((), word) for word in term.symbols] if isinstance(term, Member) else self._word(term.right)
        if isinstance(term, Member):
            inside = set(term.symbols)
            hits = [self.all_of(conditions) for conditions, word in left if (word in inside) is wanted]
            return self.any_of(hits)
        if len(left) * len(right) > 20 * CASE_LIMIT:
            raise CannotSay("it compares too many words")
        return self.any_of(
            [self.all_of((*mine, *other)) for (mine, a), (other, b) in product(left, right) if (a == b) is wanted]
        )

    def _word(self, term: Term) -> list[Case]:
        """Return the cases of a word; a cell that is missing has no case."""
        if isinstance(term, Symbol):
            return [((), term.value)]
        if isinstance(term, Ref):
            variable = self.words.variables[term.key]
            return [((self.words.equals(term.key, value),), str(value)) for value in variable.values]
        assert isinstance(term, Lookup)
        cells = self.words.functions[term.table, term.column]
        return [((self.words.row(term, row),), str(cell)) for row, cell in cells.items() if cell is not None]

    def number(self, term: Term) -> list[Case]:
        """Return the cases of a number."""
        if term not in self._numbers:
            found = self._number(term)
            if len(found) > CASE_LIMIT:
                raise CannotSay("it has too many cases")
            self._numbers[term] = [(conditions, _short(text)) for conditions, text in found]
        return self._numbers[term]

    def _number(self, term: Term) -> list[Case]:
        if isinstance(term, (Number, Setting, Ref)):
            return self._plain(term)
        if isinstance(term, Lookup):
            return self._cell(term)
        if isinstance(term, If):
            chosen = [((self.truth(term.condition, True), *rest), text) for rest, text in self.number(term.then)]
            other = [((self.truth(term.condition, False), *rest), text) for rest, text in self.number(term.otherwise)]
            return [case for case in chosen + other if self.words.no not in case[0]]
        assert isinstance(term, Binary)
        if term.operator in {"ceil", "floor"}:
            return self._quotient(term)
        if term.operator in {"min", "max"}:
            return self._pick(term)
        pairs = product(self.number(term.left), self.number(term.right))
        return [((*mine, *other), f"({a} {term.operator} {b})") for (mine, a), (other, b) in pairs]

    def _plain(self, term: Number | Setting | Ref) -> list[Case]:
        if isinstance(term, Ref):
            if term.key in self.words.derived:
                return self.number(self.words.derived[term.key])
            return [((), self.words.amount(term.key))]
        value = term.value if isinstance(term, Number) else self.words.settings[term.key]
        return [((), str(value) if value >= 0 else f"(0 - {-value})")]

    def _cell(self, term: Lookup) -> list[Case]:
        """Say a cell as the sum of an attribute over the features of its rows: one of them at most is selected."""
        cells = self.words.functions[term.table, term.column]
        summed = self.words.cells(term)
        missing = [self.words.row(term, row) for row, cell in cells.items() if cell is None]
        there = [] if self.words.covers(term) else [self.words.any_row(term)]
        gaps = [f"!{self._joined(missing, ' | ')}"] if missing else []
        return [((*there, *gaps), summed)]

    def _pick(self, term: Binary) -> list[Case]:
        sign, other = ("<=", ">") if term.operator == "min" else (">=", "<")
        found: list[Case] = []
        for (mine, a), (theirs, b) in product(self.number(term.left), self.number(term.right)):
            found += [((*mine, *theirs, f"{a} {sign} {b}"), a), ((*mine, *theirs, f"{a} {other} {b}"), b)]
        return found

    def _quotient(self, term: Binary) -> list[Case]:
        """Say a rounded quotient as an Integer feature that the constraints determine."""
        low, high = self.words.bounds(term)
        known, fresh = self.words.quotient(term, low, high)
        if fresh:
            try:
                self._determine(term, known, low)
            except CannotSay:
                self.words.forget(term)
                raise
        condition = self.words.defined[known]
        return [((condition,) if condition != self.words.yes else (), quoted(known))]

    def _determine(self, term: Binary, known: str, low: int) -> None:
        """Constrain the feature of a quotient to one value: the quotient, or the least one where it is undefined."""
        name, positive = quoted(known), self.words.bounds(term.right)[0] > 0
        defined: list[str] = []
        texts: list[str] = []
        for (mine, a), (theirs, b) in product(self.number(term.left), self.number(term.right)):
            defined.append(self.all_of((*mine, *theirs, *([] if positive else [f"{b} != 0"]))))
            parts = _divides(term.operator, name, a, b)
            said = parts[0] if positive else f"(({b} > 0 & {parts[0]}) | ({b} < 0 & {parts[1]}))"
            texts.append(_short(said if defined[-1] == self.words.yes else f"{defined[-1]} => {said}"))
        self.words.defined[known] = self.any_of(defined)
        undefined = self.any_of([*defined, f"{name} == {low}"])
        self.words.constrain(known, texts if undefined == self.words.yes else [*texts, undefined])


def _divides(operator: str, name: str, a: str, b: str) -> tuple[str, str]:
    """Say that `name` is the rounded quotient, for a divisor above and below zero."""
    step, sign, strict = ("- 1", ">=", "<") if operator == "ceil" else ("+ 1", "<=", ">")
    turned = {">=": "<=", "<=": ">=", "<": ">", ">": "<"}
    above = f"{name} * {b} {sign} {a} & ({name} {step}) * {b} {strict} {a}"
    below = f"{name} * {b} {turned[sign]} {a} & ({name} {step}) * {b} {turned[strict]} {a}"
    return above, below


def _short(text: str) -> str:
    if len(text) > LENGTH_LIMIT:
        raise CannotSay("its constraint would be too long")
    return text
