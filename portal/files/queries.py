"""Reading uploads: those of a thing, and one of them together with the thing it belongs to."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.files.models import Upload


def uploads(session: Session, thing: Any) -> Sequence[Upload]:
    """Return the files of a thing that the actor may see, in the order in which they came."""
    return session.scalars(_of(thing).order_by(Upload.id)).all()


def upload(session: Session, thing: Any, public_id: str) -> Upload:
    """Return one file of this very thing; a file of another one looks like a missing one."""
    found = session.scalar(_of(thing).where(Upload.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def _of(thing: Any) -> Select[Upload]:
    same = (Upload.thing_kind == thing.__tablename__, Upload.thing_id == thing.id, Upload.removed_at.is_(None))
    return select(Upload).where(*same)
