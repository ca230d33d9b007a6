"""`portal rules withdraw`: which revision, why, and what the list says afterwards."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.configurator.upgrading_models import RuleWithdrawal
from portal.db import Database
from portal.policy import SYSTEM
from tests.functional.cli.conftest import Run
from tests.unit.configurator.folders import write


def test_a_revision_is_withdrawn_once_with_its_reason(run: Run, database: Database, tmp_path: Path) -> None:
    folder = str(write(tmp_path))
    run("rules", "publish", folder, "--effective", "2026-01-01")
    assert "withdrawn" not in run("rules", "list").output
    done = run("rules", "withdraw", "small@1", "--reason", "Rated wrongly.")
    assert done.exit_code == 0
    assert done.output.startswith("Withdrawn: small@1.")
    assert "withdrawn" in run("rules", "list").output
    assert run("rules", "withdraw", "small@1", "--reason", "Again.").exit_code == 1
    refused = run("rules", "publish", folder)
    assert refused.exit_code == 1
    assert "was withdrawn" in refused.output
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(RuleWithdrawal.reason)).all() == ["Rated wrongly."]


@pytest.mark.parametrize("words", [("small",), ("small@0",), ("small@7",), ("../etc",), ("small@" + "9" * 30,)])
def test_a_revision_that_is_not_there_is_an_error_of_usage(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    run("rules", "publish", str(write(tmp_path)))
    assert run("rules", "withdraw", *words, "--reason", "x").exit_code == 2


def test_a_reason_is_needed(run: Run, tmp_path: Path) -> None:
    run("rules", "publish", str(write(tmp_path)))
    assert run("rules", "withdraw", "small@1").exit_code == 2
    assert run("rules", "withdraw", "small@1", "--reason", "  ").exit_code == 1
