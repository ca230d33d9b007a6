"""Keeping an uploaded file, removing it, moving it to another thing, and tidying up what nobody refers to."""

import hashlib
import io
import os
from datetime import UTC, date, datetime, timedelta
from typing import IO, Any, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.errors import Conflict, NotAllowed, NotFound
from portal.files.kinds import kind_of
from portal.files.models import Upload
from portal.files.names import clean_name
from portal.files.recognising import MEGABYTE, Recognised, recognise
from portal.files.refusing import FULL, MANY, Refused, TooMuch
from portal.files.stores import Store, erase_unless_committed
from portal.history import record
from portal.parameters.queries import values
from portal.parties.models import Organisation
from portal.policy import SYSTEM, Actor, OrganisationKind
from portal.words import N_

KEPT_REMOVED: Final = timedelta(days=7)
ORPHANED: Final = timedelta(hours=2)  # a content without a row for so long belongs to a transaction that never came
LOOKED_BACK: Final = 14  # days; older ones were looked at before
AT_ONCE: Final = 200


def keep(
    session: Session, actor: Actor, thing: Any, stream: IO[bytes], name: str | None, *, store: Store, now: datetime
) -> Upload:
    """Attach a file to a thing; the same content twice is one file. Raises Refused or NoRoom.

    The content lies in the store before the row is committed, and goes away again when it is not.
    """
    kind = kind_of(thing.__tablename__)
    if not kind.may_add(actor, thing):
        raise NotAllowed
    found = recognise(stream, clips=kind.clips)  # from its beginning: the unit of work may run again
    digest = _digest(found)
    there = session.scalars(_attached(thing).limit(kind.most)).all()
    same = next((row for row in there if row.sha256 == digest), None)
    if same is not None:
        return same
    if len(there) >= kind.most:
        raise Refused(MANY, most=kind.most)
    room_of = actor.organisation_id or thing.organisation_id
    _check_room(session, room_of, found.size)
    row = Upload(
        organisation_id=getattr(thing, "organisation_id", room_of),
        room_of_id=room_of,
        thing_kind=thing.__tablename__,
        thing_id=thing.id,
        name=clean_name(name, found.endings),
        content_type=found.content_type,
        size=found.size,
        sha256=digest,
        created_by_id=actor.person_id,
        created_at=now,
    )
    _store(session, row, found, store)
    session.add(row)
    session.flush()
    record(session, row, "upload", now=now, after={"name": row.name, "size": row.size, "sha256": digest})
    return row


def archive(
    session: Session,
    thing: Any,
    content: IO[bytes],
    name: str,
    content_type: str,
    *,
    owner: int,
    store: Store,
    now: datetime,
) -> Upload:
    """Keep something as it came, on behalf of the house: nobody looks into it and it takes nobody's room."""
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    content.seek(0)
    stored = store.put(content)
    erase_unless_committed(session, store, stored)
    row = Upload(
        organisation_id=owner,
        room_of_id=owner,
        thing_kind=thing.__tablename__,
        thing_id=thing.id,
        name=name,
        content_type=content_type,
        size=size,
        sha256=digest,
        stored_name=stored,
        created_at=now,
    )
    session.add(row)
    return row


def _digest(found: Recognised) -> str:
    found.content.seek(0)
    return hashlib.file_digest(found.content, "sha256").hexdigest()  # type: ignore[arg-type]


def _store(session: Session, row: Upload, found: Recognised, store: Store) -> None:
    """Put the content, and the small picture of one, into the store."""
    found.content.seek(0)
    row.stored_name = store.put(found.content)
    erase_unless_committed(session, store, row.stored_name)
    if found.drawn is not None:
        row.thumbnail_name = store.put(io.BytesIO(found.drawn.small))
        erase_unless_committed(session, store, row.thumbnail_name)
        row.width, row.height = found.drawn.width, found.drawn.height


def _attached(thing: Any) -> Select[Upload]:
    here = (Upload.thing_kind == thing.__tablename__, Upload.thing_id == thing.id, Upload.removed_at.is_(None))
    return select(Upload).where(*here).order_by(Upload.id)


def _check_room(session: Session, organisation_id: int, size: int) -> None:
    """Refuse what an organisation has no room for; what was removed counts until it is erased.

    The supplier's room is its disk: articles, signatures and original mails of years are there, and counting them for
    each file would take longer every day.
    """
    limits = values(session)
    kept = select(func.count(Upload.id), func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.room_of_id == organisation_id, Upload.erased_at.is_(None)
    )
    with as_actor(session, SYSTEM):  # also what its own colleagues only may see counts
        if session.get_one(Organisation, organisation_id).kind == OrganisationKind.SUPPLIER:
            return
        files, used = session.execute(kept).one()
    if files >= limits["files.most"] or used + size > limits["files.megabytes"] * MEGABYTE:
        raise TooMuch(FULL)


