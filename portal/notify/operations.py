"""Telling people things: a notice in the inbox, a mail as they want it, read once it was seen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.db import new_public_id
from portal.errors import Invalid, NotFound
from portal.history import record
from portal.notify.models import Notice, NoticePreference
from portal.notify.topics import NEVER_MAILED, TOPICS, Way
from portal.outbox import enqueue
from portal.policy import Actor
from portal.words import N_, stored

KIND: Final = "notice"  # the job that looks whether somebody wants a mail about a notice


def tell(session: Session, person_id: int, kind: str, params: Mapping[str, Any], path: str, now: datetime) -> Notice:
    """Put a notice into somebody's inbox, in the present transaction; its text is made from `kind` and `params`.

    A parameter may be a `Text`, such as a name in both scripts: it is read in whatever language the reader has then.
    After the commit, and only then, the worker looks how he wants to be told of it: by a mail at once, in the mail of
    the morning, or not. What he may not see any more by then is in no mail.
    """
    notice = Notice(
        public_id=new_public_id(), person_id=person_id, kind=kind, params=stored(params), path=path, created_at=now
    )
    session.add(notice)
    if kind not in NEVER_MAILED:
        enqueue(session, KIND, {"notice": notice.public_id}, now=now)
    return notice


def mark_read(session: Session, public_id: str, *, now: datetime) -> Notice:
    """Note that the reader saw one of his notices; a second time changes nothing."""
    notice = session.scalar(select(Notice).where(Notice.public_id == public_id))
    if notice is None:
        raise NotFound
    notice.read_at = notice.read_at or now
    return notice


def mark_all_read(session: Session, *, now: datetime) -> None:
    """Note that the reader saw all of his notices."""
    session.execute(update(Notice).where(Notice.read_at.is_(None)).values(read_at=now))


def choose_ways(session: Session, actor: Actor, ways: Mapping[str, str], *, now: datetime) -> None:
    """Note how somebody wants to be told of topics; what is not named stays as it is."""
    wrong = [topic for topic, way in ways.items() if topic not in TOPICS or way not in list(Way)]
    if wrong or actor.person_id is None:
        raise Invalid(N_("Choose one of these."), field=wrong[0] if wrong else "")
    known = {row.topic: row for row in session.scalars(select(NoticePreference))}
    for topic, way in ways.items():
        row = known.get(topic)
        before = row.way if row else TOPICS[topic].usual.value
        if way == before:
            continue
        row = row or NoticePreference(person_id=actor.person_id, topic=topic)
        row.way = way
        session.add(row)
        session.flush()
        record(session, row, "choose notices", now=now, before={topic: before}, after={topic: way})
