"""Rows of which only one may be in force for a party: of two, one is set aside and what hangs on it follows the other.

A table says so with `info["on_merge"] = "one"`; its partial unique indexes say which rows are meant. Tables that do not
say so, such as registrations, refuse the merge instead.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Index, Table, select, update
from sqlalchemy.engine import Connection

from portal.db import Base
from portal.parties.references import Reference

Followers = list[list[Any]]  # table, column, lost row, kept row, keys of the rows that followed


def rivals(reference: Reference, connection: Connection, survivor_id: int, merged_id: int) -> dict[int, int]:
    """Return, for each row of the merged party that gives way, the row of the survivor that stays."""
    found: dict[int, int] = {}
    if reference.table.info.get("on_merge") == "one":
        for index in reference.table.indexes:
            if index.unique and reference.column.name in index.columns:
                kept = _in_force(connection, reference, index, survivor_id)
                lost = _in_force(connection, reference, index, merged_id)
                found |= {row: kept[key] for key, row in lost.items() if key in kept}
    return found


def _in_force(connection: Connection, reference: Reference, index: Index, party_id: int) -> dict[tuple[Any, ...], int]:
    where = index.dialect_options[connection.dialect.name].get("where")
    others = [column for column in index.columns if column.name != reference.column.name]
    query = select(reference.table.c.id, *others).where(reference.column == party_id)
    query = query if where is None else query.where(where)
    return {tuple(row[1:]): row[0] for row in connection.execute(query)}


def follow(connection: Connection, table: Table, lost: int, kept: int) -> Followers:
    """Let the rows that refer to `lost` refer to `kept`."""
    moved: Followers = []
    for child, column in _children(table):
        keys = list(connection.execute(select(child.c.id).where(column == lost)).scalars())
        if keys:
            connection.execute(update(child).where(column == lost).values({column.name: kept}))
            moved.append([child.name, column.name, lost, kept, keys])
    return moved


def lead_back(connection: Connection, followers: Followers) -> None:
    """Let rows refer to what they referred to before `follow`."""
    for name, column, lost, kept, keys in followers:
        child = Base.metadata.tables[name]
        mine = (child.c.id.in_(keys), child.c[column] == kept)
        connection.execute(update(child).where(*mine).values({column: lost}))


def _children(table: Table) -> Iterator[tuple[Table, Column[Any]]]:
    for name in sorted(Base.metadata.tables):
        child = Base.metadata.tables[name]
        for column in child.columns:
            if any(key.column is table.c.id for key in column.foreign_keys):
                yield child, column
