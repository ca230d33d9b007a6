"""A full disk and a database that goes away: said in the person's language, nothing half saved, nothing typed lost."""

from hashlib import sha512

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from portal.db import Database
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM
from tests.factories.world import World

FORM = {"name": "Customer with a name", "name_en": "", "contact": "Somebody", "phone": "", "address": "x" * 300}


def rows(database: Database) -> tuple[int, int]:
    with database.reading(SYSTEM) as session:
        counts = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Party, Relation)]
    return counts[0], counts[1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_full_disk(app: Flask, world: World, database: Database, language: str) -> None:
    client = world.client(app, "north.sales")
    client.post("/language", data={"locale": language, "next": "/"})
    before = rows(database)
    if database.is_sqlite:  # the real thing: SQLite may not grow any more

        def no_room(connection, *_: object) -> None:  # type: ignore[no-untyped-def]
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        event.listen(database.engine, "begin", no_room)
        fill = {**FORM, "address": "y" * 400}
        names = [sha512(str(n).encode()).hexdigest() for n in range(60)]
        answers = [client.post("/customers/new", data={**fill, "name": name}) for name in names]
        answer, name = next((a, n) for a, n in zip(answers, names, strict=True) if a.status_code == 503)
        saved = sum(a.status_code == 303 for a in answers)
    else:  # PostgreSQL answers a full disk with state 53100

        def no_space(_connection, _cursor, statement: str, *_: object) -> None:  # type: ignore[no-untyped-def]
            if statement.startswith("INSERT INTO relation"):
                fault = RuntimeError("could not extend file: No space left on device")
                fault.sqlstate = "53100"  # type: ignore[attr-defined]
                raise OperationalError(statement, {}, fault)

        event.listen(database.engine, "before_cursor_execute", no_space)
        answer, saved, name = client.post("/customers/new", data=FORM), 0, FORM["name"]
        event.remove(database.engine, "before_cursor_execute", no_space)
    assert answer.status_code == 503
    assert ("磁盘" if language == "zh" else "disk is full") in answer.text
    assert name in answer.text
    assert ("重新提交" if language == "zh" else "Send it again") in answer.text
    parties, relations = rows(database)
    assert relations - before[1] == parties - before[0]  # a party never without its relation
    assert (parties - before[0]) % max(saved, 1) == 0


def test_a_database_that_goes_away(app: Flask, world: World, database: Database) -> None:
    client = world.client(app, "north.sales")

    def gone(_connection, _cursor, statement: str, *_: object) -> None:  # type: ignore[no-untyped-def]
        if statement.startswith("INSERT INTO party"):
            raise OperationalError(statement, {}, RuntimeError("server closed the connection unexpectedly"))

    before = rows(database)
    event.listen(database.engine, "before_cursor_execute", gone)
    answer = client.post("/customers/new", data=FORM)
    event.remove(database.engine, "before_cursor_execute", gone)
    assert answer.status_code == 503
    assert FORM["name"] in answer.text
    assert rows(database) == before
    assert client.post("/customers/new", data=FORM).status_code == 303
