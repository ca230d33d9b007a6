"""All static checks, two at a time, each with its own verdict: `make check`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Check(NamedTuple):
    """One checker and how it is called."""

    name: str
    command: Sequence[str]


class Verdict(NamedTuple):
    """What a checker said."""

    name: str
    passed: bool
    seconds: float
    output: str


def program(name: str) -> str:
    """Return the path of a program of this environment."""
    return str(Path(sys.executable).parent / name)


def checks() -> list[Check]:
    """List the checks, the slow ones first so that two of them fill two cores."""
    return [
        Check("types (mypy)", [program("mypy")]),
        Check("templates are formatted (djlint)", [program("djlint"), "templates", "--check", "--quiet"]),
        Check("templates are sound (djlint)", [program("djlint"), "templates", "--lint", "--quiet"]),
        Check("code (ruff)", [program("ruff"), "check", "."]),
        Check("code is formatted (ruff)", [program("ruff"), "format", "--check", "."]),
        Check("floors (import-linter)", [program("lint-imports"), "--no-cache", "--no-logo"]),
        Check("every text has its Chinese", [sys.executable, "-m", "tools.messages", "--check"]),
        Check("secrets and leftovers", [sys.executable, "-m", "tools.hygiene"]),
        Check("configuration rules", [sys.executable, "-m", "portal", "rules", "check"]),
    ]


def carry_out(check: Check) -> Verdict:
    """Run one check."""
    begun = time.monotonic()
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            check.command,
            check=False,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        passed, output = done.returncode == 0, done.stdout
    except OSError as fault:
        passed, output = False, f"{check.command[0]} cannot be started: {fault}"
    return Verdict(check.name, passed, time.monotonic() - begun, output)


def run_all(wanted: Sequence[Check]) -> bool:
    """Run them two at a time, report each as it ends, and tell whether all passed."""
    passed = True
    with ThreadPoolExecutor(2) as pool:
        for verdict in pool.map(carry_out, wanted):
            print(f"  {'ok    ' if verdict.passed else 'FAILED'} {verdict.name} ({verdict.seconds:.1f} s)", flush=True)
            if not verdict.passed:
                passed = False
                print(verdict.output.rstrip() or "(no output)", flush=True)
    return passed


def main() -> int:
    """Entry point of `make check`."""
    print("Static checks", flush=True)
    return 0 if run_all(checks()) else 1


if __name__ == "__main__":
    sys.exit(main())
