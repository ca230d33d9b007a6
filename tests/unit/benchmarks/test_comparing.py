"""What surrounds the sides: models made here, traces, limits of time, differences, goals."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.common import Goal
from benchmarks.configurator_parts import generated
from benchmarks.configurator_parts.comparing import Compared, differences
from benchmarks.configurator_parts.goals import Missing, goals_of
from benchmarks.configurator_parts.models import Source, folder_of, source, sources
from benchmarks.configurator_parts.panels import read_panel
from benchmarks.configurator_parts.running import Limits, Run, middle, watched
from benchmarks.configurator_parts.traces import clicks_of, draw_trace
from portal.configurator.engine.model import Allowed, Clause, Model, Variable
from portal.configurator.engine.solver import compile_rules


def test_models_made_here_have_their_size() -> None:
    car, sites, tree = generated.car(), generated.surveillance(), generated.feature_tree()
    tables = [rule for rule in car.rules if isinstance(rule, Allowed)]
    assert (len(car.variables), len(tables)) == (111, 147)
    assert sum(len(table.tuples) for table in tables) == 199_057
    assert len(sites.variables) == 25
    assert sum(rule.key.startswith("sum-") for rule in sites.rules) == 12
    assert len(tree.variables) == 18_616
    assert generated.car() == car


def test_the_empty_folder_leaves_shipped_rules_and_models_made_here(tmp_path: Path) -> None:
    assert {one.origin for one in sources(tmp_path)} == {"shipped", "made"}
    (tmp_path / "tiny.dimacs").write_text("p cnf 2 1\n1 2 0\n", "utf-8")
    assert source("tiny", tmp_path).load().variables[1] == Variable("2", "choice", ("true", "false"))
    with pytest.raises(LookupError, match="no model huge"):
        source("huge", tmp_path)


def test_the_folder_comes_from_option_or_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_BENCH_MODELS", str(tmp_path))
    assert folder_of(None) == tmp_path
    assert folder_of(tmp_path / "other") == tmp_path / "other"


def small() -> Model:
    variables = tuple(Variable(key, "choice", ("true", "false")) for key in "abcdef")
    clauses = [[("a", False), ("b", True)], [("c", False), ("d", False)], [("e", True), ("f", True)]]
    return Model(
        variables,
        rules=tuple(
            Clause(f"c{at}", tuple((key, "true", positive) for key, positive in literals))
            for at, literals in enumerate(clauses)
        ),
    )


def test_traces_are_the_same_again_possible_and_take_choices_back() -> None:
    compiled = compile_rules(small())
    trace = draw_trace(compiled, 60, "seed")
    assert trace == draw_trace(compiled, 60, "seed")
    assert trace != draw_trace(compiled, 60, "other")
    clicks = clicks_of(trace)
    assert len(clicks) == 60
    assert [click.place for click in clicks].count(0) == len(trace)
    for click in clicks:
        assert compiled.exact(click.choices)
    assert any(value is None for session in trace for _, value in session)


def watch(code: str, limits: Limits) -> tuple[Run, list[dict[str, int]]]:
    run = Run("x")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        found = list(watched(process, limits, run))
        process.kill()
    return run, found


def test_one_answer_too_long_ends_a_side() -> None:
    run, found = watch("print('{\"a\": 1}', flush=True)\nwhile True: pass", Limits(cap=0.5, budget=60))
    assert found == [{"a": 1}]
    assert (run.capped, run.note) == (True, "> 0.5 s")


def test_all_answers_together_too_long_end_a_side_without_blame() -> None:
    run, found = watch("while True: print('{}', flush=True)", Limits(cap=30, budget=0.5))
    assert found
    assert (run.capped, run.note) == (False, "stopped after 0.5 s")


def test_rounds_become_medians() -> None:
    runs = [Run("x", 1.0, 1.0, [float(n), 5.0], ["a", "b", "c"]) for n in (9, 1, 2)]
    assert middle(runs).clicks == [2.0, 5.0]


def test_differences_are_counted_by_variable() -> None:
    ours, peer = Run("e", answers=["1,2,3", "3,3,3"]), Run("s", answers=["1,3,1", "3,3,3", "0,0,0"])
    assert differences(ours, peer) == (2, 6)


def compared(name: str, engine: list[float], peer: list[float]) -> Compared:
    one = Compared(Source(name, "public"), (172, 344, 300))
    one.runs = {"engine": Run("engine", 1.0, 1.0, engine), "plain SAT": Run("sat", 1.0, 1.0, peer)}
    return one


def test_ratios_use_the_clicks_that_both_finished() -> None:
    one = compared("printer", [1.0, 1.0, 100.0], [4.0, 4.0])
    assert one.ratio("plain SAT") == 4.0
    assert one.ratio("CP-SAT") is None


def test_goals_have_a_figure_or_a_reason() -> None:
    one, two = compared("printer", [1.0], [4.0]), compared("bank", [1.0], [9.0])
    two.differing, two.compared = {"plain SAT": 1}, {"plain SAT": 10}
    goals = {goal.name: goal for goal in goals_of([one, two])}
    mean = next(goal for name, goal in goals.items() if name.startswith("plain incremental SAT"))
    assert isinstance(mean, Goal)
    assert math.isclose(mean.value, 6.0)
    differing = next(goal for name, goal in goals.items() if name.startswith("differing"))
    assert isinstance(differing, Goal)
    assert (differing.value, differing.met) == (1, False)
    missing = [goal for goal in goals.values() if isinstance(goal, Missing)]
    assert missing
    assert all(goal.why for goal in missing)


def test_an_engine_that_did_not_finish_meets_no_goal() -> None:
    one = compared("printer", [1.0], [4.0])
    one.runs["engine"].capped, one.runs["engine"].note = True, "> 60 s"
    late = next(goal for goal in goals_of([one]) if goal.name.startswith("no model, p95"))
    assert isinstance(late, Goal)
    assert not late.met


def test_a_panel_is_read_with_what_is_offered_and_what_is_greyed() -> None:
    page = """
      <form method="post" action="/configurations/abc/undo"><input type="hidden" name="version" value="7"></form>
      <form method="post" action="/configurations/abc/take-back#k"><input type="hidden" name="key" value="k"></form>
      <form method="post" action="/configurations/abc/choices#question-k">
        <input type="hidden" name="version" value="7"><input type="hidden" name="step" value="3">
        <input type="hidden" name="key" value="k">
        <button name="value" value="one" class="option" aria-pressed="true"></button>
        <button name="value" value="t&amp;wo" class="option proposed" aria-pressed="false"></button>
        <button name="value" value="three" class="option greyed" aria-pressed="false"></button>
      </form>
      <form method="post" action="/configurations/abc/choices">
        <input type="hidden" name="version" value="7"><input type="hidden" name="step" value="3">
        <input type="hidden" name="key" value="n"><span class="hint" id="range-n"> Possible: 1–4, 9 </span>
      </form>"""
    panel = read_panel(page)
    assert (panel.version, panel.step, panel.can_undo, panel.chosen) == ("7", "3", True, ("k",))
    assert panel.offered == (("k", "t&wo"), ("n", "1"), ("n", "4"), ("n", "9"))
    assert panel.greyed == (("k", "three"),)


def test_an_optimum_that_the_peer_beats_is_seen() -> None:
    one = compared("site", [1.0], [4.0])
    ours = {"ms": 2.0, "cost": 10, "lower": 10, "proved": True}
    one.optima = {
        "engine": [ours, ours],
        "CP-SAT": [{**ours, "ms": 8.0}, {**ours, "cost": 9, "lower": 3, "proved": False}],
    }
    goals = [goal for goal in goals_of([one]) if isinstance(goal, Goal) and goal.name.startswith("cheapest")]
    assert [(goal.value, goal.met) for goal in goals] == [(2.5, True), (1, False)]
