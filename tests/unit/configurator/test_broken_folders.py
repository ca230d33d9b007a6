"""Every folder below broken/ holds one mistake: `portal rules check` names it at its line and ends with status 1.

`expected.txt` says `file:line: rule: code` and, behind bars, words that the sentence must hold.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from portal.administration import rules_commands
from portal.configurator.language.bounded import examine_bounded, examine_here

BROKEN = Path(__file__).with_name("broken")
FOLDERS = sorted(path for path in BROKEN.iterdir() if path.is_dir())


def expected(folder: Path) -> list[tuple[str, list[str]]]:
    lines = [line.split(" | ") for line in (folder / "expected.txt").read_text("utf-8").splitlines()]
    return [(place, words) for place, *words in lines]


def test_there_are_enough() -> None:
    assert len(FOLDERS) >= 80
    assert all(expected(folder) for folder in FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_mistake_is_named_at_its_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_commands, "examine_bounded", examine_here)  # a process for each would take a minute
    result = CliRunner().invoke(rules_commands.rules, ["check", str(folder)])
    assert result.exit_code == 1, result.output
    lines = [line.strip().removeprefix("error").strip() for line in result.output.splitlines() if "error " in line]
    for place, words in expected(folder):
        found = [line for line in lines if line.startswith(f"{place}: ")]
        assert found, result.output
        assert all(any(word in line for line in found) for word in words), found


@pytest.mark.parametrize("name", ["contradiction-of-three", "bomb-of-aliases", "no-text"])
def test_the_bounded_process_says_the_same(name: str) -> None:
    bounded = examine_bounded(BROKEN / name)
    assert bounded == examine_here(BROKEN / name)
    assert bounded.errors


def test_a_contradiction_names_no_rule_too_many() -> None:
    (found,) = examine_here(BROKEN / "contradiction-of-three").errors
    assert "fine" not in found.message_en
    assert found.message_en.count("rules.yaml:") == 3
    assert "因为" in found.message_zh
