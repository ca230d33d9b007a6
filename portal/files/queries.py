"""Reading uploads: those of a thing, and one of them together with the thing it belongs to."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.files.models import Upload


def uploads(session: Session, thing: Any) -> Sequence[Upload]:
    """Return the files of a thing that the actor may see, in the order in which they came."""
    return session.scalars(_of(thing).order_by(Upload.id)).all()


def uploads_of(session: Session, kind: str, thing_ids: Collection[int]) -> dict[int, list[Upload]]:
    """Return the files of many things of one kind in one query, by the key of their thing."""
    found: dict[int, list[Upload]] = {}
    if thing_ids:
        here = (Upload.thing_kind == kind, Upload.thing_id.in_(thing_ids), Upload.removed_at.is_(None))
        for row in session.scalars(select(Upload).where(*here).order_by(Upload.thing_id, Upload.id)):
            found.setdefault(row.thing_id, []).append(row)
    return found


def upload(session: Session, thing: Any, public_id: str) -> Upload:
    """Return one file of this very thing; a file of another one looks like a missing one."""
    found = session.scalar(_of(thing).where(Upload.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def _of(thing: Any) -> Select[Upload]:
    same = (Upload.thing_kind == thing.__tablename__, Upload.thing_id == thing.id, Upload.removed_at.is_(None))
    return select(Upload).where(*same)
