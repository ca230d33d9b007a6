"""The engine replayed from outside: models of every kind, traces good and bad, the two commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.administration.engine_commands import engine

CNF = """c 1 Root
c 3 Right side
p cnf 4 4
1 0
-2 -3 0
2 3 0
-4 4 0
"""
UVL = """features
  Kit
    mandatory
      Integer Size {min 1, max 4}
    optional
      Lid
constraints
  Lid => Size >= 3
"""
RULES = """
format: 1
key: small
title: {en: Small, zh: 小}
sections: {s: {title: {en: S, zh: 段}}}
attributes:
  colour:
    kind: choice
    section: s
    label: {en: Colour, zh: 颜色}
    values: {"true": {label: {en: Yes, zh: 是}}, "2": {label: {en: Two, zh: 二}}}
  many: {kind: quantity, section: s, label: {en: Many, zh: 多}, minimum: 1, maximum: 3}
  days: {kind: fact, section: s, label: {en: Days, zh: 天}, minimum: 1, maximum: 30}
rules:
  days-many:
    because: {en: A day needs one each., zh: 每天一个。}
    require: days <= 5 * many
"""


REPEATED = """
format: 1
key: site
title: {en: Site, zh: 站点}
sections: {s: {title: {en: S, zh: 段}}}
repeated:
  camera: {title: {en: Cameras, zh: 摄像机}, label: {en: Camera, zh: 摄像机}, section: s, minimum: 0, maximum: 2}
attributes:
  colour:
    kind: choice
    group: camera
    section: s
    label: {en: Colour, zh: 颜色}
    values: {red: {label: {en: Red, zh: 红}, number: 1}, blue: {label: {en: Blue, zh: 蓝}, number: 3}}
  most: {kind: quantity, section: s, label: {en: Most, zh: 最多}, minimum: 1, maximum: 3}
rules:
  enough:
    because: {en: All together are too many., zh: 总数过多。}
    require: "sum(camera: colour.number) <= most"
