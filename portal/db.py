"""Engine, sessions and the unit of work: the only place that commits, and the wall that scopes every query."""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    and_,
    create_engine,
    event,
    false,
    inspect,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.elements import ColumnElement

from portal.criteria import Criteria
from portal.errors import NoActor, NotAllowed
from portal.policy import Actor, Permission, Reach

T = TypeVar("T")
Visible = ColumnElement[bool] | bool
Loan = tuple[str, str, int]  # what may be written, of which kind of thing, and its id

BigInt = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER keys
Json = JSON().with_variant(JSONB, "postgresql")
Key = String(200, collation="C").with_variant(String(200, collation="BINARY"), "sqlite")  # compared byte by byte
PUBLIC_ID_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # without letters that look alike
PUBLIC_ID_LENGTH: Final = 16  # 80 random bits
MOST_NARROWED: Final = 64  # actors for whom one constant statement is kept
WRITE_TRIES: Final = 4
RETRYABLE_STATES: Final = {"40001", "40P01", "55P03"}  # serialisation failure, deadlock, lock timeout


def new_public_id() -> str:
    """Return a random identifier for addresses."""
    return "".join(PUBLIC_ID_ALPHABET[byte & 31] for byte in secrets.token_bytes(PUBLIC_ID_LENGTH))


def utc_now() -> datetime:
    """Return this instant in UTC; only the outermost layers call it, everything below takes `now`."""
    return datetime.now(UTC)


class Instant(TypeDecorator[datetime]):
    """An instant with zone; stored in UTC, which SQLite does not remember by itself."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants and turn the rest to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table; each says who may see its rows."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInt,
        datetime: Instant,
        dict[str, Any]: Json,
        list[Any]: Json,
    }

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Return the condition on rows that `actor` may see; True for all of them, False for none."""
        raise NotImplementedError(f"{cls.__name__} does not say who may see it")

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Return the condition on rows that an UPDATE or DELETE statement on behalf of `actor` may reach."""
        return cls.visible_to(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Return whether a flush on behalf of `actor` may write `row`: the second wall behind the operations."""
        return True

    def on_loan(self, actor: Actor, loans: frozenset[Loan]) -> bool:
        """Return whether one of `loans` lets `actor` write this row, although it does not belong to him."""
        return False


class Owned:
    """Mixin: a business row that belongs to one organisation."""

    view_permission: ClassVar[Permission]
    edit_permission: ClassVar[Permission]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Own rows by the view permission's reach; all rows for a reach of ALL."""
        reach = actor.reach(cls.view_permission)
        if reach is Reach.OWN:
            return cls.organisation_id == actor.organisation_id
        return reach is Reach.ALL

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """What `writable_by` says of one row, for statements: own rows that he sees, or all that he may edit."""
        seen = cls.visible_to(actor)
        if seen is False or actor.reach(cls.edit_permission) is Reach.ALL:
            return seen
        mine = cls.organisation_id == actor.organisation_id
        return mine if seen is True else and_(seen, mine)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Rows that were and stay one's own, or any row for an edit permission that reaches ALL."""
        if actor.reach(cls.edit_permission) is Reach.ALL:
            return True
        owners = {row.organisation_id, *inspect(row).attrs.organisation_id.history.deleted}
        return owners == {actor.organisation_id}


