"""The migration of clocks, with data: what a calendar moved, the walls around it, and what is counted after it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import migrate
from portal.approvals import retiming
from portal.approvals.sweeps import escalate
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.approvals import Desk
from tests.factories.calendars import close_days
from tests.factories.world import World

BEFORE = "0031"
WALLS = ("UPDATE approval_event SET note = 'x'", "DELETE FROM approval_event")


def acts(database: Database) -> list[str]:
    with database.engine.connect() as connection:
        return list(connection.execute(text("SELECT action FROM approval_event ORDER BY id")).scalars())


def triggers(database: Database) -> list[str]:
    """Return the walls of SQLite, which lose their stones when a table is made anew."""
    if not database.is_sqlite:
        return []
    with database.engine.connect() as connection:
        return list(
            connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")).scalars()
        )


def walls_stand(database: Database) -> None:
    for statement in WALLS:
        with pytest.raises(DBAPIError, match="append-only"), database.writing(SYSTEM) as session:
            session.execute(text(statement))


def test_up_down_and_up_again_with_data(database: Database, world: World) -> None:
    desk = Desk.open(world)
    key = desk.ask()
    close_days(database, [desk.today], now=desk.now)
    sweep = lambda: database.write(SYSTEM, lambda session: retiming.retime(session, now=desk.now))  # noqa: E731
    assert sweep() == 1
    due = desk.row(key).due_at
    assert due is not None
    assert acts(database) == ["ask", "retime"]
    walls_stand(database)
    built = triggers(database)
    migrate.downgrade(database, BEFORE)
    assert triggers(database) == built
    assert acts(database) == ["ask"]
    walls_stand(database)
    with pytest.raises(DBAPIError, match="ck_approval_event_action"), database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO approval_event (request_id, at, action, step, reason, note, internal, organisation_id) "
                "SELECT request_id, at, 'retime', step, reason, note, internal, organisation_id FROM approval_event"
            )
        )
    migrate.upgrade(database)
    migrate.check(database)
    assert triggers(database) == built
    walls_stand(database)
    assert [sweep(), sweep()] == [1, 0]  # nobody knows any more by which version it was counted
    assert desk.row(key).due_at == due
    assert acts(database) == ["ask"]
    late = lambda now: database.write(SYSTEM, lambda s: escalate(s, now=now, today=desk.today))  # noqa: E731
    assert [late(due - timedelta(seconds=1)), late(due)] == [0, 1]
    assert acts(database) == ["ask", "escalate"]
