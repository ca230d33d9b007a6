"""Repeated groups: every answer of the solver against the full list of solutions of hand-made rule sets."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from portal.configurator.engine.results import Explanation, Impossible
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.language import lowering
from portal.configurator.language.checking import check
from portal.configurator.language.errors import Fault
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import Column, Line, Prefer, Rule, RuleSet, Table, Text
from portal.configurator.verification import VerificationFailed, verify
from tests.unit.configurator.folders import write_grouped
from tests.unit.configurator.worlds import (
    SAME,
    accessory,
    choice,
    derived,
    quantity,
    repeated,
    require,
    ruleset,
    solutions,
)

Choices = dict[str, Any]
FITS = Table(
    "fits", (), (Column("a", None), Column("s", None)), (("y", "p"), ("y", "q"), ("z", "p"))
)  # x, the value at rest, is in no row
WEIGHT = Table("weight", ("a",), (Column("a", None), Column("w", "count")), (("x", None), ("y", 3), ("z", 2)))


def one(rules: list[Rule], *, low: int = 1, high: int = 3, more: list[Any] | None = None, **parts: Any) -> RuleSet:
    """A group g with a choice a and a quantity n, a site choice s and a site quantity m."""
    attributes = [
        choice("a", "xyz", Prefer("first", "y"), {"x": 1, "y": 2, "z": 5}, "g"),
        quantity("n", 0, 2, prefer=Prefer("largest"), group="g"),
        choice("s", "pq"),
        quantity("m", 0, 6),
        *(more or []),
    ]
    return ruleset(attributes, rules, groups=[repeated("g", low, high)], **parts)


SETS: dict[str, RuleSet] = {
    "no rule": one([]),
    "a rule of each member": one([require("r", "n >= 1", "a == 'y'"), require("q", "a != 'x'")]),
    "two attributes of the same member": one([require("r", "n + a.number <= 4"), require("q", "n != 1")]),
    "a member and the site": one([require("r", "n <= m", "s == 'p'"), require("q", "m <= 3")]),
    "a sum": one([require("r", "sum(g: n * a.number) == m")]),
    "counts": one([require("r", "count(g: a == 'z') == 1"), require("q", "count(g: n > 0) >= 2")]),
    "all and any": one([require("r", "all(g: n >= 1) or any(g: a == 'z')"), require("q", "not all(g: a == 'x')")]),
    "smallest and largest": one([require("r", "max(g: n) > min(g: n)"), require("q", "min(g: a.number) == 2")]),
    "nothing at all is allowed": one([require("r", "sum(g: n) >= 2"), require("q", "max(g: n) <= m")], low=0, high=2),
    "the largest of no members": one([require("r", "max(g: n) <= m or s == 'q'")], low=0, high=1),
    "neither undefined": one([require("r", "not (weight.w(a) > 2 or n > 1)", "s == 'p'")], tables=[WEIGHT], high=2),
    "an undefined condition": one([require("r", "n == 1", "weight.w(a) > 2")], tables=[WEIGHT], high=2),
    "the number itself": one([require("r", "g * 2 <= m"), require("q", "m <= 5", "g == 2")]),
    "derived numbers of members": one(
        [require("r", "load <= 4"), require("q", "total in {3, 6}")],
        more=[derived("load", "n * a.number", "g"), derived("total", "sum(g: load) + m")],
    ),
    "a missing cell": one([require("r", "weight.w(a) + n <= 4", "s == 'p'")], tables=[WEIGHT]),
    "a missing cell in a sum": one([require("r", "sum(g: weight.w(a)) <= 5 or s == 'q'")], tables=[WEIGHT]),
    "a table over members and the site": one([Rule("t", SAME, "", table="fits", columns=(("a", "a"), ("s", "s")))],
        tables=[FITS]),
    "a table over members": one(
        [Rule("t", SAME, "", table="pairs", columns=(("a", "a"), ("n", "n")))],
        tables=[Table("pairs", (), (Column("a", None), Column("n", "count")), (("y", 1), ("z", 2), ("x", 1)))],
    ),
    "if": one([require("r", "if(s == 'p', sum(g: n), m) == 3"), require("q", "n <= if(a == 'x', 0, 2)")], high=2),
    "if of something undefined": one([require("r", "if(weight.w(a) > 2, n, m) <= 1")], tables=[WEIGHT], high=2),
    "two groups": ruleset(
        [
            choice("a", "xy", group="g"),
            quantity("n", 0, 2, group="g"),
            choice("b", "pq", group="h"),
            quantity("k", 1, 2, "fact", group="h"),
        ],
        [
            require("r", "n >= 1", "any(h: b == 'q')"),
            require("q", "sum(g: n) <= sum(h: k)"),
            require("nested", "all(g: count(h: k > n) >= 1)"),
        ],
        groups=[repeated("g", 1, 2), repeated("h", 0, 2)],
    ),
}  # fmt: skip


def agree(found: list[Choices], choices: Choices) -> list[Choices]:
    return [each for each in found if all(each[key] == value for key, value in choices.items())]


def without(choices: Choices, key: str) -> Choices:
    return {name: value for name, value in choices.items() if name != key}


def assert_minimal(rules: RuleSet, explanation: Explanation, wish: Choices) -> None:
    chosen, named = dict(explanation.choices), set(explanation.rules)
    assert not solutions(rules, {**chosen, **wish}, named)
    for key in chosen:
        assert solutions(rules, {**without(chosen, key), **wish}, named)
    for key in named:
        assert solutions(rules, {**chosen, **wish}, named - {key})


def compare(rules: RuleSet, compiled: Compiled, found: list[Choices], choices: Choices) -> None:
    """Domains of every variable, and a minimal reason for some values that are gone."""
    domains = compiled.domains(choices)
    gone: list[tuple[str, Any]] = []
    for attribute in rules.everything:
        key = attribute.key
        if attribute.kind == "derived":
            continue
        expected = {each[key] for each in agree(found, without(choices, key))}
        if attribute.kind == "fact":
            assert domains.range[key] == (min(expected), max(expected))
            continue
        assert set(domains.values[key]) == expected, (key, choices)
        every = [value.key for value in attribute.values] or range(attribute.minimum, attribute.maximum + 1)
        gone += [(key, value) for value in every if value not in expected]
    for key, value in gone[:3]:
        assert_minimal(rules, compiled.explain(choices, key, value), {key: value})


@pytest.mark.parametrize("name", SETS)
def test_answers_equal_enumeration(name: str) -> None:
    rules = SETS[name]
    found = solutions(rules)
    compiled = compile_rules(rules)
    chance = random.Random(7)
    assert found
    compare(rules, compiled, found, {})
    for _ in range(6):
        some = chance.choice(found)
        choices = {key: some[key] for key in chance.sample(sorted(some), chance.randint(1, len(some)))}
        compare(rules, compiled, found, choices)
        assignment = compiled.complete(choices)
        assert agree(found, {key: assignment[key] for key in found[0]})
        verify(rules, assignment, compiled.lines(assignment))


@pytest.mark.parametrize("name", [name for name in SETS if "table over" in name])
def test_wide_tables_allow_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lowering, "LOOKUP_LIMIT", 0)
    rules = SETS[name]
    compiled, found = compile_rules(rules), solutions(rules)
    for choices in ({}, {"g": 1}, {"g": 2}, {"g": 2, "g[2].a": "y"}, {"g[3].a": "z"}):
        domains = compiled.domains(choices)
        for key, values in domains.values.items():
            assert set(values) == {each[key] for each in agree(found, without(choices, key))}


def test_tables_of_groups_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lowering, "LOOKUP_LIMIT", 0)
    monkeypatch.setattr(lowering, "TUPLE_LIMIT", 5)
    with pytest.raises(Fault, match="size"):
        SETS["a table over members"].model()


def test_each_configuration_is_counted_once() -> None:
    rules = one([], low=0, high=3)
    alone = 3 * 3  # of a and n
    assert len(solutions(rules)) == (1 + alone + alone**2 + alone**3) * 2 * 7


def test_what_does_not_exist_is_refused_with_the_number_as_reason() -> None:
    rules = SETS["a table over members"]
    compiled = compile_rules(rules)
    explanation = compiled.explain({"g": 1}, "g[2].a", "y")
    assert explanation.choices == (("g", 1),)
    assert explanation.rules == ("group:g",)
    assert rules.rule("group:g").because == Text("There are only as many as “x” says.", "数量以“x”为准。")
    with pytest.raises(Impossible):
        compiled.domains({"g": 1, "g[3].n": 2})


def test_completion_takes_no_more_members_than_it_must() -> None:
    rules = one([require("r", "sum(g: n) >= 3")])
    assignment = compile_rules(rules).complete({})
    assert (assignment["g"], assignment["g[1].n"], assignment["g[2].n"]) == (2, 2, 2)
    assert (assignment["g[1].a"], assignment["g[3].a"], assignment["g[3].n"]) == ("y", "x", 0)


def test_a_wish_of_a_later_member_makes_it_exist() -> None:
    compiled = compile_rules(one([]))
    assert compiled.domains({"g[3].a": "z"}).values["g"] == (3,)
    assert compiled.complete({"g[2].n": 1})["g"] == 2


def test_the_shape_of_groups_is_known(tmp_path: Path) -> None:
    rules = read_ruleset(write_grouped(tmp_path))
    assert [item.key for item in rules.everything][:3] == [
        "camera_group",
        "camera_group[1].cameras",
        "camera_group[2].cameras",
    ]
    assert rules.attribute("camera_group[2].mount").label == Text("Camera group 2 · Mount", "摄像机组 2 · 支架")
    assert rules.member_of("camera_group[2].mount") == ("camera_group", 2)
    assert rules.member_of("recorder") == ("", 0)
    with pytest.raises(KeyError):
        rules.attribute("mount")
    existing = [item.key for item in rules.existing({"camera_group": 1})]
    assert "camera_group[1].power" in existing
    assert "camera_group[2].power" not in existing
    assert check(rules) == ()


def test_defaults_are_known_and_bind_nobody(tmp_path: Path) -> None:
    rules = read_ruleset(write_grouped(tmp_path))
    assert rules.defaults == {
        **{f"camera_group[{member}].cameras": 2 for member in (1, 2, 3)},
        **{f"camera_group[{member}].camera": "light" for member in (1, 2, 3)},
    }
    compiled = compile_rules(rules)
    assert compiled.complete({})["camera_group[1].cameras"] == 2
    assert compiled.complete({"camera_group": 3, "recorder": "small"})["camera_group[3].cameras"] == 1
    assert compiled.domains({}).values["camera_group[1].camera"] == ("heavy", "light")


def bill(rules: RuleSet, choices: Choices) -> list[tuple[str, int, str]]:
    compiled = compile_rules(rules)
    assignment = compiled.complete(choices)
    lines = compiled.lines(assignment)
    verify(rules, assignment, lines)
    return [(line.sku, line.quantity, line.rule) for line in lines]


def test_accessories_follow_what_needs_them(tmp_path: Path) -> None:
    rules = read_ruleset(write_grouped(tmp_path))
    first, second = {"camera_group[1].cameras": 1}, {"camera_group": 2, "camera_group[2].mount": "pole"}
    assert bill(rules, first) == [("LQ-D4-I", 1, "cameras"), ("LQ-R16P", 1, "recorder")]
    assert bill(rules, {**first, **second, "recorder": "large"}) == [
        ("LQ-D4-I", 1, "cameras"),
        ("LQ-D4-I", 2, "cameras"),
        ("LQ-R16P", 2, "recorder"),
        ("LQ-MOUNT", 2, "bracket"),
        ("LQ-PATCH", 4, "screws"),
    ]
    assert rules.because_of("screws") == Text("Each bracket is fixed with two screws.", "每个抱箍用两颗螺钉固定。")
    assert rules.because_of("cameras") is None


def test_an_accessory_may_be_a_choice_and_have_several_parents() -> None:
    kit = choice("kit", "kl")
    none = choice("none", "x")
    nothing = type(none.values[0])("none", SAME)
    kit = type(kit)("kit", "choice", SAME, SAME, "count", (nothing, *kit.values), 0, 0, "s", kit.prefer)
    rules = ruleset(
        [kit, quantity("n", 0, 3), quantity("m", 0, 3)],
        [],
        lines=[Line("boxes", "g", "BOX", "", "n", ""), Line("bags", "g", "BAG", "", "m - 1", "n >= 1")],
        accessories=[
            accessory("kits", "", "1", parents=["boxes", "bags"], product="kit"),
            accessory("bolts", "BOLT", "4", "n != 3", parents=["kits"]),
            accessory("credit", "BACK", "0 - 1", parents=["bags"]),
        ],
    )
    assert bill(rules, {"kit": "none", "n": 2, "m": 3}) == [("BOX", 2, "boxes"), ("BAG", 2, "bags")]
    assert bill(rules, {"kit": "k", "n": 0, "m": 3}) == []
    assert bill(rules, {"kit": "k", "n": 2, "m": 0}) == [
        ("BOX", 2, "boxes"),
        ("SKU-k", 2, "kits"),
        ("BOLT", 8, "bolts"),
    ]
    assert bill(rules, {"kit": "k", "n": 2, "m": 3})[2:] == [
        ("SKU-k", 2, "kits"),
        ("SKU-k", 2, "kits"),
        ("BOLT", 8, "bolts"),
        ("BOLT", 8, "bolts"),
    ]
    assert bill(rules, {"kit": "l", "n": 3, "m": 1})[1:] == [("SKU-l", 3, "kits")]


def test_a_wrong_accessory_is_refused(tmp_path: Path) -> None:
    rules = read_ruleset(write_grouped(tmp_path))
    compiled = compile_rules(rules)
    assignment = compiled.complete({"camera_group[1].mount": "pole"})
    lines = list(compiled.lines(assignment))
    verify(rules, assignment, lines)
    for place, line in enumerate(lines):
        fewer = [*lines[:place], *lines[place + 1 :]]
        with pytest.raises(VerificationFailed, match=f"bill:{line.sku}"):
            verify(rules, assignment, fewer)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"camera_group[1].mount": "wall", "camera_group[1].camera": "heavy"}, ("mount-fits",)),
        ({"camera_group[2].mount": "wall"}, ("group:camera_group",)),
        ({"camera_group[3].cameras": 2}, ("group:camera_group",)),
        ({"camera_group": 4}, ("domain:camera_group",)),
        ({"camera_group[1].cameras": 3, "camera_group[1].camera": "heavy"}, ("mount-fits", "heavy-alone")),
        ({"camera_group[4].cameras": 3}, ("domain:camera_group[4].cameras",)),
        ({"total": 1}, ("derived:total",)),
        ({"camera_group[1].power": 1}, ("derived:camera_group[1].power",)),
    ],
)
def test_the_second_check_knows_groups(tmp_path: Path, change: Choices, broken: tuple[str, ...]) -> None:
    rules = read_ruleset(write_grouped(tmp_path))
    assignment = compile_rules(rules).complete({"camera_group": 1})
    verify(rules, assignment)
    with pytest.raises(VerificationFailed) as caught:
        verify(rules, {**assignment, **change})
    assert caught.value.rules == broken


def test_content_without_the_younger_parts_is_as_it_was() -> None:
    rules = ruleset([choice("a", "xy")], [])
    content = rules.content()
    # the hash that the first release gave to this content
    assert rules.content_hash == "1027dccb33d6fbd29b0012709f185de10292e96c4ac1e0dd456d0d1f7534d8f7"
    assert not {"repeated", "accessories"} & content.keys()
    assert "group" not in content["attributes"][0]
    assert RuleSet.from_content(content) == rules


def test_content_of_groups_survives(tmp_path: Path) -> None:
    rules = read_ruleset(write_grouped(tmp_path))
    again = RuleSet.from_content(rules.content())
    assert again == rules
    assert again.content_hash == rules.content_hash
    assert rules.content()["attributes"][0]["group"] == "camera_group"
