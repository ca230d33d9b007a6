"""Reading who sees what: one's own access, the shares of a thing, what was said about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.db import as_actor
from portal.errors import NotFound
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor, Permission, allows
from portal.sharing.models import Comment, CommentThread, Share, received
from portal.words import Text, both_names

Access = Literal["view", "edit"]
COMMENTS: Final = 50  # of a thread on one page
SHARES: Final = 200  # of a thing on its page
THREADS: Final = 200  # of a thing on its page
PERSON: Final = Person.__table__  # names are read through what the actor sees, whoever bears them
PARTY: Final = Party.__table__
_WHO: Final = bindparam("person", type_=Share.__table__.c.with_person_id.type)
_WHERE: Final = bindparam("organisation", type_=Share.__table__.c.with_person_id.type)


def access_of(session: Session, actor: Actor, thing: Any, *, lock: bool = False) -> Access | None:
    """Return how far the actor reaches a thing: by its owner, by a live share, or as one who sees everybody's.

    With `lock`, for whoever is about to write, the share cannot be revoked before this unit of work ends, and one that
    is being revoked right now does not count.
    """
    if not actor.can(Permission.CONFIGURATION_VIEW):
        return None
    if allows(actor, Permission.CONFIGURATION_EDIT, thing):
        return "edit"
    query = select(Share.access).where(
        Share.kind == thing.__tablename__,
        Share.thing_id == thing.id,
        Share.revoked_at.is_(None),
        received(Share, actor),
    )
    found = session.scalars(query.with_for_update(read=True) if lock else query).all()
    if "edit" in found:
        return "edit"
    return "view" if found or allows(actor, Permission.CONFIGURATION_VIEW, thing) else None


def sharer_of(kind: str, thing_id: Any) -> Any:
    """Return, for a list, the name of who last shared the thing with the person who asks; NULL where nobody did.

    The values `person` and `organisation` are given when the statement runs, so that it is built once.
    """
    share = Share.__table__.alias("shared")
    alone = and_(share.c.with_person_id == _WHO, share.c.person_organisation_id == _WHERE)
    return (
        select(PERSON.c.name)
        .select_from(share.join(PERSON, PERSON.c.id == share.c.created_by_id))
        .where(
            share.c.kind == kind,
            share.c.thing_id == thing_id,
            share.c.revoked_at.is_(None),
            or_(share.c.with_organisation_id == _WHERE, alone),
        )
        .order_by(share.c.id.desc())
        .limit(1)
        .correlate_except(share, PERSON)
        .scalar_subquery()
    )


def ways_shared(kind: str) -> list[tuple[Any, list[Any]]]:
    """Return the two ways to receive a thing, each a table with its conditions, which stand in one index in order."""
    one, all_ = Share.__table__.alias("with_person"), Share.__table__.alias("with_organisation")
    alone = [one.c.with_person_id == _WHO, one.c.person_organisation_id == _WHERE]
    return [
        (one, [one.c.kind == kind, one.c.revoked_at.is_(None), *alone]),
        (all_, [all_.c.kind == kind, all_.c.revoked_at.is_(None), all_.c.with_organisation_id == _WHERE]),
    ]


def name_of(session: Session, organisation_id: int) -> Text:
    """Return the name of an organisation in both scripts; those with whom it shares see it, whoever they are."""
    with as_actor(session, SYSTEM):
        found = session.execute(select(Party.name, Party.name_en).where(Party.id == organisation_id)).first()
    return both_names(*found) if found else Text("", "")


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One live share of a thing: with whom, by whom, how far."""

    public_id: str
    organisation: str | None  # shared with all of it
    person: str | None  # or with this person
    person_organisation: str | None
    access: str
    message: str
    by: str | None
    created_at: datetime
    with_me: bool

    @property
    def receiver(self) -> str:
        """Return who it is shared with."""
        return self.organisation or self.person or ""


