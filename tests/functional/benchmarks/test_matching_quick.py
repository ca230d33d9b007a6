"""The benchmarks of matching run from start to end; how fast is not asked here, how good only of our own questions."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


def run(*command: str) -> str:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_the_quick_run_compares_all_sides(tmp_path: Path) -> None:
    printed = run("benchmarks/matching.py", "--quick", "--results", str(tmp_path))
    assert "2,000 documents indexed" in printed
    found: dict[str, Any] = json.loads((tmp_path / "matching.json").read_text("utf-8"))
    shares = {(each["side"], each["reader"]): each["found"] for each in found["results"]}
    assert len(shares) == 5
    assert all(share > 0.9 for (side, _), share in shares.items() if side == "portal")


@pytest.mark.slow
def test_without_sets_only_our_own_questions_are_asked(tmp_path: Path) -> None:
    nothing, results = ("--folder", str(tmp_path / "nothing")), ("--results", str(tmp_path))
    printed = run("benchmarks/matching_quality.py", *nothing, *results, "--documents", "0")
    assert "names no folder of sets" in printed
    assert "our-zh, portal" in printed
