"""Broken and unsupported UVL: every finding with its line and column, in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from portal.configurator.uvl.errors import UvlErrors
from portal.configurator.uvl.importing import import_text, import_uvl

A = "features\n  A\n    optional\n      B {Price 3, Kind 'x', on true}\n      Integer N {min 1, max 9}\n"


def findings(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(UvlErrors) as caught:
        import_text(text, "text.uvl")
    return [(error.line, error.column, error.sentence) for error in caught.value.errors]


BROKEN = [
    ("", 0, 0, "there is no section `features`"),
    ("features", 1, 1, "the section `features` is empty"),
    ("features\n  A\n  B", 3, 3, "a second root feature"),
    ("features\n  A\nfeatures\n  B", 3, 1, "a second section"),
    ("feature\n  A", 1, 1, "`feature` does not begin a section"),
    ("features here\n  A", 1, 1, "nothing can follow"),
    ("include\n  Boolean.cubes\nfeatures\n  A", 2, 3, "the language level Boolean.cubes is not known"),
    ("include\n  7\nfeatures\n  A", 2, 3, "cannot be read as a language level"),
    ("imports\n  a.b as c\nfeatures\n  A", 2, 3, "imports are not supported: a.b as c"),
    ("features\n  A\n    some\n      B", 3, 5, "cannot be read as a group"),
    ("features\n  A\n    or", 3, 5, "this group has no features"),
    ("features\n  A\n    or\n      B\n     C", 5, 6, "indented differently"),
    ("features\n  A\n    [3..2]\n      B", 3, 0, "the second number is smaller"),
    ("features\n  A\n    [3..4]\n      B\n      C", 3, 5, "at least 3 of 2 features cannot be selected"),
    ("features\n  A\n    or\n      A", 4, 0, "a second feature A; the first is in line 2"),
    ("features\n  A {Price 3, Price 4}", 2, 0, "a second attribute Price of A"),
    ("features\n  A {sizes [1, 2]}", 2, 0, "a list as attribute is not supported: sizes of A"),
    ("features\n  A {x $}", 2, 8, "cannot be read as a feature from `$}` on"),
    ("features\n  A {x", 2, 0, "a bracket that is opened here is not closed"),
    ("features\n  A /* never\n", 2, 0, "this comment is not closed"),
    ("features\n  Real A", 2, 0, "Real features are not supported: A"),
    ("features\n  String A", 2, 0, "a String feature needs listed values"),
    ("features\n  Integer A", 2, 0, "has no least and no greatest number: write"),
    ("features\n  Integer A {min 3}", 2, 0, "has no greatest number"),
    ("features\n  Integer A {min 3, max 2}", 2, 0, "has no number between 3 and 2"),
    ("features\n  Integer A {min 0, max 2000}", 2, 0, "more than 2000 numbers"),
    ("features\n  A\n    optional\n      B cardinality [1..*]", 4, 0, "needs a largest number instead of *"),
    ("features\n  A\n    optional\n      B cardinality [1..99999]", 4, 0, "is too large"),
    (
        "features\n  A\n    optional\n      Integer B cardinality [1..2] {min 1, max 2}",
        4,
        0,
        "cardinality of the Integer",
    ),
    ("features\n  A cardinality [2..2]", 2, 0, "the root A cannot have a cardinality"),
    (A + "constraints\n  B & | A", 7, 7, "cannot be read as a constraint from `|` on"),
    (A + "constraints\n  B &", 7, 6, "the end comes too early for a constraint"),
    (A + "constraints\n  A => C", 7, 8, "C is neither a feature nor an attribute"),
    (A + "constraints\n  B.Cost > 1", 7, 3, "B.Cost is neither a feature nor an attribute"),
    (A + "constraints\n  B.Price", 7, 3, "a condition is needed here"),
    (A + "constraints\n  B + 1 > 2", 7, 3, "a number is needed here"),
    (A + "constraints\n  N == 'x'", 7, 3, "== compares two numbers"),
    (A + "constraints\n  B.Kind < 'y'", 7, 3, "< compares two numbers"),
    (A + "constraints\n  N / 0 > 1", 7, 3, "division by zero"),
    (A + "constraints\n  max(Price) > 1", 7, 3, "the function max is not supported"),
    (A + "constraints\n  sum(Kind) > 1", 7, 3, "no feature has a number as attribute Kind"),
    (A + "constraints\n  sum(B.Price, Price) > 1", 7, 7, "the first name must be a feature"),
    (A + "constraints\n  len(N) > 1", 7, 3, "len is asked of a text"),
    (A + "constraints\n    A\n  B", 8, 3, "indented differently"),
    (A + "constraints\n  A\n    B", 8, 0, "indented without belonging to anything"),
    (A + "constraints\n  B => (\n    A &\n    )", 9, 5, "cannot be read as a constraint from `)` on"),
]


@pytest.mark.parametrize(("text", "line", "column", "sentence"), BROKEN)
def test_every_finding_names_its_place(text: str, line: int, column: int, sentence: str) -> None:
    assert any((found[0], found[1]) == (line, column) and sentence in found[2] for found in findings(text)), findings(
        text
    )


def test_clones_of_two_features_in_one_constraint_are_not_supported() -> None:
    clones = "".join(f"      {name} cardinality [1..2]\n        optional\n          {name}1\n" for name in "BC")
    found = findings(f"features\n  A\n    optional\n{clones}constraints\n  B1 => C1")
    assert found == [(11, 9, "a constraint between clones of different features is not supported")]


def test_all_findings_come_at_once() -> None:
    lines = [
        line
        for line, _, _ in findings(
            "imports\n  x\nfeatures\n  Real A\n    or\n      B {b [1]}\nconstraints\n  C\n  D\n  E |"
        )
    ]
    assert lines == [2, 4, 6, 8, 9, 10]


@pytest.mark.parametrize(
    "text",
    [
        "features\n" + "".join("\t" * depth + f"F{depth}\n" for depth in range(1, 400)),
        "features\n  A\nconstraints\n  " + "(" * 5_000 + "A" + ")" * 5_000,
        "features\n  A\nconstraints\n  " + "!" * 5_000 + "A",
        "features\n  A\nconstraints\n  " + " + ".join(["1"] * 9_000) + " > 1",
        "features\n  A {x " + "{y " * 500 + "1" + "}" * 501,
        "features\n  A\n" + "/*" * 100_000,
        "features\n  A\n" + "(\n" * 20_000,
        "features\n  A\n    optional\n" + "".join(f"      F{number}\n" for number in range(40_000)),
        "features\n  A\n    or\n      B cardinality [0..9999]\n        or\n          C cardinality [0..9999]",
        A + "constraints\n  N > " + "9" * 5_000,
        "features\n  " + "A" * 100_000,
        "\x00\x01\x02" * 1_000,
    ],
)
def test_monsters_are_refused_in_bounded_time(text: str) -> None:
    started = time.process_time()
    assert findings(text)
    assert time.process_time() - started < 20


def test_large_files_and_other_encodings_are_refused(tmp_path: Path) -> None:
    large, strange = tmp_path / "large.uvl", tmp_path / "strange.uvl"
    large.write_bytes(b" " * (8 * 1024 * 1024 + 1))
    strange.write_bytes("features\n  Größe".encode("latin-1"))
    for path, line in ((large, 0), (strange, 2)):
        with pytest.raises(UvlErrors) as caught:
            import_uvl(path)
        assert caught.value.errors[0].line == line


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_tabs_and_a_mark_at_the_beginning(ending: str) -> None:
    text = "\ufeff" + ending.join(["features", "\tA // root", "", "\t\toptional", "\t\t\tB", "constraints", "\t!B"])
    assert [variable.key for variable in import_text(text).model.variables] == ["A", "B"]


def test_twenty_thousand_features_are_read(tmp_path: Path) -> None:
    groups = "".join(
        f"    optional\n      G{group}\n        or\n" + "".join(f"          F{group}_{at}\n" for at in range(99))
        for group in range(200)
    )
    constraints = "".join(f"  F{group}_1 => F{group + 1}_2 | !F{group}_3\n" for group in range(199))
    imported = import_text(f"features\n  Root\n{groups}constraints\n{constraints}")
    assert len(imported.model.variables) == 20_001
