"""Changing rows so that they can be given back: what they said before, and what they looked like afterwards."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import LargeBinary, Table, tuple_, update
from sqlalchemy.engine import Connection

from portal.deals.transfers.tables import table_of
from portal.parties.known import batches
from portal.parties.references import BATCH, plain, read_rows, real

# What changes by itself as time passes, or when somebody only looks, is no change of what was handed over.
IGNORED: Final[Mapping[str, frozenset[str]]] = {
    "registration": frozenset({"next_step_on", "due_on"}),
    "approval_request": frozenset(
        {
            "opened_at",
            "due_at",
            "calendar_version",
            "escalated_at",
            "researched_at",
            "research_from",
            "research_days",
            "nudged_at",
            "assigned_to_id",
        }
    ),
    "quote_document": frozenset({"state", "size", "sha256", "ready_at", "error"}),
    "order_document": frozenset({"state", "size", "sha256", "ready_at", "error"}),
}
# A ticket lives on, whoever serves it: no more than whose and about what it is must stay as it was left.
_PART: Final = frozenset({"id", "organisation_id", "ticket_id", "visit_id"})
COMPARED: Final[Mapping[str, frozenset[str]]] = {
    "ticket": frozenset(
        {"id", "organisation_id", "partner_organisation_id", "customer_id", "requester_id", "site_id", "merged_into_id"}
    ),
    **dict.fromkeys(("ticket_rating", "rma", "visit", "spare_part", "visit_document"), _PART),
}
FLEETING: Final = frozenset({"ticket_follower", "ticket_link", "spare_part"})  # may be gone without anything being lost
Key = tuple[Any, ...]
Moved = dict[str, list[list[Any]]]  # by table: key, what the changed columns said before, fingerprint afterwards


@dataclass
class Tracks:
    """Remembers what rows said before they were changed."""

    before: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=dict)

    def change(self, connection: Connection, name: str, keys: Iterable[Sequence[Any]], **values: Any) -> None:
        """Write values into rows."""
        table, known = table_of(name), self.before.setdefault(name, {})
        own, columns = _keys(table), [table.c[column] for column in values]
        wanted = [tuple(key) for key in keys]
        for row in read_rows(connection, table, wanted, [*own, *columns]):
            said = known.setdefault(tuple(row[key.name] for key in own), {})
            for column in values:
                said.setdefault(column, row[column])
        for some in batches(wanted, BATCH):
            connection.execute(update(table).where(tuple_(*own).in_(some)).values(values))

    def written(self, connection: Connection) -> Moved:
        """Return all of it as the ledger keeps it, once nothing more is changed."""
        moved: Moved = {}
        for name, rows in self.before.items():
            now = fingerprints(connection, name, rows)
            moved[name] = [[list(key), said, now[key]] for key, said in rows.items()]
        return moved


def fingerprints(connection: Connection, name: str, keys: Iterable[Sequence[Any]]) -> dict[Key, str]:
    """Return a short name of what each row says now; a row that is gone has none."""
    table = table_of(name)
    ignored, compared, own = IGNORED.get(name, frozenset()), COMPARED.get(name), _keys(table)
    known = [c for c in table.columns if c.name not in ignored and not isinstance(c.type, LargeBinary)]
    columns = [c for c in known if compared is None or c.name in compared]
    found = {}
    for row in read_rows(connection, table, [tuple(key) for key in keys], columns):
        text = json.dumps(row, sort_keys=True, default=plain, ensure_ascii=False)
        found[tuple(row[key.name] for key in own)] = hashlib.sha256(text.encode()).hexdigest()[:20]
    return found


def changed(connection: Connection, moved: Moved) -> list[tuple[str, Key]]:
    """Return which rows are not any more what a transfer left behind."""
    found = []
    for name, rows in moved.items():
        now = fingerprints(connection, name, [key for key, _said, _print in rows])
        there = [row for row in rows if name not in FLEETING or tuple(row[0]) in now]
        found += [(name, tuple(key)) for key, _said, print_ in there if now.get(tuple(key)) != print_]
    return found


def give_back(connection: Connection, moved: Moved) -> None:
    """Let rows say what they said before."""
    for name, rows in moved.items():
        table = table_of(name)
        alike: dict[str, list[Key]] = {}
        for key, said, _print in rows:
            alike.setdefault(json.dumps(said, sort_keys=True), []).append(tuple(key))
        for text, keys in alike.items():
            values = {column: real(table.c[column], value) for column, value in json.loads(text).items()}
            for some in batches(keys, BATCH):
                connection.execute(update(table).where(tuple_(*_keys(table)).in_(some)).values(values))


def _keys(table: Table) -> tuple[Any, ...]:
    return tuple(table.primary_key.columns)