class Everyones:
    """Mixin: reference data that every signed-in person may read and only the house writes."""

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """All rows."""
        return True

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Nobody but the house."""
        return False


class House:
    """Mixin: machinery rows; seen by the house and by those whose `view_permission` reaches ALL."""

    view_permission: ClassVar[Permission | None] = None

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """All rows or none."""
        return cls.view_permission is not None and actor.reach(cls.view_permission) is Reach.ALL


class ScopedSession(Session):
    """A session on behalf of one actor; every select, update and delete sees his rows only."""

    actor: Actor | None = None
    loans: frozenset[Loan] = frozenset()
    only_reads: bool = False
    _wire: Connection | None = None
    _criteria_of: Actor | None = None
    _criteria: tuple[Any, ...] = ()

    def criteria(self, *, changing: bool = False) -> tuple[Any, ...]:
        """Return the loader criteria of the present actor; `changing` for an UPDATE or DELETE statement."""
        actor = self.actor
        if actor is None:
            raise NoActor("a query was sent without an actor")
        if changing:
            return _criteria_for(actor, True)
        if actor is not self._criteria_of:
            self._criteria, self._criteria_of = _criteria_for(actor, False), actor
        return self._criteria

    def wire(self) -> Connection:
        """Return the connection of this unit of work; one that only reads begins no transaction for it."""
        if self._wire is None:
            if not self.only_reads or self.in_transaction():
                return self.connection()
            assert isinstance(self.bind, Engine)
            self._wire = self.bind = self.bind.connect()  # what else the session asks goes over it too
        return self._wire

    def close(self) -> None:
        """Give everything back."""
        super().close()
        wire, self._wire = self._wire, None
        if wire is not None:
            self.bind = wire.engine
            wire.close()

    def lend(self, what: str, kind: str, thing_id: int) -> None:
        """Let the rest of this unit of work write somebody else's thing, as far as its class says in `on_loan`.

        Only an operation that has just found (and locked) the share that allows it calls this.
        """
        self.loans |= {(what, kind, thing_id)}


def _criteria_for(actor: Actor, changing: bool) -> tuple[Any, ...]:
    grants = frozenset(actor.grants.items())
    return _criteria(actor.person_id, actor.organisation_id, grants, len(Base.metadata.tables), changing)


@lru_cache(maxsize=512)
def _criteria(
    person_id: int | None,
    organisation_id: int | None,
    grants: frozenset[tuple[Permission, Reach]],
    _classes: int,
    changing: bool,
) -> tuple[Any, ...]:
    """Build the criteria of an actor, which takes longer than a query; all that they may depend on is an argument."""
    actor = Actor(person_id=person_id, organisation_id=organisation_id, grants=dict(grants))
    return (Criteria(criteria_of(actor, changing)),)


def criteria_of(actor: Actor, changing: bool = False) -> tuple[Any, ...]:
    """Build what narrows every mapped class to the rows of `actor`, whose ids may be parameters too."""
    classes = [mapper.class_ for mapper in Base.registry.mappers]
    conditions = ((c, c.changeable_by(actor) if changing else c.visible_to(actor)) for c in classes)
    return tuple(
        with_loader_criteria(class_, false() if seen is False else seen, include_aliases=True)
        for class_, seen in conditions
        if seen is not True
    )


def _scope(state: ORMExecuteState) -> None:
    session = state.session
    if not isinstance(session, ScopedSession) or session.actor is None:
        raise NoActor("a query was sent without an actor")
    if session.actor.is_system or state.is_insert:
        return
    if not state.is_orm_statement:
        raise NoActor("a statement without mapped classes cannot be scoped; run it as the house")
    changing = state.is_update or state.is_delete
    state.statement = _narrowed(state.statement, session.criteria(changing=changing))


_known: WeakKeyDictionary[Any, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()


def _narrowed(statement: Any, criteria: tuple[Any, ...]) -> Any:
    """Return `statement` under these criteria; for a constant one the same object, whose key SQLAlchemy remembers."""
    known = _known.setdefault(statement, {})
    found = known.get(criteria)
    if found is None:
        if len(known) >= MOST_NARROWED:
            known.clear()
        found = known[criteria] = statement.options(*criteria)
    return found


def _second_wall(session: Session, _context: Any, _instances: Any) -> None:
    if not isinstance(session, ScopedSession) or session.actor is None:
        raise NoActor("rows were written without an actor")
    if session.actor.is_system:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if not row.writable_by(session.actor, row) and not row.on_loan(session.actor, session.loans):
            raise NotAllowed


event.listen(ScopedSession, "do_orm_execute", _scope)
event.listen(ScopedSession, "before_flush", _second_wall)


@contextmanager
def as_actor(session: Session, actor: Actor) -> Iterator[None]:
    """Run a few statements of `session` on behalf of another actor, usually `SYSTEM`."""
    assert isinstance(session, ScopedSession)
    before = session.actor
    session.flush()
    session.actor = actor
    try:
        yield
        session.flush()
    finally:
        session.actor = before


def actor_of(session: Session) -> Actor:
    """Return on whose behalf the session asks."""
    assert isinstance(session, ScopedSession)
    if session.actor is None:
        raise NoActor("a query was sent without an actor")
    return session.actor


class Database:
    """One engine and the two kinds of unit of work: `reading` and `writing`."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url, pool_size)
        self._readers = self.engine.execution_options(portal_reads=True)

    @contextmanager
    def reading(self, actor: Actor | None) -> Iterator[ScopedSession]:
        """Open a session that reads only; the database refuses to save anything through it."""
        with ScopedSession(self._readers, autoflush=False) as session:
            session.actor, session.only_reads = actor, True
            yield session

    @contextmanager
    def writing(self, actor: Actor | None) -> Iterator[ScopedSession]:
        """Open the unit of work: commit at the end, roll back on any exception."""
        with ScopedSession(self.engine, expire_on_commit=False) as session:
            session.actor = actor
            yield session
            session.commit()

    def write(self, actor: Actor | None, work: Callable[[ScopedSession], T]) -> T:
        """Run `work` in a unit of work, the whole of it again after a serialisation error or a busy database."""
        for attempt in range(1, WRITE_TRIES + 1):
            try:
                with self.writing(actor) as session:
                    return work(session)
            except DBAPIError as error:
                if attempt == WRITE_TRIES or not is_retryable(error):
                    raise
                time.sleep(0.02 * 2**attempt * (0.5 + secrets.randbelow(100) / 100))
        raise AssertionError("unreachable")

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def insert_into(session: Session, table: type[Base]) -> Any:
    """Return the database's own INSERT of `table`, which knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    assert session.bind is not None
    return sqlite_insert(table) if session.bind.dialect.name == "sqlite" else postgresql_insert(table)


class RollBack(Exception):  # no error: it carries an answer out of a unit of work that is not to be kept
    """Leaves a unit of work without saving it; `value` is what the caller wanted to return."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def is_retryable(error: DBAPIError) -> bool:
    """Return whether running the whole unit of work again may succeed."""
    if isinstance(error, IntegrityError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return state in RETRYABLE_STATES or (
        isinstance(error, OperationalError) and "database is locked" in str(error.orig)
    )


def _postgresql_engine(url: str, pool_size: int) -> Engine:
    options = (
        "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC "
        "-c default_transaction_read_only=on"
    )
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",  # the driver's implicit transactions off: we say BEGIN ourselves
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args={"options": options, "connect_timeout": 5},
    )
    event.listen(engine, "begin", _postgresql_begin)
    return engine


def _postgresql_begin(connection: Connection) -> None:
    """Begin to write; reading needs no BEGIN, for in READ COMMITTED each statement has a snapshot of its own anyhow."""
    if not connection.get_execution_options().get("portal_reads"):
        connection.exec_driver_sql("BEGIN READ WRITE")


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 10, "check_same_thread": False})
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's implicit transactions off: we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    reads = bool(connection.get_execution_options().get("portal_reads"))
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
