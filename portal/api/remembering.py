"""Idempotency: the answer to a key is written in the transaction of what was done, and given again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.api.models import ApiAnswer
from portal.db import as_actor, insert_into
from portal.policy import SYSTEM

KEPT: Final = timedelta(hours=48)


class OtherRequest(Exception):
    """The key was used for another request."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer that was given before."""

    status: int
    location: str
    body: str


def request_hash(method: str, path: str, content: bytes) -> str:
    """Return the name of a request by all that it says."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), content))).hexdigest()


def take(session: Session, token_id: int, key: str, digest: str, *, now: datetime) -> Remembered | None:
    """Take a key for this transaction, or return what it was answered; raises OtherRequest.

    Whoever comes second waits here until the first has ended: then the answer is there, or the key is free again.
    """
    with as_actor(session, SYSTEM):
        values = {"token_id": token_id, "key": key, "request_hash": digest, "status": 0, "created_at": now}
        wanted = insert_into(session, ApiAnswer).values(**values, location="", body="")
        new = wanted.on_conflict_do_nothing(index_elements=[ApiAnswer.token_id, ApiAnswer.key])
        if session.execute(new.returning(ApiAnswer.id)).first() is not None:
            return None
        there = (ApiAnswer.token_id == token_id, ApiAnswer.key == key)
        row = session.scalars(select(ApiAnswer).where(*there)).one()
        if row.request_hash != digest:
            raise OtherRequest
        return Remembered(row.status, row.location, row.body)


def keep(session: Session, token_id: int, key: str, answer: Remembered) -> None:
    """Write down what the key of this transaction is answered."""
    values = {"status": answer.status, "location": answer.location, "body": answer.body}
    with as_actor(session, SYSTEM):
        own = (ApiAnswer.token_id == token_id, ApiAnswer.key == key)
        session.execute(update(ApiAnswer).where(*own).values(values))


def sweep(session: Session, *, now: datetime) -> None:
    """Forget answers that were kept long enough."""
    old = select(ApiAnswer.id).where(ApiAnswer.created_at < now - KEPT).order_by(ApiAnswer.created_at).limit(5000)
    gone = delete(ApiAnswer).where(ApiAnswer.id.in_(old))
    session.execute(gone, execution_options={"synchronize_session": False})
