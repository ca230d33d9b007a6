"""What the tests of notices share with those of sharing, and a count of statements."""

from collections.abc import Callable

import pytest
from sqlalchemy import event

from portal.db import Database
from tests.functional.sharing.conftest import stage

__all__ = ["counted", "stage"]


@pytest.fixture
def counted(database: Database) -> Callable[[], list[str]]:
    """Return the statements that were sent since the last call."""
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    def since() -> list[str]:
        found, sent[:] = list(sent), []
        return found

    return since
