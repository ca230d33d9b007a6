"""Reading what waits for somebody, what a search finds, and whether the portal can work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import fonts, migrate
from portal.configurator.listing import newest_ids, values_of
from portal.configurator.models import Configuration, RuleRevision
from portal.db import actor_of
from portal.deals.models import Quote
from portal.outbox import WorkerBeat
from portal.policy import Permission, Reach
from portal.search import indexing

FEW: Final = 5
SOON: Final = timedelta(days=14)
NEWEST_LOOKED_AT: Final = 1000  # a search by name and the ending quotes look no further back than so many rows
WORKER_SILENCE: Final = timedelta(seconds=15)

log: Final = structlog.get_logger("portal.home")


@dataclass(frozen=True, slots=True)
class EndingQuote:
    """An issued quote whose validity ends soon."""

    public_id: str
    number: str | None
    revision: int
    customer_name: str
    title: str
    valid_until: date | None


@cache
def _ending() -> Select[Any]:
    """Return the statement, made once: making it costs more than running it."""
    newest = select(Quote.id).where(Quote.state == "issued").order_by(Quote.id.desc()).limit(NEWEST_LOOKED_AT)
    return (
        select(*(getattr(Quote, name) for name in EndingQuote.__dataclass_fields__))
        .where(Quote.id.in_(newest), Quote.valid_until.between(bindparam("today"), bindparam("soon")))
        .order_by(Quote.valid_until, Quote.id)
        .limit(FEW)
    )


def ending_quotes(session: Session, *, today: date) -> list[EndingQuote]:
    """Return the issued quotes that end within two weeks, the soonest first, of the newest ones the actor may see."""
    return [EndingQuote(*row) for row in session.execute(_ending(), {"today": today, "soon": today + SOON})]


def rule_revisions(session: Session) -> Sequence[Row[str, int, date, datetime]]:
    """Return key, number, first day and publication of the newest published rules."""
    columns = (RuleRevision.key, RuleRevision.number, RuleRevision.effective_on, RuleRevision.published_at)
    return session.execute(select(*columns).order_by(RuleRevision.id.desc()).limit(FEW)).all()


def configurations_named(session: Session, words: str) -> Sequence[Row[str, str, datetime]]:
    """Return the newest configurations with `words` in their name, of the newest ones the actor may see."""
    actor = actor_of(session)
    newest = newest_ids(actor.reach(Permission.CONFIGURATION_VIEW) is Reach.ALL, NEWEST_LOOKED_AT)
    query = (
        select(Configuration.public_id, Configuration.name, Configuration.updated_at)
        .where(Configuration.id.in_(newest), Configuration.name.icontains(words, autoescape=True))
        .order_by(Configuration.id.desc())
        .limit(FEW)
    )
    return session.execute(query, values_of(actor)).all()


def readiness(session: Any, search_folder: Path, *, now: datetime) -> dict[str, bool]:
    """Return what the portal needs to work and whether it is there."""
    state = {"database": False, "schema": False, "worker": False, "fonts": not fonts.blocking(fonts.missing())}
    state["search"] = False
    try:
        state["schema"] = migrate.is_current(session.connection())
        state["database"] = True
        if state["schema"]:
            alive = select(WorkerBeat.name).where(WorkerBeat.seen_at >= now - WORKER_SILENCE).limit(1)
            state["worker"] = session.scalar(alive) is not None
            state["search"] = indexing.state(session, search_folder, now=now)["state"] == "ready"
    except SQLAlchemyError as error:
        log.warning("not ready", error=type(error).__name__)
    return state
