"""Queries of the busiest pages: compiled once for everybody, then sent to the driver as they are.

SQLAlchemy's way from a statement to rows takes longer than the database takes to answer. `rows` goes it once for each
statement and set of rights: what the session adds for an actor stands in the text, made by the same `visible_to`, with
his ids as values. For PostgreSQL, which plans a query anew whenever one of its values might matter, constants and ids
become a part of the text too, and what is typed is hidden from its planner: a page is planned once for an organisation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    ScalarSelect,
    Select,
    bindparam,
    select,
    tuple_,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.db import Base, ScopedSession, actor_of, criteria_of
from portal.policy import Actor, Permission, Reach

PERSON: Final = bindparam("actor_person", type_=BigInteger())
ORGANISATION: Final = bindparam("actor_organisation", type_=BigInteger())
TOOK_TOO_LONG: Final = "57014"  # the state of a query that was cancelled: the next one would take as long
NO_VALUES: Final[Mapping[str, Any]] = {}
T = TypeVar("T")
Row = tuple[Any, ...]
Rights = frozenset[tuple[Permission, Reach]]
Process = Callable[[Any], Any]


def unseen(name: str, column: ColumnElement[T] | InstrumentedAttribute[T]) -> ScalarSelect[T]:
    """Return the parameter `name`, compared with `column`, in a form that no plan looks into.

    PostgreSQL plans a query anew for each value, which takes longer than its answer, as long as a value that it expects
    few rows of looks cheaper than any value. A list whose every filter and sort stands in an index has one plan.
    """
    return select(bindparam(name, type_=column.type)).scalar_subquery()


def place(*columns: Any) -> Any:
    """Return where a page of a list begins, to compare with these columns, of which the last is the id."""
    names = ("at_key", "at_id")[-len(columns) :]
    return tuple_(*(unseen(name, column) for name, column in zip(names, columns, strict=True)))


def wire_of(session: Session) -> Connection:
    """Return the connection that a session reads over."""
    assert isinstance(session, ScopedSession)
    return session.wire()


def send(connection: Connection, sql: str, values: Any) -> Sequence[Row]:
    """Send a query as it is and return its rows; what fails is sent once more in the way that knows all errors."""
    cursor = connection.connection.cursor()
    try:
        connection.dispatch.before_cursor_execute(connection, cursor, sql, values, None, False)
        cursor.execute(sql, values)
        found: Sequence[Row] = cursor.fetchall()
    except connection.dialect.loaded_dbapi.Error as error:
        if getattr(error, "sqlstate", "") == TOOK_TOO_LONG:
            raise OperationalError(sql, values, error) from error
        found = connection.exec_driver_sql(sql, values).all()
    finally:
        cursor.close()
    return found


def rows(session: Session, statement: Select[*Row], values: Mapping[str, Any] = NO_VALUES) -> Sequence[Row]:
    """Return the rows of `statement` that the actor may see; `values` are those of its parameters, by name.

    A statement is remembered while it lives: hand in one that a module keeps or that a cache has made, with always the
    same parameters.
    """
    actor = actor_of(session)
    if session.autoflush:
        session.flush()
    nobody = not actor.is_system and (actor.person_id is None or actor.organisation_id is None)
    if nobody or any(isinstance(value, list | tuple) for value in values.values()):  # as many places as it has parts
        return session.execute(statement, dict(values)).all()
    rights = None if actor.is_system else frozenset(actor.grants.items())
    ours = {PERSON.key: actor.person_id, ORGANISATION.key: actor.organisation_id}
    connection = wire_of(session)
    return _prepared(statement, rights, connection.dialect, values).rows(connection, {**values, **ours})


@dataclass(frozen=True, slots=True)
class Prepared:
    """The text of a query, its parameters, and what the driver's values become."""

    sql: str
    parameters: tuple[str, ...]  # in their order
    numbers: tuple[str, ...]  # of the actor, which become a part of the text
    positional: bool
    constants: Mapping[str, Any]
    there: tuple[tuple[str, Process], ...]  # which values change on their way to the driver,
    back: tuple[tuple[int, Process], ...]  # and which columns on their way from it

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Row]:
        """Send it with these values."""
        sql, given = self.sql, {**self.constants, **values}
        for name in self.numbers:
            sql = sql.replace(_place(name), str(int(given[name])))
        for name, process in self.there:
            given[name] = process(given[name])
        sent = [given[name] for name in self.parameters]
        found = send(connection, sql, tuple(sent) if self.positional else dict(zip(self.parameters, sent, strict=True)))
        return [self._row(row) for row in found] if self.back else found

    def _row(self, row: Row) -> Row:
        changed = list(row)
        for at, process in self.back:
            changed[at] = process(changed[at])
        return tuple(changed)


_known: WeakKeyDictionary[Any, dict[tuple[Any, ...], Prepared]] = WeakKeyDictionary()


def _prepared(statement: Any, rights: Rights | None, dialect: Dialect, values: Mapping[str, Any]) -> Prepared:
    known = _known.setdefault(statement, {})
    key = (rights, dialect.name)
    found = known.get(key)
    if found is None:
        narrowed = statement if rights is None else statement.options(*_criteria(rights, len(Base.metadata.tables)))
        found = known[key] = _prepare(narrowed, dialect, values)
    return found


@lru_cache(maxsize=128)
def _criteria(rights: Rights, _classes: int) -> tuple[Any, ...]:
    """Build the criteria of everybody with these rights; their ids are parameters."""
    return criteria_of(Actor(person_id=PERSON, organisation_id=ORGANISATION, grants=dict(rights)))  # type: ignore[arg-type]


def _prepare(statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> Prepared:
    """Compile a statement and put what is constant into its text, where parameters have names."""
    compiled = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state({**values, PERSON.key: 0, ORGANISATION.key: 0})
    bound: dict[str, BindParameter[Any]] = {name: each for each, name in compiled.bind_names.items()}
    bound |= {name: bound[whole] for whole, names in state.parameter_expansion.items() for name in names}
    sql, parameters = state.statement, tuple(state.positiontup or (name for name in bound if name in state.parameters))
    free = {*values, PERSON.key, ORGANISATION.key}
    numbers: tuple[str, ...] = ()
    if not compiled.positional:
        for name in set(parameters) - free:
            sql = sql.replace(_place(name), _literal(bound[name], state.parameters[name], dialect))
        numbers = tuple(name for name in (PERSON.key, ORGANISATION.key) if name in parameters)
        parameters = tuple(name for name in parameters if name in values)
    return Prepared(
        sql,
        parameters,
        numbers,
        bool(compiled.positional),
        {name: state.parameters[name] for name in parameters if name not in free},
        tuple((name, process) for name in parameters if (process := _there(bound[name], dialect))),
        tuple((at, process) for at, each in enumerate(statement.selected_columns) if (process := _back(each, dialect))),
    )


def _place(name: str) -> str:
    return f"%({name})s"


def _literal(constant: BindParameter[Any], value: Any, dialect: Dialect) -> str:
    process = constant.type.dialect_impl(dialect).literal_processor(dialect)
    assert process is not None
    return process(value).replace("%", "%%")


def _there(parameter: BindParameter[Any], dialect: Dialect) -> Process | None:
    return parameter.type.dialect_impl(dialect).bind_processor(dialect)


def _back(column: Any, dialect: Dialect) -> Process | None:
    found: Process | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return found
