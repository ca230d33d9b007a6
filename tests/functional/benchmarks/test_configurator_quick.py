"""The benchmarks of the configurator run from start to end, all sides agree, and people meet no error."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.factories.demo import Loaded

ROOT = Path(__file__).resolve().parents[3]
TINY = "p cnf 6 5\n1 0\n-2 1 0\n-3 -4 0\n2 3 4 0\n-5 6 3 0\n"


def run(*command: str) -> str:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("command", [["benchmarks/configurator.py"], ["-m", "benchmarks.configurator"]])
def test_the_quick_run_compares_all_sides(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "tiny.dimacs").write_text(TINY, "utf-8")
    options = ["--quick", "--model", "tiny", "--models", str(tmp_path), "--clicks", "8", "--results", str(tmp_path)]
    if command[0] == "-m":
        options += ["--side", "plain SAT"]
    printed = run(*command, *options)
    assert "tiny: 6 variables, 12 values, 5 rules; 8 clicks" in printed
    assert "differing domains" in printed
    found: dict[str, Any] = json.loads((tmp_path / "configurator-quick.json").read_text("utf-8"))
    sides = found["models"][0]["sides"]
    assert {"engine", "plain SAT"} <= set(sides)
    for side, facts in sides.items():
        assert facts["clicks"] == 8, (side, facts)
        assert facts["differing"] in {None, 0}
    assert all(goal["why"] for goal in found["not_measured"])


@pytest.mark.slow
def test_people_configure_without_an_error(tmp_path: Path, demo_world: Callable[[str], Loaded]) -> None:
    printed = run(
        "benchmarks/configurator_load.py",
        "--quick",
        "--seconds",
        "2",
        "--demo",
        str(demo_world("sqlite").folder / "portal.db"),
        "--results",
        str(tmp_path),
    )
    found: dict[str, Any] = json.loads((tmp_path / "configurator_load.json").read_text("utf-8"))
    assert found["errors"] == []
    assert found["latency_ms"]["all clicks"]["count"] > 0
    assert found["latency_ms"]["opening a configuration"]["count"] == 9
    assert found["load_cpu_seconds"] > 0
    assert "load generator" in printed
