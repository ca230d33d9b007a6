"""Broken rule files: each mistake is found at its file and line with its code, in bounded time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from portal.configurator.language.errors import MESSAGES, RuleError, RuleErrors
from portal.configurator.language.reader import read_ruleset
from tests.unit.configurator.folders import PAIRS, SOUND, WEIGHTS, changed, line_of, write

RULES = "rules.yaml"

# what is replaced, by what, the code expected, the text on whose line it is expected ("" is line 0), the rule named
BROKEN = {
    "unknown top-level key": ("completion:", "completions:", "unknown-key", "completions:", ""),
    "unknown key of an attribute": ("    prefer: smallest", "    prefers: smallest", "unknown-key", "prefers", "count"),
    "unknown key of a rule": ("    table: pairs", "    tables: pairs", "unknown-key", "tables: pairs", "known-pair"),
    "unknown kind": ("kind: fact", "kind: guess", "kind", "kind: guess", "run"),
    "missing label": ("    label: {en: Count, zh: 数量}\n", "", "missing", "  count:\n", "count"),
    "missing Chinese": ("{en: Too heavy., zh: 太重。}", "{en: Too heavy.}", "language", "Too heavy", "not-heavy"),
    "empty English": ("{en: Cable, zh: 线缆}", "{en: '', zh: 线缆}", "language", "zh: 线缆", "run"),
    "wrong unit in a comparison": ("weight <= 8 kg", "weight <= 8 W", "unit", "8 W", "not-heavy"),
    "missing unit in a comparison": ("weight <= 8 kg", "weight <= 8", "unit", "weight <= 8", "not-heavy"),
    "unknown unit": ("unit: m\n", "unit: parsec\n", "unit", "parsec", "run"),
    "derived number in another unit": ("unit: kg", "unit: W", "unit", "expression:", "weight"),
    "length added to a count": ("quantity: count,", "quantity: count + run,", "unit", "boxes:", "boxes"),
    "part of a base unit": ("weight <= 8 kg", "weight <= 0.0001 kg", "cell", "0.0001", "not-heavy"),
    "powers": ("weight <= 8 kg", "count <= 9**9**9", "syntax", "9**9**9", "not-heavy"),
    "call of a function": ("weight <= 8 kg", "__import__('os').system('x') == 1", "syntax", "__import__", "not-heavy"),
    "attribute of an object": ("weight <= 8 kg", "().__class__ == 1", "syntax", "__class__", "not-heavy"),
    "half an expression": ("weight <= 8 kg", "weight <=", "syntax", "weight <=", "not-heavy"),
    "too many brackets": ("weight <= 8 kg", "(" * 40 + "count" + ")" * 40 + " <= 1", "long", "((((", "not-heavy"),
    "too many terms": ("weight <= 8 kg", "count" + " + 1" * 150 + " <= 1", "long", "+ 1 + 1", "not-heavy"),
    "many signs": ("weight <= 8 kg", "count <= " + "-" * 100 + "1", "long", "-----", "not-heavy"),
    "huge number": ("weight <= 8 kg", "count <= 9999999999999999999", "number", "99999", "not-heavy"),
    "unknown name": ("weight <= 8 kg", "wight <= 8 kg", "undefined", "wight", "not-heavy"),
    "unknown column": ("weights.weight(size)", "weights.mass(size)", "undefined", "weights.mass", "weight"),
    "wrong key for a table": ("weights.weight(size)", "weights.weight(count)", "kind", "weight(count)", "weight"),
    "unknown value": ("size == 'large'", "size == 'huge'", "unknown-value", "huge", "not-heavy"),
    "number where a condition is needed": ("weight <= 8 kg", "weight + 8 kg", "kind", "weight + 8 kg", "not-heavy"),
    "derived by itself": ("expression: count *", "expression: weight *", "undefined", "expression:", "weight"),
    "neither table nor expression": ("    table: pairs\n", "", "missing", "  known-pair:", "known-pair"),
    "table nobody declared": ("    table: pairs", "    table: triples", "undefined", "triples", "known-pair"),
    "missing table file": ("file: weights.csv", "file: gone.csv", "missing-file", "gone.csv", "weights"),
    "table outside by dots": ("file: weights.csv", "file: ../../../secret.csv", "outside", "secret", "weights"),
    "table outside by an absolute path": ("file: weights.csv", "file: /etc/hostname", "outside", "/etc", "weights"),
    "table outside through the catalogue": (
        "file: weights.csv",
        "file: catalog/../x.csv",
        "outside",
        "catalog",
        "weights",
    ),
    "empty range": ("maximum: 4", "maximum: 0", "range", "minimum: 1\n    maximum: 0", "count"),
    "range too wide": ("maximum: 90", "maximum: 99999", "range", "minimum: 1\n    maximum: 99999", "run"),
    "word where a number is needed": ("maximum: 4", "maximum: four", "number", "four", "count"),
    "favourite that is no value": ("prefer: smallest", "prefer: {value: 9}", "unknown-value", "{value: 9}", "count"),
    "unknown section": ("kind: fact\n    section: one", "kind: fact\n    section: two", "undefined", "  run:", "run"),
    "unknown group": ("group: goods}", "group: bads}", "undefined", "boxes:", "boxes"),
    "line with two products": ("{sku: BOX,", "{sku: BOX, product: size,", "missing", "boxes:", "boxes"),
    "example with an unknown value": (
        "choices: {size: large}",
        "choices: {size: vast}",
        "unknown-value",
        "vast",
        "two-large",
    ),
    "unknown attribute in the completion": (
        "completion: [size, count]",
        "completion: [size, depth]",
        "undefined",
        "[size, depth]",
        "",
    ),
    "another format": ("format: 1", "format: 7", "unknown-value", "format: 7", ""),
    "name in capitals": ("  reserve:", "  Reserve:", "name", "Reserve:", "Reserve"),
    "duplicate key": ("    maximum: 4", "    maximum: 4\n    maximum: 5", "duplicate", "maximum: 5", ""),
    "python tag": ("key: small", "key: !!python/object/apply:os.system [x]", "tag", "!!python", ""),
    "own tag": ("key: small", "key: !secret small", "tag", "!secret", ""),
    "anchor": (
        "title: {en: Small, zh: 小}\ncompletion",
        "title: &t {en: Small, zh: 小}\ncompletion",
        "alias",
        "&t",
        "",
    ),
    "alias": ("key: small", "key: *nobody", "alias", "*nobody", ""),
    "two documents": ("sections:", "---\nsections:", "yaml", "---", ""),
    "tab": ("  one: {title", "\tone: {title", "yaml", "\tone", ""),
    "nested too deeply": ("key: small", "key: " + "[" * 40 + "]" * 40, "deep", "[[[[", ""),
    "list where a mapping is needed": ("  two-large:", "  - two-large:", "shape", "examples:", ""),
}


def errors_of(folder: Path) -> tuple[RuleError, ...]:
    with pytest.raises(RuleErrors) as caught:
        read_ruleset(folder)
    return caught.value.errors


def test_the_sound_folder_is_sound(tmp_path: Path) -> None:
    assert read_ruleset(write(tmp_path)).key == "small"


@pytest.mark.parametrize("name", BROKEN)
def test_mistakes_in_the_rules(tmp_path: Path, name: str) -> None:
    old, new, code, marker, rule = BROKEN[name]
    text = changed(old, new)
    line = text[: text.index(marker)].count("\n") + 1
    started = time.process_time()
    found = errors_of(write(tmp_path, text))
    assert time.process_time() - started < 2
    assert (RULES, line, code, rule) in [(error.file, error.line, error.code, error.rule) for error in found]
    for error in found:
        assert error.message_en
        assert error.message_zh
        assert str(error).startswith(f"{error.file}:{error.line}: ")


TABLES = {
    "missing cell": ("small,1.5\n", "small\n", "columns", 2),
    "part of a base unit": ("1.5", "0.00001", "cell", 2),
    "word in a number column": ("1.5", "heavy", "number", 2),
    "unknown unit": ("weight[kg]", "weight[stone]", "unit", 1),
    "column given twice": ("size,weight[kg]", "size,size", "duplicate", 1),
    "bad column name": ("weight[kg]", "Weight (kg)", "name", 1),
    "key column missing": ("size,", "scale,", "undefined", 1),
    "key given twice": ("large,4\n", "large,4\nlarge,5\n", "duplicate", 4),
    "key missing": ("large,4", ",4", "missing", 3),
    "open quote": ("large,4", '"large,4', "columns", 1),
    "empty": (WEIGHTS, "", "empty", 1),
    "exponent": ("1.5", "1e9999999", "number", 2),
    "full-width digit": ("1.5", "１", "number", 2),
}


@pytest.mark.parametrize("name", TABLES)
def test_mistakes_in_tables(tmp_path: Path, name: str) -> None:
    old, new, code, line = TABLES[name]
    found = errors_of(write(tmp_path, weights=WEIGHTS.replace(old, new)))
    assert ("weights.csv", line, code, "weights") in [
        (error.file, error.line, error.code, error.rule) for error in found
    ]


def test_table_rules_know_their_words(tmp_path: Path) -> None:
    found = errors_of(write(tmp_path, pairs=PAIRS + "vast,1\n"))
    assert [(error.code, error.rule, error.line) for error in found] == [
        ("unknown-value", "known-pair", line_of(SOUND, "table: pairs"))
    ]


def test_a_bomb_of_aliases_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    started = time.process_time()
    found = errors_of(write(tmp_path, f"l0: &l0 [x]\n{levels}\n"))
    assert (found[0].code, found[0].line) == ("alias", 1)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("name", [RULES, "weights.csv"])
def test_files_of_five_megabytes_are_not_read(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path)
    (folder / name).write_text("x" * 5_000_000, encoding="utf-8")
    started = time.process_time()
    assert ("size", 0) in [(error.code, error.line) for error in errors_of(folder)]
    assert time.process_time() - started < 1


def test_derived_numbers_that_double_are_refused(tmp_path: Path) -> None:
    shape = "{kind: derived, section: one, label: {en: D, zh: 派}, expression: '%s + %s'}"
    chain = "".join(f"  d{n}: {shape % (f'd{n - 1}', f'd{n - 1}')}\n" for n in range(1, 40))
    chain = f"  d0: {shape % ('count', 'count')}\n{chain}"
    text = changed("rules:\n", f"{chain}rules:\n")
    started = time.process_time()
    found = errors_of(write(tmp_path, text))
    assert time.process_time() - started < 2
    assert (found[0].code, found[0].rule, found[0].line) == ("long", "d10", line_of(text, "  d10:"))


def test_many_nodes_are_refused(tmp_path: Path) -> None:
    found = errors_of(write(tmp_path, "[" + "1," * 30_000 + "1]"))
    assert [error.code for error in found] == ["size"]


@pytest.mark.parametrize("name", [RULES, "weights.csv"])
def test_links_out_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path)
    outside = tmp_path / "outside"
    outside.write_text((folder / name).read_text("utf-8"), encoding="utf-8")
    (folder / name).unlink()
    (folder / name).symlink_to(outside)
    assert (name, "outside") in [(error.file, error.code) for error in errors_of(folder)]


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "weights.csv").unlink()
    os.mkfifo(folder / "weights.csv")
    assert ("weights.csv", "shape") in [(error.file, error.code) for error in errors_of(folder)]


@pytest.mark.parametrize("data", [b"\xff\xfe\x00key", b"key: \x00", "key: \ud800".encode("utf-8", "surrogatepass")])
def test_bytes_that_are_no_text(tmp_path: Path, data: bytes) -> None:
    folder = write(tmp_path)
    (folder / RULES).write_bytes(data)
    assert errors_of(folder)[0].code == "encoding"


def test_an_empty_folder_and_an_empty_file(tmp_path: Path) -> None:
    assert errors_of(tmp_path)[0].code == "missing-file"
    assert errors_of(tmp_path / "nowhere")[0].code == "missing-file"
    assert errors_of(write(tmp_path, "# nothing\n"))[0].code == "empty"


def test_files_of_one_folder_are_merged_and_names_stay_unique(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "second.yaml").write_text("lines:\n  boxes: {sku: BOX, quantity: 1, group: goods}\n", encoding="utf-8")
    assert [(error.file, error.line, error.code) for error in errors_of(folder)] == [("second.yaml", 2, "duplicate")]


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    text = changed("weight <= 8 kg", "weight <= 8 W").replace("kind: fact", "kind: guess")
    assert {error.code for error in errors_of(write(tmp_path, text))} >= {"unit", "kind"}


def test_every_message_has_both_languages() -> None:
    for english, chinese in MESSAGES.values():
        assert english.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert english.count("{what}") == chinese.count("{what}")
