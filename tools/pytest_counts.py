"""Pytest plugin: count the results by what they ran on, and leave the numbers in a file for `make test`.

A functional test runs once for each database and carries its name in the brackets, `test_order[sqlite]` and
`test_order[postgresql]`; a browser test carries the mark `browser`. Every other test counts as `other`.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

VARIABLE = "PORTAL_TEST_COUNTS"
WITHOUT = "PORTAL_TEST_WITHOUT"
BRACKETS = re.compile(r"\[(.*)\]$", re.DOTALL)
DATABASES = ("sqlite", "postgresql")


def database_of(name: str) -> str | None:
    """Return the database in the brackets of a test's name."""
    found = BRACKETS.search(name)
    parts = re.split(r"[-@]", found[1]) if found else []
    return next((database for database in DATABASES if database in parts), None)


def kind_of(report: pytest.TestReport) -> str:
    """Return what a test ran on."""
    return "browser" if "browser" in report.keywords else database_of(report.nodeid) or "other"


def outcome_of(report: pytest.TestReport) -> str | None:
    """Return how a test ended, or None for the steps that say nothing new."""
    if report.when != "call" and report.passed:
        return None
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed and report.when != "call":
        return "errors"
    return report.outcome


class Counts:
    """Counts on the process that hears of all tests; workers only run them."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.found: Counter[tuple[str, str]] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one result."""
        outcome = outcome_of(report)
        if outcome:
            self.found[kind_of(report), outcome] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a file that could not be read."""
        if report.failed:
            self.found["other", "errors"] += 1

    def pytest_sessionfinish(self) -> None:
        """Write kind, outcome and number."""
        numbers = [[kind, outcome, number] for (kind, outcome), number in sorted(self.found.items())]
        self.target.write_text(json.dumps(numbers), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Start counting when `make test` asks for it."""
    target = os.environ.get(VARIABLE)
    if target and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counts(Path(target)), "portal-counts")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of a database that this machine does not have."""
    absent = os.environ.get(WITHOUT, "").split()
    left_out = [item for item in items if database_of(item.name) in absent]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
