"""Reading simulations: the list of runs, the differences of one, the rows of an uploaded list, and names for it all."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, String, cast, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.approvals.files import shipped_definition
from portal.approvals.models import ApprovalDefinition
from portal.approvals.publishing import newest
from portal.approvals.subjects import text_of
from portal.db import as_actor
from portal.deals.registrations.deciding import KIND
from portal.deals.registrations.models import Registration
from portal.deals.registrations.simulating_models import SimulationChange, SimulationLine, SimulationRun
from portal.errors import NotFound
from portal.policy import SYSTEM
from portal.words import Text

PAGE: Final = 25
LINES: Final = 50
EXPORTED: Final = 1000
# A run without other rules holds the JSON word null, which is no NULL of the database.
RULES_TRIED: Final = func.coalesce(cast(SimulationRun.definition, String), "null") != "null"
RunLine = tuple[int, str, str, str, date, date, dict[str, Any], bool, str, int, int, datetime, str]


def runs(session: Session, *, before_id: int | None = None, limit: int = PAGE) -> Sequence[Row[Any]]:
    """Return lines of the list, the newest first, one more than `limit` when there are more."""
    run = SimulationRun
    query = (
        select(
            run.id, run.public_id, run.source, run.name, run.begins, run.ends, run.numbers,
            RULES_TRIED.label("has_rules"), run.state, run.row_count, run.change_count, run.created_at,
            Person.name.label("who"),
        )
        .outerjoin(Person, Person.id == run.created_by_id)
        .order_by(run.id.desc())
    )  # fmt: skip
    if before_id is not None:
        query = query.where(run.id < before_id)
    with as_actor(session, SYSTEM):  # who asked is no secret to those who may ask
        return session.execute(query.limit(limit + 1)).all()


def run(session: Session, public_id: str, *, for_update: bool = False) -> SimulationRun:
    """Return one run."""
    query = select(SimulationRun).where(SimulationRun.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def changes(session: Session, run_id: int, kind: str, *, after_id: int = 0, limit: int = PAGE) -> Sequence[Row[Any]]:
    """Return differences of a run, of one kind or of all, in the order they were found, one more than `limit`."""
    row = SimulationChange
    query = (
        select(
            row.id, row.kind, row.number, row.customer, row.customer_en, row.before, row.after, Registration.public_id
        )
        .outerjoin(Registration, Registration.id == row.registration_id)
        .where(row.run_id == run_id, row.id > after_id)
        .order_by(row.id)
    )
    if kind:
        query = query.where(row.kind == kind)
    return session.execute(query.limit(limit + 1)).all()


def every_change(session: Session, run_id: int, kind: str) -> Iterator[Row[Any]]:
    """Yield all differences of a run, some at a time."""
    last = 0
    while True:
        rows = changes(session, run_id, kind, after_id=last, limit=EXPORTED)
        yield from rows[:EXPORTED]
        if len(rows) <= EXPORTED:
            return
        last = rows[EXPORTED - 1].id


def lines(session: Session, run_id: int, *, after: int = 0) -> Sequence[SimulationLine]:
    """Return the wrong rows of a list, one more than a page when there are more."""
    row = SimulationLine
    query = select(row).where(row.run_id == run_id, row.state == "wrong", row.line > after)
    return session.scalars(query.order_by(row.line).limit(LINES + 1)).all()


def count_sound(session: Session, run_id: int) -> int:
    """Return how many rows of a list can be replayed."""
    of = (SimulationLine.run_id == run_id, SimulationLine.state == "sound")
    return session.scalar(select(func.count(SimulationLine.id)).where(*of)) or 0


def rules_in_force(session: Session) -> dict[str, Any]:
    """Return the content of the rules of approval in force for registrations."""
    found, shipped = newest(session, KIND), shipped_definition(KIND)
    assert shipped is not None
    return found.content if found is not None else shipped[1]


def rules_known(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """Return the rules that can be chosen by their names: as delivered, and those published, the newest first."""
    shipped = shipped_definition(KIND)
    assert shipped is not None
    row = ApprovalDefinition
    with as_actor(session, SYSTEM):
        query = select(row.number, row.content).where(row.kind == KIND).order_by(row.number.desc()).limit(10)
        published = [(str(number), content) for number, content in session.execute(query)]
    return [("delivered", shipped[1]), *published]


def step_titles(session: Session, found: SimulationRun) -> Mapping[str, Text]:
    """Return what the steps are called of which a run speaks."""
    known = [content for _name, content in reversed(rules_known(session))]
    contents = [*known, rules_in_force(session), *([found.definition] if found.definition else [])]
    return {step["key"]: text_of(step["title"]) for content in contents for step in content["steps"]}
