"""Read propositional rules in the DIMACS CNF format into the solver's model.

The format of the SAT competitions: `c` lines are comments, one line `p cnf VARIABLES CLAUSES`, then clauses of signed
numbers, each ended by 0 wherever lines break. A comment `c 12 name` names variable 12 (the custom of feature models);
a line `%` ends the clauses (the custom of SATLIB).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.configurator.engine.model import Clause, Model, Value, Variable

SIZE_LIMIT = 64 * 1024 * 1024
VARIABLE_LIMIT = 500_000
LITERAL_LIMIT = 8_000_000
TRUE, FALSE = "true", "false"

_HEADER = re.compile(r"p\s+cnf\s+(\d{1,9})\s+(\d{1,9})\s*")
_NAME = re.compile(r"c\s+([1-9]\d{0,8})\s+(\S.*)")
_NUMBERS = re.compile(r"-?[0-9]{1,9}(?:\s+-?[0-9]{1,9})*")

Literal = tuple[str, Value, bool]


class DimacsError(ValueError):
    """A file that is not DIMACS CNF; the text names the line."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(f"line {line}: {sentence}")
        self.line = line


@dataclass(frozen=True)
class Cnf:
    """The model, whose variables are called by their numbers, and the names that comments gave to numbers."""

    model: Model
    names: Mapping[str, str]


def read_dimacs(path: Path) -> Cnf:
    """Read a file; DimacsError says what is wrong and where."""
    with path.open("rb") as stream:
        data = stream.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise DimacsError(0, f"the file is larger than {SIZE_LIMIT // 1024 // 1024} MB")
    return parse_dimacs(data.decode("utf-8-sig", "replace"))


def parse_dimacs(text: str) -> Cnf:
    """Turn DIMACS text into a model with one clause `clause N` per clause N of the text; tautologies are left out."""
    reader = _Reader()
    for place, line in enumerate(_lines(text), start=1):
        if not reader.line(place, line.strip()):
            break
    clauses = reader.finish()
    variables = tuple(Variable(str(number), "choice", (TRUE, FALSE)) for number in range(1, reader.variables + 1))
    names = {number: name for number, name in reader.names.items() if int(number) <= reader.variables}
    return Cnf(Model(variables=variables, rules=clauses), names)


def _lines(text: str) -> Iterator[str]:
    """Yield lines one by one; only line feeds and carriage returns end a line."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield from text[start:end].rstrip("\r").split("\r")
        start = end + 1


class _Reader:
    """Gathers the header, the names and the clauses line by line."""

    def __init__(self) -> None:
        self.variables = self.announced = self.header = self.count = self.literals = 0
        self.names: dict[str, str] = {}
        self._clauses: list[Clause] = []
        self._open: list[int] = []
        self._known: dict[int, Literal] = {}
        self._opened = self._last = 0

    def line(self, place: int, text: str) -> bool:
        """Take in one line; False when it ends the clauses."""
        self._last = place
        if not text:
            return True
        if text[0] == "c" and (len(text) == 1 or text[1].isspace() or not self.header):
            named = _NAME.fullmatch(text)
            if named is not None:
                self.names.setdefault(named[1], named[2])
        elif text[0] == "p":
            self._read_header(place, text)
        elif text == "%":
            return False
        elif not self.header:
            raise DimacsError(place, "a line `p cnf VARIABLES CLAUSES` must come before the clauses")
        else:
            self._read_literals(place, text)
        return True

    def _read_header(self, place: int, text: str) -> None:
        if self.header:
            raise DimacsError(place, f"a second `p` line; the first is in line {self.header}")
        found = _HEADER.fullmatch(text)
        if found is None:
            raise DimacsError(place, f"`{_short(text)}` is not of the form `p cnf VARIABLES CLAUSES`")
        self.variables, self.announced, self.header = int(found[1]), int(found[2]), place
        if self.variables > VARIABLE_LIMIT:
            raise DimacsError(place, f"more than {VARIABLE_LIMIT} variables")

    def _read_literals(self, place: int, text: str) -> None:
        words = text.split()
        self.literals += len(words)
        if self.literals > LITERAL_LIMIT:
            raise DimacsError(place, f"more than {LITERAL_LIMIT} numbers")
        if _NUMBERS.fullmatch(text) is None:
            wrong = next(word for word in words if _NUMBERS.fullmatch(word) is None)
            raise DimacsError(place, f"`{_short(wrong)}` is not a whole number")
        for literal in map(int, words):
            if literal == 0:
                self._close(place)
            elif abs(literal) > self.variables:
                raise DimacsError(place, f"variable {abs(literal)} is beyond the {self.variables} of the `p` line")
            else:
                self._opened = self._opened if self._open else place
                self._open.append(literal)

    def _close(self, place: int) -> None:
        """End a clause: repeated literals count once, a clause with a literal and its opposite says nothing."""
        self.count += 1
        if self.count > self.announced:
            raise DimacsError(place, f"clause {self.count} is beyond the {self.announced} of the `p` line")
        literals = dict.fromkeys(self._open)
        self._open.clear()
        if not any(-literal in literals for literal in literals):
            parts = tuple([self._said(literal) for literal in literals])
            self._clauses.append(Clause(f"clause {self.count}", parts))

    def _said(self, literal: int) -> Literal:
        """Return a literal as the solver writes it, one object for all its places."""
        found = self._known.get(literal)
        if found is None:
            found = self._known[literal] = (str(abs(literal)), TRUE if literal > 0 else FALSE, True)
        return found

    def finish(self) -> tuple[Clause, ...]:
        """Return the clauses of a whole file."""
        if not self.header:
            raise DimacsError(max(self._last, 1), "the line `p cnf VARIABLES CLAUSES` is missing")
        if self._open:
            raise DimacsError(self._opened, "the last clause is not ended by 0")
        if self.count != self.announced:
            raise DimacsError(self.header, f"{self.announced} clauses are announced, but {self.count} follow")
        return tuple(self._clauses)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
