"""Rule files that are no files, bombs, and mistakes that take more than a folder; broken/ holds the others."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from portal.configurator.language.errors import MESSAGES, RuleError, RuleErrors
from portal.configurator.language.reader import read_ruleset
from tests.unit.configurator.folders import PAIRS, SOUND, changed, line_of, write

RULES = "rules.yaml"


def errors_of(folder: Path) -> tuple[RuleError, ...]:
    with pytest.raises(RuleErrors) as caught:
        read_ruleset(folder)
    return caught.value.errors


def test_the_sound_folder_is_sound(tmp_path: Path) -> None:
    assert read_ruleset(write(tmp_path)).key == "small"


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
    found = errors_of(write(tmp_path, "[" + "1," * 60_000 + "1]"))
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
