"""The benchmark of pages runs from start to end, and no page takes more than three queries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
QUERIES = 3


@pytest.mark.slow
def test_the_quick_run_measures_every_page_and_writes_json(tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/pages.py", "--quick", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "pages.json").read_text(encoding="utf-8"))
    assert {case["person"] for case in found["cases"]} == {"partner", "internal"}
    assert [case for case in found["cases"] if case["queries"] > QUERIES] == []
    assert min(found["load"][name]["requests_per_second"] for name in ("portal", "lean")) > 0
    assert {"name", "value", "limit", "at_most", "met"} == set(found["goals"][0])
    assert "portal / lean" in done.stdout
