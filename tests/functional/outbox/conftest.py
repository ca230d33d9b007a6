from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from portal.db import Database, utc_now
from portal.outbox import OutboxJob
from portal.policy import SYSTEM


class Clock:
    """Time that a test moves by hand."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def move(self, **how: float) -> None:
        self.now += timedelta(**how)


@pytest.fixture
def clock() -> Clock:
    return Clock()


Look = Callable[[], list[OutboxJob]]


@pytest.fixture
def look(database: Database) -> Look:
    """All jobs as they stand, oldest first."""

    def jobs() -> list[OutboxJob]:
        with database.reading(SYSTEM) as session:
            return sorted(session.query(OutboxJob).all(), key=lambda job: job.id)

    return jobs
