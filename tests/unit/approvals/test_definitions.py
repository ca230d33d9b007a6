"""Definitions as files: what is wrong is named with its line, and what comes along is in order."""

from pathlib import Path

import pytest
import yaml

from portal.approvals.definitions import read
from portal.approvals.files import FileMistakes, read_file, shipped_files, write_text

GOOD = """
format: 1
key: paper
title: {en: Papers, zh: 文件}
steps:
  - key: first
    title: {en: First, zh: 第一步}
    ask: [approver]
    hours: 8
    because: {en: So., zh: 因此。}
"""
BROKEN = {
    "unknown key": (GOOD + "colour: red\n", 11, "“colour” is unknown here"),
    "unknown in a step": (GOOD.replace("hours: 8", "hours: 8\n    when: {size: 3}"), 10, "“size” is unknown here"),
    "twice": (GOOD.replace("key: paper", "key: paper\nkey: paper"), 4, "given twice"),
    "role": (GOOD.replace("[approver]", "[finance]"), 8, "“finance” is neither a mail address nor a role"),
    "language": (GOOD.replace("zh: 因此。", "zh: ''"), 10, "both languages"),
    "missing": (GOOD.replace("    because: {en: So., zh: 因此。}\n", ""), 6, "“because” is missing"),
    "hours": (GOOD.replace("hours: 8", "hours: 401"), 9, "from 1 to 400"),
    "setting": (GOOD.replace("hours: 8", "hours: special_price.discount_bps"), 9, "or the name of a setting"),
    "no step": (GOOD[: GOOD.index("steps:")], 2, "At least one step"),
    "format": (GOOD.replace("format: 1", "format: 2"), 2, "format must be 1"),
    "free pass": (GOOD + "automatic:\n  - because: {en: All., zh: 全部。}\n", 12, "needs a condition"),
    "alias": (GOOD + "automatic: &all []\n", 11, "anchors"),
    "object": (GOOD + "automatic: !!python/object:os.system []\n", 11, "tags"),
    "yaml": (GOOD + "  - [\n", 12, "not valid YAML"),
    "boolean": (GOOD.replace("hours: 8", "hours: yes"), 9, "A whole number"),
    "currency": (GOOD.replace("hours: 8", "hours: 8\n    when: {value: {from: {XXX: 1}}}"), 10, "“XXX” is unknown"),
    "everything": ("[" * 50, 1, "nesting"),
    "nothing": ("", 0, "empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_mistakes_name_their_line(tmp_path: Path, name: str) -> None:
    text, line, said = BROKEN[name]
    path = tmp_path / "paper.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(FileMistakes) as wrong:
        read_file(path)
    assert any(found.startswith(f"paper.yaml:{line}: ") and said in found for found in wrong.value.lines), (
        wrong.value.lines
    )


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    path = tmp_path / "paper.yaml"
    path.write_text(GOOD.replace("hours: 8", "hours: 0").replace("[approver]", "[]").replace("format: 1", "format: x"))
    with pytest.raises(FileMistakes) as wrong:
        read_file(path)
    assert len(wrong.value.lines) == 3


def test_what_comes_along() -> None:
    found = {read_file(path)[0].key: path.stem for path in shipped_files()}
    assert found == {"registration": "registration", "special_price": "special_price"}


def test_files_come_back_the_same(tmp_path: Path) -> None:
    for path in shipped_files():
        _definition, content = read_file(path)
        copy = tmp_path / path.name
        copy.write_text(write_text(content), "utf-8")
        assert read_file(copy)[1] == content
        assert read(yaml.safe_load(write_text(content))) == read(content)
