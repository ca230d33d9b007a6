"""The list of configurations: one's own and what others share, a page in one query however many rows there are."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal_column, select, true, union_all
from sqlalchemy.orm import Session

from portal.configurator.models import Configuration
from portal.db import actor_of
from portal.parties.models import Party, Relation
from portal.policy import Actor, Permission, Reach
from portal.sharing.queries import sharer_of, ways_shared

PAGE: Final = 25
KIND: Final = Configuration.__tablename__
ROW: Final = Configuration.__table__.c
ORGANISATION: Final[ColumnElement[int]] = bindparam("organisation", type_=ROW.organisation_id.type)


@dataclass(frozen=True, slots=True)
class ConfigurationRow:
    """One line of the list; `shared_by` is who shared it with the reader, if somebody did."""

    id: int
    public_id: str
    name: str
    customer: str | None
    customer_en: str | None
    organisation: str
    organisation_en: str
    updated_at: datetime
    shared_by: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which configurations a list is about, as far as that shapes its statement."""

    sees_all: bool
    archived: bool
    shared: bool
    goes_on: bool  # after a first page
    limit: int


def configurations(
    session: Session, *, before_id: int | None, archived: bool = False, shared: bool = False, limit: int = PAGE
) -> list[ConfigurationRow]:
    """Return configurations the actor may see, newest first, one more than `limit` when there are more.

    With `shared` those that somebody shared with him or his organisation. For whom a configuration is, is its owner's
    to know.
    """
    actor = actor_of(session)
    wanted = Wanted(_sees_all(actor), archived, shared, before_id is not None, limit + 1)
    return [ConfigurationRow(*row) for row in session.execute(_list(wanted), values_of(actor, before_id))]


def values_of(actor: Actor, before_id: int | None = None) -> dict[str, int | None]:
    """Return what the statements of this module leave open."""
    values = {"organisation": actor.organisation_id, "person": actor.person_id}
    return values if before_id is None else {**values, "before": before_id}


@lru_cache(maxsize=64)
def _list(wanted: Wanted) -> Select[Any]:
    """Build the list once for each shape of it; that takes longer than to run it."""
    owner, customer = Party.__table__.alias("owner"), Party.__table__.alias("customer")
    own = Configuration.organisation_id == ORGANISATION
    named = true() if wanted.sees_all else own
    noted = Relation.__table__.alias("noted")  # what the owner calls his customer
    its = and_(noted.c.organisation_id == Configuration.organisation_id, noted.c.kind == "customer", named)
    return (
        select(
            Configuration.id,
            Configuration.public_id,
            Configuration.name,
            func.coalesce(noted.c.name, customer.c.name),
            func.coalesce(noted.c.name_en, customer.c.name_en),
            owner.c.name,
            owner.c.name_en,
            Configuration.updated_at,
            sharer_of(KIND, Configuration.id),
            case((own, True), else_=False),
        )
        .join(owner, owner.c.id == Configuration.organisation_id)
        .outerjoin(customer, and_(customer.c.id == Configuration.customer_id, named))
        .outerjoin(noted, and_(noted.c.party_id == Configuration.customer_id, its))
        .where(_newest(wanted))
        .order_by(Configuration.id.desc())
        .limit(literal_column(str(wanted.limit)))
    )


@lru_cache(maxsize=8)
def newest_ids(sees_all: bool, limit: int) -> Select[Any]:
    """Return the ids of the newest configurations that are not put away; run it with `values_of`."""
    wanted = Wanted(sees_all, archived=False, shared=False, goes_on=False, limit=limit)
    query = select(Configuration.id).where(_newest(wanted)).order_by(Configuration.id.desc())
    return query.limit(literal_column(str(limit)))


def _newest(wanted: Wanted) -> ColumnElement[bool]:
    """Return the condition on the newest configurations that the actor sees.

    The few newest of each way to see one are read from the index of that way, so a list costs the same however many
    rows there are: "one's own or shared" as one condition would make the database sort them all. The session narrows
    the statement that uses this like every other.
    """
    if wanted.sees_all and not wanted.shared:
        return and_(*_on_page(Configuration, wanted))
    row = Configuration.__table__
    ways = [
        (select(way.c.thing_id).select_from(way.join(row, ROW.id == way.c.thing_id)).where(*live), way.c.thing_id)
        for way, live in ways_shared(KIND)
    ]
    if not wanted.shared:
        ways.append((select(ROW.id).where(ROW.organisation_id == ORGANISATION), ROW.organisation_id))
    few: ColumnElement[int] = literal_column(str(wanted.limit))
    some = []
    for query, key in ways:
        order = [key.desc()] if key is not ROW.organisation_id else [key.desc(), ROW.id.desc()]
        newest = query.where(*_on_page(ROW, wanted)).order_by(*order).limit(few).subquery()
        some.append(select(newest.c[0]))
    return Configuration.id.in_(union_all(*some))


def _on_page(row: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    put_away = row.archived_at.is_not(None) if wanted.archived else row.archived_at.is_(None)
    return [put_away, row.id < bindparam("before", type_=ROW.id.type)] if wanted.goes_on else [put_away]


def _sees_all(actor: Actor) -> bool:
    return actor.reach(Permission.CONFIGURATION_VIEW) is Reach.ALL
