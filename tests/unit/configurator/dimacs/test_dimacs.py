"""DIMACS CNF files: what they say, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.configurator import dimacs
from portal.configurator.dimacs import DimacsError, parse_dimacs, read_dimacs
from portal.configurator.engine.model import Clause


def literals(text: str) -> dict[str, list[int]]:
    """Return the clauses as signed numbers by their key."""
    found: dict[str, list[int]] = {}
    for rule in parse_dimacs(text).model.rules:
        assert isinstance(rule, Clause)
        signs = [(key, (value == "true") is positive) for key, value, positive in rule.literals]
        found[rule.key] = [int(key) if sign else -int(key) for key, sign in signs]
    return found


def test_comments_clauses_across_lines_and_tabs() -> None:
    text = "c a model\nc 1 Root feature\nc 9 nobody\n\n p  cnf 3\t3 \nc between\n1 -2\n\t0 2 3 0 -1\r\nc 2 B\n-3\n0\n"
    assert literals(text) == {"clause 1": [1, -2], "clause 2": [2, 3], "clause 3": [-1, -3]}
    cnf = parse_dimacs(text)
    assert cnf.names == {"1": "Root feature", "2": "B"}
    assert [(item.key, item.values) for item in cnf.model.variables] == [(n, ("true", "false")) for n in "123"]


def test_repeated_literals_tautologies_and_empty_clauses() -> None:
    assert literals("p cnf 2 3\n1 1 -2 1 0 2 -2 0 0") == {"clause 1": [1, -2], "clause 3": []}


def test_no_clauses_and_the_end_mark_of_satlib() -> None:
    assert literals("p cnf 2 0\n") == {}
    assert literals("p cnf 1 1\n1 0\n%\n0\n\n") == {"clause 1": [1]}


BROKEN = [
    ("", 1, "is missing"),
    ("c nothing\n", 1, "is missing"),
    ("1 2 0\np cnf 2 1\n", 1, "must come before"),
    ("p cnf two 1\n", 1, "is not of the form"),
    ("p dnf 2 1\n1 0\n", 1, "is not of the form"),
    ("p cnf 2 1\np cnf 2 1\n1 0", 2, "a second `p` line; the first is in line 1"),
    ("p cnf 2 1\n1 x 0", 2, "`x` is not a whole number"),
    ("p cnf 2 1\n1 2.5 0", 2, "`2.5` is not a whole number"),
    ("p cnf 2 1\n1\n-3 0", 3, "variable 3 is beyond the 2"),
    ("p cnf 2 2\n1 0", 1, "2 clauses are announced, but 1 follow"),
    ("p cnf 2 1\n1 0\n2 0", 3, "clause 2 is beyond the 1"),
    ("p cnf 2 2\n1 0\n\n2\n-1", 4, "the last clause is not ended by 0"),
    ("p cnf 999999999 1\n1 0", 1, "more than 500000 variables"),
    ("p cnf 99999999999 1\n1 0", 1, "is not of the form"),
    ("p cnf 2 1\n" + "1" * 5000 + " 0", 2, "is not a whole number"),
]


@pytest.mark.parametrize(("text", "line", "sentence"), BROKEN)
def test_errors_name_their_line(text: str, line: int, sentence: str) -> None:
    with pytest.raises(DimacsError) as caught:
        parse_dimacs(text)
    assert caught.value.line == line
    assert sentence in str(caught.value)


def test_too_many_bytes_or_numbers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.cnf"
    path.write_text("p cnf 2 3\n1 2 0\n1 -2 0\n-1 0\n")
    assert len(read_dimacs(path).model.rules) == 3
    monkeypatch.setattr(dimacs, "LITERAL_LIMIT", 7)
    with pytest.raises(DimacsError, match="line 4: more than 7 numbers"):
        read_dimacs(path)
    monkeypatch.setattr(dimacs, "SIZE_LIMIT", 20)
    with pytest.raises(DimacsError, match="larger"):
        read_dimacs(path)