def move(actor: Actor, row: Upload, thing: Any) -> None:
    """Let a file belong to another thing, such as the message that was a draft."""
    kind = kind_of(thing.__tablename__)
    if not kind.may_add(actor, thing) or row.created_by_id != actor.person_id:
        raise NotAllowed
    row.thing_kind, row.thing_id = thing.__tablename__, thing.id
    row.organisation_id = getattr(thing, "organisation_id", row.organisation_id)


def copy(session: Session, actor: Actor, row: Upload, thing: Any, *, store: Store, now: datetime) -> Upload | None:
    """Attach a second copy of a file to another thing; None when its content is gone. Raises NoRoom.

    It was recognised when it came. It takes the room of whoever copies it.
    """
    if not kind_of(thing.__tablename__).may_add(actor, thing):
        raise NotAllowed
    try:
        stored = _copied(session, store, row.stored_name)
        small = _copied(session, store, row.thumbnail_name) if row.thumbnail_name else None
    except NotFound:
        return None
    room_of = actor.organisation_id or thing.organisation_id
    _check_room(session, room_of, row.size)
    kept = {name: getattr(row, name) for name in ("name", "content_type", "size", "sha256", "width", "height")}
    made = Upload(
        organisation_id=getattr(thing, "organisation_id", room_of),
        room_of_id=room_of,
        thing_kind=thing.__tablename__,
        thing_id=thing.id,
        stored_name=stored,
        thumbnail_name=small,
        created_by_id=row.created_by_id,
        created_at=row.created_at,
        **kept,
    )
    session.add(made)
    session.flush()
    record(session, made, "upload", now=now, after={"name": row.name, "size": row.size, "copy_of": row.public_id})
    return made


def _copied(session: Session, store: Store, name: str) -> str:
    made = store.copy(name)
    erase_unless_committed(session, store, made)
    return made


def remove(session: Session, actor: Actor, row: Upload, *, now: datetime) -> None:
    """Take a file away; its content is erased some days later."""
    if not kind_of(row.thing_kind).may_remove(actor, row):
        raise NotAllowed
    if row.removed_at is not None:
        raise Conflict(N_("This file was removed already."))
    row.removed_at = now
    record(session, row, "remove upload", now=now, before={"name": row.name})


def tidy(session: Session, store: Store, *, now: datetime) -> int:
    """Erase what was removed days ago and what no row refers to; return how many uploads and orphans went."""
    with as_actor(session, SYSTEM):
        old = select(Upload).where(Upload.removed_at < now - KEPT_REMOVED, Upload.erased_at.is_(None))
        rows = session.scalars(old.order_by(Upload.removed_at, Upload.id).limit(AT_ONCE)).all()
        for row in rows:
            store.erase(row.stored_name)
            if row.thumbnail_name is not None:
                store.erase(row.thumbnail_name)
            row.erased_at = now
        return len(rows) + sum(_erase_orphans(session, store, day, now - ORPHANED) for day in _looked_at(now))


def _looked_at(now: datetime) -> list[date]:
    """Return today, yesterday, and every hour another one of the days before: those of half a day make the fortnight.

    So what one tidying costs depends on how much comes in a day, not on how much lies there.
    """
    today = now.astimezone(UTC).date()
    before = 2 + now.astimezone(UTC).hour % (LOOKED_BACK - 2)
    return [today - timedelta(days=back) for back in (0, 1, before)]


def _erase_orphans(session: Session, store: Store, day: date, before: datetime) -> int:
    until = before.timestamp()
    old = [(name, part) for name, changed, part in store.lying(day) if changed < until]
    gone = 0
    for start in range(0, len(old), AT_ONCE):
        some = old[start : start + AT_ONCE]
        known = _known(session, [name for name, _part in some])
        for name, part in some:
            if part or name not in known:
                store.erase(name, part=part)
                gone += 1
    return gone


def _known(session: Session, names: list[str]) -> set[str]:
    """Return those of `names` that a row refers to, as its content or its small picture."""
    rows = session.execute(
        select(Upload.stored_name, Upload.thumbnail_name).where(
            or_(Upload.stored_name.in_(names), Upload.thumbnail_name.in_(names))
        )
    )
    return {name for row in rows for name in row if name is not None}
