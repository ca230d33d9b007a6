"""What people do with comments on a thing and its lines: say, withdraw, resolve, reopen."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db import ScopedSession, as_actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.limits import bounded
from portal.notify.operations import tell
from portal.outbox import enqueue
from portal.policy import SYSTEM, Actor, grants_of
from portal.sharing.models import LONGEST_COMMENT, Comment, CommentThread
from portal.sharing.news import COMMENT_KIND, path_of
from portal.sharing.queries import access_of
from portal.sharing.receivers import MOST_TOLD, Receiver, people_with, person_now
from portal.words import N_

WITHDRAWN_WITHIN: Final = timedelta(minutes=15)
LONGEST_PATH: Final = 200


def say(session: Session, actor: Actor, thing: Any, *, line_key: str, body: str, now: datetime) -> Comment:
    """Comment on a line of a thing (or on all of it, with an empty key): whoever sees the thing may.

    What was resolved is open again. Whoever made the thing and whoever spoke in the thread before is told.
    """
    _may_speak(session, actor, thing)
    body = body.strip()
    if not body:
        raise Invalid(N_("Please fill this in."), field="body")
    bounded(body, LONGEST_COMMENT, field="body")
    assert actor.person_id is not None
    thread = _thread(session, thing, line_key) or _begin(session, thing, line_key, now=now)
    if thread.resolved_at is not None:
        _reopen(session, thread, now=now)
    comment = Comment(
        organisation_id=thing.organisation_id,
        thread_id=thread.id,
        kind=thing.__tablename__,
        thing_id=thing.id,
        body=body,
        author_id=actor.person_id,
        created_at=now,
    )
    session.add(comment)
    session.flush()
    record(session, comment, "comment", now=now, after={"thing": thing.public_id, "line": line_key})
    _tell(session, actor, thing, thread, comment, now=now)
    return comment


def withdraw(session: Session, actor: Actor, thing: Any, comment: Comment, *, now: datetime) -> None:
    """Take one's own words back within a quarter of an hour: the text goes, its place stays."""
    _may_speak(session, actor, thing)
    if comment.author_id != actor.person_id:
        raise NotAllowed
    if comment.withdrawn_at is not None:
        return
    if now - comment.created_at > WITHDRAWN_WITHIN:
        raise Conflict(N_("A comment can be withdrawn within 15 minutes; by now others may have answered it."))
    comment.body, comment.withdrawn_at = "", now
    session.flush()
    record(session, comment, "withdraw comment", now=now)


def set_resolved(session: Session, actor: Actor, thing: Any, line_key: str, resolved: bool, *, now: datetime) -> None:
    """Say that a thread is settled, or open it again; a second time changes nothing."""
    _may_speak(session, actor, thing)
    thread = _thread(session, thing, line_key)
    if thread is None:
        raise NotFound
    if not resolved and thread.resolved_at is not None:
        _reopen(session, thread, now=now)
    elif resolved and thread.resolved_at is None:
        thread.resolved_at, thread.resolved_by_id = now, actor.person_id
        session.flush()
        record(session, thread, "resolve", now=now, after={"line": line_key})


def _may_speak(session: Session, actor: Actor, thing: Any) -> None:
    """Let whoever sees the thing write what he says about it, and nothing else of somebody else's thing."""
    if access_of(session, actor, thing, lock=True) is None:
        raise NotFound
    if thing.organisation_id != actor.organisation_id:
        assert isinstance(session, ScopedSession)
        session.lend("comment", thing.__tablename__, thing.id)


def _thread(session: Session, thing: Any, line_key: str) -> CommentThread | None:
    query = select(CommentThread).where(
        CommentThread.kind == thing.__tablename__,
        CommentThread.thing_id == thing.id,
        CommentThread.line_key == line_key,
    )
    return session.scalar(query.with_for_update())


def _begin(session: Session, thing: Any, line_key: str, *, now: datetime) -> CommentThread:
    """Make the thread, unless somebody else made it at the same moment."""
    thread = CommentThread(
        organisation_id=thing.organisation_id,
        kind=thing.__tablename__,
        thing_id=thing.id,
        line_key=line_key,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(thread)
        return thread
    except IntegrityError:
        found = _thread(session, thing, line_key)
        if found is None:
            raise
        return found


def _reopen(session: Session, thread: CommentThread, *, now: datetime) -> None:
    thread.resolved_at, thread.resolved_by_id = None, None
    session.flush()
    record(session, thread, "reopen", now=now, after={"line": thread.line_key})


def _tell(
    session: Session, actor: Actor, thing: Any, thread: CommentThread, comment: Comment, *, now: datetime
) -> None:
    """Tell those whom it concerns and who (still) see the thing: now in the inbox, by mail after the commit."""
    author = person_now(session, comment.author_id)
    params = {"name": thing.name, "line": thread.line_key, "person": author.name if author else ""}
    kind = "comment_line" if thread.line_key else "comment"
    path = f"{path_of(thing.__tablename__, thing.public_id)}/comments"
    path += f"?line={quote(thread.line_key, safe='')}" if len(thread.line_key) * 9 + len(path) < LONGEST_PATH else ""
    told = _concerned(session, actor, thing, thread)
    for person in told:
        tell(session, person.id, kind, params, path, now=now)
    if told:
        payload = {"comment": comment.id, "people": [person.id for person in told], "params": params, "path": path}
        enqueue(session, COMMENT_KIND, payload, now=now)


def _concerned(session: Session, actor: Actor, thing: Any, thread: CommentThread) -> Sequence[Receiver]:
    """Return who made the thing and the latest who spoke here, without the actor and without those shut out since."""
    latest = (
        select(Comment.author_id)
        .where(Comment.thread_id == thread.id)
        .group_by(Comment.author_id)
        .order_by(func.max(Comment.id).desc())
        .limit(MOST_TOLD)
    )
    with as_actor(session, SYSTEM):
        ids = {*session.scalars(latest), thing.person_id} - {None, actor.person_id}
        people = people_with(session, ids)
        return [one for one in people if access_of(session, _actor(one), thing) is not None]


def _actor(person: Receiver) -> Actor:
    return Actor(person.id, person.organisation_id, grants_of(person.organisation_kind, person.roles))
