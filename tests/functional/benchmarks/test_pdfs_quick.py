"""The benchmark of PDFs runs from start to end at its smallest size."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_quick_run_makes_pdfs_and_writes_figures(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.pdfs", "--quick", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "pdfs.json").read_text(encoding="utf-8"))
    assert found["pdfs"] == 4
    assert 0 < found["each"]["short"]["p50"] < found["each"]["long"]["p50"] < 60
    assert 50 < found["megabytes_of_children"] < 1_000
