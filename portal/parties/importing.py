"""Importing customers: a list is checked as a whole first, then taken over; a long one by the worker, in portions.

A portion is one transaction: its rows are customers and marked as saved, or nothing happened. So nobody else waits long
for the database, the page shows how far it is, and a list that stopped midway says so and goes on with what is left.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Conflict, NotFound
from portal.history import record
from portal.outbox import Handler, Job, enqueue
from portal.parties.import_checks import COLUMNS, Checked, check_row, recognise
from portal.parties.import_models import PartyImport, PartyImportRow
from portal.parties.import_saving import save_rows
from portal.parties.known import known_parties
from portal.parties.models import name_key
from portal.parties.noting import noting_organisation, value_key
from portal.parties.tables import read_table
from portal.policy import Actor, Permission, Reach
from portal.words import N_

KIND: Final = "party_import"
AT_ONCE: Final = 200  # rows that are taken over while somebody waits; more are the worker's
PORTION: Final = 100  # rows that the worker saves in one transaction, some 0.2 s
KEPT: Final = timedelta(days=30)
CHOOSE_FILE: Final = N_("Choose a file first.")
DECIDED: Final = N_("This list was taken over or thrown away already.")
SAME_NAME: Final = N_("Line %(line)d has the same name.")
SAME_CODE: Final = N_("Line %(line)d has the same credit code.")


@dataclass(frozen=True, slots=True)
class Reading:
    """A list as it was read and checked."""

    columns: list[str]
    ignored: list[str]
    rows: list[Checked]
    known: Mapping[int, int]  # customers by line


def read_list(session: Session, actor: Actor, content: bytes) -> Reading:
    """Read an uploaded list and find out what is wrong in each row, and whom it means; only reads the database.

    That takes seconds for a long list, so nobody holds a transaction that writes meanwhile. Raises Invalid for a file
    that is no list of customers at all.
    """
    organisation_id = noting_organisation(actor)
    table = read_table(content)
    columns, ignored = recognise(table.titles)
    rows = [check_row(line, columns, texts) for line, texts in table.rows]
    _find_repeated(rows)
    known = known_parties(session, organisation_id, _sound(rows))
    return Reading([key for key in columns if key], ignored, rows, known)


def keep_list(session: Session, actor: Actor, read: Reading, *, name: str, now: datetime) -> PartyImport:
    """Keep a list that was read, with what is wrong in each row; no customer changes yet."""
    organisation_id = noting_organisation(actor)
    _forget_old(session, organisation_id, now)
    states = [_state(row, read.known) for row in read.rows]
    made = PartyImport(
        organisation_id=organisation_id, name=name[:200], recognised=read.columns, ignored=read.ignored,
        row_count=len(states), new_count=states.count("new"), known_count=states.count("known"),
        wrong_count=states.count("wrong"), created_at=now, created_by_id=actor.person_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    if states:
        session.execute(insert(PartyImportRow), list(_rows(made, read.rows, states, read.known)))
    return made


def _sound(rows: Iterable[Checked]) -> list[tuple[int, Mapping[str, str]]]:
    return [(row.line, row.cells) for row in rows if not row.problems]


def _state(row: Checked, known: Mapping[int, int]) -> str:
    return "wrong" if row.problems else "known" if row.line in known else "new"


def _rows(
    made: PartyImport, rows: Sequence[Checked], states: Sequence[str], known: Mapping[int, int]
) -> Iterator[dict[str, Any]]:
    its = {"organisation_id": made.organisation_id, "import_id": made.id}
    for row, state in zip(rows, states, strict=True):
        party_id = known.get(row.line) if state == "known" else None
        yield {
            **its,
            "line": row.line,
            "state": state,
            "cells": row.cells,
            "problems": row.problems,
            "party_id": party_id,
        }


def _find_repeated(rows: Iterable[Checked]) -> None:
    """Mark rows whose name or code stands in an earlier row already."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.problems:
            continue
        keys = [("name", name_key(row.cells["name"]), SAME_NAME)]
        if code := row.cells.get("credit_code"):
            keys.append(("credit_code", value_key("credit_code", code), SAME_CODE))
        for column, key, message in keys:
            if (first := seen.setdefault((column, key), row.line)) != row.line:
                row.wrong(column, message, line=first)


