"""Definitions in force: published as immutable revisions; what comes along is published where nothing is yet."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals.definitions import Definition, Mistakes, content_hash, read
from portal.approvals.files import shipped_definition
from portal.approvals.models import ApprovalDefinition
from portal.db import actor_of, as_actor, insert_into
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.policy import SYSTEM, Actor, Permission
from portal.words import N_


def newest(session: Session, kind: str) -> ApprovalDefinition | None:
    """Return the definition in force, where one is published; the house asks."""
    with as_actor(session, SYSTEM):
        query = select(ApprovalDefinition).where(ApprovalDefinition.kind == kind)
        return session.scalar(query.order_by(ApprovalDefinition.number.desc()).limit(1))


def in_force(session: Session, kind: str, *, now: datetime) -> ApprovalDefinition:
    """Return the definition in force; the first request of a kind publishes the one that comes along."""
    found = newest(session, kind)
    if found is not None:
        return found
    shipped = shipped_definition(kind)
    if shipped is None:
        raise NotFound
    with as_actor(session, SYSTEM):
        values = {"kind": kind, "number": 1, "content_hash": content_hash(shipped[1]), "content": shipped[1]}
        first = insert_into(session, ApprovalDefinition).values(**values, published_at=now)
        session.execute(first.on_conflict_do_nothing())  # somebody else's first request may have been quicker
    made = newest(session, kind)
    assert made is not None
    return made


def publish(
    session: Session, actor: Actor, content: Mapping[str, Any], *, number: int | None = None, now: datetime
) -> ApprovalDefinition:
    """Put a definition into force for new requests; those under way keep theirs. The same content is published once.

    `number` is the one it was made from; a newer one in between is a Conflict. Raises Invalid for mistakes.
    """
    if not actor.can(Permission.APPROVAL_MANAGE):
        raise NotAllowed
    definition = checked(content)
    before = newest(session, definition.key)
    if number is not None and number != (before.number if before else 0):
        raise Conflict(N_("Somebody else changed these rules while your page was open. Look at them again."))
    if before is not None and before.content_hash == content_hash(content):
        return before
    if before is None and shipped_definition(definition.key) is None:
        raise Invalid(N_("Nothing of the kind “%(key)s” can be approved."), key=definition.key)
    person_id = actor_of(session).person_id
    with as_actor(session, SYSTEM):
        made = ApprovalDefinition(
            kind=definition.key,
            number=before.number + 1 if before else 1,
            content_hash=content_hash(content),
            content=dict(content),
            published_at=now,
            published_by_id=person_id,
        )
        session.add(made)
        session.flush()
    record(
        session, made, "publish", now=now,
        before={"number": before.number} if before else None,
        after={"key": made.kind, "number": made.number, "hash": made.content_hash},
    )  # fmt: skip
    return made


def checked(content: Mapping[str, Any]) -> Definition:
    """Return what content says; raises Invalid with its first mistake."""
    try:
        return read(content)
    except Mistakes as wrong:
        first = wrong.mistakes[0]
        raise Invalid(first.message, field=".".join(map(str, first.path)), **first.params) from None
