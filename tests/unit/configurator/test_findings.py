"""What an examination finds beyond mistakes of writing, compared with the enumeration by python-constraint2."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portal.configurator.language.bounded import examine_here
from portal.configurator.language.checking import check, examine
from portal.configurator.language.findings import FINDINGS, Finding
from portal.configurator.language.ruleset import Column, Line, RuleSet, Table
from portal.configurator.verification import Plain
from portal.words import Text
from tests.factories.rules import VIDEO_SITE
from tests.unit.configurator.folders import SOUND, changed, line_of, write, write_grouped
from tests.unit.configurator.worlds import (
    ASKED,
    choice,
    conditions,
    numbers,
    quantity,
    require,
    rule_sets,
    ruleset,
    solutions,
    with_rules,
)

EXAMPLES = int(os.environ.get("CONFIGURATOR_EXAMPLES", "20"))
thorough = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def named(findings: tuple[Finding, ...], *codes: str) -> set[str]:
    return {item.rule for item in findings if item.code in codes}


def without(rules: RuleSet, key: str) -> RuleSet:
    return with_rules(rules, [rule.key for rule in rules.rules if rule.key != key])


def same(one: list[dict[str, object]], other: list[dict[str, object]]) -> bool:
    return {frozenset(each.items()) for each in one} == {frozenset(each.items()) for each in other}


@thorough
@given(rule_sets(), st.lists(conditions(1), min_size=3, max_size=3), numbers())
def test_findings_are_those_of_the_enumeration(rules: RuleSet, whens: list[str], amount: str) -> None:
    some = zip(rules.rules, [*whens, *[""] * len(rules.rules)], strict=False)
    guarded = [replace(rule, when="" if rule.table else when) for rule, when in some]
    rules = replace(rules, rules=tuple(guarded), lines=(Line("line", "g", "SKU", "", amount, ""),), examples=())
    found = solutions(rules)
    assume(found)
    findings, plain = examine(rules, seconds=60), Plain(rules)
    assert not named(findings, "undecided")
    for attribute in rules.attributes:
        if attribute.kind == "derived":
            missing = any(plain.number(attribute.expression, each, {}) is None for each in found)
            assert (attribute.key in named(findings, "no-value")) == missing
    missing = any(plain.number(amount, each, {}) is None for each in found)
    assert ("line" in named(findings, "no-quantity")) == missing
    for rule in rules.rules:
        others = solutions(without(rules, rule.key))
        never = bool(rule.when) and not any(plain.truth(rule.when, each, {}) for each in others)
        assert (rule.key in named(findings, "never")) == never
        if not never:
            assert (rule.key in named(findings, "useless", "always")) == same(others, found)
    for key in ASKED:
        alive = {each[key] for each in found}
        attribute = rules.attribute(key)
        everything = (
            {value.key for value in attribute.values}
            if attribute.kind == "choice"
            else set(range(attribute.minimum, attribute.maximum + 1))
        )
        if attribute.kind == "fact":
            alive = set(range(min(alive), max(alive) + 1))
        assert (key in named(findings, "unreachable", "gap")) == bool(everything - alive)


@thorough
@given(rule_sets())
def test_a_contradiction_names_a_minimal_set(rules: RuleSet) -> None:
    assume(not solutions(rules))
    (found,) = [item for item in check(rules) if item.code == "contradiction"]
    keys = [rule.key for rule in rules.rules if f"{rule.key} (small:0)" in found.message_en]
    assert not solutions(with_rules(rules, keys))
    for fewer in combinations(keys, len(keys) - 1):
        assert solutions(with_rules(rules, fewer))


def test_useless_rules_name_those_that_say_it_already() -> None:
    rules = ruleset(
        [quantity("n", 0, 9), quantity("m", 0, 9)],
        [require("least", "n >= 3"), require("more", "m >= n"), require("said", "m >= 2"), require("true", "n <= 9")],
    )
    found = {item.rule: item for item in examine(rules) if item.code in {"useless", "always"}}
    assert set(found) == {"said", "true"}
    assert found["said"].code == "useless"
    assert "least (small:0)" in found["said"].message_en
    assert "more (small:0)" in found["said"].message_en
    assert found["true"].code == "always"
    assert not any(item.is_error for item in found.values())


def test_a_table_that_excludes_nothing_is_useless() -> None:
    every = tuple((one, two) for one in "xy" for two in "pq")
    table = Table("t", (), (Column("a", None), Column("b", None)), every[:3])
    rules = ruleset(
        [choice("a", "xy"), choice("b", "pq")], [replace(require("t", ""), table="t", columns=(("a", "a"), ("b", "b")))]
    )
    full = replace(rules, tables=(replace(table, rows=every),))
    part = replace(rules, tables=(table,))
    assert named(examine(full), "always") == {"t"}
    assert named(examine(part), "always", "useless") == set()
    both = replace(part, rules=(*part.rules, require("same", "not (a == 'y' and b == 'q')")))
    assert named(examine(both), "useless") == {"t", "same"}


def found_in(folder: Path) -> list[tuple[str, int, str, str]]:
    return [(item.severity, item.line, item.rule, item.code) for item in examine_here(folder).findings]


def test_conditions_that_never_hold_are_found(tmp_path: Path) -> None:
    text = changed("    when: size == 'large'", "    when: size == 'large' and size == 'small'")
    folder = write(tmp_path, text.split("examples:")[0])
    assert ("warning", line_of(text, "when:"), "not-heavy", "never") in found_in(folder)
    assert "no other rule is needed" in " ".join(str(item) for item in examine_here(folder).findings)
    assert "useless" not in {code for _, _, rule, code in found_in(folder) if rule == "not-heavy"}


def test_numbers_without_a_value_come_with_an_example(tmp_path: Path) -> None:
    text = changed("count * weights.weight(size)", "ceil(6 kg / (count - 2))")
    folder = write(
        tmp_path, text.replace("    when: size == 'large'\n    require: weight <= 8 kg", "    require: run <= 90 m")
    )
    (found,) = [item for item in examine_here(folder).findings if item.code == "no-value"]
    assert (found.rule, found.line, found.severity) == ("weight", line_of(text, "expression:"), "warning")
    assert "count = 2" in found.message_en


def test_numbers_that_are_too_long_are_found(tmp_path: Path) -> None:
    text = changed(
        "expression: count * weights.weight(size)", "expression: count * weights.weight(size) * 1000000000000000"
    )
    assert ("warning", line_of(text, "expression:"), "weight", "overflow") in found_in(write(tmp_path, text))


def test_what_nothing_uses_is_found(tmp_path: Path) -> None:
    assert {(rule, code) for _, _, rule, code in found_in(write(tmp_path)) if code == "unused"} == {
        ("reserve", "unused"),
        ("run", "unused"),
    }
    more = SOUND.replace("  pairs:", "  spare: {file: weights.csv, key: size}\n  pairs:")
    more = more.replace(
        "groups:\n", "  two: {title: {en: Two, zh: 二}}\ngroups:\n  bads: {title: {en: Bads, zh: 坏}}\n"
    )
    more = more.replace("run <=", "").replace("zh: 小}}\n", "zh: 小}, number: reserve}\n")
    unused = {rule for _, _, rule, code in found_in(write(tmp_path / "more", more)) if code == "unused"}
    assert unused == {"run", "spare", "two", "bads"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{en: Count, zh: 数量}", "{en: How many pieces, zh: How many pieces}", "same-text"),
        ("{en: Count, zh: 数量}", "{en: Count, zh: how many}", "script"),
        ("{en: Count, zh: 数量}", "{en: 数量, zh: 数量}", "script"),
        ("{en: Count, zh: 数量}", "{en: 8 Mbit/s, zh: 8 Mbit/s}", ""),
        ("{en: Count, zh: 数量}", "{en: RAID 5, zh: RAID 5}", ""),
    ],
)
def test_texts_of_the_wrong_language_are_doubted(tmp_path: Path, old: str, new: str, code: str) -> None:
    text = changed(old, new)
    found = {(line, found) for _, line, _, found in found_in(write(tmp_path, text)) if found in {"same-text", "script"}}
    assert found == ({(line_of(text, new), code)} if code else set())


def test_a_line_without_a_quantity_is_an_error_only_where_it_applies(tmp_path: Path) -> None:
    text = changed("quantity: count,", "quantity: ceil(10 / (count - 2)),")
    assert ("error", line_of(text, "boxes:"), "boxes", "no-quantity") in found_in(write(tmp_path, text))
    text = text.replace("group: goods}", "group: goods, when: count > 2}")
    assert "no-quantity" not in {code for *_, code in found_in(write(tmp_path / "more", text))}


def test_questions_beyond_the_time_are_left_open_not_answered() -> None:
    rules = ruleset([quantity("n", 2, 9)], [require("one", "n >= 1"), require("two", "n >= 2")])
    assert named(examine(rules), "always") == {"one", "two"}
    found = examine(rules, seconds=0)
    assert [item.code for item in found] == ["undecided"]
    assert "one, two" in found[0].message_en
    assert not found[0].is_error


def test_groups_are_examined_member_by_member(tmp_path: Path) -> None:
    folder = write_grouped(tmp_path)
    assert [item for item in examine_here(folder).findings if item.code not in {"unused"}] == []


def test_findings_stand_in_the_same_order_every_time() -> None:
    first, second = examine_here(VIDEO_SITE).findings, examine_here(VIDEO_SITE).findings
    assert first == second
    assert list(first) == sorted(first, key=lambda item: (item.file, item.line))
    assert not any(item.is_error for item in first)
    assert all(item.line for item in first)


def test_every_finding_has_both_languages() -> None:
    for _, english, chinese in FINDINGS.values():
        assert english.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        for name in ("{what}", "{rules}"):
            assert english.count(name) == chinese.count(name)


def test_gaps_in_the_texts_of_content_are_errors() -> None:
    rules = replace(ruleset([quantity("n", 0, 1)], []), title=Text("Only English", ""))
    assert [(item.code, item.file, item.line) for item in check(rules)] == [("language", "small", 0)]


BOXED = """\
  box:
    kind: choice
    section: one
    label: {en: Box, zh: 箱}
    from: boxes
rules:
  box-carries:
    because: {en: The box does not carry this., zh: 此箱承载不足。}
    require: box.load >= 1 kg
"""


def test_a_value_that_lacks_a_fact_waits_for_an_engineer(tmp_path: Path) -> None:
    """An empty cell that a rule reads is a warning; the same value dead for another reason is an error."""
    text = changed("tables:\n", "tables:\n  boxes: {file: boxes.csv, key: sku}\n").replace("rules:\n", BOXED, 1)
    for number, (cell, code, severity) in enumerate([("", "gap", "warning"), ("0.5", "unreachable", "error")]):
        folder = write(tmp_path / str(number), text)
        rows = f"sku,name_en,name_zh,load[kg],note\nOAK,Oak,橡木箱,5,\nPINE,Pine,松木箱,{cell},\n"
        (folder / "boxes.csv").write_text(rows, "utf-8")
        found = [item for item in examine_here(folder).findings if item.code in {"gap", "unreachable"}]
        assert [(item.rule, item.code, item.severity) for item in found] == [("box", code, severity)]
        assert "PINE" in found[0].message_en
        assert ("load" in found[0].message_zh) == (code == "gap")
