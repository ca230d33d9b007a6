"""Who else may see a thing of an organisation, and what people say about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, exists, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Loan, Owned, Visible, new_public_id
from portal.policy import Actor, Permission

KINDS = ("configuration",)
ACCESS = ("view", "edit")
LONGEST_MESSAGE = 500
LONGEST_COMMENT = 2000
_LIVE = text("revoked_at IS NULL")


class Share(Owned, Base):
    """One organisation or one person may see a thing of another organisation (or of his own), until it is revoked.

    A share with a person counts while he belongs to the organisation in which he received it: whoever moves to another
    organisation leaves it behind.
    """

    __tablename__ = "share"
    __table_args__ = (
        CheckConstraint("kind IN ('configuration')", name="kind"),
        CheckConstraint(f"access IN {ACCESS}", name="access"),
        CheckConstraint("(with_organisation_id IS NULL) <> (with_person_id IS NULL)", name="receiver"),
        CheckConstraint("(with_person_id IS NULL) = (person_organisation_id IS NULL)", name="person_organisation"),
        Index("ix_share_thing", "kind", "thing_id", "id"),
        *(
            Index(name, *columns, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
            for name, columns in (
                ("uq_share_live_organisation", ("with_organisation_id", "kind", "thing_id")),
                ("uq_share_live_person", ("with_person_id", "kind", "thing_id")),
            )
        ),
    )
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    kind: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int]
    with_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    with_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    person_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    access: Mapped[str] = mapped_column(String(10))
    message: Mapped[str] = mapped_column(String(LONGEST_MESSAGE), default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[datetime | None]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """The shares of the own organisation's things, and live ones with oneself; nobody sees who else received."""
        seen = super().visible_to(actor)
        return seen if isinstance(seen, bool) else or_(seen, and_(cls.revoked_at.is_(None), received(cls, actor)))


def received(share: Any, actor: Actor) -> Any:
    """Return the condition on rows (a class or a table's columns) whose receiver the actor is, or his organisation."""
    alone = and_(share.with_person_id == actor.person_id, share.person_organisation_id == actor.organisation_id)
    return or_(share.with_organisation_id == actor.organisation_id, alone)


def shared_with(actor: Actor, kind: Any, thing_id: Any, *, access: str = "") -> Any:
    """Return the condition that a live share lets the actor see (or, with `access`, edit) the thing with this id.

    One look into the index of the thing's shares for one row; lists have a query of their own for what was shared.
    """
    share = Share.__table__.c  # the table, not the class: nothing but what stands here narrows a condition
    found = exists().where(
        share.kind == kind, share.thing_id == thing_id, share.revoked_at.is_(None), received(share, actor)
    )
    found = found.where(share.access == access) if access else found
    return found.correlate_except(Share.__table__)


class CommentThread(Owned, Base):
    """What is said about one line of a thing (its `line_key`, for a bill the sku) or about all of it (an empty key)."""

    __tablename__ = "comment_thread"
    __table_args__ = (
        CheckConstraint("kind IN ('configuration')", name="kind"),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by_id IS NULL)", name="resolved"),
        UniqueConstraint("kind", "thing_id", "line_key"),
    )
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int]
    line_key: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the thing sees what is said about it."""
        seen = super().visible_to(actor)
        return seen if isinstance(seen, bool) else or_(seen, shared_with(actor, cls.kind, cls.thing_id))

    def on_loan(self, actor: Actor, loans: frozenset[Loan]) -> bool:
        """Whoever the operation let speak here."""
        return ("comment", self.kind, self.thing_id) in loans


class Comment(Owned, Base):
    """What one person said; never changed, and withdrawn only by himself, when its text goes and its place stays."""

    __tablename__ = "comment"
    __table_args__ = (
        CheckConstraint("kind IN ('configuration')", name="kind"),
        CheckConstraint("(withdrawn_at IS NULL) = (body <> '')", name="withdrawn"),
        Index("ix_comment_thread_id", "thread_id", "id"),
    )
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    thread_id: Mapped[int] = mapped_column(ForeignKey("comment_thread.id"))
    kind: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int]
    body: Mapped[str] = mapped_column(String(LONGEST_COMMENT))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the thing sees what is said about it."""
        seen = super().visible_to(actor)
        return seen if isinstance(seen, bool) else or_(seen, shared_with(actor, cls.kind, cls.thing_id))

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Nobody writes another person's words, not even a colleague."""
        return bool(row.author_id == actor.person_id and row.organisation_id == actor.organisation_id)

    def on_loan(self, actor: Actor, loans: frozenset[Loan]) -> bool:
        """The own words, where the operation let one speak."""
        return self.author_id == actor.person_id and ("comment", self.kind, self.thing_id) in loans
