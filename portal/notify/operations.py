"""Telling people things: a notice in the inbox, read once it was seen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.notify.models import Notice


def tell(session: Session, person_id: int, kind: str, params: Mapping[str, Any], path: str, now: datetime) -> Notice:
    """Put a notice into somebody's inbox, in the present transaction; its text is made from `kind` and `params`."""
    notice = Notice(person_id=person_id, kind=kind, params=dict(params), path=path, created_at=now)
    session.add(notice)
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
