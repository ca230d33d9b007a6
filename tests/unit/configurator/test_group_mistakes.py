"""Mistakes in repeated groups, defaults, accessories and aggregates: each at its file and line with its code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.configurator.language import reader
from portal.configurator.language.errors import RuleError, RuleErrors
from portal.configurator.language.reader import read_ruleset
from tests.unit.configurator.folders import GROUPED, write_grouped

TWO = """\
  other_group:
    title: {en: Others, zh: 其他}
    label: {en: Other, zh: 其他}
    section: views
    minimum: 0
    maximum: 2
attributes:
  other:
    group: other_group
    kind: quantity
    section: views
    label: {en: Other, zh: 其他}
    minimum: 0
    maximum: 1
"""
SECOND = ("attributes:\n", TWO)

OTHER_MOUNT = """\
  other_mount:
    group: other_group
    kind: choice
    section: views
    label: {en: O, zh: 其}
    values:
      none: {label: {en: N, zh: 无}}
      pole: {label: {en: P, zh: 杆}}
      wall: {label: {en: W, zh: 墙}}
"""

# what is replaced, by what, the code expected, the text on whose line it is expected, the part named, and what else is
# replaced before
BROKEN: dict[str, tuple[Any, ...]] = {
    "unknown group": (
        "  cameras:\n    group: camera_group",
        "  cameras:\n    group: no_group",
        "undefined",
        "group: no_group",
        "cameras",
    ),
    "unknown key of a group": (
        "    maximum: 3\nattributes",
        "    maximum: 3\n    most: 4\nattributes",
        "unknown-key",
        "most:",
        "camera_group",
    ),
    "seventeen members": (
        "    maximum: 3\nattributes",
        "    maximum: 17\nattributes",
        "range",
        "maximum: 17",
        "camera_group",
    ),
    "no member at all": (
        "    minimum: 1\n    maximum: 3\nattributes",
        "    minimum: 0\n    maximum: 0\nattributes",
        "range",
        "maximum: 0",
        "camera_group",
    ),
    "less than none": (
        "    minimum: 1\n    maximum: 3\nattributes",
        "    minimum: -1\n    maximum: 3\nattributes",
        "range",
        "maximum: 3\nattr",
        "camera_group",
    ),
    "more than the most": (
        "    minimum: 1\n    maximum: 3\nattributes",
        "    minimum: 4\n    maximum: 3\nattributes",
        "range",
        "minimum: 4",
        "camera_group",
    ),
    "group without a name for its members": (
        "    label: {en: Camera group, zh: 摄像机组}\n",
        "",
        "missing",
        "  camera_group:",
        "camera_group",
    ),
    "group without Chinese": ("zh: 摄像机组数", "zh: ''", "language", "en: Camera groups", "camera_group"),
    "group in an unknown section": (
        "zh: 摄像机组}\n    section: views",
        "zh: 摄像机组}\n    section: there",
        "undefined",
        "  camera_group:",
        "camera_group",
    ),
    "group that nothing belongs to": (
        "attributes:\n",
        TWO.replace("group: other_group", "hint: {en: a, zh: 一}"),
        "empty",
        "  other_group:",
        "other_group",
    ),
    "group named like an attribute": (
        "  recorder:\n    kind",
        "  camera_group:\n    kind",
        "duplicate",
        "  camera_group:\n    title",
        "camera_group",
    ),
    "preferred number outside": (
        "    maximum: 3\nattributes",
        "    maximum: 3\n    default: 4\nattributes",
        "unknown-value",
        "default: 4",
        "camera_group",
    ),
    "default that is no value": ("default: light", "default: pink", "unknown-value", "default: pink", "camera"),
    "default twice": ("default: 2", "default: 2\n    prefer: {value: 2}", "duplicate", "prefer:", "cameras"),
    "default of a derived number": (
        "    expression: cameras *",
        "    default: 3\n    expression: cameras *",
        "unknown-key",
        "default: 3",
        "power",
    ),
    "a member of no group in particular": (
        '"sum(camera_group: power)"',
        "power",
        "group",
        "expression: power",
        "total",
    ),
    "a derived number of another group": (
        "    expression: cameras * camera.number",
        "    expression: other * 1 W",
        "group",
        "expression: other",
        "power",
        SECOND,
    ),
    "members of two groups in one rule": (
        "require: cameras <= 2",
        "require: cameras <= other",
        "group",
        "cameras <= other",
        "heavy-alone",
        SECOND,
    ),
    "condition about another group": (
        "when: camera == 'heavy'",
        "when: other == 1",
        "group",
        "when: other",
        "heavy-alone",
        SECOND,
    ),
    "table over two groups": (
        "    table: mounts",
        "    table: mounts\n    columns: {camera: camera, mount: other_mount}",
        "group",
        "columns:",
        "mount-fits",
        ("attributes:\n", TWO + OTHER_MOUNT),
    ),
    "line of two groups": (
        "{sku: LQ-D4-I, quantity: cameras,",
        "{sku: LQ-D4-I, quantity: cameras + other,",
        "group",
        "cameras + other",
        "cameras",
        SECOND,
    ),
    "line whose condition is of another group": (
        "quantity: cameras, group: goods}",
        "quantity: cameras, when: other == 1, group: goods}",
        "group",
        "when: other",
        "cameras",
        SECOND,
    ),
    "accessory of another group than its parent": (
        "when: mount == 'pole'\n    sku: LQ-MOUNT",
        "when: other == 1\n    sku: LQ-MOUNT",
        "group",
        "for: cameras",
        "bracket",
        SECOND,
    ),
    "accessory of a member beside a line of the site": (
        "for: cameras\n",
        "for: recorder\n",
        "group",
        "for: recorder",
        "bracket",
    ),
    "aggregate over nothing": (
        '"sum(camera_group: power)"',
        '"sum(power_group: power)"',
        "undefined",
        "power_group",
        "total",
    ),
    "aggregate over an attribute": (
        '"sum(camera_group: power)"',
        '"sum(cameras: power)"',
        "undefined",
        "sum(cameras",
        "total",
    ),
    "sum of conditions": (
        '"sum(camera_group: power)"',
        "\"sum(camera_group: camera == 'heavy')\"",
        "kind",
        "sum(camera",
        "total",
    ),
    "count of numbers": (
        "count(camera_group: camera == 'heavy') <= 1",
        "count(camera_group: cameras) <= 1",
        "kind",
        "count(camera_group: cameras)",
        "heavy-groups",
    ),
    "units of a sum": (
        '"sum(camera_group: cameras) <= recorder.number"',
        '"sum(camera_group: power) <= recorder.number"',
        "unit",
        "sum(camera_group: power) <=",
        "channels",
    ),
    "units of an if": ("if(recorder == 'large', 2, 1)", "if(recorder == 'large', 2 W, 1)", "unit", "2 W", "recorder"),
    "units of the other number of an if": (
        "if(recorder == 'large', 2, 1)",
        "if(recorder == 'large', 2, 1 W)",
        "unit",
        "1 W",
        "recorder",
    ),
    "an if that is 0 or watts": (
        "if(recorder == 'large', 2, 1)",
        "if(recorder == 'large', 0, 1 W)",
        "unit",
        "1 W",
        "recorder",
    ),
    "if without a condition": ("if(recorder == 'large', 2, 1)", "if(2, 2, 1)", "kind", "if(2", "recorder"),
    "if with two parts": (
        "if(recorder == 'large', 2, 1)",
        "if(recorder == 'large', 2)",
        "syntax",
        "'large', 2)",
        "recorder",
    ),
    "if of words": (
        "if(recorder == 'large', 2, 1)",
        "if(recorder == 'large', 'a', 'b')",
        "kind",
        "'a', 'b'",
        "recorder",
    ),
    "accessory without a reason": (
        "    because: {en: A camera on a pole needs a bracket., zh: 立杆安装需要抱箍。}\n",
        "",
        "missing",
        "  bracket:",
        "bracket",
    ),
    "accessory without Chinese": (
        "{en: A camera on a pole needs a bracket., zh: 立杆安装需要抱箍。}",
        "{en: Pole.}",
        "language",
        "en: Pole.",
        "bracket",
    ),
    "accessory for an unknown line": ("for: bracket", "for: brackets", "undefined", "for: brackets", "screws"),
    "accessory without a quantity": ("    for: bracket\n    quantity: 2\n", "", "missing", "  screws:", "screws"),
    "accessory without a product": ("    sku: LQ-PATCH\n", "", "missing", "  screws:", "screws"),
    "accessory in an unknown heading": (
        "sku: LQ-PATCH\n    group: extras",
        "sku: LQ-PATCH\n    group: more",
        "undefined",
        "  screws:",
        "screws",
    ),
    "accessory with a length as quantity": ("quantity: 2\n", "quantity: 2 W\n", "unit", "quantity: 2 W", "screws"),
    "accessory named like a line": (
        "  screws:\n",
        "  recorder:\n",
        "duplicate",
        "  recorder:\n    because",
        "recorder",
    ),
    "accessory that requires itself": (
        "for: cameras\n",
        "for: [cameras, screws]\n",
        "cycle",
        "for: [cameras, screws]",
        "bracket",
    ),
    "example without the number of a member": (
        '"camera_group[1].cameras": 3',
        "cameras: 3",
        "undefined",
        "cameras: 3",
        "two-groups",
    ),
    "example with a member too many": (
        '"camera_group[1].cameras": 3',
        '"camera_group[4].cameras": 3',
        "undefined",
        "camera_group[4]",
        "two-groups",
    ),
    "example with a value nobody has": (
        '"camera_group[1].cameras": 3',
        '"camera_group[1].cameras": 4',
        "unknown-value",
        "[1].cameras",
        "two-groups",
    ),
}


def errors_of(tmp_path: Path, text: str) -> tuple[RuleError, ...]:
    with pytest.raises(RuleErrors) as caught:
        read_ruleset(write_grouped(tmp_path, text))
    return caught.value.errors


@pytest.mark.parametrize("name", BROKEN)
def test_mistakes_in_groups(tmp_path: Path, name: str) -> None:
    old, new, code, marker, part, *more = BROKEN[name]
    text = GROUPED
    for before, after in ((old, new), *more):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    line = text[: text.index(marker) + len(marker.split("\n")[0])].count("\n") + 1
    found = errors_of(tmp_path, text)
    assert ("rules.yaml", line, code, part) in [(error.file, error.line, error.code, error.rule) for error in found]
    for error in found:
        assert error.message_en
        assert error.message_zh


def test_the_sound_folder_is_sound(tmp_path: Path) -> None:
    assert read_ruleset(write_grouped(tmp_path)).key == "cameras-in-groups"


def test_groups_do_not_grow_without_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "VARIABLE_LIMIT", 14)
    assert [(error.code, error.rule) for error in errors_of(tmp_path, GROUPED)] == [("size", "camera_group")]


def test_aggregates_count_with_everything_written_out(tmp_path: Path) -> None:
    inner = "sum(camera_group: power)"
    for _ in range(3):
        inner = f"sum(camera_group: {inner} + {inner})"
    text = GROUPED.replace('"sum(camera_group: power)"', f'"{inner}"').replace("maximum: 3\nattr", "maximum: 16\nattr")
    assert ("long", "total") in [(error.code, error.rule) for error in errors_of(tmp_path, text)]


def test_attributes_may_be_called_like_the_new_words(tmp_path: Path) -> None:
    """Words such as `count` and `if` mean something only before a bracket, so that older rules stay as they are."""
    text = GROUPED.replace("  recorder:\n    kind", "  count:\n    kind").replace("recorder.number", "count.number")
    text = text.replace("if(recorder ==", "if (count ==").replace("recorder: small", "count: small")
    assert read_ruleset(write_grouped(tmp_path, text)).attribute("count").kind == "choice"
