"""The portal command on the databases of the tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.config import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `portal` with these words on the database of the test and return what it said."""
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("PORTAL_LOG_LEVEL", "ERROR")
    monkeypatch.setenv("PORTAL_BASE_URL", "https://portal.example")

    def command(*words: str) -> Result:
        result = CliRunner().invoke(main, list(words), prog_name="portal")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return command
