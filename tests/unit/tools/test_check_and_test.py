"""The verdicts of the static checks, the numbers at the end of a test run, and the search for what outlives it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tools import check, clean, pytest_counts
from tools import test as whole

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = """
import pytest

@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_functional(database): pass

@pytest.mark.parametrize("path", ["x[1]-a", "b"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_twice(database, path): pass

@pytest.mark.browser
def test_browser(): pass

@pytest.mark.xfail(strict=True)
def test_known(): assert False

@pytest.fixture
def broken(): raise ValueError

def test_error(broken): pass

def test_skip(): pytest.skip("no")

def test_fail(): assert False
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_results_are_counted_by_what_they_ran_on(tmp_path, workers):
    (tmp_path / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n", encoding="utf-8")
    counts = tmp_path / "counts.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tools.pytest_counts", *workers, str(tmp_path)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        pytest_counts.VARIABLE: str(counts),
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True)
    assert {(kind, outcome): number for kind, outcome, number in json.loads(counts.read_text(encoding="utf-8"))} == {
        ("sqlite", "passed"): 3,
        ("postgresql", "passed"): 3,
        ("browser", "passed"): 1,
        ("other", "xfailed"): 1,
        ("other", "errors"): 1,
        ("other", "skipped"): 1,
        ("other", "failed"): 1,
    }


def test_a_database_that_is_missing_is_left_out(tmp_path):
    (tmp_path / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tools.pytest_counts", "-k", "functional", str(tmp_path)]
    environment = {**os.environ, pytest_counts.WITHOUT: "postgresql", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert "1 passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "database"),
    [("t[sqlite]", "sqlite"), ("t[a-postgresql-b]", "postgresql"), ("t[sqlite_like]", None), ("t", None)],
    ids=["alone", "among others", "part of a word", "without"],
)
def test_the_database_is_read_from_the_name(name, database):
    assert pytest_counts.database_of(name) == database


def test_the_last_lines_are_a_summary_and_the_places():
    numbers = Counter(
        {
            ("sqlite", "passed"): 123,
            ("postgresql", "passed"): 122,
            ("postgresql", "failed"): 1,
            ("browser", "passed"): 45,
            ("other", "passed"): 300,
        }
    )
    first, second = whole.summary(numbers, 312.4).splitlines()
    assert first.strip("= ") == "1 failed, 590 passed in 312.40s (0:05:12)"
    assert second == "SQLite 123 passed, PostgreSQL 122 passed 1 failed, browser 45 passed"


def test_a_run_on_one_database_only_is_a_failure():
    assert whole.one_sided(Counter({("sqlite", "passed"): 1})) == "the functional tests did not run on PostgreSQL"
    assert whole.one_sided(Counter({("postgresql", "passed"): 1})) == "the functional tests did not run on SQLite"
    assert whole.one_sided(Counter({("other", "passed"): 1})) is None


def test_the_tests_do_not_see_the_settings_of_their_owner(monkeypatch, tmp_path):
    monkeypatch.setenv("PORTAL_DATABASE_URL", "postgresql:///mine")
    monkeypatch.setenv("PORT", "9")
    seen = whole.environment(tmp_path / "counts", ["chromium"])
    assert "PORTAL_DATABASE_URL" not in seen
    assert "PORT" not in seen
    assert seen[pytest_counts.WITHOUT] == "chromium"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_outlives_its_parent_is_found_and_killed():
    program = """
import json, subprocess, sys
from portal.supervisor import adopt_orphans
from tools import test as whole
adopt_orphans()
middle = "import subprocess as s; print(s.Popen(['sleep', '60'], start_new_session=True, stdout=s.DEVNULL).pid)"
number = int(subprocess.run([sys.executable, "-c", middle], stdout=subprocess.PIPE, check=True).stdout)
print(json.dumps([number, list(whole.left_over(0.3).items()), list(whole.descendants())]))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    number, found, after = json.loads(done.stdout)
    assert found == [[number, "sleep"]]
    assert after == []
    assert not Path(f"/proc/{number}").exists()


def test_a_run_that_hangs_is_ended(monkeypatch, capfd):
    monkeypatch.setattr(whole.sys, "executable", "/bin/sleep")
    monkeypatch.setattr(whole.subprocess, "Popen", lambda _command, **_rest: real(["/bin/sleep", "60"]))
    begun = time.monotonic()
    status, numbers = whole.run_stage(whole.STAGES[0], [], [], time.monotonic())
    assert status in {-signal.SIGINT, -signal.SIGKILL}  # in the background of a shell the first is ignored
    assert not numbers
    assert time.monotonic() - begun < 15
    assert "stopped" in capfd.readouterr().out


real = subprocess.Popen


def test_a_check_that_fails_shows_what_it_said(capfd):
    good = check.Check("good", [sys.executable, "-c", "print('never shown')"])
    bad = check.Check("bad", [sys.executable, "-c", "print('the reason'); raise SystemExit(1)"])
    none = check.Check("none", ["/no/such/program"])
    assert check.run_all([good]) is True
    assert check.run_all([good, bad, none]) is False
    said = capfd.readouterr().out
    assert "never shown" not in said
    assert "FAILED bad" in said
    assert "the reason" in said
    assert "/no/such/program cannot be started" in said


def test_cleaning_keeps_the_data(tmp_path):
    for name in (".venv/bin/python", "portal/__pycache__/a.pyc", "portal/translations/zh/messages.mo"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "portal.db").touch()
    clean.clean(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["portal.db"]


def test_make_explains_every_target():
    done = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("help", "setup", "run", "test", "check", "bench", "lock", "clean"):
        assert f"  make {target} " in done.stdout