def shares_of(session: Session, actor: Actor, thing: Any) -> list[ShareRow]:
    """Return the live shares of a thing that the actor may know of, the newest first, in one query."""
    sharer, receiver = PERSON.alias("sharer"), PERSON.alias("receiver")
    organisation, employer = PARTY.alias("receiving"), PARTY.alias("employer")
    query = (
        select(
            Share.public_id, organisation.c.name, receiver.c.name, employer.c.name, Share.access, Share.message,
            sharer.c.name, Share.created_at, case((received(Share, actor), True), else_=False),
        )
        .outerjoin(sharer, sharer.c.id == Share.created_by_id)
        .outerjoin(receiver, receiver.c.id == Share.with_person_id)
        .outerjoin(organisation, organisation.c.id == Share.with_organisation_id)
        .outerjoin(employer, employer.c.id == Share.person_organisation_id)
        .where(Share.kind == thing.__tablename__, Share.thing_id == thing.id, Share.revoked_at.is_(None))
        .order_by(Share.id.desc())
        .limit(SHARES)
    )  # fmt: skip
    return [ShareRow(*row) for row in session.execute(query)]


def share_row(session: Session, thing: Any, public_id: str) -> Share:
    """Return one share of a thing that the actor may know of; raises NotFound."""
    query = select(Share).where(
        Share.kind == thing.__tablename__, Share.thing_id == thing.id, Share.public_id == public_id
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands at a line: how many comments there are, and whether they are settled."""

    line_key: str
    count: int
    resolved: bool


def marks_of(session: Session, thing: Any) -> dict[str, Mark]:
    """Return a mark for every line of a thing about which something is said, in one query."""
    query = (
        select(CommentThread.line_key, func.count(Comment.id), func.max(CommentThread.resolved_at))
        .join(Comment, Comment.thread_id == CommentThread.id)
        .where(
            CommentThread.kind == thing.__tablename__,
            CommentThread.thing_id == thing.id,
            Comment.withdrawn_at.is_(None),
        )
        .group_by(CommentThread.line_key)
        .order_by(CommentThread.line_key)
        .limit(THREADS)
    )
    return {row[0]: Mark(row[0], row[1], row[2] is not None) for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment as a page shows it; a withdrawn one has no text."""

    id: int
    public_id: str
    body: str
    author_id: int
    author: str
    organisation: str
    created_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One page of a thread: its comments, oldest first, whether it is settled, and where older ones begin."""

    comments: Sequence[CommentRow]
    resolved_at: datetime | None
    resolved_by: str | None
    older_before: int | None
    begun: bool


NO_THREAD: Final = ThreadPage((), None, None, None, False)


def thread_of(session: Session, thing: Any, line_key: str, *, before_id: int | None = None) -> ThreadPage:
    """Return the newest comments of a thread, or those before one of them."""
    resolver = PERSON.alias("resolver")
    head = session.execute(
        select(CommentThread.id, CommentThread.resolved_at, resolver.c.name)
        .outerjoin(resolver, resolver.c.id == CommentThread.resolved_by_id)
        .where(
            CommentThread.kind == thing.__tablename__,
            CommentThread.thing_id == thing.id,
            CommentThread.line_key == line_key,
        )
    ).first()
    if head is None:
        return NO_THREAD
    author, employer = PERSON.alias("author"), PARTY.alias("employer")
    query = (
        select(
            Comment.id, Comment.public_id, Comment.body, Comment.author_id, author.c.name, employer.c.name,
            Comment.created_at, Comment.withdrawn_at,
        )
        .join(author, author.c.id == Comment.author_id)
        .join(employer, employer.c.id == author.c.organisation_id)
        .where(Comment.thread_id == head[0])
        .order_by(Comment.id.desc())
        .limit(COMMENTS + 1)
    )  # fmt: skip
    if before_id is not None:
        query = query.where(Comment.id < before_id)
    found = [CommentRow(*row) for row in session.execute(query)]
    page = found[:COMMENTS]
    older = page[-1].id if len(found) > COMMENTS else None
    return ThreadPage(tuple(reversed(page)), head[1], head[2], older, True)


def comment_row(session: Session, thing: Any, public_id: str) -> tuple[Comment, str]:
    """Return one comment on a thing and the line that it is about; raises NotFound."""
    row = session.execute(
        select(Comment, CommentThread.line_key)
        .join(CommentThread, CommentThread.id == Comment.thread_id)
        .where(Comment.kind == thing.__tablename__, Comment.thing_id == thing.id, Comment.public_id == public_id)
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]
