"""The worker's search for duplicates: after a party was noted or changed, and through all parties when asked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import Database
from portal.errors import NotAllowed
from portal.outbox import Handler, Job, enqueue
from portal.parties.identity.indexing import index_parties
from portal.parties.merging_models import PartyPair
from portal.parties.models import Party
from portal.parties.pairing import Found, live, pairs_of
from portal.policy import SYSTEM, Actor, Permission

KIND: Final = "party_pairs"
STEP: Final = 100  # parties looked at in one job


def ask_to_compare(session: Session, ids: Iterable[int], *, index: bool = False, now: datetime) -> None:
    """Have parties compared with all others once this unit of work is saved; `index` has them made findable before."""
    some = sorted(set(ids))
    for start in range(0, len(some), STEP):
        enqueue(session, KIND, {"parties": some[start : start + STEP], "index": index}, now=now)


def ask_to_compare_all(session: Session, actor: Actor, *, now: datetime) -> None:
    """Have every party compared, one step after the other."""
    if not actor.can(Permission.PARTY_STEWARD):
        raise NotAllowed
    enqueue(session, KIND, {"after": 0}, now=now)


def handler(database: Database) -> Handler:
    """Return who looks for pairs."""
    return Handler(partial(_look, database), finish=_note, parallel=1, batch=2)


def _look(database: Database, job: Job) -> tuple[list[Found], int | None]:
    """Return the pairs of the job's parties, and behind which party the next step goes on."""
    if job.payload.get("index"):
        return [], None  # first they must be findable
    with database.reading(SYSTEM) as session:
        ids, last = job.payload.get("parties"), None
        if ids is None:
            ids = _next_parties(session, int(job.payload["after"]))
            last = ids[-1] if len(ids) == STEP else None
        return pairs_of(session, ids), last


def _next_parties(session: Session, after: int) -> Sequence[int]:
    query = select(Party.id).where(Party.id > after, *live(Party)).order_by(Party.id).limit(STEP)
    return session.scalars(query).all()


def _note(session: Session, job: Job, result: tuple[list[Found], int | None], now: datetime) -> None:
    found, last = result
    if job.payload.get("index"):
        index_parties(session, job.payload["parties"])
        ask_to_compare(session, job.payload["parties"], now=now)
    write_pairs(session, found, now=now)
    if last is not None:
        enqueue(session, KIND, {"after": last}, now=now)


def write_pairs(session: Session, found: Iterable[Found], *, now: datetime) -> None:
    """Put pairs into the queue; what was decided about a pair stays decided."""
    for pair in found:
        same = (PartyPair.left_id == pair.left_id, PartyPair.right_id == pair.right_id)
        known = session.scalar(select(PartyPair).where(*same))
        if known is None:
            names = {"left_id": pair.left_id, "right_id": pair.right_id}
            session.add(PartyPair(**names, score=pair.score, reason=pair.reason, found_at=now))
            session.flush()
        elif known.state == "open":
            known.score, known.reason = pair.score, pair.reason
