"""Reading an inbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.notify.models import Notice

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
