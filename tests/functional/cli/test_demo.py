"""The demo on the console, and that only a demo database turns its doors on."""

import pytest

from portal.cli import application
from portal.seed.world import PASSWORD, PEOPLE
from tests.factories.world import World
from tests.functional.cli.conftest import Run


def test_the_demo_is_loaded_once_and_prints_its_accounts(run: Run) -> None:
    assert run("accounts").exit_code == 1
    first = run("demo", "--if-empty")
    assert first.exit_code == 0, first.output
    assert "The demo world is loaded." in first.output
    for somebody in PEOPLE:
        assert somebody.email in first.output
    assert PASSWORD in first.output
    again = run("demo", "--if-empty")
    assert again.exit_code == 0
    assert "is there" in again.output
    assert PASSWORD in run("accounts").output
    assert "loaded" in run("demo", "--reset").output
    assert is_demo()


def test_real_data_is_left_alone(run: Run, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = run("demo", "--if-empty")
    assert quiet.exit_code == 0
    assert "was not loaded" in quiet.output
    assert run("demo").exit_code == 1
    refused = run("demo", "--reset")
    assert refused.exit_code == 1
    assert "--yes-really-erase" in refused.output
    assert world.emails["north.sales"] in run("users", "list").output
    monkeypatch.setenv("PORTAL_DEMO", "1")
    assert not is_demo()
    assert run("demo", "--reset", "--yes-really-erase").exit_code == 0
    assert is_demo()


def is_demo() -> bool:
    """Whether a web process of now would show the doors of the demo."""
    parts = application().extensions["portal"]
    parts.database.dispose()
    shown: bool = parts.settings.demo
    return shown
