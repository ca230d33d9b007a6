"""Keeping the desk: queues and who works on them, macros, promised times, terms of a customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.calendars import queries as calendars
from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.parties.models import Party
from portal.parties.words import REGIONS
from portal.policy import SYSTEM, Actor
from portal.support.knowledge import faults
from portal.support.tickets.clock_models import SupportTerms, Target, manages
from portal.support.tickets.desk_models import MACRO_ACTIONS, Macro, Queue, QueueMember
from portal.support.tickets.people import WORKERS, with_roles
from portal.support.tickets.queries import PERSON
from portal.support.tickets.triage import CONTRACTS, KINDS, PRIORITIES
from portal.words import LOCALES, N_

STALE: Final = N_("This was changed while your page was open. Look at it again.")
WRONG: Final = N_("Choose one of these.")


@dataclass(frozen=True, slots=True)
class QueueWords:
    """What a queue is to be; `members` are public ids of people, `skills` languages and fault keys."""

    name_en: str
    name_zh: str
    lines: Sequence[str] = ()
    regions: Sequence[str] = ()
    kinds: Sequence[str] = ()
    skills: Sequence[str] = ()
    members: Sequence[str] = ()
    assigns: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class MacroWords:
    """What a macro says and does."""

    name_en: str
    name_zh: str
    body_en: str
    body_zh: str
    action: str = "answer"


def queues(session: Session) -> Sequence[Queue]:
    """Return the queues in use, in their order."""
    query = select(Queue).where(Queue.archived_at.is_(None))
    return session.scalars(query.order_by(Queue.position, Queue.id).limit(200)).all()


def queue(session: Session, public_id: str) -> Queue:
    """Return one queue; raises NotFound."""
    found = session.scalar(select(Queue).where(Queue.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def members_of(session: Session, queue_id: int) -> list[str]:
    """Return the public ids of who works on a queue."""
    query = select(PERSON.c.public_id).join(QueueMember, QueueMember.person_id == PERSON.c.id)
    with as_actor(session, SYSTEM):
        return list(session.scalars(query.where(QueueMember.queue_id == queue_id)))


def workers(session: Session) -> Sequence[Row[str, str]]:
    """Return public id and name of everybody who works on tickets."""
    ids = with_roles(session, WORKERS)
    with as_actor(session, SYSTEM):
        query = select(Person.public_id, Person.name).where(Person.id.in_(ids)).order_by(Person.name, Person.id)
        return session.execute(query).all()


def macros(session: Session) -> Sequence[Macro]:
    """Return the macros in use, in their order."""
    query = select(Macro).where(Macro.archived_at.is_(None))
    return session.scalars(query.order_by(Macro.position, Macro.id).limit(200)).all()


def macro(session: Session, public_id: str) -> Macro | None:
    """Return one macro in use."""
    if not public_id:
        return None
    its = (Macro.public_id == public_id, Macro.archived_at.is_(None))
    return session.scalar(select(Macro).where(*its))


def keep_queue(
    session: Session, actor: Actor, row: Queue | None, said: QueueWords, *, version: int, now: datetime
) -> Queue:
    """Make or change a queue; raises Conflict for a page from before a change."""
    _check_manages(actor)
    tree = faults.types(session)
    known = {
        "lines": {each.key for each in tree.lines()},
        "regions": set(REGIONS),
        "kinds": set(KINDS),
        "skills": {*LOCALES, *tree.all},
    }
    for field, values in known.items():
        if set(getattr(said, field)) - values:
            raise Invalid(WRONG, field=field)
    row = _mine(row, version) or Queue(key=_key(said.name_en, now), archived_at=None)
    for name in ("name_en", "name_zh", "assigns", "position"):
        setattr(row, name, getattr(said, name))
    for name in known:
        setattr(row, name, sorted(set(getattr(said, name))))
    _signed(row, actor, now)
    session.add(row)
    session.flush()
    _keep_members(session, row, said.members)
    record(session, row, "keep queue", now=now, after={"name": row.name_en, "members": len(said.members)})
    return row


def _keep_members(session: Session, row: Queue, members: Sequence[str]) -> None:
    with as_actor(session, SYSTEM):
        wanted = list(session.scalars(select(Person.id).where(Person.public_id.in_(members))))
        if len(wanted) != len(set(members)) or set(with_roles(session, WORKERS, wanted)) != set(wanted):
            raise Invalid(WRONG, field="members")
        there = {each.person_id for each in session.scalars(_members(row.id))}
        gone = delete(QueueMember).where(QueueMember.queue_id == row.id, QueueMember.person_id.not_in(wanted))
        session.execute(gone)
        session.add_all(QueueMember(queue_id=row.id, person_id=each, skills=[]) for each in wanted if each not in there)


def _members(queue_id: int) -> Any:
    return select(QueueMember).where(QueueMember.queue_id == queue_id)


def archive(session: Session, actor: Actor, row: Queue | Macro, *, now: datetime) -> None:
    """Take a queue or a macro out of use; tickets that wait in a queue stay there until they are handed over."""
    _check_manages(actor)
    row.archived_at = row.archived_at or now
    _signed(row, actor, now)
    session.flush()
    record(session, row, "archive", now=now)


def keep_macro(
    session: Session, actor: Actor, row: Macro | None, said: MacroWords, *, version: int, now: datetime
) -> Macro:
    """Make or change a macro."""
    _check_manages(actor)
    if said.action not in MACRO_ACTIONS:
        raise Invalid(WRONG, field="action")
    row = _mine(row, version) or Macro(archived_at=None)
    for name in ("name_en", "name_zh", "body_en", "body_zh", "action"):
        setattr(row, name, getattr(said, name))
    _signed(row, actor, now)
    session.add(row)
    session.flush()
    record(session, row, "keep macro", now=now, after={"name": row.name_en})
    return row


def keep_target(
    session: Session, actor: Actor, contract: str, priority: str, lengths: tuple[int, int, int], *, version: int,
    now: datetime,
) -> Target:  # fmt: skip
    """Set the promised times of a contract and priority, in minutes; running clocks keep what was promised."""
    _check_manages(actor)
    if contract not in CONTRACTS or priority not in PRIORITIES:
        raise NotFound
    its = (Target.contract == contract, Target.priority == priority)
    row = session.scalar(select(Target).where(*its))
    if (row.version if row is not None else 0) != version:
        raise Conflict(STALE)
    row = row or Target(contract=contract, priority=priority)
    row.first_response, row.next_update, row.solution = lengths
    _signed(row, actor, now)
    session.add(row)
    session.flush()
    record(session, row, "keep targets", now=now, after={"contract": contract, "priority": priority,
                                                         "minutes": list(lengths)})  # fmt: skip
    return row


def keep_terms(
    session: Session, actor: Actor, party: Party, calendar: str, contract: str, *, version: int, now: datetime
) -> SupportTerms:
    """Say in which calendar a customer's clocks count and what his contract is; it holds for new tickets."""
    _check_manages(actor)
    if calendar not in calendars.keys(session):
        raise Invalid(WRONG, field="calendar")
    if contract not in CONTRACTS:
        raise Invalid(WRONG, field="contract")
    row = terms(session, party.id)
    if (row.version if row is not None else 0) != version:
        raise Conflict(STALE)
    row = row or SupportTerms(party_id=party.id)
    row.calendar, row.contract = calendar, contract
    _signed(row, actor, now)
    session.add(row)
    session.flush()
    record(session, row, "keep terms", now=now, after={"calendar": calendar, "contract": contract})
    return row


def terms(session: Session, party_id: int) -> SupportTerms | None:
    """Return what is agreed with a customer, if anything is."""
    return session.scalar(select(SupportTerms).where(SupportTerms.party_id == party_id))


def _check_manages(actor: Actor) -> None:
    if not manages(actor):
        raise NotAllowed


def _mine(row: Any, version: int) -> Any:
    if row is not None and row.version != version:
        raise Conflict(STALE)
    return row


def _signed(row: Any, actor: Actor, now: datetime) -> None:
    row.changed_at, row.changed_by_id = now, actor.person_id


def _key(name: str, now: datetime) -> str:
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.casefold())
    return f"{plain.strip('-')[:20]}-{int(now.timestamp() * 1000):x}"
