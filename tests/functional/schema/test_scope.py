"""The session scopes every query to its actor; a query without one fails."""

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from portal.accounts.models import Person, SignIn
from portal.db import Base, Database, ScopedSession, as_actor
from portal.errors import NoActor, NotAllowed
from portal.parties.models import Party, Relation
from portal.policy import NOBODY, SYSTEM
from tests.factories.world import World


def test_every_table_says_who_may_see_it() -> None:
    for mapper in Base.registry.mappers:
        seen = mapper.class_.visible_to(NOBODY)
        name = mapper.class_.__name__
        if hasattr(mapper.class_, "organisation_id") and name not in ("HistoryEntry",):
            assert seen is False, name


@pytest.mark.parametrize("statement", [select(Person), select(Person.id), select(func.count()).select_from(Person)])
def test_a_query_without_an_actor_fails(database: Database, statement: object) -> None:
    with database.reading(None) as session, pytest.raises(NoActor):
        session.execute(statement)  # type: ignore[call-overload]


def test_rows_written_without_an_actor_fail(database: Database, world: World) -> None:
    with pytest.raises(NoActor), database.writing(None) as session:
        session.add(
            Relation(organisation_id=world.organisations["north"], party_id=1, kind="agent", created_at=world.now)
        )


def test_raw_sql_is_for_the_house_only(database: Database, world: World) -> None:
    with database.reading(world.actor("north.owner")) as session, pytest.raises(NoActor):
        session.execute(text("SELECT * FROM person"))


def test_one_sees_colleagues_only(database: Database, world: World) -> None:
    with database.reading(world.actor("north.sales")) as session:
        emails = set(session.scalars(select(Person.email)))
        assert emails == {mail for key, mail in world.emails.items() if key.startswith("north.")}
        assert session.get(Person, world.people["south.sales"]) is None
        assert session.scalar(select(func.count()).select_from(Person)) == len(emails)
        joined = select(Person.email).join(Party, Party.id == Person.organisation_id)
        assert set(session.scalars(joined)) == emails


def test_who_has_the_same_rights_shares_what_is_compiled_and_no_row(database: Database, world: World) -> None:
    keys, seen = [], []
    for who in ("north.sales", "south.sales", "north.owner"):
        with database.reading(world.actor(who)) as session:
            keys.append(select(Person.email).options(*session.criteria())._generate_cache_key())
            seen.append(set(session.scalars(select(Person.email).where(Person.id > 0))))
    assert keys[0].key == keys[1].key != keys[2].key
    assert seen[0]
    assert seen[1]
    assert not seen[0] & seen[1]
    assert seen[2] == seen[0]


def test_aliases_and_subqueries_are_scoped_too(database: Database, world: World) -> None:
    other = aliased(Person)
    with database.reading(world.actor("north.sales")) as session:
        assert set(session.scalars(select(other.organisation_id))) == {world.organisations["north"]}
        inner = select(other.id).scalar_subquery()
        assert set(session.scalars(select(Person.organisation_id).where(Person.id.in_(inner)))) == {
            world.organisations["north"]
        }
        assert session.scalar(select(func.count()).select_from(select(other.id).subquery())) == 3


def test_machinery_is_invisible(database: Database, world: World) -> None:
    actor = world.actor("north.owner")
    with database.reading(actor) as session:
        assert session.scalars(select(SignIn)).all() == []
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(SignIn)).all() != []


def test_customers_of_another_partner_do_not_exist(database: Database, world: World) -> None:
    with database.reading(world.actor("north.sales")) as session:
        names = set(session.scalars(select(Party.name)))
        assert names == {"Northern Partner", "Customer of Northern Partner"}


@pytest.mark.parametrize("kind", ["update", "delete"])
def test_bulk_changes_reach_own_rows_only(database: Database, world: World, kind: str) -> None:
    actor = world.actor("north.owner")
    with database.writing(actor) as session:
        if kind == "update":
            session.execute(update(Relation).values(kind="agent"))
        else:
            session.execute(delete(Relation))
    with database.reading(SYSTEM) as session:
        others = session.scalars(select(Relation).where(Relation.organisation_id != world.organisations["north"])).all()
        assert len(others) == 3
        assert {row.kind for row in others} == {"customer"}


def test_the_second_wall_refuses_foreign_rows(database: Database, world: World) -> None:
    with pytest.raises(NotAllowed), database.writing(world.actor("north.owner")) as session:
        south = world.organisations["south"]
        session.add(
            Relation(organisation_id=south, party_id=world.customers["north"], kind="agent", created_at=world.now)
        )


def test_a_foreign_row_read_by_the_house_cannot_be_changed_by_a_person(database: Database, world: World) -> None:
    with pytest.raises(NotAllowed), database.writing(world.actor("north.owner")) as session:
        with as_actor(session, SYSTEM):
            foreign = session.get_one(Person, world.people["south.sales"])
        foreign.name = "taken"


def test_reading_sessions_cannot_write(database: Database, world: World) -> None:
    with pytest.raises(DBAPIError), database.reading(SYSTEM) as session:
        session.execute(update(Person).values(name="x"))
    with database.writing(SYSTEM) as session:  # the same connection writes again afterwards
        session.execute(update(Person).where(Person.id == world.people["north.sales"]).values(name="y"))


def test_the_criteria_follow_the_actor(database: Database, world: World) -> None:
    north, south = world.actor("north.sales"), world.actor("south.sales")
    with database.reading(north) as session:
        assert isinstance(session, ScopedSession)
        first = set(session.scalars(select(Person.organisation_id)))
        session.actor = south
        second = set(session.scalars(select(Person.organisation_id)))
    assert (first, second) == ({world.organisations["north"]}, {world.organisations["south"]})
