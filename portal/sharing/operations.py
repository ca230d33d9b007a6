"""What an owner does about who else sees his things: share and revoke."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Invalid, NotAllowed, NotFound
from portal.history import record
from portal.limits import bounded
from portal.notify.operations import tell
from portal.outbox import enqueue
from portal.policy import Actor, Permission, allows
from portal.sharing.models import ACCESS, LONGEST_MESSAGE, Share
from portal.sharing.news import KIND, path_of
from portal.sharing.queries import name_of
from portal.sharing.receivers import Receiver, organisation_for, people_of, person_for, person_now
from portal.words import N_, stored


class Thing(Protocol):
    """What can be shared: a row of one of the kinds, with a name that people know it by."""

    __tablename__: str
    id: int
    public_id: str
    organisation_id: int
    name: str


def share(
    session: Session,
    actor: Actor,
    thing: Thing,
    *,
    with_organisation_id: int | None = None,
    with_person_id: int | None = None,
    access: str,
    message: str = "",
    now: datetime,
) -> Share:
    """Let an organisation or a person see (`access` "view") or also change ("edit") a thing; only its owners can.

    The same share a second time is the first one; with another access it takes the place of the first. Whoever may not
    receive it raises NotFound, as if he did not exist. The receivers are told in their inbox, and by mail once this
    unit of work is saved.
    """
    if not allows(actor, Permission.CONFIGURATION_EDIT, thing):
        raise NotAllowed
    if access not in ACCESS:
        raise Invalid(N_("Choose whether they may look or also change."), field="access")
    bounded(message, LONGEST_MESSAGE, field="message")
    told, person_organisation_id = _receivers(session, actor, thing, with_organisation_id, with_person_id)
    live = _live(session, thing, with_organisation_id, with_person_id)
    if live is not None and live.access == access:
        return live
    if live is not None:
        _end(session, actor, live, now=now)
    made = Share(
        organisation_id=thing.organisation_id,
        kind=thing.__tablename__,
        thing_id=thing.id,
        with_organisation_id=with_organisation_id,
        with_person_id=with_person_id,
        person_organisation_id=person_organisation_id,
        access=access,
        message=message,
        created_by_id=actor.person_id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    after = {"thing": thing.public_id, "organisation": with_organisation_id, "person": with_person_id, "access": access}
    record(session, made, "share", now=now, after=after)
    _tell(session, actor, thing, made, told, now=now)
    return made


def revoke(session: Session, actor: Actor, row: Share, *, now: datetime) -> None:
    """Take a share back: with this unit of work nothing of the thing can be reached through it any more."""
    if not allows(actor, Permission.CONFIGURATION_EDIT, row):
        raise NotAllowed
    locked = session.scalar(
        select(Share).where(Share.id == row.id).with_for_update().execution_options(populate_existing=True)
    )
    if locked is None:
        raise NotFound
    if locked.revoked_at is None:  # a second time changes nothing
        _end(session, actor, locked, now=now)


def _end(session: Session, actor: Actor, row: Share, *, now: datetime) -> None:
    row.revoked_at, row.revoked_by_id = now, actor.person_id
    record(session, row, "revoke share", now=now, before={"access": row.access})
    session.flush()


def _receivers(
    session: Session, actor: Actor, thing: Thing, organisation_id: int | None, person_id: int | None
) -> tuple[list[Receiver], int | None]:
    """Return who is to be told, and to which organisation a single receiver belongs."""
    if (organisation_id is None) == (person_id is None):
        raise Invalid(N_("Choose with whom."), field="receiver")
    if organisation_id is not None:
        if organisation_for(session, thing.organisation_id, organisation_id) is None:
            raise NotFound
        return people_of(session, organisation_id), None
    assert person_id is not None
    person = person_for(session, thing.organisation_id, person_id)
    if person is None or person.id == actor.person_id:
        raise NotFound
    return [person], person.organisation_id


def _live(session: Session, thing: Thing, organisation_id: int | None, person_id: int | None) -> Share | None:
    query = select(Share).where(
        Share.kind == thing.__tablename__,
        Share.thing_id == thing.id,
        Share.revoked_at.is_(None),
        Share.with_organisation_id == organisation_id
        if organisation_id is not None
        else Share.with_person_id == person_id,
    )
    return session.scalar(query.with_for_update())


def _tell(session: Session, actor: Actor, thing: Thing, made: Share, told: list[Receiver], *, now: datetime) -> None:
    """Put a notice into the inbox of every receiver now, and let the worker write the mails after the commit."""
    sharer = person_now(session, actor.person_id) if actor.person_id is not None else None
    params = {
        "name": thing.name,
        "person": sharer.name if sharer else "",
        "organisation": name_of(session, thing.organisation_id),
    }
    path = path_of(thing.__tablename__, thing.public_id)
    for receiver in told:
        tell(session, receiver.id, f"shared_{made.access}", params, path, now=now)
    enqueue(session, KIND, {"share": made.id, "params": stored(params), "path": path}, now=now)
