"""Migrations: up, down and up again with data, in step with the models, and the walls that they build."""

from datetime import timedelta

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from portal import migrate
from portal.accounts.models import Person
from portal.db import Database
from portal.history import HistoryEntry
from portal.policy import SYSTEM, Role
from tests.factories.world import World


def test_models_and_migrations_agree(database: Database) -> None:
    migrate.check(database)


def test_down_to_nothing_and_up_again_with_data(database: Database, world: World) -> None:
    assert world.people
    migrate.downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrate.upgrade(database)
    migrate.check(database)
    World.build(database, world.settings)


def test_a_database_knows_whether_it_is_current(database: Database) -> None:
    with database.engine.connect() as connection:
        assert migrate.is_current(connection)
    migrate.downgrade(database, "base")
    with database.engine.connect() as connection:
        assert not migrate.is_current(connection)


@pytest.mark.parametrize("statement", ["UPDATE history SET action = 'x'", "DELETE FROM history"])
def test_history_is_append_only_even_for_the_house(database: Database, world: World, statement: str) -> None:
    with database.writing(SYSTEM) as session:
        session.add(
            HistoryEntry(at=world.now, person_id=None, organisation_id=None, thing_kind="t", thing_id=1, action="a")
        )
    with pytest.raises(DBAPIError, match="append-only"), database.writing(SYSTEM) as session:
        session.execute(text(statement))


def test_instants_come_back_in_utc(database: Database, world: World) -> None:
    with database.writing(SYSTEM) as session:
        key = world.add_person(session, "north", Role.SALES, suffix=".new").id
    with database.reading(SYSTEM) as session:
        person = session.get_one(Person, key)
        assert person.created_at.utcoffset() == timedelta(0)
        assert abs(person.created_at - world.now) < timedelta(milliseconds=1)
