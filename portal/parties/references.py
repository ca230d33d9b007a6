"""Which rows refer to a party: found through the foreign keys of the schema, so tables of later features count too.

A table says in `info["on_merge"]` when its rows do not follow a merge: "derived" rows are made anew from the parties,
"stays" rows speak of both.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Date, Table, UniqueConstraint, and_, func, insert, select, tuple_, update
from sqlalchemy.engine import Connection

from portal.db import Base, Instant
from portal.parties.models import Party

BATCH: Final = 400  # keys in one statement
Keys = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names a party, or whose rows are: what moves when one gives way to another."""

    table: Table
    column: Column[Any]

    @property
    def name(self) -> str:
        """Return what the reference is called where merges are written down."""
        return f"{self.table.name}.{self.column.name}"

    @property
    def keys(self) -> tuple[Column[Any], ...]:
        """Return the primary key of the table."""
        return tuple(self.table.primary_key.columns)

    def count(self, connection: Connection, party_id: int) -> int:
        """Return how many rows name the party."""
        query = select(func.count()).select_from(self.table).where(self.column == party_id)
        return connection.execute(query).scalar_one()

    def rows_of(self, connection: Connection, party_id: int, *more: ColumnElement[bool]) -> Keys:
        """Return the keys of the rows that name the party."""
        query = select(*self.keys).where(self.column == party_id, *more)
        return [list(row) for row in connection.execute(query.order_by(*self.keys))]

    def move(self, connection: Connection, old: int, new: int, rows: Iterable[Sequence[Any]]) -> None:
        """Let those of the rows that name `old` name `new`."""
        for some in _batches(rows):
            among = tuple_(*self.keys).in_([tuple(key) for key in some])
            connection.execute(update(self.table).where(self.column == old, among).values({self.column.name: new}))

    def colliding(self, connection: Connection, survivor_id: int, merged_id: int, *more: ColumnElement[bool]) -> Keys:
        """Return the keys of rows that name the merged one and could not stand beside one of the survivor."""
        found: Keys = []
        for constraint in self.table.constraints:
            names = [c.name for c in constraint.columns] if isinstance(constraint, UniqueConstraint) else []
            if self.column.name in names:
                found += self._colliding(connection, names, survivor_id, merged_id, more)
        return found

    def _colliding(
        self, connection: Connection, names: list[str], survivor_id: int, merged_id: int,
        more: tuple[ColumnElement[bool], ...],
    ) -> Keys:  # fmt: skip
        other = self.table.alias("other")
        same = [self.table.c[name] == other.c[name] for name in names if name != self.column.name]
        query = select(*self.keys).join(other, and_(other.c[self.column.name] == survivor_id, *same))
        return [list(row) for row in connection.execute(query.where(self.column == merged_id, *more))]


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Sequence[Any], ...]]:
    left = iter(rows)
    while some := tuple(islice(left, BATCH)):
        yield some


def references() -> list[Reference]:
    """Return every column whose rows follow a party into a merge, in the order of the tables' names."""
    found = []
    for name in sorted(Base.metadata.tables):
        table = Base.metadata.tables[name]
        if table.info.get("on_merge") in ("derived", "stays"):
            continue
        for column in table.columns:
            if not column.primary_key and any(key.column is Party.__table__.c.id for key in column.foreign_keys):
                found.append(Reference(table, column))
    return found


def newest_keys(connection: Connection) -> dict[str, int]:
    """Return the highest number of each table whose rows follow, to tell rows of later days."""
    tables = {reference.table.name: reference.table for reference in references()}
    return {
        name: connection.execute(select(func.max(table.c.id))).scalar() or 0
        for name, table in tables.items()
        if "id" in table.c
    }


def read_rows(
    connection: Connection, table: Table, rows: Iterable[Sequence[Any]], columns: Sequence[Column[Any]] = ()
) -> list[dict[str, Any]]:
    """Return whole rows, or some columns of them, in a form that JSON keeps."""
    keys = tuple(table.primary_key.columns)
    found: list[dict[str, Any]] = []
    for some in _batches(rows):
        among = tuple_(*keys).in_([tuple(key) for key in some])
        query = select(*(columns or table.columns)).where(among).order_by(*keys)
        found += [{name: plain(value) for name, value in row._mapping.items()} for row in connection.execute(query)]
    return found


def write_rows(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows that `read_rows` returned, as they were."""
    if rows:
        connection.execute(insert(table), [{name: real(table.c[name], row[name]) for name in row} for row in rows])


def delete_rows(connection: Connection, table: Table, rows: Keys) -> None:
    """Remove rows."""
    keys = tuple(table.primary_key.columns)
    for some in _batches(rows):
        connection.execute(table.delete().where(tuple_(*keys).in_([tuple(key) for key in some])))


def plain(value: Any) -> Any:
    """Return a value of a row as JSON keeps it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def real(column: Column[Any], value: Any) -> Any:
    """Return what `plain` made, as its column takes it."""
    if isinstance(value, str) and isinstance(column.type, Instant):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(column.type, Date):
        return date.fromisoformat(value)
    return value
