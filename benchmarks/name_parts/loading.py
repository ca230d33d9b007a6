"""Writing a million parties and what finds them, in the order of their keys: by COPY, or one prepared statement."""

import gc
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from portal.db import Database
from portal.parties.identity.indexing import Rows
from portal.parties.identity.models import HOUSE
from portal.parties.identity.sources import Said
from portal.parties.models import name_key

Table = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]
CHUNK = 50_000
AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = 1_000  # the number of the first party, behind the people of the world


def party_of(place: int) -> int:
    """Return the number of the party at a place of the list of names."""
    return FIRST + place


def derived(names: Sequence[str], known: dict[int, range]) -> list[Table]:
    """Return parties, relations and derived rows; `known` says which places an organisation knows."""
    gc.disable()  # nothing here is rubbish, and there are ten million rows of it
    owners: dict[int, list[int]] = {}
    for organisation, places in known.items():
        for place in places:
            owners.setdefault(place, []).append(organisation)
    rows = Rows()
    for place, name in enumerate(names):
        for organisation in owners.get(place, (HOUSE,)):
            rows.add(Said(party_of(place), organisation, "name", name))
    named = [tuple(row.values()) for row in rows.name_rows(rows.names.keys())]
    parties = [
        (party_of(place), f"bench{place}", "organisation", name, "", name_key(name), "", "", "", AT)
        for place, name in enumerate(names)
    ]
    relations = [
        (organisation, party_of(place), "customer", AT, "organisation", names[place], name_key(names[place]))
        for place, organisations in owners.items()
        for organisation in organisations
    ]
    vocabulary = [(word, word[::-1]) for word in rows.vocabulary]
    return [
        (
            "party",
            ("id", "public_id", "kind", "name", "name_en", "name_key", "email", "phone", "address", "created_at"),
            parties,
        ),
        (
            "relation",
            ("organisation_id", "party_id", "kind", "created_at", "party_kind", "name", "name_key"),
            relations,
        ),
        ("party_name", ("organisation_id", "party_id", "place", "name", "letters", "key"), sorted(named)),
        ("party_word", ("organisation_id", "word", "party_id"), sorted(rows.words)),
        ("party_mark", ("organisation_id", "kind", "value", "party_id"), sorted(rows.marks)),
        ("name_word", ("word", "reversed"), sorted(vocabulary)),
    ]


def load(database: Database, tables: Iterable[Table]) -> None:
    """Write all rows and let the database count them."""
    if database.is_sqlite:
        _load_sqlite(database, tables)
    else:
        _load_postgresql(database, tables)


def _load_sqlite(database: Database, tables: Iterable[Table]) -> None:
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        for pragma in ("query_only=OFF", "foreign_keys=OFF", "synchronous=OFF", "cache_size=-400000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("BEGIN IMMEDIATE")
        for table, columns, rows in tables:
            marks = ", ".join("?" * len(columns))
            values = (tuple(map(_plain, row)) for row in rows)
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)
        cursor.execute("COMMIT")
        cursor.execute("ANALYZE")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
        database.engine.dispose()


def _plain(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _load_postgresql(database: Database, tables: Iterable[Table]) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
        cursor = connection.connection.cursor()
        for table, columns, rows in tables:
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    with database.engine.connect().execution_options(portal_reads=True) as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("RESET statement_timeout"))
