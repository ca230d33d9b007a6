"""Reading an inbox, and how people want to be told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.notify.models import Notice, NoticePreference
from portal.notify.topics import TOPICS, Way, topic_of
from portal.policy import SYSTEM

PAGE = 25
NoticeLine = tuple[int, str, str, dict[str, Any], str, datetime, datetime | None]


def notices(session: Session, *, before_id: int | None = None, limit: int = PAGE) -> Sequence[Row[*NoticeLine]]:
    """Return the reader's own notices, newest first, one more than `limit` when there are more."""
    query = select(
        Notice.id, Notice.public_id, Notice.kind, Notice.params, Notice.path, Notice.created_at, Notice.read_at
    ).order_by(Notice.id.desc())
    if before_id is not None:
        query = query.where(Notice.id < before_id)
    return session.execute(query.limit(limit + 1)).all()


def own_ways(session: Session) -> Mapping[str, Way]:
    """Return how the reader wants to be told of each topic."""
    chosen = dict(session.execute(select(NoticePreference.topic, NoticePreference.way)).all())
    return {key: Way(chosen.get(key, topic.usual)) for key, topic in TOPICS.items()}


def wanting_mail(session: Session, people: Collection[int], kind: str) -> frozenset[int]:
    """Return who of these people wants a mail at once about a kind of notice; the house looks."""
    topic = topic_of(kind)
    query = select(NoticePreference.person_id, NoticePreference.way).where(
        NoticePreference.person_id.in_(people), NoticePreference.topic == topic.key
    )
    with as_actor(session, SYSTEM):
        chosen = dict(session.execute(query).all())
    return frozenset(person for person in people if chosen.get(person, topic.usual) == Way.AT_ONCE)


def way_of(session: Session, person_id: int, kind: str) -> Way:
    """Return how somebody wants to be told of a kind of notice; the house looks."""
    topic = topic_of(kind)
    query = select(NoticePreference.way).where(
        NoticePreference.person_id == person_id, NoticePreference.topic == topic.key
    )
    with as_actor(session, SYSTEM):
        return Way(session.scalar(query) or topic.usual)
