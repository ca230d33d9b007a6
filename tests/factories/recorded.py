"""Rows that one piece of work writes, remembered by the process and written again at once into the next database."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.engine import Connection

from portal.db import Base, Database

Rows = list[tuple[Table, list[dict[str, Any]]]]
Keys = dict[str, set[tuple[Any, ...]]]
_recorded: dict[str, tuple[Keys, Rows]] = {}


def once(database: Database, name: str, work: Callable[[], None]) -> None:
    """Do `work` on the first database of this process; later ones that hold the same so far get its rows."""
    before = _keys(database)
    known, rows = _recorded.get(name, (None, []))
    if known == before:
        with database.engine.begin() as connection:
            _write(connection, rows, on_postgresql=not database.is_sqlite)
        return
    work()
    if known is None:
        _recorded[name] = before, _added(database, before)


def _keys(database: Database) -> Keys:
    with database.engine.begin() as connection:
        return {
            table.name: {tuple(row) for row in connection.execute(select(*table.primary_key.columns))}
            for table in Base.metadata.sorted_tables
        }


def _added(database: Database, before: Keys) -> Rows:
    found: Rows = []
    with database.engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            key = [column.name for column in table.primary_key.columns]
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            new = [row for row in rows if tuple(row[name] for name in key) not in before[table.name]]
            if new:
                found.append((table, new))
    return found


def _write(connection: Connection, rows: Rows, *, on_postgresql: bool) -> None:
    for table, new in rows:
        connection.execute(insert(table), new)
        column = table.autoincrement_column
        if on_postgresql and column is not None:
            top = select(func.max(column)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(text(f"'\"{table.name}\"'"), text(f"'{column.name}'"))
            connection.execute(select(func.setval(sequence, top)))
