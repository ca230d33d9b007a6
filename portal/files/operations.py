"""Keeping an uploaded file, removing it, and tidying up what nobody refers to."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Conflict, NotAllowed
from portal.files.models import Upload
from portal.files.names import clean_name
from portal.files.recognising import MEGABYTE, MOST_BYTES, recognise
from portal.files.refusing import FULL, MANY, Refused, TooMuch
from portal.files.storing import contents, erase, erase_unless_committed, write
from portal.history import record
from portal.parameters.queries import values
from portal.policy import SYSTEM, Actor, allows
from portal.words import N_

MOST_OF_ONE_THING: Final = 20
KEPT_REMOVED: Final = timedelta(days=7)
ORPHANED: Final = timedelta(hours=2)  # a file without a row for so long belongs to a transaction that never came
LOOKED_BACK: Final = timedelta(days=14)  # older files were looked at before
AT_ONCE: Final = 200


def keep(
    session: Session, actor: Actor, thing: Any, stream: IO[bytes], name: str | None, *, folder: Path, now: datetime
) -> Upload:
    """Attach a file to a thing of the own organisation; the same content twice is one file. Raises Refused or NoRoom.

    The content lies on the disk before the row is committed, and goes away again when it is not.
    """
    if not allows(actor, Upload.edit_permission, thing):
        raise NotAllowed
    stream.seek(0)  # the unit of work may run a second time
    found = recognise(stream.read(MOST_BYTES + 1))
    digest = hashlib.sha256(found.content).hexdigest()
    there = session.scalars(_attached(thing).limit(MOST_OF_ONE_THING)).all()
    same = next((row for row in there if row.sha256 == digest), None)
    if same is not None:
        return same
    if len(there) >= MOST_OF_ONE_THING:
        raise Refused(MANY, most=MOST_OF_ONE_THING)
    _check_room(session, thing.organisation_id, len(found.content))
    stored = write(folder, found.content)
    erase_unless_committed(session, folder, stored)
    row = Upload(
        organisation_id=thing.organisation_id,
        thing_kind=thing.__tablename__,
        thing_id=thing.id,
        name=clean_name(name, found.endings),
        content_type=found.content_type,
        size=len(found.content),
        sha256=digest,
        stored_name=stored,
        created_by_id=actor.person_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(session, row, "upload", now=now, after={"name": row.name, "size": row.size, "sha256": digest})
    return row


def _attached(thing: Any) -> Select[Upload]:
    here = (Upload.thing_kind == thing.__tablename__, Upload.thing_id == thing.id, Upload.removed_at.is_(None))
    return select(Upload).where(*here).order_by(Upload.id)


def _check_room(session: Session, organisation_id: int, size: int) -> None:
    """Refuse what an organisation has no room for; what was removed counts until it is erased."""
    limits = values(session)
    kept = select(func.count(Upload.id), func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.organisation_id == organisation_id, Upload.erased_at.is_(None)
    )
    files, used = session.execute(kept).one()
    if files >= limits["files.most"] or used + size > limits["files.megabytes"] * MEGABYTE:
        raise TooMuch(FULL)


def remove(session: Session, actor: Actor, row: Upload, *, now: datetime) -> None:
    """Take a file away; its content is erased some days later."""
    if not allows(actor, Upload.edit_permission, row):
        raise NotAllowed
    if row.removed_at is not None:
        raise Conflict(N_("This file was removed already."))
    row.removed_at = now
    record(session, row, "remove upload", now=now, before={"name": row.name})


def tidy(session: Session, folder: Path, *, now: datetime) -> int:
    """Erase what was removed days ago and what no row refers to; return how many files went."""
    with as_actor(session, SYSTEM):
        old = select(Upload).where(Upload.removed_at < now - KEPT_REMOVED, Upload.erased_at.is_(None))
        rows = session.scalars(old.order_by(Upload.removed_at, Upload.id).limit(AT_ONCE)).all()
        for row in rows:
            erase(folder, row.stored_name)
            row.erased_at = now
        return len(rows) + _erase_orphans(session, folder, now - ORPHANED)


def _erase_orphans(session: Session, folder: Path, before: datetime) -> int:
    since, until = (before - LOOKED_BACK).timestamp(), before.timestamp()
    old = [(name, path) for name, path, changed in contents(folder) if since < changed < until]
    gone = 0
    for start in range(0, len(old), AT_ONCE):
        some = dict(old[start : start + AT_ONCE])
        known = set(session.scalars(select(Upload.stored_name).where(Upload.stored_name.in_(some))))
        for name, path in some.items():
            if name not in known or path.name != name:
                path.unlink(missing_ok=True)
                gone += 1
    return gone
