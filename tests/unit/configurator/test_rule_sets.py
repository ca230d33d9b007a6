"""Rule sets: content without loss, hash, checks before publication."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from portal.configurator.engine.solver import compile_rules
from portal.configurator.language.attributes import KEYS as ATTRIBUTE_KEYS
from portal.configurator.language.checking import check
from portal.configurator.language.errors import MESSAGES
from portal.configurator.language.findings import FINDINGS
from portal.configurator.language.reader import NAMED, ONCE, read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.statements import EXAMPLE_KEYS
from portal.configurator.language.units import UNITS
from portal.words import Text
from tests.unit.configurator.folders import changed, write
from tests.unit.configurator.worlds import rule_sets


def test_reading_gives_what_was_written(tmp_path: Path) -> None:
    rules = read_ruleset(write(tmp_path))
    assert rules.attribute("run").unit == "m"
    assert (rules.attribute("run").minimum, rules.attribute("run").maximum) == (1, 90)
    assert rules.rule("not-heavy").because == Text("Too heavy.", "太重。")
    assert rules.tables[0].rows == (("small", 1500), ("large", 4000))
    assert rules.settings[0].value == 25
    assert check(rules) == ()
    compiled = compile_rules(rules)
    assert compiled.domains({"size": "large"}).values["count"] == (1, 2)
    assert compiled.domains({"size": "large", "count": 2}).derived["weight"] == (8000, 8000)
    assert compiled.explain({"size": "large"}, "count", 3).rules == ("not-heavy",)
    assert set(compiled.explain({"size": "large"}, "count", 4).rules) in ({"not-heavy"}, {"known-pair"})


def test_facts_read_in_base_units(tmp_path: Path) -> None:
    text = changed("require: weight <= 8 kg", "require: run <= 2000 cm")
    domains = compile_rules(read_ruleset(write(tmp_path, text.split("examples:")[0]))).domains({"size": "large"})
    assert domains.range["run"] == (1, 20)


def test_content_survives_json_and_keeps_its_hash(tmp_path: Path) -> None:
    rules = read_ruleset(write(tmp_path))
    again = RuleSet.from_content(json.loads(json.dumps(rules.content())))
    assert again == rules
    assert again.content_hash == rules.content_hash
    assert len(rules.content_hash) == 64
    assert replace(rules, key="other").content_hash != rules.content_hash


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule_sets())
def test_any_content_survives(rules: RuleSet) -> None:
    assert RuleSet.from_content(json.loads(json.dumps(rules.content()))) == rules


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 9),
        ("key", 5),
        ("rules", {}),
        ("attributes", [{}]),
        ("completion", [1.5]),
        ("extra", 1),
        ("title", None),
    ],
)
def test_foreign_content_is_refused(tmp_path: Path, key: str, value: object) -> None:
    content = read_ruleset(write(tmp_path)).content()
    with pytest.raises(ValueError, match=r"content|format|not a"):
        RuleSet.from_content({**content, key: value})


def codes(folder: Path) -> list[tuple[str, str]]:
    return [(error.code, error.rule) for error in check(read_ruleset(folder))]


def test_a_contradiction_is_found(tmp_path: Path) -> None:
    folder = write(
        tmp_path, changed("    when: size == 'large'\n    require: weight <= 8 kg", "    require: weight > 99 kg")
    )
    found = check(read_ruleset(folder))
    assert [error.code for error in found] == ["contradiction"]
    assert "not-heavy" in found[0].message_en


def test_values_nobody_can_have_are_found(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        changed("weight <= 8 kg", "weight <= 2 kg").replace("choices: {size: large}", "choices: {size: small}"),
    )
    assert ("unreachable", "size") in codes(folder)
    folder = write(
        tmp_path / "more", changed("    when: size == 'large'\n    require: weight <= 8 kg", "    require: run < 80 m")
    )
    assert ("unreachable", "run") in codes(folder)


@pytest.mark.parametrize(
    "claim",
    [
        "possible: {count: [1, 2, 3]}",
        "offered: {count: 3}",
        "refused: {count: [2]}",
        "ranges: {run: [1, 89]}",
        "derived: {weight: 4 kg}",
        "completed: {count: 2}",
        "bill: {BOX: 2}",
        "reasons: [{attribute: count, value: 3, because: [[run]]}]",
        "reasons: [{attribute: count, value: 2, because: [[size]]}]",
    ],
)
def test_examples_that_do_not_hold_are_found(tmp_path: Path, claim: str) -> None:
    assert ("example", "two-large") in codes(write(tmp_path, changed("possible: {count: [1, 2]}", claim)))


@pytest.mark.parametrize(
    "claim",
    [
        "offered: {count: [1, 2]}",
        "refused: {count: [3, 4]}",
        "ranges: {run: [1, 90]}",
        "completed: {count: 1, run: 1}",
        "bill: {BOX: 1}",
        "reasons: [{attribute: count, value: 3, because: [[size]]}]",
    ],
)
def test_examples_that_hold_pass(tmp_path: Path, claim: str) -> None:
    assert codes(write(tmp_path, changed("possible: {count: [1, 2]}", claim))) == []


def test_examples_with_contradicting_choices_fail(tmp_path: Path) -> None:
    folder = write(tmp_path, changed("choices: {size: large}", "choices: {size: large, count: 4}"))
    assert ("example", "two-large") in codes(folder)


def test_gaps_of_language_are_found_in_content(tmp_path: Path) -> None:
    rules = read_ruleset(write(tmp_path))
    gap = replace(rules, rules=(replace(rules.rules[0], because=Text("Too heavy.", " ")), rules.rules[1]))
    assert [(error.code, error.rule) for error in check(gap)] == [("language", "not-heavy")]


def test_the_readme_names_every_code_and_key() -> None:
    text = (Path(__file__).parents[3] / "rules" / "README.md").read_text("utf-8")
    for code in {*MESSAGES, *FINDINGS}:
        assert f"`{code}`" in text, code
    for key in (*ONCE, *NAMED, *EXAMPLE_KEYS, *(name for names in ATTRIBUTE_KEYS.values() for name in names)):
        assert f"`{key}`" in text, key
    for unit in UNITS:
        assert re.search(rf"(?<![\w/]){re.escape(unit)}(?![\w/])", text), unit
