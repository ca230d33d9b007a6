"""Reading parameters: the numbers in force, and what the page of an administrator shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, column, select, table
from sqlalchemy.orm import Session

from portal.db import actor_of, as_actor
from portal.errors import NotAllowed
from portal.history import HistoryEntry
from portal.parameters.definitions import DEFINITIONS, Parameter, grouped
from portal.parameters.models import ParameterValue
from portal.policy import SYSTEM, Permission

HISTORY = 20  # changes of one parameter that its page shows
PERSON = table("person", column("id"), column("name"))  # accounts lie above; nothing but a name is read


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers in force: what was set, else the default."""

    changed: Mapping[str, int]

    def __getitem__(self, key: str) -> int:
        """Return the number of `key`; a key that no table defines is a defect of the program."""
        return self.changed.get(key, DEFINITIONS[key].default)

    def flag(self, key: str) -> bool:
        """Return whether the flag `key` is set."""
        return bool(self[key])


DEFAULTS = Values({})


def values(session: Session) -> Values:
    """Return all numbers in force, in one query; a stored value that its definition no longer takes is left out."""
    rows = session.execute(select(ParameterValue.key, ParameterValue.value))
    return Values({key: value for key, value in rows if value is not None and _fits(key, value)})


def _fits(key: str, value: int) -> bool:
    definition = DEFINITIONS.get(key)
    return definition is not None and definition.minimum <= value <= definition.maximum


@dataclass(frozen=True, slots=True)
class Line:
    """One parameter as the page lists it: the number in force, whether it was set, and who changed it last."""

    definition: Parameter
    value: int
    is_set: bool
    version: int = 0  # 0: never changed
    row_id: int | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


def lines(session: Session) -> Mapping[str, Line]:
    """Return all parameters by their key, in one query."""
    if not actor_of(session).can(Permission.PARAMETER_MANAGE):
        raise NotAllowed
    row = ParameterValue
    query = select(row.key, row.value, row.version, row.id, row.changed_at, PERSON.c.name)
    with as_actor(session, SYSTEM):
        found = {key: rest for key, *rest in session.execute(query.outerjoin(PERSON, PERSON.c.id == row.changed_by_id))}
    return {key: _line(definition, found.get(key)) for key, definition in DEFINITIONS.items()}


def _line(definition: Parameter, found: Sequence[Any] | None) -> Line:
    if found is None:
        return Line(definition, definition.default, False)
    value, *rest = found
    is_set = value is not None and _fits(definition.key, value)
    return Line(definition, value if is_set else definition.default, is_set, *rest)


def groups(found: Mapping[str, Line]) -> Iterator[tuple[str, list[Line]]]:
    """Return the groups that have parameters, in their order, with the gettext id of their label."""
    for label, definitions in grouped():
        if definitions:
            yield label, [found[definition.key] for definition in definitions]


def history_of(session: Session, line: Line) -> Sequence[Row[datetime, dict[str, Any], dict[str, Any], str]]:
    """Return instant, before, after and person of the latest changes of a parameter, newest first."""
    if line.row_id is None:
        return []
    entry = HistoryEntry
    query = (
        select(entry.at, entry.before, entry.after, PERSON.c.name)
        .outerjoin(PERSON, PERSON.c.id == entry.person_id)
        .where(entry.thing_kind == ParameterValue.__tablename__, entry.thing_id == line.row_id)
        .order_by(entry.id.desc())
        .limit(HISTORY)
    )
    with as_actor(session, SYSTEM):
        return session.execute(query).all()