"""


@pytest.fixture
def models(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "10.yaml").write_text(RULES, encoding="utf-8")
    for name, text in (
        ("kit.uvl", UVL),
        ("m.cnf", CNF),
        ("m.txt", CNF),
        ("kit", UVL),
        ("one.yaml", RULES),
        ("site.yaml", REPEATED),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {path.name: path for path in tmp_path.iterdir()}


def run(*words: object) -> Result:
    return CliRunner().invoke(engine, [str(word) for word in words], prog_name="portal engine")


def replayed(model: Path, sessions: Any) -> list[dict[str, Any]]:
    trace = model.parent / "trace.json"
    trace.write_text(sessions if isinstance(sessions, str) else json.dumps(sessions))
    result = run("replay", model, trace)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def without_time(answer: dict[str, Any]) -> dict[str, Any]:
    assert isinstance(answer["ms"], (int, float))
    return {key: value for key, value in answer.items() if key != "ms"}


@pytest.mark.parametrize("name", ["m.cnf", "m.txt"])
def test_dimacs_clicks_replacement_and_refusal(models: dict[str, Path], name: str) -> None:
    clicks = [["2", True], ["3", "true"], ["2", "false"], ["3", True], ["1", False]]
    first, second, third, fourth, fifth = replayed(models[name], [clicks])
    possible = {"1": [True], "2": [True], "3": [False], "4": [True, False]}
    assert without_time(first) == {"session": 0, "click": 0, "domains": possible}
    reason = [{"variable": "2", "value": True}, {"rule": "clause 2"}]
    assert second == {"session": 0, "click": 1, "refused": True, "because": reason}
    possible = {"1": [True], "2": [False], "3": [True], "4": [True, False]}
    assert without_time(third) == {"session": 0, "click": 2, "domains": possible}
    assert without_time(fourth) == {"session": 0, "click": 3, "domains": possible}
    assert fifth == {"session": 0, "click": 4, "refused": True, "because": [{"rule": "clause 1"}]}


def test_sessions_begin_anew_and_may_be_empty(models: dict[str, Path]) -> None:
    found = replayed(models["m.cnf"], [[["2", True]], [], [["4", False], ["2", False]]])
    assert [(each["session"], each["click"]) for each in found] == [(0, 0), (2, 0), (2, 1)]
    assert found[1]["domains"]["2"] == [True, False]


@pytest.mark.parametrize("name", ["kit.uvl", "kit"])
def test_uvl_features_are_true_and_false(models: dict[str, Path], name: str) -> None:
    first, second = replayed(models[name], [[["Lid", True], ["Size", 2]]])
    assert first["domains"] == {"Kit": [True], "Size": [3, 4], "Lid": [True]}
    lid = {"variable": "Lid", "value": True}
    assert second["because"] == [lid, {"rule": "line-8", "text": "Lid => Size >= 3"}]


@pytest.mark.parametrize("name", ["small", "one.yaml"])
def test_rule_sets_words_numbers_and_ranges(models: dict[str, Path], name: str) -> None:
    first, second, third = replayed(models[name], [[["days", 12], ["many", 2], ["colour", 2]]])
    assert first["domains"] == {"colour": ["true", "2"], "many": [3]}
    assert first["ranges"] == {"days": [12, 12]}
    reason = {"rule": "days-many", "text": "A day needs one each."}
    assert second["because"] == [{"variable": "days", "value": 12}, reason]
    assert third["domains"]["colour"] == ["2"]


def test_variables_of_repeated_groups_are_named_by_their_member(models: dict[str, Path]) -> None:
    clicks = [["camera", 2], ["camera[1].colour", "blue"], ["camera", 1], ["camera[1].colour", "blue"]]
    first, second, third, fourth = replayed(models["site.yaml"], [clicks])
    red = {"camera[1].colour": ["red"], "camera[2].colour": ["red"]}
    assert first["domains"] == {"camera": [2], **red, "most": [2, 3]}
    reason = {"rule": "enough", "text": "All together are too many."}
    assert second["because"] == [{"variable": "camera", "value": 2}, reason]
    assert third["domains"]["camera[1].colour"] == ["red", "blue"]
    assert fourth["domains"] == {"camera": [1], **red, "camera[1].colour": ["blue"], "most": [3]}


def test_answers_are_the_same_each_time(models: dict[str, Path]) -> None:
    clicks = [[["4", True], ["2", False], ["2", True]], [["2", True], ["4", True]]]
    once, again = (replayed(models["m.cnf"], clicks) for _ in range(2))
    assert [without_time(each) for each in once] == [without_time(each) for each in again]


BAD = [
    ("{", "not JSON: line 1, column 2"),
    ("[" * 100_000, "not JSON"),
    ("", "not JSON"),
    ("{}", "a list of sessions is expected"),
    ("[1]", "session 0: a list of [variable, value] is expected"),
    ('[[], ["1", true]]', "session 1, click 0: [variable, value] is expected"),
    ('[[["1"]]]', "session 0, click 0: [variable, value] is expected"),
    ('[[["1", true, 3]]]', "session 0, click 0: [variable, value] is expected"),
    ('[[["1", true], [null, true]]]', "session 0, click 1: [variable, value] is expected"),
    ('[[["1", true], ["5", true]]]', 'session 0, click 1: the model has no variable "5"'),
    ('[[["1", 7]]]', "session 0, click 0: 1 has no value 7"),
    ('[[["1", null]]]', "session 0, click 0: 1 has no value null"),
    ('[[["1", [true]]]]', "session 0, click 0: 1 has no value [true]"),
    ('[[["1", NaN]]]', "session 0, click 0: 1 has no value NaN"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD)
def test_bad_traces_name_session_and_click_before_anything_is_replayed(
    models: dict[str, Path], text: str, sentence: str
) -> None:
    trace = models["m.cnf"].parent / "bad.json"
    trace.write_text(text)
    result = run("replay", models["m.cnf"], trace)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"bad.json: {sentence}" in result.stderr


def test_bad_models_are_named_with_their_lines(models: dict[str, Path]) -> None:
    folder = models["m.cnf"].parent
    trace = folder / "empty.json"
    trace.write_text("[]")
    for name, text, sentence in (
        ("bad.cnf", "p cnf 1 1\n2 0", "bad.cnf: line 2: variable 2 is beyond the 1"),
        ("bad.uvl", "features\n  A\n    other\n      B\nconstraints\n  A => C", "bad.uvl:6:8: C is neither"),
        ("bad.yaml", RULES.replace("5 * many", "5 * few"), "bad.yaml:17: days-many: undefined: few is not defined"),
        ("bad.doc", "what is this", "neither a folder of rules"),
    ):
        (folder / name).write_text(text)
        result = run("replay", folder / name, trace)
        assert result.exit_code == 1
        assert sentence in result.stderr
    assert "bad.uvl:3:5:" in run("replay", folder / "bad.uvl", trace).stderr


def test_explain_says_every_reason(models: dict[str, Path]) -> None:
    result = run("explain", models["m.cnf"], "3", "true", "--choose", "2=true", "--choose", "4=false")
    assert result.exit_code == 0
    assert result.stdout == "3 (Right side) = true is impossible:\n1. with 2 = true, by\n     clause 2\n"
    assert run("explain", models["m.cnf"], "3", "true").stdout == "3 (Right side) = true is possible.\n"
    assert "1. whatever is chosen, by" in run("explain", models["m.cnf"], "1", "false").stdout
    contradiction = run("explain", models["m.cnf"], "4", "true", "--choose", "2=false", "--choose", "3=false")
    assert contradiction.stdout.startswith("The choices made before cannot be met together:")
    numbers = run("explain", models["small"], "many", "1", "--choose", "days=12")
    assert "days-many: A day needs one each." in numbers.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("9", "true"), "The model has no variable 9."),
        (("3", "maybe"), "3 has no value maybe."),
        (("3", "true", "--choose", "2"), "VARIABLE=VALUE is expected"),
        (("3", "true", "--choose", "8=true"), "The model has no variable 8."),
    ],
)
def test_explain_refuses_what_the_model_does_not_know(
    models: dict[str, Path], words: tuple[str, ...], sentence: str
) -> None:
    result = run("explain", models["m.cnf"], *words)
    assert result.exit_code > 0
    assert sentence in result.stderr


def test_each_line_is_written_before_the_next_click(models: dict[str, Path]) -> None:
    """A reader that goes away after the first line ends the replay without a traceback."""
    trace = models["m.cnf"].parent / "long.json"
    trace.write_text(json.dumps([[["2", bool(number % 2)] for number in range(20_000)]]))
    code = "from portal.administration.engine_commands import engine; engine(prog_name='portal engine')"
    command = [sys.executable, "-c", code, "replay", str(models["m.cnf"]), str(trace)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["click"] == 0
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


LARGE = Path(__file__).parents[4].parent / "shared" / "data" / "models"


@pytest.mark.skipif(not LARGE.is_dir(), reason="public models are not beside the checkout")
@pytest.mark.parametrize("name", ["printer", "berkeleydb", "automotive01"])
def test_large_formulas_are_replayed(name: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    trace.write_text(json.dumps([[[str(number), True] for number in range(1, 40, 3)]]))
    result = run("replay", LARGE / f"{name}.dimacs", trace)
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 13
    assert any("domains" in line for line in lines)
