"""Reading requests: what waits for somebody, one request with its history, how long decisions take."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median as middle
from typing import Any, Final

from sqlalchemy import and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.approvals import four_eyes
from portal.approvals.clock import left_clock
from portal.approvals.lifecycle import State
from portal.approvals.models import ApprovalEvent, ApprovalRequest, ApprovalSeat
from portal.approvals.people import Deciders, deciders
from portal.approvals.subjects import Card, subject_of, text_of
from portal.db import actor_of, as_actor
from portal.errors import NotFound
from portal.paging import read_position, write_position
from portal.parties.models import Party
from portal.policy import SYSTEM, Permission
from portal.words import Text

PAGE: Final = 20
LAST_DECISIONS: Final = 100
FEWEST_DECISIONS: Final = 5  # fewer would tell who was how quick


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request with its card, as an approver sees it in his list."""

    id: int
    public_id: str
    kind: str
    version: int
    title: Text
    organisation: str
    organisation_en: str
    asked_at: datetime
    due_at: datetime
    overdue: bool
    left_seconds: int  # business time until it is due
    escalated: bool
    mine: bool  # handed to the reader in person
    step: Text
    card: Card
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """A page of what waits, and the key of the next one."""

    rows: list[Waiting]
    next_after: str


def request(session: Session, public_id: str, *, for_update: bool = False) -> ApprovalRequest:
    """Return one request that the actor may see; raises NotFound."""
    query = select(ApprovalRequest).where(ApprovalRequest.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def of_thing(session: Session, thing_kind: str, thing_id: int) -> ApprovalRequest | None:
    """Return the newest request about a thing."""
    query = select(ApprovalRequest).where(
        ApprovalRequest.thing_kind == thing_kind, ApprovalRequest.thing_id == thing_id
    )
    return session.scalar(query.order_by(ApprovalRequest.id.desc()).limit(1))


def waiting(session: Session, *, now: datetime, today: date, after: str = "", limit: int = PAGE) -> WaitingPage:
    """Return what waits for the reader's decision, the one due first on top; nobody who may not decide has any."""
    condition = _waits_for_me(session, today)
    if condition is None:
        return WaitingPage([], "")
    query = (
        select(ApprovalRequest, Party.name, Party.name_en)
        .join(Party, Party.id == ApprovalRequest.organisation_id)
        .where(ApprovalRequest.state == State.IN_REVIEW.value, condition)
        .order_by(ApprovalRequest.due_at, ApprovalRequest.id)
        .limit(limit + 1)
    )
    if position := read_position(after, str, int):
        try:
            at = datetime.fromisoformat(position[0])
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None:
            query = query.where(tuple_(ApprovalRequest.due_at, ApprovalRequest.id) > tuple_(at, position[1]))
    found = session.execute(query).all()
    rows = found[:limit]
    shown = cards(session, [row[0] for row in rows])
    person_id = actor_of(session).person_id
    clock = left_clock(session)
    last = rows[-1][0] if len(found) > limit else None
    key = write_position((last.due_at.isoformat(), last.id)) if last is not None and last.due_at is not None else ""
    return WaitingPage([_waiting(*row, shown, person_id, now, clock) for row in rows], key)


def cards(session: Session, requests: Sequence[ApprovalRequest]) -> dict[int, Card]:
    """Return the cards of requests, in one query for each kind; a thing that is gone shows its title."""
    found: dict[int, Card] = {}
    with as_actor(session, SYSTEM):
        for kind in {row.kind for row in requests}:
            found |= subject_of(kind).cards(session, [row for row in requests if row.kind == kind])
    return {row.id: found.get(row.id) or Card(text_of(row.title)) for row in requests}


def median_seconds(session: Session, kind: str) -> int | None:
    """Return the median business time of the last decisions by people; None when there are too few to stay nameless."""
    query = select(ApprovalRequest.took_seconds).where(
        ApprovalRequest.kind == kind,
        ApprovalRequest.decided_at.is_not(None),
        ApprovalRequest.took_seconds.is_not(None),
    )
    with as_actor(session, SYSTEM):
        last = query.order_by(ApprovalRequest.decided_at.desc(), ApprovalRequest.id.desc()).limit(LAST_DECISIONS)
        taken = [seconds for seconds in session.scalars(last) if seconds is not None]
    return int(middle(taken)) if len(taken) >= FEWEST_DECISIONS else None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a request's history."""

    at: datetime
    person: str
    on_behalf_of: str
    action: str
    step: int
    reason: str
    note: str
    internal: bool


def happened(session: Session, row: ApprovalRequest) -> list[Happened]:
    """Return the history of a request that the actor sees, oldest first; internal notes only to those who see them."""
    columns = (
        ApprovalEvent.at, ApprovalEvent.person_id, ApprovalEvent.for_person_id, ApprovalEvent.action,
        ApprovalEvent.step, ApprovalEvent.reason, ApprovalEvent.note, ApprovalEvent.internal,
    )  # fmt: skip
    query = select(*columns).where(ApprovalEvent.request_id == row.id).order_by(ApprovalEvent.id)
    events = session.execute(query).all()
    names = names_of(session, {person_id for event in events for person_id in event[1:3] if person_id is not None})
    return [Happened(e[0], names.get(e[1] or 0, ""), names.get(e[2] or 0, ""), *e[3:]) for e in events]


def organisation_name(session: Session, organisation_id: int) -> Text:
    """Return what an asking organisation is called, in both scripts."""
    with as_actor(session, SYSTEM):
        row = session.execute(select(Party.name, Party.name_en).where(Party.id == organisation_id)).one()
    return Text(row[1] or row[0], row[0])


def names_of(session: Session, ids: set[int]) -> dict[int, str]:
    """Return what people are called; who asks and who decides is known to both sides."""
    if not ids:
        return {}
    with as_actor(session, SYSTEM):
        return {row[0]: row[1] for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))}


def _waits_for_me(session: Session, today: date, people: Deciders | None = None) -> Any:
    """Return the condition on requests in review that the reader may decide; None when he decides nothing."""
    actor = actor_of(session)
    if not actor.can(Permission.APPROVAL_DECIDE) or actor.person_id is None:
        return None
    known = people or deciders(session, today)
    roles, persons, orphans, covered = known.reach_of(actor.person_id)
    with as_actor(session, SYSTEM):
        accounts = set(four_eyes.accounts_of(session, actor)) | {actor.person_id}
    seat = ApprovalSeat.__table__.c  # the table, so that nothing but what stands here narrows the condition
    free = exists().where(
        seat.request_id == ApprovalRequest.id,
        seat.step == ApprovalRequest.step,
        seat.round == ApprovalRequest.round,
        seat.approved_at.is_(None),
        or_(
            seat.role.in_(roles | orphans),
            seat.person_id.in_(persons),
            and_(seat.person_id.is_not(None), seat.person_id.not_in(covered)),
        ),
    )
    return and_(free, four_eyes.is_free(actor, accounts))


def _waiting(
    row: ApprovalRequest,
    name: str,
    name_en: str,
    shown: Mapping[int, Card],
    person_id: int | None,
    now: datetime,
    clock: Callable[[datetime, datetime], int],
) -> Waiting:
    assert row.due_at is not None
    return Waiting(
        row.id, row.public_id, row.kind, row.version, text_of(row.title), name, name_en, row.asked_at, row.due_at,
        row.due_at <= now, clock(now, row.due_at), row.escalated_at is not None, row.assigned_to_id == person_id,
        text_of(row.route[row.step]["title"]), shown[row.id], subject_of(row.kind).reasons,
    )  # fmt: skip
