"""Rule sets as UVL text and back: the same configurations, and what is not said is named."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from portal.configurator.engine.model import Clause, Model, Rule, Variable
from portal.configurator.engine.terms import And, Binary, Compare, If, Number, Ref, Same, Symbol
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import Column, RuleSet, Table
from portal.configurator.uvl.exporting import Exported, export_model, export_ruleset
from portal.configurator.uvl.importing import import_text
from tests.unit.configurator.replay.test_replay import REPEATED
from tests.unit.configurator.uvl.walking import frozen, selected, walk
from tests.unit.configurator.worlds import choice, derived, quantity, require, rule_sets, ruleset, solutions

CASES = int(os.environ.get("CONFIGURATOR_EXAMPLES", "20"))
thorough = settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))


def back(exported: Exported, configuration: dict[str, Any]) -> dict[str, Any]:
    """Return what a configuration of the text says about the variables of the model."""
    found: dict[str, Any] = {}
    for key, variable in exported.words.variables.items():
        if variable.kind != "choice":
            found[key] = configuration[exported.words.feature(key)]
            continue
        for value in variable.values:
            chosen = exported.words.selection(key, value)
            assert chosen is not None
            if (chosen[0] in configuration) is chosen[1]:
                assert key not in found
                found[key] = value
    return found


def round_trip(exported: Exported) -> list[dict[str, Any]]:
    imported = import_text(exported.text)
    return [back(exported, selected(imported, each)) for each in walk(imported.model)]


def numbers_only(found: list[dict[str, Any]], rules: RuleSet) -> list[dict[str, Any]]:
    asked = {attribute.key for attribute in rules.attributes if attribute.kind != "derived"}
    return [{key: value for key, value in each.items() if key in asked} for each in found]


@thorough
@given(rule_sets())
def test_random_rule_sets_come_back_with_the_same_configurations(rules: RuleSet) -> None:
    exported = export_ruleset(rules)
    kept = {key for key, _ in exported.left_out}
    same = replace(rules, rules=tuple(rule for rule in rules.rules if f"rule {rule.key}" not in kept))
    assert frozen(round_trip(exported)) == frozen(numbers_only(solutions(same), rules))


def test_every_kind_of_rule_can_be_said() -> None:
    table = Table(
        "t",
        ("k", "n"),
        (Column("k", None), Column("n", "count"), Column("c", "count")),
        (
            ("x", 1, 4),
            ("x", 2, None),
            ("y", 1, -2),
            ("z", 3, 9),
        ),
    )
    rules = ruleset(
        [
            choice("a", "xyz", numbers={"x": 2, "y": 5}),
            quantity("n", 0, 3),
            quantity("d", 1, 30, "fact"),
            derived("each", "ceil(d / n)"),
        ],
        [
            require("cell", "t.c(a, n) >= 0 - 2"),
            require("pick", "max(a.number, n) <= min(each, 12)"),
            require("words", "a in {'x', 'z'} or n != 1"),
        ],
        [table],
    )
    exported = export_ruleset(rules)
    assert exported.left_out == ()
    assert frozen(round_trip(exported)) == frozen(numbers_only(solutions(rules), rules))


def test_conditional_numbers_and_clauses() -> None:
    model = Model(
        variables=(
            Variable("flag", "choice", ("true", "false")),
            Variable("group[1].colour", "choice", ("a.b", 'say "hi"', "c'd")),
            Variable("n", "quantity", (0, 1, 2, 5)),
        ),
        rules=(
            Rule("if", Compare("<", If(Same(Ref("flag"), Symbol("true")), Ref("n"), Number(7)), Number(8))),
            Rule(
                "sum",
                Compare(
                    "<=", Binary("+", Ref("n"), If(Same(Ref("flag"), Symbol("true")), Number(1), Number(2))), Number(4)
                ),
            ),
            Clause("c", (("group[1].colour", "a.b", False), ("n", 1, False), ("flag", "true", False))),
        ),
    )
    exported = export_model(model, "odd names")
    assert exported.left_out == ()
    assert frozen(round_trip(exported)) == frozen(walk(model))


def test_repeated_groups_are_written_out(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(REPEATED, encoding="utf-8")
    rules = read_ruleset(tmp_path)
    exported = export_ruleset(rules)
    assert exported.left_out == ()
    assert "\"camera[2]:colour\" {name_en 'Colour', name_zh '颜色'}" in exported.text
    found = round_trip(exported)
    assert len(found) == 9
    assert frozen(found) == frozen(walk(rules.model()))


def test_what_cannot_be_said_is_named() -> None:
    rules = ruleset(
        [choice("a", "xy"), quantity("n", 1, 1000), quantity("m", 1, 1000)],
        [require("wide", "ceil(n * m / 3) > 7"), require("fine", "n > 3")],
    )
    exported = export_ruleset(rules)
    assert exported.left_out == (("rule wide", "its quotient may have more than 2000 values"),)
    assert "// not in this text: rule wide: its quotient may have more than 2000 values" in exported.text
    assert import_text(exported.text).model.variables


def test_a_rule_that_is_never_true_leaves_nothing() -> None:
    model = Model(
        variables=(Variable("a", "choice", ("x", "y")),), rules=(Rule("no", Compare("<", Number(2), Number(1))),)
    )
    assert round_trip(export_model(model, "empty")) == []
    always = Model(variables=model.variables, rules=(Rule("yes", And(())),))
    assert len(round_trip(export_model(always, "full"))) == 2


@pytest.mark.parametrize("word", ["features", "Integer", "or", "sum"])
def test_words_of_the_language_are_quoted(word: str) -> None:
    model = Model(variables=(Variable(word, "choice", ("true", "false")), Variable("q", "choice", ("or", "and"))))
    assert len(round_trip(export_model(model, word))) == 4
