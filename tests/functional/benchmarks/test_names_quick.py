"""The benchmark of names runs from start to end, and finds nearly everything on both databases."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_a_small_run_finds_names_with_errors_on_both_databases_and_writes_json(tmp_path: Path) -> None:
    sizes = ["--names", "2000", "--words", "1000", "--queries", "60"]
    command = [sys.executable, "benchmarks/names.py", *sizes, "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "names.json").read_text(encoding="utf-8"))
    ours = [each for each in found["results"] if each["side"].startswith("portal")]
    assert {each["database"] for each in ours} == {"SQLite", "PostgreSQL"}
    assert min(each["found"] for each in ours) >= 0.95
    by_side = {(each["database"], each["side"]): each["found"] for each in ours}
    assert all(by_side["SQLite", each["side"]] == each["found"] for each in ours)
    assert any(each["side"] == "rapidfuzz over all" for each in found["results"])
    assert {"name", "value", "limit", "at_most", "met"} == set(found["goals"][0])
