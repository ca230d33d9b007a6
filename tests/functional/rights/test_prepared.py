"""Prepared queries give the rows that the session would give, to everybody his own."""

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.accounts.models import Person
from portal.db import as_actor
from portal.deals.models import Quote
from portal.parties.models import Organisation, Party
from portal.policy import NOBODY, SYSTEM
from portal.prepared import rows, send, wire_of
from tests.factories.world import World

PEOPLE = (
    select(Person.id, Person.name, Person.created_at, Person.disabled_at, Party.name)
    .join(Organisation, Organisation.id == Person.organisation_id)
    .join(Party, Party.id == Organisation.id)
    .where(Person.name != "100% o'clock", Person.theme.in_(("auto", "light", "dark")))
    .order_by(Person.id)
)
SINCE = PEOPLE.where(Person.created_at >= bindparam("since"))
QUOTES = select(Quote.id, Quote.organisation_id)
READERS = ("north.sales", "south.sales", "north.owner", "supplier.approver", "supplier.administrator")


def test_everybody_sees_through_one_text_what_the_session_shows_him(world: World) -> None:
    actors = {key: world.actor(key) for key in READERS if key in world.people}
    seen = {}
    for _again in range(2):  # prepared for the one, then used for the other
        for key, actor in [*actors.items(), ("house", SYSTEM), ("nobody", NOBODY)]:
            with world.database.reading(actor) as session:
                seen[key] = rows(session, PEOPLE)
                assert list(seen[key]) == [tuple(row) for row in session.execute(PEOPLE)], key
                for since in (world.now - timedelta(days=900), world.now + timedelta(days=900)):
                    given = {"since": since}
                    assert list(rows(session, SINCE, given)) == [tuple(row) for row in session.execute(SINCE, given)]
    assert seen["nobody"] == []
    assert {row[4] for row in seen["north.sales"]}.isdisjoint(row[4] for row in seen["south.sales"])
    assert len(seen["house"]) > len(seen["north.sales"]) > 0


def test_what_rights_forbid_is_no_row(world: World) -> None:
    with world.database.reading(world.actor("north.sales")) as session, as_actor(session, NOBODY):
        assert list(rows(session, QUOTES)) == []


def test_a_prepared_query_sees_what_its_own_unit_of_work_has_changed(world: World) -> None:
    with world.database.writing(SYSTEM) as session:
        person = session.get_one(Person, world.people["north.sales"])
        person.name = "Another name"
        assert "Another name" in [row[1] for row in rows(session, PEOPLE)]


def test_what_fails_fails_in_the_known_way(world: World) -> None:
    with world.database.reading(SYSTEM) as session:
        with pytest.raises(DBAPIError):
            send(wire_of(session), "SELECT nothing FROM nowhere", {})
        assert rows(session, PEOPLE)
        if not world.database.is_sqlite:
            wire_of(session).exec_driver_sql("SET statement_timeout = 20")
            with pytest.raises(OperationalError):
                send(wire_of(session), "SELECT pg_sleep(5)", {})
            wire_of(session).invalidate()