def _forget_old(session: Session, organisation_id: int, now: datetime) -> None:
    """Remove lists of long ago and those that nobody took over; what came of them stays."""
    mine = (PartyImport.organisation_id == organisation_id, PartyImport.created_at < now - KEPT)
    old = session.scalars(select(PartyImport.id).where(*mine).limit(20)).all()
    if old:
        session.execute(delete(PartyImportRow).where(PartyImportRow.import_id.in_(old)))
        session.execute(delete(PartyImport).where(PartyImport.id.in_(old)))


def take_over(session: Session, actor: Actor, row: PartyImport, *, version: int, now: datetime) -> PartyImport:
    """Make customers of the sound rows that are none yet; a long list is done by the worker, portion by portion."""
    noting_organisation(actor)
    _is_open(row, version, "checked", "failed")
    if left(row) > AT_ONCE:
        row.state, row.finished_at = "waiting", None
        reach = actor.reach(Permission.PARTY_VIEW).value, actor.reach(Permission.PARTY_EDIT).value
        enqueue(session, KIND, {"import": row.id, "person": actor.person_id, "reach": reach}, now=now)
    else:
        save_portion(session, row, AT_ONCE, now=now)
    session.flush()
    return row


def left(row: PartyImport) -> int:
    """Return how many sound rows are no customers yet."""
    return row.new_count + row.known_count - row.saved_count


def _is_open(row: PartyImport, version: int, *states: str) -> None:
    if row.state not in states or row.version != version:
        raise Conflict(DECIDED)
    row.version += 1


def save_portion(session: Session, row: PartyImport, most: int, *, now: datetime) -> None:
    """Write so many of the sound rows that are left as the session's actor, and close the list behind the last."""
    sound = (PartyImportRow.import_id == row.id, PartyImportRow.state.in_(("new", "known")))
    query = select(PartyImportRow).where(*sound).order_by(PartyImportRow.line).limit(most)
    row.saved_count += save_rows(session, row, session.scalars(query).all(), now=now)
    session.flush()
    if left(row) <= 0:
        row.state, row.finished_at = "done", now
        session.flush()
        record(session, row, "import customers", now=now, after={"rows": row.saved_count, "file": row.name})


def handler() -> Handler:
    """Return who takes over long lists."""
    return Handler(lambda _job: None, finish=_finish, failed=_failed, parallel=1, batch=1)


def _finish(session: Session, job: Job, _result: Any, now: datetime) -> None:
    """Save a portion in the very transaction that marks the job done, and ask for the next one in it."""
    row = session.scalars(select(PartyImport).where(PartyImport.id == job.payload["import"]).with_for_update()).one()
    if row.state != "waiting":
        return
    view, edit = (Reach(reach) for reach in job.payload["reach"])
    grants = {Permission.PARTY_VIEW: view, Permission.PARTY_EDIT: edit}
    with as_actor(session, Actor(job.payload["person"], row.organisation_id, grants)):
        save_portion(session, row, PORTION, now=now)
    if row.state == "waiting":
        enqueue(session, KIND, dict(job.payload), now=now)


def _failed(session: Session, job: Job, _message: str, final: bool, now: datetime) -> None:
    if final:
        row = session.get_one(PartyImport, job.payload["import"])
        row.state, row.finished_at, row.version = "failed", now, row.version + 1


def discard(session: Session, actor: Actor, row: PartyImport, *, version: int, now: datetime) -> None:
    """Throw a list away that was not taken over."""
    noting_organisation(actor)
    _is_open(row, version, "checked")
    session.execute(delete(PartyImportRow).where(PartyImportRow.import_id == row.id))
    row.state, row.finished_at = "discarded", now
    session.flush()


def the_import(session: Session, public_id: str, *, for_update: bool = False) -> PartyImport:
    """Return an uploaded list of the actor's organisation."""
    query = select(PartyImport).where(PartyImport.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def titles(locale: str) -> dict[str, str]:
    """Return what the columns are called in the template."""
    place = 1 if locale == "zh" else 0
    return {key: names[place] for key, names in COLUMNS.items()}
